"""Channel variables: what must survive the engine. The dialplan, the runner and the resync use the same names.

Written before the fact they stand for is offered, the stage last: a caller found with stage
`waiting` has all the rest. `since` counts on CLOCK_BOOTTIME and means nothing after a reboot,
so the boot id stands beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.ids import QueueId
from core.states import CallState

CALL = "THIRDRING_CALL"
CALLER = "THIRDRING_CALLER"  # the caller's full channel name; what is kept for them ends when it is gone
STAGE = "THIRDRING_STAGE"  # a CallState
QUEUE = "THIRDRING_QUEUE"
SINCE = "THIRDRING_SINCE"  # waiting since, seconds on CLOCK_BOOTTIME
BOOT = "THIRDRING_BOOT"  # /proc/sys/kernel/random/boot_id of the engine that wrote `since`
PRIORITY = "THIRDRING_PRIORITY"
LANGUAGE = "THIRDRING_LANGUAGE"
HOTLINE = "THIRDRING_HOTLINE"
TRUNK = "THIRDRING_TRUNK"
TRIES = "THIRDRING_TRIES"

OFFER = "THIRDRING_OFFER"  # the ring under way; the agent's leg inherits it
FALLBACK = "THIRDRING_FALLBACK"  # wall clock, seconds, when the dialplan took a caller over
KEPT_BY = "THIRDRING_KEPT_BY"  # a held caller's agent: the full channel name
PHONES = "THIRDRING_PHONES"  # a consult, on the agent's leg: whom to ring, for how long, under which offer
RING_S = "THIRDRING_RING_S"
CONSULT = "THIRDRING_CONSULT"
ASKED = "THIRDRING_ASKED"  # likewise of a consult outside: over which trunk, which number, by which order
NUMBER = "THIRDRING_NUMBER"
COMMAND = "THIRDRING_COMMAND"
TALK = "THIRDRING_TALK"  # who answered and when: SIP name, a slash, seconds on the wall clock
FAR = "THIRDRING_FAR"  # what an agent's line dialled last: trunk, DIALSTATUS, cause, SIP status, joined by slashes
CLOSED = "THIRDRING_CLOSED"  # a global, an underscore and the queue: where its callers go; NOWHERE is the message
NOWHERE = "-"
BOX = "+"  # in the PBX's books, where a phone that answered would be: the dialplan's message box
REFUSING = "THIRDRING_REFUSING"  # a global: not empty, and callers are refused before they are answered
BOOKED = "THIRDRING_BOOKED"  # a global: the number of the last hotline call that ended; with _ and a place that call
UNRECORDED = "THIRDRING_UNRECORDED"  # the offer whose talk is not due for recording
VOICE = "THIRDRING_VOICE"  # where this channel's voice is recorded since when: seconds on the wall clock, a space, file
DONE = "THIRDRING_DONE"  # the sentinel: 1 is the engine's last word on a line

_MOMENT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)

ALL = (CALL, STAGE, QUEUE, SINCE, BOOT, PRIORITY, LANGUAGE, HOTLINE, TRUNK, TRIES, OFFER, FALLBACK, TALK, VOICE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller's place in a queue. `since_boot_s` is None when it was written before the last reboot."""

    queue: QueueId
    since_boot_s: float | None
    priority: int
    language: str


def written(waiting: Waiting, boot_id: str) -> dict[str, str]:
    """The variables that remember this place, in the order in which they must be set."""
    return {
        QUEUE: waiting.queue,
        SINCE: "" if waiting.since_boot_s is None else f"{waiting.since_boot_s:.6f}",
        BOOT: boot_id,
        PRIORITY: str(waiting.priority),
        LANGUAGE: waiting.language,
        STAGE: CallState.WAITING.value,
    }


def read(variables: Mapping[str, str], boot_id: str) -> Waiting | None:
    """The place these variables remember; None if this caller was not waiting. Missing names count as ""."""
    queue = variables.get(QUEUE, "")
    if variables.get(STAGE, "") != CallState.WAITING or not queue:
        return None
    priority = variables.get(PRIORITY, "")
    return Waiting(
        QueueId(queue),
        _seconds(variables.get(SINCE, "")) if variables.get(BOOT, "") == boot_id else None,
        int(priority) if priority.isascii() and priority.isdigit() else 0,
        variables.get(LANGUAGE, ""),
    )


def utc_seconds(text: str) -> float | None:
    """A moment as the dialplan writes it, with parts of a second; None when there is none."""
    return float(text) if _MOMENT.fullmatch(text) else None


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
