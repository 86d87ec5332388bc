"""Why an agent does not get a call at this moment: one word each, with what is needed to say it in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.ids import AgentId


class Reason(StrEnum):
    """The first obstacle that is found, in this order."""

    UNSKILLED = "unskilled"
    LANGUAGE = "language"
    SIGNED_OUT = "signed_out"
    ON_BREAK = "on_break"
    AWAY = "away"
    BUSY = "busy"
    PHONE_GONE = "phone_gone"
    PHONE_RESTS = "phone_rests"
    PHONE_BUSY = "phone_busy"
    HELD_FOR_ANOTHER = "held_for_another"
    MISSED_IT = "missed_it"
    MAY_SERVE = "may_serve"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`detail` is the language when LANGUAGE, the agent's state when BUSY, whom it waits for when HELD_FOR_ANOTHER."""

    agent: AgentId
    reason: Reason
    detail: str = ""
