// What an agent or seat is doing, as one word of ours: the state while signed in, else why there is none.
import type { Agent, Seat } from "../live/board";

export const STATES = [
  "ringing", "talking", "holding", "consulting", "dialling", "reserved", "wrap_up", "idle", "on_break", "away",
  "signed_out", "unreachable", "empty",
] as const;
export type State = (typeof STATES)[number];
export type Mood = "good" | "busy" | "warn" | "rest" | "bad" | "dim";

const MOODS: Record<State, Mood> = {
  idle: "good", reserved: "busy", ringing: "busy", dialling: "busy", talking: "busy", consulting: "busy",
  holding: "warn", wrap_up: "warn", on_break: "rest", away: "bad", signed_out: "dim", unreachable: "dim", empty: "dim",
};
export const moodOf = (state: State): Mood => MOODS[state];

const isState = (word: string | undefined): word is State => STATES.includes(word as State);

// A talk goes on though a break was asked for, so what calls make of an agent comes before what the agent wants.
export function stateOf(who: Pick<Agent | Seat, "status" | "state">): State {
  if (!who.status || who.status === "signed_out") return "signed_out";
  if (who.state && who.state !== "idle" && isState(who.state)) return who.state;
  if (who.status === "on_break" || who.status === "away") return who.status;
  return "idle";
}

export function stateOfSeat(seat: Seat): State {
  if (seat.agent) return seat.reachable || seat.state !== "idle" ? stateOf(seat) : "unreachable";
  return seat.reachable ? "empty" : "unreachable";
}
