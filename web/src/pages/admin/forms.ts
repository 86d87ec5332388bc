// The house's parts as forms: which fields each has, and how edits go into a copy of the house.
import { has, named, t } from "../../words";
import type { House } from "./house";

export type Item = Record<string, unknown> & { id: string };
export type Option = { id: string; name: string };
type Kind = "text" | "long" | "longs" | "list" | "lines" | "dates" | "rows" | "number" | "percent" | "yes" | "names" | "levels" | "many" | "choice" | "time" | "bound";
// `maybe`: may be left empty, which means something of its own. `options` of a choice; `fixed`: only of what is new; `of`: the
// fields of each row.
export type Field = { key: string; kind: Kind; maybe?: boolean; fixed?: boolean; unit?: "s" | "h" | "days" | "levels"; options?: (house: House, flows: string[]) => Option[]; of?: Field[] };
// How a thing of the house is told apart from the others: as an item, and back.
type Naming = { item: (raw: unknown) => Item; raw: (item: Item) => unknown; added: string; pattern: string };
export type Form = { part: string; at: string[]; fields: Field[]; fresh: (id: string) => Omit<Item, "id">; one?: boolean; naming?: Naming };

const BY_ID: Naming = { item: (raw) => raw as Item, raw: (item) => item, added: "form.newId", pattern: "[a-z0-9][a-z0-9\\-]{0,39}" };
const by = (key: string, asked: { added: string; pattern: string }): Naming => ({
  item: (raw) => ({ ...(raw as object), id: String((raw as Record<string, unknown>)[key]) }),
  raw: ({ id: _, ...rest }) => rest,
  ...asked,
});
const WORDS: Naming = { ...BY_ID, item: (raw) => ({ id: String(raw) }), raw: (item) => item.id };
export const namingOf = (form: Form): Naming => form.naming ?? BY_ID;

