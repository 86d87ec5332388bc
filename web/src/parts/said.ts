// What the page says in passing, at the foot of the screen and to screen readers.
import { ref } from "vue";

const STAYS_MS = 4000;
export const said = ref("");
let timer = 0;

export function say(text: string): void {
  said.value = text;
  clearTimeout(timer);
  timer = window.setTimeout(() => (said.value = ""), STAYS_MS);
}
