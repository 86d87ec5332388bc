// One thing a person asked for: whether it is on its way, and the problem it came to, in words.
import { ref, type Ref } from "vue";

import { ProblemError, UNREACHABLE } from "../api/client";
import { t } from "../words";
import { refusalInWords } from "../words/refusals";
import { say } from "./said";

export function inWords(error: unknown): string {
  if (!(error instanceof ProblemError)) throw error;
  if (error.status === UNREACHABLE) return t("problem.unreachable");
  const why = [error.detail, ...error.errors.map((each) => each.problem)].filter(Boolean).map(refusalInWords).join(" · ");
  if (error.status === 409) return t("problem.refused", { why });
  if (error.status === 412) return t("problem.moved", { why });
  if (error.status === 403) return t("problem.forbidden", { why });
  return error.status < 500 ? t("problem.wrong", { why }) : t("problem.later", { why });
}

export type Action = {
  isBusy: Ref<boolean>;
  problem: Ref<ProblemError | null>;
  words: Ref<string>;
  // `quietly`: its success says itself, on the page.
  run: (work: () => Promise<unknown>, done?: () => void, quietly?: boolean) => Promise<void>;
};

export function useAction(): Action {
  const [isBusy, problem, words] = [ref(false), ref<ProblemError | null>(null), ref("")];
  // One after the other: buttons are disabled meanwhile, and what was asked all the same is not lost.
  let turn = Promise.resolve();
  const run: Action["run"] = (...asked) => (turn = turn.catch(() => {}).then(() => one(...asked)));

  async function one(work: () => Promise<unknown>, done?: () => void, quietly = false): Promise<void> {
    [isBusy.value, problem.value, words.value] = [true, null, ""];
    try {
      await work();
      if (!quietly) say(t("app.done"));
      done?.();
    } catch (error) {
      words.value = inWords(error);
      problem.value = error as ProblemError;
    } finally {
      isBusy.value = false;
    }
  }
  return { isBusy, problem, words, run };
}
