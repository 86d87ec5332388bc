// Changing the house: a copy of the document as it was when the change was begun, what it would change of the one in force, and
// only then the change itself. What others have changed meanwhile stays; where both changed one place, both are shown.
import { shallowRef, type ShallowRef } from "vue";

import { call, post } from "../../api/client";
import type { components } from "../../api/schema";

export type House = components["schemas"]["House"];
export type Judged = components["schemas"]["Judged"];
export type Base = { version: number; house: House };

export async function read(): Promise<Base> {
  const answer = await call("GET", "/house");
  return { version: Number(answer.headers.get("ETag")?.replace(/\D/g, "")), house: (await answer.json()) as House };
}
const judge = (proposal: { text: string } | { document: House }, since: number): Promise<Judged> => post<Judged>("/house/changes", { ...proposal, since });

// At the version that the differences were shown against: somebody else's change is never overwritten.
export async function apply(judged: Judged): Promise<void> {
  await call("PUT", "/house", { body: judged.document, headers: { "If-Match": `"${judged.version}"` } });
}

export type Proposal = {
  judged: ShallowRef<Judged | undefined>;
  propose: (base: Base, change: (house: House) => void) => Promise<void>;
  proposeText: (text: string, since: number) => Promise<void>;
  // What is shown is no longer what would apply.
  touched: () => void;
};

// One page's proposal: `change` edits a copy of what was read.
export function useProposal(): Proposal {
  const judged = shallowRef<Judged>();
  let touches = 0;
  async function show(asked: Promise<Judged>): Promise<void> {
    const before = touches;
    const told = await asked;
    if (before === touches) judged.value = told;
  }
  return {
    judged,
    propose: (base, change) => {
      const house = structuredClone(base.house);
      change(house);
      return show(judge({ document: house }, base.version));
    },
    proposeText: (text, since) => show(judge({ text }, since)),
    touched: () => {
      touches++;
      judged.value = undefined;
    },
  };
}
