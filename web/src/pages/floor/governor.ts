// Why a queue's governor stands on its step, out of the figures it had when it took it.
import type { Governor, Queue } from "../../live/board";
import { percent, t } from "../../words";

export function whyInWords(governor: Governor | undefined, queue: Queue): string {
  if (!governor) return "";
  const [target, level] = [queue.connection_rate_target, queue.service_level_target];
  const below = [
    ["why.forecast", governor.forecast, target],
    ["why.connection", governor.connection_rate, target],
    ["why.level", governor.service_level, level],
  ] as const;
  const missed = below.find(([, value, bound]) => value !== undefined && bound !== undefined && value < bound);
  return missed ? t(missed[0], { value: percent(missed[1]), target: percent(missed[2]) }) : t("why.recovered");
}
