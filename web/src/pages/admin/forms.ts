// The house's parts as forms: which fields each has, and how edits go into a fresh copy of the house. What is changed is an
// item at a time, so that somebody else's change of another one is never undone.
import { named, t } from "../../words";
import type { House } from "./house";

export type Item = Record<string, unknown> & { id: string };
export type Option = { id: string; name: string };
type Kind = "text" | "long" | "longs" | "list" | "number" | "percent" | "yes" | "names" | "levels" | "many" | "choice" | "time" | "bound";
// `maybe`: may be left empty, which means something of its own. `options` of a choice; `fixed`: only of what is new.
export type Field = { key: string; kind: Kind; maybe?: boolean; fixed?: boolean; unit?: "s" | "days" | "levels"; options?: (house: House, flows: string[]) => Option[] };
export type Form = { part: string; at: string[]; fields: Field[]; fresh: () => Omit<Item, "id">; one?: boolean };

const plain = (values: readonly string[], key: (word: string) => string) => (): Option[] => values.map((id) => ({ id, name: t(key(id.replace(/-/g, "_"))) }));
const queues = (house: House): Option[] => house.queues.map((each) => ({ id: each.id, name: named(each.name, each.id) }));
const groups = (house: House): Option[] => (house.groups ?? []).map((each) => ({ id: each.id, name: named(each.name, each.id) }));
const flowNames = (_: House, flows: string[]): Option[] => flows.map((id) => ({ id, name: id }));
const LANGUAGES = ["zh-CN", "en"];
const LETTERS = ["call", "wrap_up", "note", "case", "callback", "message", "survey", "alarm"];
const languages = (): Option[] => LANGUAGES.map((id) => ({ id, name: t(`language.${id}`) }));
const text = (key: string, more: Partial<Field> = {}): Field => ({ key, kind: "text", ...more });
const number = (key: string, unit?: Field["unit"], maybe = false): Field => ({ key, kind: "number", maybe, ...(unit ? { unit } : {}) });
const choice = (key: string, options: Field["options"], maybe = false): Field => ({ key, kind: "choice", maybe, options: options! });
const ID = text("id", { fixed: true });
const NAMES: Field = { key: "name", kind: "names" };
const names = (): Record<string, string> => ({ "zh-CN": "" });