const plain = (values: readonly string[], key: (word: string) => string) => (): Option[] => values.map((id) => ({ id, name: t(key(id.replace(/-/g, "_"))) }));
const queues = (house: House): Option[] => house.queues.map((each) => ({ id: each.id, name: named(each.name, each.id) }));
const groups = (house: House): Option[] => (house.groups ?? []).map((each) => ({ id: each.id, name: named(each.name, each.id) }));
const flowNames = (_: House, flows: string[]): Option[] => flows.map((id) => ({ id, name: id }));
const LANGUAGES = ["zh-CN", "en"];
const LETTERS = ["call", "wrap_up", "note", "case", "callback", "message", "survey", "alarm"];
const CALLERS = "\\+?[0-9]{2,20}|(\\+|0)[0-9]{1,19}\\*";
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
  { part: "caller_lists", at: ["caller_lists"], fresh: () => ({ numbers: [] }), fields: [ID, { key: "numbers", kind: "lines" }] },
  { part: "vips", at: ["vips"], fresh: (caller) => ({ number: caller, priority: 5, name: "" }), naming: by("number", { added: "form.newNumber", pattern: CALLERS }), fields: [text("name"), number("priority")] },
  { part: "closings", at: ["closing_messages"], fresh: () => ({ name: names(), flow: "" }), fields: [ID, NAMES, choice("flow", flowNames)] },
  {
    part: "agents", at: ["agents"], fresh: () => ({ name: "", skills: {} }),
    fields: [
      ID, text("name"), choice("role", plain(["agent", "leader", "supervisor"], (word) => `role.${word}`)), choice("group", groups, true), { key: "leads", kind: "many", options: groups },
      choice("shift", (house) => (house.shifts ?? []).map((each) => ({ id: each.id, name: named(each.name, each.id) })), true),
      { key: "languages", kind: "many", options: languages }, { key: "skills", kind: "levels" }, { key: "days_off", kind: "many", options: plain(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], (word) => `weekday.${word}`) },
      number("recorded_percent", undefined, true), text("mobile", { maybe: true }),
    ],
  },
  { part: "skills", at: ["skills"], fresh: () => ({}), naming: WORDS, fields: [ID] },
  {
    part: "groups", at: ["groups"], fresh: () => ({ name: names() }),
    fields: [ID, NAMES, number("longest_stretch_s", "s"), { key: "highest_occupancy", kind: "percent" }, number("cool_down_s", "s"), { key: "reserve", kind: "yes" }, { key: "reserve_below", kind: "percent" }],
  },
  { part: "shifts", at: ["shifts"], fresh: () => ({ name: names(), start: "09:00", end: "17:00" }), fields: [ID, NAMES, { key: "start", kind: "time" }, { key: "end", kind: "time" }, choice("days", plain(["every_day", "working_days"], (word) => `days.${word}`))] },
  {
    part: "staffing", at: ["staffing"], one: true, fresh: () => ({}),
    fields: [
      { key: "floor", kind: "rows", of: [{ key: "start", kind: "time" }, { key: "end", kind: "time" }, number("agents"), { key: "night", kind: "yes" }] },
      number("sign_in_early_s", "s"), { key: "only_on_duty", kind: "yes" }, number("late_after_s", "s"), number("missing_after_s", "s"), number("shift_end_grace_s", "s"), number("usual_handling_s", "s"), number("look_ahead_h", "h"),
    ],
  },
  {
    part: "calendar", at: ["calendar"], fresh: (year) => ({ year: Number(year), holidays: [], working_days: [] }), naming: by("year", { added: "form.newYear", pattern: "20[0-9]{2}" }),
    fields: [{ key: "holidays", kind: "dates" }, { key: "working_days", kind: "dates" }],
  },
  {
    part: "governor", at: ["governor"], one: true, fresh: () => ({}),
    fields: [
      { key: "ladder", kind: "many", options: plain(["ask_reserve", "relax_skills", "shorten_wrap_up", "hold_breaks", "alarm", "offer_callbacks", "offer_messages"], (word) => `measure.${word}`) },
      number("window_s", "s"), number("least_calls"), number("up_after_s", "s"), number("down_after_s", "s"), { key: "margin", kind: "percent" }, number("relax_levels", "levels"), { key: "wrap_up_share", kind: "percent" },
    ],
  },
  {
    part: "alarms", at: ["alarms", "rules"], fresh: () => ({ figure: "waiting", above: 10 }),
    fields: [
      ID, choice("figure", plain(["connection_rate", "service_level", "longest_wait_s", "waiting", "agents_missing", "roster_missing", "trunk_down", "pbx_down", "agent_stuck_s", "disk_free", "journal_lag_s", "journal_broken", "figures_broken", "blocked", "recording_coverage", "outbound_spend"], (word) => `looks.${word}`)),
      { key: "bound", kind: "bound" }, text("of", { maybe: true }), number("for_s", "s"), number("clear_after_s", "s"), number("margin"), choice("severity", plain(["info", "warning", "critical"], (word) => `severity.${word}`)), { key: "enabled", kind: "yes" },
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
  { part: "codes", at: ["desk", "wrap_up_codes"], fresh: () => ({ name: names(), solved: "" }), fields: [ID, NAMES, choice("solved", plain(["yes", "no"], (word) => `solved.${word}`), true)] },
  { part: "contacts", at: ["desk"], one: true, fresh: () => ({}), fields: [number("first_contact_days", "days")] },
  { part: "hints", at: ["desk"], one: true, fresh: () => ({}), fields: [{ key: "greeting", kind: "names" }, { key: "closing", kind: "names" }] },
  { part: "quality", at: ["quality", "questions"], fresh: () => ({ text: names(), weight: 1, most: 5, critical: false }), fields: [ID, { key: "text", kind: "names" }, number("weight"), number("most"), { key: "critical", kind: "yes" }] },
  {
    part: "webhooks", at: ["desk", "webhooks"], fresh: () => ({ url: "", secret_file: "", kinds: LETTERS, enabled: true }),
    fields: [ID, text("url"), text("secret_file"), { key: "kinds", kind: "many", options: plain(LETTERS, (word) => `letter.${word}`) }, number("give_up_s", "s"), { key: "enabled", kind: "yes" }],
  },
];

// The items of a part; a part that is one thing has one, without a name.
export function itemsOf(house: House, form: Form): Item[] {
  const found = structuredClone(form.at.reduce<unknown>((above, key) => (above as Record<string, unknown> | undefined)?.[key], house));
  return form.one ? [{ ...(found as object), id: "" }] : ((found ?? []) as unknown[]).map(namingOf(form).item);
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

// What was made or changed, and what was taken away.
function edits(before: Item[], after: Item[]): { edited: Map<string, Item>; gone: Set<string> } {
  const was = new Map(before.map((each) => [each.id, each]));
  const is = new Map(after.map((each) => [each.id, each]));
  return { edited: new Map([...is].filter(([id, each]) => !same(each, was.get(id)))), gone: new Set([...was.keys()].filter((id) => !is.has(id))) };
}

export function changed(before: Item[], after: Item[]): number {
  const { edited, gone } = edits(before, after);
  return edited.size + gone.size;
}

// Into a copy of the house that they were read from.
export function put(house: House, form: Form, items: Item[]): void {
  const above = form.at.slice(0, -1).reduce<Record<string, unknown>>((part, key) => (part[key] ??= {}) as Record<string, unknown>, house as unknown as Record<string, unknown>);
  const { id: _, ...one } = items[0] ?? { id: "" };
  above[form.at.at(-1)!] = form.one ? one : items.map(namingOf(form).raw);
}

// Whatever it is called; of what has no id, what tells it apart as well.
export function titleOf(item: Item, form?: Form): string {
  const name = item.name ?? item.title ?? item.text;
  const said = typeof name === "object" && name ? named(name as Record<string, string>, "") : typeof name === "string" ? name.slice(0, 40) : "";
  return form?.naming && said ? `${item.id} ${said}` : said || item.id;
}

// Where something is wrong, in the words of the forms: body.document.queues.0.skills of this house is "Queues · Presales · Skill levels".
export function placeInWords(house: House, place: string): string {
  let at: unknown = house;
  const keys = place.replace(/^body\.document\.?/, "").split(".");
  const said = keys.map((key, depth) => {
    at = (at as Record<string, unknown> | undefined)?.[key];
    if (/^\d+$/.test(key)) return (typeof at === "object" ? titleOf(at as Item) : String(at)) || `${Number(key) + 1}`;
    const word = [depth ? `field.${key}` : "", `part.${key}`, `field.${key}`].find(has);
    return word ? t(word) : key;
  });
  return said.join(" · ");
}
