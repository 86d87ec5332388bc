// A week of the roster: who works which shift, what was changed on this page and not applied yet, and where too few work.
import { startOf } from "../../parts/days";
import type { House } from "./house";

export const OFF = "off";
export const USUAL = "";
export type Cell = { date: string; agent: string; shift: string }; // shift "": none
export type Pending = Record<string, string>; // `date agent` -> a shift, OFF, or USUAL
export const keyOf = (date: string, agent: string): string => `${date} ${agent}`;

const DAY_S = 86_400;
const STEP_S = 1800;

export function shiftOf(cell: Cell, pending: Pending): string {
  const wanted = pending[keyOf(cell.date, cell.agent)];
  return wanted === undefined || wanted === USUAL ? cell.shift : wanted === OFF ? "" : wanted;
}

// The house with these changes: an earlier change of the same day is replaced, USUAL takes it away.
export function withChanges(house: House, pending: Pending): void {
  const rest = (house.roster ?? []).filter((each) => !("agent" in each && keyOf(each.date, each.agent) in pending));
  const changes = Object.entries(pending).flatMap(([key, shift]) => {
    const [date = "", agent = ""] = key.split(" ");
    return shift === USUAL ? [] : [{ date, agent, shift, note: "" }];
  });
  house.roster = [...rest, ...changes];
}

const secondsOf = (time: string): number => time.split(":").reduce((sum, part, place) => sum + Number(part) * [3600, 60, 1][place]!, 0);

// How many work at each half hour of a day against what the floor needs: the worst, or null where there are enough.
export function shortageOf(day: string, cells: Cell[], pending: Pending, house: House): { at: string; there: number; needed: number } | null {
  const spans = cells.flatMap((cell) => {
    const shift = house.shifts?.find((each) => each.id === shiftOf(cell, pending));
    if (!shift) return [];
    const [from, to] = [secondsOf(shift.start), secondsOf(shift.end)];
    const begins = startOf(cell.date) + from;
    return [{ begins, ends: begins + (to > from ? to - from : to - from + DAY_S) }];
  });
  let worst: { at: string; there: number; needed: number } | null = null;
  for (let s = 0; s < DAY_S; s += STEP_S) {
    const [now, clock] = [startOf(day) + s, s];
    const needed = house.staffing?.floor?.find((hours) => within(clock, secondsOf(hours.start), secondsOf(hours.end)))?.agents ?? 0;
    const there = spans.filter((span) => span.begins <= now && now < span.ends).length;
    if (there < needed && (!worst || needed - there > worst.needed - worst.there)) {
      worst = { at: new Date(s * 1000).toISOString().slice(11, 16), there, needed };
    }
  }
  return worst;
}

const within = (s: number, from: number, to: number): boolean => (from < to ? from <= s && s < to : s >= from || s < to);
