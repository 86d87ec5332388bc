"""Why an agent does not get a call at this moment: one word each, with what is needed to say it in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.ids import AgentId, OfferId, SeatId


class Reason(StrEnum):
    """The first obstacle that is found, in this order; the last three are of an offer that was made."""

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
    WITHHELD = "withheld"
    MISSED_IT = "missed_it"
    MAY_SERVE = "may_serve"
    NOT_NAMED = "not_named"
    BEHIND = "behind"
    CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`detail` is the language when LANGUAGE, the agent's state when BUSY, whom it waits for when HELD_FOR_ANOTHER, the
    kind when WITHHELD, who was asked for when NOT_NAMED, the turn (2 is the next after the chosen one) when BEHIND.
    """

    agent: AgentId
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PastOffer:
    """Everybody's reasons at one offer of the past. `agrees`: the journal, replayed, gives it to the same seat."""

    offer: OfferId
    at_utc_s: float
    seat: SeatId
    agent: AgentId
    agrees: bool
    obstacles: tuple[Obstacle, ...]
