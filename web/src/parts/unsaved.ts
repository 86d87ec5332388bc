// What was edited and has not applied yet is not lost by a slip: going elsewhere asks first, and so does the browser before
// the page is loaded anew or closed. A session that ends asks nobody: what was typed is there after the next sign-in. What is
// not, signing out asks about as well.
import { onBeforeUnmount, onMounted, watch } from "vue";
import { onBeforeRouteLeave } from "vue-router";

import { edits, mine } from "./drafts";
import { t } from "../words";

// `name` of the edits, and what of them is kept.
export type Edits<T> = { name: () => string; now: () => T; isEdited: () => boolean };
export type Unsaved<T> = { kept: () => T | undefined; drop: () => void; mayLeave: () => boolean };

// Going elsewhere asks this first while there is something to lose.
function askBefore(isHeld: () => boolean, question: () => string, letGo: () => void = () => {}): () => boolean {
  function mayLeave(): boolean {
    if (!isHeld()) return true;
    const leaves = window.confirm(question());
    if (leaves) letGo();
    return leaves;
  }
  onBeforeRouteLeave(mayLeave);
  const stay = (event: BeforeUnloadEvent): void => void (isHeld() && event.preventDefault());
  onMounted(() => window.addEventListener("beforeunload", stay));
  onBeforeUnmount(() => window.removeEventListener("beforeunload", stay));
  return mayLeave;
}

// What no sign-in brings back: a question for each kind that is on the page.
const lasting = new Set<() => string | undefined>();
export function mayLose(): boolean {
  const questions = new Set([...lasting].flatMap((asks) => asks() ?? []));
  return [...questions].every((question) => window.confirm(question));
}

function useOnce(isHeld: () => boolean, question: () => string): () => boolean {
  const asks = (): string | undefined => (isHeld() ? question() : undefined);
  onMounted(() => lasting.add(asks));
  onBeforeUnmount(() => lasting.delete(asks));
  return askBefore(isHeld, question);
}

// A password, an address or codes that nobody can be shown again; returns whether others may take their place.
export const useShownOnce = (isShown: () => boolean): (() => boolean) => useOnce(isShown, () => t("app.shownOnce"));

// What was spoken and has not been sent; returns whether it may be let go.
export const useUnsent = (isUnsent: () => boolean): (() => boolean) => useOnce(isUnsent, () => t("prompt.unsent"));

export function useUnsaved<T>({ name, now, isEdited }: Edits<T>): Unsaved<T> {
  const drop = (): void => edits.drop(mine(name()));
  watch(now, (value) => (isEdited() ? edits.keep(mine(name()), value) : drop()), { deep: true });
  return { kept: () => edits.of<T>(mine(name())), drop, mayLeave: askBefore(isEdited, () => t("app.unsaved"), drop) };
}
