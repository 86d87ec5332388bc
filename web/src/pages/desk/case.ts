// Cases on the desk: those the pop brought, as far as I know better since. The stored ones are a moment behind.
import { reactive } from "vue";

import { call as ask, post } from "../../api/client";
import type { components } from "../../api/schema";
import { floorUtcS } from "../../live/board";
import type { Pop } from "../../live/pop";

export type OpenCase = components["schemas"]["OpenCase"];
export const KINDS = ["presales", "use", "fault", "repair", "complaint"] as const;
export type Wanted = { kind: (typeof KINDS)[number]; text: string; due_s: number | null; mine: boolean };

const opened = reactive<Record<string, OpenCase[]>>({});
const changed = reactive<Record<string, Partial<OpenCase>>>({});

export function casesOf(pop: Pop): OpenCase[] {
  const all = [...(opened[pop.call] ?? []), ...(pop.about?.cases ?? [])];
  const known = new Set<string>();
  return all.filter((each) => !known.has(each.case) && known.add(each.case)).map((each) => ({ ...each, ...changed[each.case] }));
}

// Its number.
export async function open(pop: Pop, wanted: Wanted, houseDueS: number): Promise<string> {
  const owner = wanted.mine ? pop.agent : "";
  const body = { kind: wanted.kind, text: wanted.text, caller: pop.caller, call: pop.call, owner, due_s: wanted.due_s };
  const { result } = await post<{ result: string }>("/cases", body);
  const made = { case: result, kind: wanted.kind, text: wanted.text, owner, note: "", overdue: false, state: owner ? "in_work" : "new" };
  const nowS = floorUtcS();
  (opened[pop.call] ??= []).unshift({ ...made, opened_utc_s: nowS, due_utc_s: nowS + (wanted.due_s ?? houseDueS) });
  return result;
}

export async function take(which: OpenCase, agent: string): Promise<void> {
  await post(`/cases/${which.case}/take`);
  changed[which.case] = { ...changed[which.case], owner: agent, state: "in_work" };
}

export async function change(which: OpenCase, news: { state?: string; note?: string }): Promise<void> {
  await ask("PATCH", `/cases/${which.case}`, { body: news });
  changed[which.case] = { ...changed[which.case], ...news };
}
