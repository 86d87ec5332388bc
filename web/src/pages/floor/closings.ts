// What the callers of a closed queue meet.
import { house } from "../../house";
import { entry, type Closed } from "../../live/board";
import { named, t } from "../../words";

export function closedInWords(closed: Closed): string {
  if (closed.to) return t("floor.closedTo", { queue: named(entry("queue", closed.to)?.name, closed.to) });
  const message = house.value?.closing_messages.find((each) => each.id === closed.message);
  return message ? named(message.name, message.id) : t("act.usualMessage");
}
