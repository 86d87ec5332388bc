// Changing the house: a copy of the document in force, what it would change, and only then the change itself.
import { shallowRef, type ShallowRef } from "vue";

import { call, get, post } from "../../api/client";
import type { components } from "../../api/schema";

export type House = components["schemas"]["House"];
export type Judged = components["schemas"]["Judged"];

export const read = (): Promise<House> => get<House>("/house");
export const judge = (proposal: { text: string } | { document: House }): Promise<Judged> => post<Judged>("/house/changes", proposal);

// At the version that the differences were shown against: somebody else's change is never overwritten.
export async function apply(judged: Judged): Promise<void> {
  await call("PUT", "/house", { body: judged.document, headers: { "If-Match": `"${judged.version}"` } });
}

export type Proposal = { judged: ShallowRef<Judged | undefined>; propose: (change: (house: House) => void) => Promise<void> };

// One page's proposal: `change` edits a fresh copy.
export function useProposal(): Proposal {
  const judged = shallowRef<Judged>();
  return {
    judged,
    propose: async (change) => {
      const house = await read();
      change(house);
      judged.value = await judge({ document: house });
    },
  };
}
