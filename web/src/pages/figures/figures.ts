// What reports are of, which figures stand in their tables, and where a figure leads: to the calls it counts.
import type { RouteLocationRaw } from "vue-router";

import type { components } from "../../api/schema";
import { house } from "../../house";
import { clock, named, percent, t } from "../../words";

export type Report = components["schemas"]["Report"];
export type Line = components["schemas"]["Period"];
export const SUBJECTS = ["house", "hotline", "queue", "agent", "team", "shift", "flow", "node", "trunk"] as const;
export type Subject = (typeof SUBJECTS)[number];
export const CALLS = ["offered", "answered", "abandoned", "connection_rate", "service_level", "three_ring_rate", "asa_s", "aht_s", "transferred"] as const;
const PEOPLE = ["answered", "talk_s", "aht_s", "three_ring_rate", "transferred", "occupancy", "break_s", "signed_in_s", "adherence", "late"] as const;
const FLOW = ["calls", "without_agent", "visits", "wrong", "silent", "gave_up", "mean_s"] as const;
const NODE = ["visits", "callers", "wrong", "silent", "hung_up", "mean_s"] as const;
const TRUNK = ["entered", "blocked", "blocked_rate", "outbound", "outbound_reached", "line_s", "down_s"] as const;
export const COLUMNS: Record<Subject, readonly string[]> = {
  house: CALLS, hotline: CALLS, queue: CALLS, agent: PEOPLE, team: PEOPLE, shift: PEOPLE, flow: FLOW, node: NODE, trunk: TRUNK,
};
// Reckoned anew for whoever asks, and of these alone: who called again. They stand behind the other columns.
export const CONTACTS = ["first_contact", "contact_again", "contact_pending", "code_solved"] as const;
export const hasContacts = (of: Subject): boolean => ["house", "hotline", "queue", "agent", "team"].includes(of);

// How a visit to a node of a menu ends.
export const LEFT = ["went_on", "person", "ended", "gave_up", "hung_up"] as const;

type Named = { id: string; name: string };
export function namesOf(of: string): Named[] {
  const all = house.value;
  if (of === "agent") return (all?.agents ?? []).map((each) => ({ id: each.id, name: each.name }));
  const parts = { queue: all?.queues, hotline: all?.hotlines, team: all?.groups, shift: all?.shifts }[of];
  return (parts ?? []).map((each) => ({ id: each.id, name: named(each.name, each.id) }));
}
// What has no name: the house is all there is, work may be of no shift and people of no team, a queue may be gone.
const NAMELESS: Record<string, string> = { house: "figures.house", shift: "figures.noShift", team: "figures.noTeam" };
export function nameOf(of: string, id: string): string {
  const nameless = NAMELESS[of];
  return namesOf(of).find((each) => each.id === id)?.name ?? (id || (nameless ? t(nameless) : "–"));
}

// `a.b` is `b` within `a`; of a service level V3 is meant.
export function value(line: Line, figure: string): number | undefined {
  const [head, ...below] = figure.split(".");
  const found = line.figures[head!] as number | Record<string, number | null> | null | undefined;
  return (typeof found === "object" ? found?.[below.join(".") || "v3"] : found) ?? undefined;
}
const isRate = (figure: string): boolean => /rate|level|occupancy|adherence|without_agent|first_contact|code_solved/.test(figure);
export function shown(line: Line, figure: string): string {
  const found = value(line, figure);
  if (found === undefined) return "–";
  if (isRate(figure)) return percent(found);
  return figure.endsWith("_s") ? clock(found) : String(found);
}

// The calls behind a figure of a line. A shift is asked for by the quarter of an hour in which it begins.
const QUARTER_S = 900;
const written = (utcS: number): string => new Date(utcS * 1000).toISOString();
export function callsBehind(report: Report, line: Line, figure: string, within: Record<string, string> = {}): RouteLocationRaw | undefined {
  const { of, by, opens } = report;
  const found = value(line, figure);
  // A rate of 0 is of calls, a count of 0 of none.
  const counts = found !== undefined && (found > 0 || isRate(figure));
  if (!opens.includes(figure.split(".")[0]!) || (!line.name && of !== "house") || !counts) return undefined;
  const start = Math.floor(line.start_utc_s / QUARTER_S) * QUARTER_S;
  const end = by === "shift" ? start + QUARTER_S : line.end_utc_s;
  return { name: "calls", query: { figure, of, by, ...within, ...(line.name ? { [of]: line.name } : {}), from: written(start), to: written(end) } };
}
