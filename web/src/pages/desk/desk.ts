// What the desk's parts share: the call at my seat, and how a ring is told to somebody who looks elsewhere.
import { entry, type Call, type Outbound, type Seat } from "../../live/board";
import { pop } from "../../live/pop";
import { named, t } from "../../words";

export type Present = (Call & { kind: "call" }) | (Outbound & { kind: "outbound" });

export function callOfSeat(seat: Seat | undefined): Present | undefined {
  const call = entry("call", seat?.call);
  if (call) return { ...call, kind: "call" };
  const outbound = entry("outbound", seat?.call);
  return outbound && { ...outbound, kind: "outbound" };
}

// Whole where the pop has it whole for me.
export const numberOf = (call: Present): string =>
  (pop.value?.call === call.id && pop.value.caller) ||
  (call.kind === "call" ? call.caller : call.number) ||
  t("floor.withheldNumber");

export const queueOf = (call: Present): string => (call.queue ? named(entry("queue", call.queue)?.name, call.queue) : "");

const title = document.title;
let notice: Notification | undefined;

// The tab's title and, where somebody looks at another window, a notification of the browser.
export function ringOnScreen(rings: boolean, call: Present | undefined): void {
  notice?.close();
  document.title = rings ? `☎ ${t("state.ringing")}` : title;
  if (rings) notice = notify(t("state.ringing"), call ? `${queueOf(call)} ${numberOf(call)}` : "");
}

// Where somebody looks at another window, and lets the browser say so.
export function notify(head: string, body: string): Notification | undefined {
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return undefined;
  const shown = new Notification(head, { body });
  shown.onclick = () => window.focus();
  return shown;
}

export function askForNotices(): void {
  if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
}