export const FORMS: Form[] = [
  {
    part: "queues", at: ["queues"], fresh: () => ({ name: names(), skills: {} }),
    fields: [
      ID, NAMES, { key: "skills", kind: "levels" }, choice("strategy", plain(["longest-idle", "best-skill", "least-occupied", "round-robin"], (word) => `strategy.${word}`)),
      number("wrap_up_s", "s"), number("service_level_s", "s"), { key: "service_level_target", kind: "percent" }, { key: "connection_rate_target", kind: "percent" },
      number("least_agents"), number("preferred_agent_s", "s"), number("max_waiting", undefined, true), number("max_wait_s", "s", true), choice("overflow", queues, true),
      number("answer_by_s", "s", true), number("announce_after_s", "s"), number("announce_every_s", "s"), number("offer_callback_s", "s", true), number("offer_message_s", "s", true),
      number("recorded_percent"), number("keep_recordings_days", "days", true),
    ],
  },
  {
    part: "hotlines", at: ["hotlines"], fresh: () => ({ number: "", name: names(), flow: "", queue: "" }),
    fields: [ID, text("number"), NAMES, choice("flow", flowNames), choice("queue", queues), choice("language", languages), number("priority"), choice("survey", flowNames, true)],
  },
  {
    part: "agents", at: ["agents"], fresh: () => ({ name: "", skills: {} }),
    fields: [
      ID, text("name"), choice("role", plain(["agent", "leader", "supervisor"], (word) => `role.${word}`)), choice("group", groups, true), { key: "leads", kind: "many", options: groups },
      choice("shift", (house) => (house.shifts ?? []).map((each) => ({ id: each.id, name: named(each.name, each.id) })), true),
      { key: "languages", kind: "many", options: languages }, { key: "skills", kind: "levels" }, { key: "days_off", kind: "many", options: plain(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], (word) => `weekday.${word}`) },
      number("recorded_percent", undefined, true), text("mobile", { maybe: true }),
    ],
  },
  { part: "shifts", at: ["shifts"], fresh: () => ({ name: names(), start: "09:00", end: "17:00" }), fields: [ID, NAMES, { key: "start", kind: "time" }, { key: "end", kind: "time" }, choice("days", plain(["every_day", "working_days"], (word) => `days.${word}`))] },
  {
    part: "alarms", at: ["alarms", "rules"], fresh: () => ({ figure: "waiting", above: 10 }),
    fields: [
      ID, choice("figure", plain(["connection_rate", "service_level", "longest_wait_s", "waiting", "agents_missing", "roster_missing", "trunk_down", "pbx_down", "agent_stuck_s", "disk_free", "journal_lag_s", "journal_broken", "figures_broken", "blocked", "recording_coverage", "outbound_spend"], (word) => `looks.${word}`)),
      { key: "bound", kind: "bound" }, text("of", { maybe: true }), number("for_s", "s"), number("clear_after_s", "s"), number("margin"), choice("severity", plain(["info", "warning", "critical"], (word) => `severity.${word}`)), { key: "enabled", kind: "yes" },
    ],
  },
  {
    part: "governor", at: ["governor"], one: true, fresh: () => ({}),
    fields: [
      { key: "ladder", kind: "many", options: plain(["ask_reserve", "relax_skills", "shorten_wrap_up", "hold_breaks", "alarm", "offer_callbacks", "offer_messages"], (word) => `measure.${word}`) },
      number("window_s", "s"), number("least_calls"), number("up_after_s", "s"), number("down_after_s", "s"), { key: "margin", kind: "percent" }, number("relax_levels", "levels"), { key: "wrap_up_share", kind: "percent" },
    ],
  },
  {
    part: "trunks", at: ["trunks"], fresh: () => ({ name: "", host: "" }),
    fields: [ID, text("name"), text("host"), number("port"), number("lines"), text("username", { maybe: true }), text("secret_file", { maybe: true }), { key: "register_with_carrier", kind: "yes" }, choice("number_format", plain(["e164", "national", "international"], (word) => `format.${word}`)), text("caller_number", { maybe: true }), { key: "outbound", kind: "yes" }, number("early_media_s", "s")],
  },
  {
    part: "snippets", at: ["desk", "snippets"], fresh: () => ({ title: names(), text: names(), words: "", places: [] }),
    fields: [ID, { key: "title", kind: "names" }, text("words", { maybe: true }), { key: "places", kind: "list" }, { key: "text", kind: "longs" }],
  },
  { part: "codes", at: ["desk", "wrap_up_codes"], fresh: () => ({ name: names() }), fields: [ID, NAMES] },
  { part: "closings", at: ["closing_messages"], fresh: () => ({ name: names(), flow: "" }), fields: [ID, NAMES, choice("flow", flowNames)] },
  { part: "hints", at: ["desk"], one: true, fresh: () => ({}), fields: [{ key: "greeting", kind: "names" }, { key: "closing", kind: "names" }] },
  {
    part: "webhooks", at: ["desk", "webhooks"], fresh: () => ({ url: "", secret_file: "", kinds: LETTERS, enabled: true }),
    fields: [ID, text("url"), text("secret_file"), { key: "kinds", kind: "many", options: plain(LETTERS, (word) => `letter.${word}`) }, number("give_up_s", "s"), { key: "enabled", kind: "yes" }],
  },
  { part: "quality", at: ["quality", "questions"], fresh: () => ({ text: names(), weight: 1, most: 5, critical: false }), fields: [ID, { key: "text", kind: "names" }, number("weight"), number("most"), { key: "critical", kind: "yes" }] },
];

// The items of a part; a part that is one thing has one, without a name.
export function itemsOf(house: House, form: Form): Item[] {
  const found = form.at.reduce<unknown>((above, key) => (above as Record<string, unknown> | undefined)?.[key], house);
  return structuredClone(form.one ? [{ ...(found as object), id: "" }] : (found ?? [])) as Item[];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export function changed(before: Item[], after: Item[]): number {
  const gone = before.filter((each) => !after.some((other) => other.id === each.id)).length;
  return gone + after.filter((each) => !same(each, before.find((other) => other.id === each.id))).length;
}

// Into a fresh copy of the house: only the items that differ from what was read.
export function put(house: House, form: Form, before: Item[], after: Item[]): void {
  const above = form.at.slice(0, -1).reduce<Record<string, unknown>>((part, key) => (part[key] ??= {}) as Record<string, unknown>, house as unknown as Record<string, unknown>);
  const last = form.at.at(-1)!;
  if (form.one) {
    const edited = form.fields.map(({ key }) => [key, after[0]![key]]);
    above[last] = { ...(above[last] as object | undefined), ...Object.fromEntries(edited) };
    return;
  }
  const now = (above[last] ?? []) as Item[];
  const edited = new Map(after.filter((each) => !same(each, before.find((other) => other.id === each.id))).map((each) => [each.id, each]));
  const gone = new Set(before.filter((each) => !after.some((other) => other.id === each.id)).map((each) => each.id));
  const kept = now.filter((each) => !gone.has(each.id)).map((each) => edited.get(each.id) ?? each);
  above[last] = [...kept, ...[...edited.values()].filter((each) => !now.some((other) => other.id === each.id))];
}

export const titleOf = (item: Item): string => {
  const name = item.name ?? item.title ?? item.text;
  return (typeof name === "object" && name ? named(name as Record<string, string>, "") : typeof name === "string" ? name.slice(0, 40) : "") || item.id;
};
