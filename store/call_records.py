"""Calls as records, folded from outcomes; rings and talks within them are segments (store.projections). Pure."""

from __future__ import annotations

from dataclasses import replace

from core.events import (
    CallAbandoned,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallTurnedIntoCallback,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    SeatReserved,
)
from core.states import OutboundState
from store.records import CallRecord


def blank(call: str, at: float) -> CallRecord:
    """Of a call that begins now."""
    return CallRecord(
        call=call, hotline="", trunk="", caller="", language="", queue="", entered_utc_s=at, offered_utc_s=None,
        answered_utc_s=None, ended_utc_s=None, waited_s=0.0, talk_s=0.0, tries=0, how="", agent="", seat="",
    )  # fmt: skip


def waited(row: CallRecord, more_s: float) -> float:
    """The wait with these seconds, which count until the request has its outcome: a transfer is no second request."""
    return row.waited_s + (0.0 if row.outcome else more_s)


CallStep = (
    CallEntered | CallOffered | CallMoved | SeatReserved | CallAbandoned | CallFlowedOut | CallTurnedIntoCallback
    | CallLeftMessage | CallLost | CallEnded
)  # fmt: skip
OutboundStep = OutboundBegan | OutboundMoved | OutboundEnded


def after(row: CallRecord, event: CallStep, at: float) -> CallRecord:
    """The call as this event leaves it."""
    match event:
        case CallEntered():
            return replace(row, hotline=event.hotline, trunk=event.trunk, caller=event.caller, language=event.language)
        case CallOffered():
            offered = at - event.waited_s if row.offered_utc_s is None else row.offered_utc_s
            waited_s = row.waited_s if row.outcome else 0.0  # taken over again, it counts from the first time
            return replace(
                row, hotline=event.hotline, queue=event.queue, language=event.language, offered_utc_s=offered,
                waited_s=waited_s,
            )  # fmt: skip
        case CallMoved():
            waited_s = waited(row, event.stayed_s)
            return replace(row, hotline=event.hotline, queue=event.queue, language=event.language, waited_s=waited_s)
        case SeatReserved():
            return replace(row, tries=row.tries + 1)
        case CallAbandoned() | CallFlowedOut() | CallTurnedIntoCallback() | CallLeftMessage():
            return replace(row, hotline=event.hotline, queue=event.queue, waited_s=waited(row, event.waited_s))
        case CallLost():
            return replace(row, hotline=event.hotline, queue=event.queue or row.queue)
        case CallEnded():
            return replace(row, hotline=event.hotline, how=event.how, ended_utc_s=at)


def outbound_after(row: CallRecord, event: OutboundStep, at: float) -> CallRecord:
    """A call that we made: it has no hotline, `caller` is whom we called, and `tries` how many trunks were asked."""
    match event:
        case OutboundBegan():
            return replace(
                row, caller=event.number, language=event.language, queue=event.queue or "", agent=event.agent,
                seat=event.seat,
            )  # fmt: skip
        case OutboundMoved() if event.state is OutboundState.CALLING:
            return replace(row, trunk=event.trunk or "", tries=row.tries + 1)
        case OutboundMoved() if event.state is OutboundState.TALKING:
            return replace(row, trunk=event.trunk or "", answered_utc_s=at, waited_s=at - row.entered_utc_s)
        case OutboundEnded():
            return replace(row, how=event.outcome.value, talk_s=event.talk_s, ended_utc_s=at)
    return row
