"""Listeners' phones: which channel they hear, in which way, and that no other Originate can be made of theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from core.commands import CallListener
from core.errors import ActionFailed
from core.ids import CallId, CommandId, NodeId, OfferId, SeatId
from core.states import ListenMode
from cti.calls import Legs
from cti.phones import ListenersPhones
from cti.wire import Unencodable, ami_action

CALL, LINE = CallId("a-1795000000.17"), CallId("a-mon-7.0")
AGENT, COLLEAGUE = "a-1795000001.18", "a-1795000002.19"
ORDER = CallListener(
    CommandId("7.0"), 1.0, NodeId("a"), CALL, LINE, OfferId("a-mon-7.0/0"), SeatId("seat-03"), ListenMode.LISTEN, 20.0
)


@dataclass
class Pbx:
    """An AMI connection that takes what the encoder lets through."""

    told: list[dict[str, str]] = field(default_factory=list)

    def tell(self, fields: dict[str, str]) -> None:
        ami_action(fields)
        self.told.append(fields)


def leg(legs: Legs, uniqueid: str, linkedid: str, channel: str, bridge: str = "") -> None:
    found = legs.appeared(uniqueid, linkedid, channel)
    assert found is not None
    found.answered, found.bridge = True, bridge


def scene() -> tuple[ListenersPhones, Pbx]:
    """A talk in a bridge, and a seat from which it is to be heard."""
    legs, pbx = Legs(), Pbx()
    seats = {"desk": SeatId("seat-01"), "other": SeatId("seat-02"), "lead": SeatId("seat-03")}
    legs.configure(seats, frozenset({"trunk-a"}))
    leg(legs, CALL, CALL, "PJSIP/trunk-a-1", "b1")
    leg(legs, AGENT, CALL, "PJSIP/desk-2", "b1")
    client: Any = pbx
    return ListenersPhones("a", legs, lambda: client), pbx


def test_the_phone_is_rung_and_sent_on_as_asked_and_as_agents_change() -> None:
    listeners, pbx = scene()
    originate = listeners.ring(ORDER, "lead")
    ami_action(originate)
    assert (originate["Context"], originate["Exten"], originate["ChannelId"]) == ("monitor-listen", AGENT, LINE)
    leg(listeners.legs, LINE, LINE, "PJSIP/lead-3")
    listeners.turn(LINE, ListenMode.WHISPER)
    listeners.look()
    leg(listeners.legs, COLLEAGUE, CALL, "PJSIP/other-4")
    listeners.look()
    listeners.legs.live[AGENT].bridge, listeners.legs.live[COLLEAGUE].bridge = "", "b1"
    listeners.look()
    sent = [(action["Channel"], action["Context"], action["Exten"]) for action in pbx.told]
    assert sent == [("PJSIP/lead-3", "monitor-whisper", AGENT), ("PJSIP/lead-3", "monitor-whisper", COLLEAGUE)]
    listeners.forget(LINE)
    listeners.turn(LINE, ListenMode.BARGE_IN)
    assert len(pbx.told) == 2


def test_nobody_of_ours_is_nobody_to_hear() -> None:
    listeners, _ = scene()
    listeners.legs.vanished(AGENT)
    with pytest.raises(ActionFailed):
        listeners.ring(ORDER, "lead")


def test_a_beep_is_whispered_to_the_agent() -> None:
    listeners, pbx = scene()
    listeners.beep(CALL, "7.0")
    assert [(action["Channel"], action["Context"]) for action in pbx.told] == [(f"Local/{AGENT}@whisper", "beep")]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Channel", "PJSIP/trunk-a"),
        ("Channel", "PJSIP/13900139000@trunk-a"),
        ("Channel", "Local/s@answered"),
        ("Context", "monitor-everything"),
        ("Context", "hotline"),
        ("Exten", "s"),
        ("Exten", f"{AGENT},w"),
        ("Priority", "2"),
        ("ChannelId", "a-out-7.0"),
        ("Application", "System"),
        ("Variable", "A=1"),
    ],
)
def test_a_listeners_phone_can_be_sent_nowhere_else(header: str, value: str) -> None:
    originate = scene()[0].ring(ORDER, "lead")
    with pytest.raises(Unencodable):
        ami_action(originate | {header: value})
