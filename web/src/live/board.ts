// The floor as every page sees it: entries by kind, how old the picture is, and ages that grow between updates.
import { computed, reactive, ref, shallowRef, type ComputedRef } from "vue";

import type { Document, Json } from "./patch";

export type Call = {
  id: string; hotline: string; trunk: string; caller: string; language: string; state: string; menu: string;
  queue?: string; priority: number; seat?: string; agent?: string; entered_utc_s: number; entered_boot_s: number;
  waiting_since_boot_s?: number; answered_boot_s?: number; held_since_boot_s?: number;
  promise?: { low_s: number; high_s: number; overdue: boolean };
  consult?: { seat: string; agent: string; state: string; with_caller: boolean };
  path: { node: string; key: string }[]; notes?: { agent: string; text: string; at_utc_s: number }[];
  handled_by: string[]; outside?: { number: string; trunk: string };
};
export type Outbound = {
  id: string; agent: string; seat: string; number: string; queue?: string; state: string; began_boot_s: number;
  answered_boot_s?: number; callback?: string;
};
export type Seat = {
  id: string; name: string; reachable: boolean; agent?: string; agent_name: string; status?: string; state?: string;
  call?: string; since_boot_s: number; recording_paused_utc_s?: number; // on the wall: no names, and `agent` is true
};
export type Agent = {
  id: string; name: string; status: string; state?: string; seat?: string; since_boot_s: number; reason?: string;
  duty?: string; shift?: string; shift_end_utc_s?: number; withheld?: string; break_queued?: string;
  unread?: number;
};
export type Rates = {
  offered: number; answered: number; abandoned: number; callbacks: number; messages: number; waiting: number;
  connection_rate?: number; service_level: { v3?: number }; three_ring_rate?: number; asa_s?: number;
  longest_wait_s: number;
};
export type Queue = {
  id: string; name: Record<string, string>; waiting: number; longest_since_boot_s?: number;
  connection_rate_target?: number; service_level_target?: number; service_level_s: number; today: Rates;
};
export type Hotline = { id: string; name: Record<string, string>; number: string; today: Rates };
export type Lines = {
  limit: number; in_use: number; outbound: number; outbound_limit: number; blocked: number;
  by_trunk: Record<string, { name: string; in_use: number; blocked: number; reachable: boolean }>;
};
export type Alarm = {
  id: string; rule: string; subject: string; state: string; severity: string; value: number; text: string; by: string;
  since_utc_s: number; since_boot_s: number;
};
export type Told = { name: string; text: string; at_utc_s: number; values?: Record<string, string> };
export type Governor = {
  queue: string; step: number; measure: string; why: string; connection_rate?: number; service_level?: number;
  forecast?: number; since_utc_s: number;
};
export type Offers = { queue: string; callbacks: boolean; messages: boolean };
export type Staff = { present: number; needed: number; rostered: number };
// `to` another queue; "": a closing message of the house, "" the usual one.
export type Closed = { to: string; message?: string; by: string; since_utc_s: number; until_utc_s?: number };
export type Clock = { boot_s: number; utc_s: number };
type Kinds = {
  call: Call; outbound: Outbound; seat: Seat; agent: Agent; queue: Queue; hotline: Hotline; alarm: Alarm;
  governor: Governor; offers: Offers; pbx: { id: string; up: boolean };
};
type Single = {
  lines: Lines; clock: Clock; staff: Staff; alarms: { last: Told[] };
  closed: Record<string, Closed>;
  drain: { by: string; since_utc_s: number; until_utc_s: number };
  house: { name: string; time_zone: string; languages: string[]; version: number };
  work: { open: number; overdue: number; by_kind: Record<string, number> };
};

const STALE_S = 4; // the engine moves the board's clock once a second
const board = shallowRef<Document | null>(null);
const moment = ref(performance.now());
const taken = reactive({ atMs: performance.now(), bootS: 0, open: false });
setInterval(() => (moment.value = performance.now()), 1000);

export const isThere = computed(() => board.value !== null);

export function show(document: Document | null): void {
  board.value = document;
  const bootS = (document?.clock as Clock | undefined)?.boot_s;
  if (bootS !== undefined && bootS !== taken.bootS) {
    taken.bootS = bootS;
    taken.atMs = moment.value = performance.now();
  }
}

export const showOpen = (open: boolean): void => void (taken.open = open);

// All entries of one kind, by id. Recomputed when anything changes; entries that did not change are the same objects.
export function entries<K extends keyof Kinds>(kind: K): ComputedRef<Kinds[K][]> {
  const prefix = `${kind}/`;
  return computed(() => {
    const all = Object.entries(board.value ?? {}).filter(([key]) => key.startsWith(prefix));
    all.sort(([a], [b]) => a.localeCompare(b));
    return all.map(([, entry]) => entry as unknown as Kinds[K]);
  });
}

export function entry<K extends keyof Kinds>(kind: K, id: string | undefined): Kinds[K] | undefined {
  return id === undefined ? undefined : (board.value?.[`${kind}/${id}`] as Json as unknown as Kinds[K] | undefined);
}

export function single<K extends keyof Single>(name: K): ComputedRef<Single[K] | undefined> {
  return computed(() => board.value?.[name] as Json as unknown as Single[K] | undefined);
}

// How many seconds the picture lags behind the floor.
export const pictureAgeS = computed(() => Math.max(0, (moment.value - taken.atMs) / 1000));

export const freshness = computed(() => {
  if (!isThere.value) return "connecting";
  if (!taken.open) return "lost";
  return pictureAgeS.value > STALE_S ? "stale" : "live";
});

// Seconds since a moment of the board's own clock, however wrong this computer's clock is.
export function ageS(sinceBootS: number | undefined): number | undefined {
  return sinceBootS === undefined ? undefined : Math.max(0, taken.bootS - sinceBootS + pictureAgeS.value);
}

// The floor's wall clock now, in seconds since 1970.
export function floorUtcS(): number {
  return ((board.value?.clock as Clock | undefined)?.utc_s ?? Date.now() / 1000) + pictureAgeS.value;
}
