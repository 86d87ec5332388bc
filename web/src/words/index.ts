// Languages. zh-CN first; en.json has the same keys (the compiler and a test hold it to that).
import { createI18n } from "vue-i18n";

import { floorUtcS, single } from "../live/board";
import en from "./en.json";
import zh from "./zh-CN.json";

export type Language = "zh-CN" | "en";
const KEPT = "thirdring.language";

const kept = localStorage.getItem(KEPT);
const first: Language = kept === "en" ? "en" : "zh-CN";

export const i18n = createI18n<[typeof zh], Language, false>({
  legacy: false,
  locale: first,
  fallbackLocale: false,
  missingWarn: false,
  fallbackWarn: false,
  messages: { "zh-CN": zh, en: en satisfies typeof zh },
});

export const language = i18n.global.locale;
// Keys are checked by tests/unit/web/test_words.py: many are made of a prefix and a state.
export const t = i18n.global.t as (key: string, values?: Record<string, unknown>) => string;
export const has = i18n.global.te as (key: string) => boolean;

export function speak(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem(KEPT, chosen);
  document.documentElement.lang = chosen;
}

// A name of the house in the reader's language, else in any.
export function named(names: Record<string, string> | undefined, id: string): string {
  return names?.[language.value] ?? names?.["zh-CN"] ?? Object.values(names ?? {})[0] ?? id;
}

// A clock for how long something lasts: 0:07, 12:34, 1:02:03. Reads the same in every language and does not jump.
export function clock(s: number | undefined): string {
  if (s === undefined) return "–";
  const whole = Math.floor(s);
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

export const percent = (rate: number | undefined): string =>
  rate === undefined ? "–" : `${(rate * 100).toFixed(1)}\u00a0%`;

const house = single("house");
const yearOf = (utcS: number, zone: string | undefined): string => new Intl.DateTimeFormat("en", { year: "numeric", ...(zone ? { timeZone: zone } : {}) }).format(utcS * 1000);

// A moment in business time, wherever this computer is; one of another year says of which.
export function moment(utcS: number, withDay = false): string {
  const zone = house.value?.time_zone;
  const year = yearOf(utcS, zone) === yearOf(floorUtcS(), zone) ? {} : ({ year: "numeric" } as const);
  const day = withDay ? ({ ...year, month: "2-digit", day: "2-digit" } as const) : {};
  const format = new Intl.DateTimeFormat(language.value, {
    ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone ? { timeZone: zone } : {}),
  });
  return format.format(utcS * 1000);
}
