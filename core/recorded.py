"""Which talks are due for recording. One rule for whoever orders, records or counts.

An agent's own setting wins over the queue's. Of those recorded now and then a share is taken by hashing the call's
id: the same call gives the same answer everywhere, for good.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import Field

from core.parts import Part

if TYPE_CHECKING:
    from core.house import Agent, House, Queue

ALWAYS = 100.0


class RecordingRules(Part):
    """The voice logger, as far as it is the house's business."""

    pause_s: float = Field(
        default=120.0, ge=5, le=900, description="seconds after which a paused recording goes on by itself"
    )
    keep_days: int = Field(
        default=0, ge=0, le=36_500, description="days after which recordings are erased; 0: never. A queue may differ"
    )
    watermark_mb: int = Field(
        default=2048, ge=0, le=10_000_000, description="free space on the recordings' disk below which it alarms"
    )


class ListeningRules(Part):
    """Hearing a talk that is going on."""

    agents_see: bool = Field(default=True, description="an agent who is listened to sees it on the own screen")
    beep: bool = Field(default=False, description="an agent hears a tone when somebody begins to listen, or to speak")


def is_recorded(call: str, queue: Queue | None, agent: Agent | None) -> bool:
    """Is a talk of this call with this agent due?"""
    percent = agent.recorded_percent if agent is not None else None
    if percent is None:
        percent = queue.recorded_percent if queue is not None else ALWAYS
    return percent >= ALWAYS or place_of(call) < percent


def place_of(call: str) -> float:
    """A number from 0 up to 100, evenly spread over calls."""
    return int.from_bytes(sha256(call.encode("utf-8", "surrogateescape")).digest()[:6], "big") / 2**48 * 100


def records_everything(house: House) -> bool:
    """Nobody has to ask."""
    settings = [
        *(queue.recorded_percent for queue in house.queues),
        *(agent.recorded_percent for agent in house.agents),
    ]
    return all(percent is None or percent >= ALWAYS for percent in settings)


def keep_days(house: House, queue: str, last: int | None = None) -> int:
    """Days after which a recording of this queue is erased; 0: never. `last` is what one that is gone said last."""
    found = next((each.keep_recordings_days for each in house.queues if each.id == queue), last)
    return house.recording.keep_days if found is None else found
