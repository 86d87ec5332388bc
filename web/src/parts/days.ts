// Business days and moments: a date is a day of the house's time zone, wherever this computer is.
import { floorUtcS, single } from "../live/board";
import { language } from "../words";

const house = single("house");
const DAY_S = 86_400;

// How many seconds the zone's clocks are ahead of UTC at a moment.
function offsetS(utcS: number, zone: string | undefined): number {
  if (!zone) return -new Date(utcS * 1000).getTimezoneOffset() * 60;
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return Math.round((Date.parse(`${shown.format(utcS * 1000).replace(" ", "T")}Z`) - utcS * 1000) / 1000);
}

export function dayOf(utcS: number): string {
  const zone = house.value?.time_zone;
  return new Date((utcS + offsetS(utcS, zone)) * 1000).toISOString().slice(0, 10);
}

export const today = (): string => dayOf(floorUtcS());
export const daysAgo = (days: number): string => dayOf(floorUtcS() - days * DAY_S);

// A moment as <input type="datetime-local"> writes it, in business time; and back.
export const inBusinessTime = (utcS: number): string =>
  new Date((utcS + offsetS(utcS, house.value?.time_zone)) * 1000).toISOString().slice(0, 16);

export function utcOf(written: string): number {
  const asIfUtcS = Date.parse(`${written}:00Z`) / 1000;
  return asIfUtcS - offsetS(asIfUtcS - offsetS(asIfUtcS, house.value?.time_zone), house.value?.time_zone);
}

// When the day begins, in seconds since 1970; `plus` days later.
export function startOf(day: string, plus = 0): number {
  const asIfUtcS = Date.parse(`${day}T00:00:00Z`) / 1000 + plus * DAY_S;
  return utcOf(new Date(asIfUtcS * 1000).toISOString().slice(0, 16));
}

// What a report was asked for: a date is where its day begins or, as an `end`, ends.
export function boundOf(written: string, end = false): number {
  if (/^\d{4}-\d\d-\d\d$/.test(written)) return startOf(written, end ? 1 : 0);
  return /T\d\d:\d\d$/.test(written) ? utcOf(written) : Date.parse(written) / 1000;
}

// Days as they are written: 2026-11-30.
export const plusDays = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_S * 1000).toISOString().slice(0, 10);
// The Monday of a day's week.
export const mondayOf = (day: string): string => plusDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
export const shortDay = (day: string): string =>
  new Intl.DateTimeFormat(language.value, { weekday: "short", month: "2-digit", day: "2-digit", timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));
