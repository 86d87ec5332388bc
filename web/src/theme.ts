// Light or dark: as the system is, unless this browser was told otherwise.
import { ref } from "vue";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
const KEPT = "thirdring.theme";

const kept = localStorage.getItem(KEPT) as Theme | null;
export const theme = ref<Theme>(kept && THEMES.includes(kept) ? kept : "auto");

export function dress(chosen: Theme = theme.value): void {
  theme.value = chosen;
  localStorage.setItem(KEPT, chosen);
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}
