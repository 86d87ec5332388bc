"""Entries of the board before anything is known of them. Pure."""

from __future__ import annotations

from core.events import OutboundBegan
from core.ids import CallId, SeatId
from core.numbers import masked
from core.states import CallState, OutboundState
from monitor.panels import Entry


def outbound(event: OutboundBegan) -> Entry:
    return {
        "id": event.call, "agent": event.agent, "seat": event.seat, "number": masked(event.number),
        "queue": event.queue, "language": event.language, "callback": event.callback, "trunk": None,
        "state": OutboundState.CALLING_AGENT, "answered_utc_s": None, "answered_boot_s": None, "listeners": 0,
    }  # fmt: skip


def entry(key: str) -> Entry:
    kind, _, name = key.partition("/")
    if kind == "call":
        return call(CallId(name), 0.0, 0.0)
    return seat(SeatId(name), 0.0, 0.0) if kind == "seat" else {}


def seat(seat: SeatId, boot_s: float, utc_s: float) -> Entry:
    return {
        "id": seat, "since_utc_s": utc_s, "since_boot_s": boot_s, "agent": None, "agent_name": "", "status": None,
        "state": None, "call": None, "reachable": False,
    }  # fmt: skip


def call(call: CallId, boot_s: float, utc_s: float) -> Entry:
    return {
        "id": call, "hotline": "", "trunk": "", "caller": "", "language": "", "state": CallState.MENU, "menu": "",
        "queue": None, "priority": 0, "promise": None, "seat": None, "agent": None,
        "entered_utc_s": utc_s, "entered_boot_s": boot_s,
        "waiting_since_utc_s": None, "waiting_since_boot_s": None, "answered_utc_s": None, "answered_boot_s": None,
        "held_since_utc_s": None, "held_since_boot_s": None, "reminded_utc_s": None, "consult": None,
        "path": [], "notes": [], "handled_by": [], "outside": None, "second": None, "listeners": 0,
    }  # fmt: skip
