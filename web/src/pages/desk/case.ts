// Cases on the desk: those the pop brought, as far as I know better since. The stored ones are a moment behind.
// Somebody else may have the same case open: a change says from which of its states it was made.
import { reactive } from "vue";

import { call as ask, post, ProblemError } from "../../api/client";
import type { components } from "../../api/schema";
import { floorUtcS } from "../../live/board";
import type { Pop } from "../../live/pop";

export type OpenCase = components["schemas"]["OpenCase"];
export const KINDS = ["presales", "use", "fault", "repair", "complaint"] as const;
export type Wanted = { kind: (typeof KINDS)[number]; text: string; due_s: number | null; mine: boolean };

const opened = reactive<Record<string, OpenCase[]>>({});
const changed = reactive<Record<string, Partial<OpenCase>>>({});
const seen = new Map<string, string>();

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
  seen.delete(which.case);
  changed[which.case] = { ...changed[which.case], owner: agent, state: "in_work" };
}

// What was done just now is stored a moment later: asked again until it is there, and is not what we know is past.
async function stored(name: string, past: string, triesLeft = 10): Promise<Response> {
  const answer = await ask("GET", `/cases/${name}`).catch((error: unknown) => {
    if (triesLeft && error instanceof ProblemError && error.status === 404) return null;
    throw error;
  });
  if (answer && (!triesLeft || answer.headers.get("ETag") !== past)) return answer;
  await new Promise((resolve) => window.setTimeout(resolve, 200));
  return stored(name, past, triesLeft - 1);
}

// As it is now, and the state that a change will be made from.
export async function look(which: OpenCase, past = ""): Promise<void> {
  const answer = await stored(which.case, past);
  const { state, owner, note, overdue, due_utc_s } = (await answer.json()) as OpenCase;
  seen.set(which.case, answer.headers.get("ETag") ?? "");
  changed[which.case] = { ...changed[which.case], state, owner, note, overdue, due_utc_s };
}

export async function change(which: OpenCase, news: { state?: string; note?: string }): Promise<void> {
  if (!seen.has(which.case)) await look(which);
  const past = seen.get(which.case) ?? "";
  try {
    const answer = await ask("PATCH", `/cases/${which.case}`, { body: news, headers: { "If-Match": past } });
    const now = answer.headers.get("ETag");
    if (now === null) return await look(which, past); // a note alone: what others did to the case meanwhile is to be seen
    seen.set(which.case, now);
  } catch (error) {
    if (error instanceof ProblemError && error.status === 412) await look(which, past);
    throw error;
  }
  changed[which.case] = { ...changed[which.case], ...news };
}
