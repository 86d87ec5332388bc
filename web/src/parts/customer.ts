// A customer as the form has it, and what becomes of what is typed when somebody else has saved meanwhile.
import { mine, same } from "./drafts";

export const EMPTY = { name: "", numbers: "", tags: "", note: "", vip: false, reference: "", link: "" };
export type CustomerForm = typeof EMPTY;
export type Began = { form: CustomerForm; base: CustomerForm }; // what is typed, and what it began from

// The draft of one that is known, or of a new one with this number.
export const draftOf = (id: string, number: string): string => mine(`customer/${id || `new/${number}`}`);

// Their fields where I changed none, mine elsewhere; `others` are those in which both wrote something different.
export function merged({ form, base }: Began, theirs: CustomerForm): { form: CustomerForm; others: Partial<CustomerForm> } {
  const [result, others] = [{ ...theirs }, {} as Partial<CustomerForm>];
  for (const key of Object.keys(EMPTY) as (keyof CustomerForm)[]) {
    if (same(form[key], base[key])) continue;
    Object.assign(result, { [key]: form[key] });
    if (!same(theirs[key], base[key]) && !same(theirs[key], form[key])) Object.assign(others, { [key]: theirs[key] });
  }
  return { form: result, others };
}
