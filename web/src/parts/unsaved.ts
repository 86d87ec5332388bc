// What was edited and has not applied yet is not lost by a slip: going elsewhere asks first, and so does the browser before
// the page is loaded anew or closed.
import { onBeforeUnmount, onMounted } from "vue";
import { onBeforeRouteLeave } from "vue-router";

import { t } from "../words";

export function useUnsaved(isEdited: () => boolean): () => boolean {
  const mayLeave = (): boolean => !isEdited() || window.confirm(t("app.unsaved"));
  onBeforeRouteLeave(mayLeave);
  const stay = (event: BeforeUnloadEvent): void => void (isEdited() && event.preventDefault());
  onMounted(() => window.addEventListener("beforeunload", stay));
  onBeforeUnmount(() => window.removeEventListener("beforeunload", stay));
  return mayLeave;
}
