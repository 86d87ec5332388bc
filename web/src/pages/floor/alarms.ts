// Alarms in the reader's language, out of their codes and values; the server's own English sentence only where this page
// does not know the code.
import { house } from "../../house";
import { entry, type Alarm, type Told } from "../../live/board";
import { clock, has, named, percent, t } from "../../words";

const RATES = ["connection_rate", "service_level", "disk_free", "recording_coverage"];

function shown(figure: string, value: number): string {
  if (RATES.includes(figure)) return percent(value);
  return figure.endsWith("_s") ? clock(value) : String(Math.round(value));
}

function nameOf(subject: string): string {
  const agent = entry("agent", subject);
  if (agent) return agent.name;
  const queue = entry("queue", subject);
  return queue ? named(queue.name, subject) : subject;
}

export function alarmInWords(alarm: Alarm): string {
  const rule = house.value?.alarms.rules.find((each) => each.id === alarm.rule);
  if (!rule || !has(`figure.${rule.figure}`)) return alarm.text;
  const queue = entry("queue", alarm.subject);
  const target = rule.figure === "service_level" ? queue?.service_level_target : queue?.connection_rate_target;
  const bound = rule.below === "target" ? target : (rule.below ?? rule.above);
  return t(`figure.${rule.figure}`, {
    of: nameOf(alarm.subject),
    value: shown(rule.figure, alarm.value),
    bound: bound == null ? "–" : shown(rule.figure, bound),
  });
}

// Names of the house in place of its ids.
export function toldInWords(told: Told): string {
  const values = told.values ?? {};
  const key = values.what ? `tell.${told.name}_${values.what}` : `tell.${told.name}`;
  if (!has(key)) return told.text;
  return t(key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, nameOf(value)])));
}
