// What I began to fill in about a call and have not sent: a case, notes on cases, a promise, a customer. The wrap-up may end by
// its clock and the next call come: it stays, each with its call, until it is sent or dropped.
import { computed, shallowRef } from "vue";

import type { Pop } from "../../live/pop";
import { drafts, mine, useDraft } from "../../parts/drafts";
import { session } from "../../session";
import type { Wanted } from "./case";

export type Unfinished = {
  pop: Pop; // as much as the forms need
  isOver: boolean; // what came of a form is shown until it is closed
  isNew: boolean; wanted: Wanted; made: string; notes: Record<string, string>; // by case
  isPromising: boolean; number: string; queue: string; at: string; promised: string;
  customer: string; // the draft that was begun
};

export const emptyCase = (): Wanted => ({ kind: "use", text: "", due_s: null, mine: true });
const BEGINNING = "call/";

export function useUnfinished(pop: Pop): Unfinished {
  const fresh: Unfinished = {
    pop: shortened(pop), isOver: false, isNew: false, wanted: emptyCase(), made: "", notes: {}, isPromising: false, number: "", queue: "", at: "", promised: "",
    customer: "",
  };
  return useDraft(mine(BEGINNING + pop.call), fresh, isSent);
}

const isTyped = (left: Unfinished): boolean => !!left.wanted.text.trim() || Object.values(left.notes).some((note) => note.trim());
const isPromised = (left: Unfinished): boolean => left.isPromising && (!!left.at || left.number !== left.pop.caller);
export const hasCase = (left: Unfinished): boolean => isTyped(left) || (left.isOver && !!left.made);
export const hasPromise = (left: Unfinished): boolean => isPromised(left) || (left.isOver && !!left.promised);
export const hasCustomer = (left: Unfinished): boolean => !!left.customer && drafts.has(left.customer);
export const isUnsent = (left: Unfinished): boolean => isTyped(left) || isPromised(left) || hasCustomer(left);
const isSent = (left: Unfinished): boolean => !hasCase(left) && !hasPromise(left) && !hasCustomer(left);

export function shortened(pop: Pop): Pop {
  const { about } = pop;
  const customer = about?.customer && { ...about.customer, numbers: [], tags: [], note: "", link: "" };
  return { ...pop, notes: [], path: [], handled_by: [], note: null, why: null, about: about && { ...about, customer: customer ?? null, contacts: [] } };
}

// Those of earlier calls, the newest first.
export const unfinished = computed(() => drafts.keys(mine(BEGINNING)).map((key) => drafts.of<Unfinished>(key)!));

// The customer whose form is open on the desk: it belongs to no card that may go.
export const edited = shallowRef<{ id: string; number: string; by: string }>();
export const edit = (id: string, number: string): void => void (edited.value = { id, number, by: session.value?.person ?? "" });
