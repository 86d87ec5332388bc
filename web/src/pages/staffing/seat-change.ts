// More or fewer agents for a while, as the twin reads it: +1@10:00-12:00, -2, +1:after-sales@20:00-24:00.
export type SeatChange = { sign: "+" | "-"; count: number; queue: string; from: string; to: string };

export const fresh = (): SeatChange => ({ sign: "+", count: 1, queue: "", from: "10:00", to: "12:00" });

// One time alone means from the day's beginning, or to its end.
export function written({ sign, count, queue, from, to }: SeatChange): string {
  const who = queue && sign === "+" ? `:${queue}` : "";
  const when = from || to ? `@${from || "00:00"}-${to || "24:00"}` : "";
  return `${sign}${count}${who}${when}`;
}
