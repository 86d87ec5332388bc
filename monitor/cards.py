"""What a call's entry on the board tells its next agent: the way through the menu, notes, who spoke before. Pure.

Each function gives the members that change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.events import (
    CallMoved,
    ConferenceBegan,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    MenuChosen,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    RingBegan,
    RingEnded,
    SeatReserved,
    TalkEnded,
)
from core.states import CallState, OutboundOutcome
from monitor.panels import Entry

STEPS_KEPT = 20
NOTES_KEPT = 20
_RINGS = (CallState.RESERVED, CallState.RINGING)
NOT_HELD: Mapping[str, None] = {"held_since_utc_s": None, "held_since_boot_s": None, "reminded_utc_s": None}


def stepped(card: Entry, event: MenuChosen) -> Entry:
    """One choice more in the menu."""
    step = {"node": event.node_name, "key": event.key}
    return {"path": [*card.get("path", ()), step][-STEPS_KEPT:]}


def noted(card: Entry, agent: str, text: str, at_utc_s: float) -> Entry:
    """What an agent wrote for the next one; whoever is rung for the call reads it there."""
    note = {"agent": agent, "text": text, "at_utc_s": at_utc_s}
    return {"notes": [*card.get("notes", ()), note][-NOTES_KEPT:]}


def talked(card: Entry, event: TalkEnded) -> Entry:
    """An agent's part is over; a call that was given away waits for its receiver."""
    state = CallState.WAITING if event.by == "transfer" else CallState.LEAVING
    return {"state": state, "handled_by": [*card.get("handled_by", ()), event.agent][-NOTES_KEPT:], **NOT_HELD}


def consulted(
    event: ConsultBegan | ConsultAnswered | ConferenceBegan | ConsultEnded, number: str = ""
) -> dict[str, Any] | None:
    """The colleague who is asked about this call, or in the talk with it; None when nobody is any more."""
    if isinstance(event, ConsultEnded):
        return None
    state = CallState.RINGING if isinstance(event, ConsultBegan) else CallState.TALKING
    with_caller = isinstance(event, ConferenceBegan)
    whom: Entry = {"seat": event.to_seat, "agent": event.to_agent, "state": state, "with_caller": with_caller}
    return whom | ({"number": number} if number else {})


def _trunk(event: OutsideDialled | OutsideAnswered) -> str:
    return (event.trunk or "") if isinstance(event, OutsideAnswered) else ""


def consulted_outside(event: OutsideDialled | OutsideAnswered | OutsideEnded, number: str) -> Entry:
    """Somebody outside is asked about this call, or not any more."""
    if isinstance(event, OutsideEnded):
        return {"consult": None, "outside": None}
    state = CallState.RINGING if isinstance(event, OutsideDialled) else CallState.TALKING
    consult = {"seat": "", "agent": "", "state": state, "with_caller": False}
    return {"consult": consult, "outside": {"number": number, "trunk": _trunk(event)}}


def reserved(card: Entry, event: SeatReserved) -> Entry:
    """A seat is about to ring: the call's own, or a second one beside it."""
    if card.get("state") in _RINGS and card.get("seat"):
        return {"second": {"seat": event.seat, "agent": event.agent}}
    return {"state": CallState.RESERVED, "seat": event.seat, "agent": event.agent}


def rang(card: Entry, event: RingBegan) -> Entry:
    """It rings; what a second one does, its seat's own entry says."""
    if (card.get("second") or {}).get("seat") == event.seat:
        return {}
    return {"state": CallState.RINGING, "seat": event.seat, "agent": event.agent}


def ring_over(card: Entry, event: RingEnded) -> Entry:
    """One ring ended unanswered: another one goes on, or the call waits again."""
    second = card.get("second")
    if second is not None:
        return {"second": None} if second["seat"] == event.seat else {**second, "second": None}
    return {"state": CallState.WAITING, "seat": None, "agent": None} if card.get("state") in _RINGS else {}


def outside(event: OutsideDialled | OutsideAnswered | OutsideEnded, number: str) -> Entry:
    """The call is with somebody outside, or about to be; its trunk is known when somebody has answered."""
    if event.agent:
        return consulted_outside(event, number)
    if isinstance(event, OutsideEnded):
        back = event.outcome is not OutboundOutcome.REACHED
        return {"state": CallState.WAITING if back else CallState.LEAVING, "outside": None}
    with_whom = {"consult": None, "outside": {"number": number, "trunk": _trunk(event)}}
    return {"state": CallState.OUTSIDE, "seat": None, "agent": None, **with_whom}


def moved(event: CallMoved, utc_s: float, boot_s: float) -> Entry:
    """The call waits in another queue: since now after a talk, and else since it first asked."""
    since = {} if event.from_line else {"waiting_since_utc_s": utc_s, "waiting_since_boot_s": boot_s}
    nobody = {"seat": None, "agent": None}
    return {"queue": event.queue, "priority": event.priority, "state": CallState.WAITING, **nobody, **since}
