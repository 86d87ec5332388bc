// What was edited and has not applied yet is not lost by a slip: going elsewhere asks first.
import { onBeforeRouteLeave } from "vue-router";

import { t } from "../words";

export function useUnsaved(isEdited: () => boolean): () => boolean {
  const mayLeave = (): boolean => !isEdited() || window.confirm(t("app.unsaved"));
  onBeforeRouteLeave(mayLeave);
  return mayLeave;
}
