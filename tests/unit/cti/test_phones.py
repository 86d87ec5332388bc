"""Listeners' phones: which channel they hear, in which way, and that no other Originate can be made of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.commands import Beep, CallListener, TakeTalk, TurnListener
from core.errors import ActionFailed
from core.ids import CallId, CommandId, NodeId, OfferId, SeatId
from core.states import ListenMode
from cti.calls import Legs
from cti.phones import ListenersPhones
from cti.wire import Unencodable, ami_action

CALL, LINE = CallId("a-1795000000.17"), CallId("a-mon-1795000003.7")
AGENT, COLLEAGUE = "a-1795000001.18", "a-1795000002.19"
ORDER = CallListener(
    CommandId("7.0"),
    1.0,
    NodeId("a"),
    CALL,
    LINE,
    OfferId("a-mon-1795000003.7/0"),
    SeatId("seat-03"),
    ListenMode.LISTEN,
    20.0,
)


@dataclass
class Pbx:
    """An AMI connection that takes what the encoder lets through."""

    told: list[dict[str, str]] = field(default_factory=list)
    refuses: bool = False

    async def action(self, fields: dict[str, str]) -> dict[str, str]:
        ami_action(fields)
        self.told.append(fields)
        if self.refuses:
            raise ActionFailed("Channel does not exist")
        return {}


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


async def test_the_phone_is_rung_turned_as_asked_and_follows_the_call() -> None:
    listeners, pbx = scene()
    originate = listeners.ring(ORDER, "lead")
    ami_action(originate)
    assert (originate["Context"], originate["Exten"], originate["ChannelId"]) == ("monitor-listen", AGENT, LINE)
    leg(listeners.legs, LINE, LINE, "PJSIP/lead-3")
    turn = turned(ListenMode.WHISPER)
    assert where(listeners.turned(turn)) == ("PJSIP/lead-3", "monitor-whisper", AGENT)
    listeners.has_turned(turn)
    listeners.look()
    leg(listeners.legs, COLLEAGUE, CALL, "PJSIP/other-4")
    listeners.look()
    listeners.legs.live[AGENT].bridge, listeners.legs.live[COLLEAGUE].bridge = "", "b1"
    listeners.look()
    await asyncio.sleep(0)
    assert [where(action) for action in pbx.told] == [("PJSIP/lead-3", "monitor-whisper", COLLEAGUE)]
    listeners.forget(LINE)
    with pytest.raises(ActionFailed):
        listeners.turned(turned(ListenMode.BARGE_IN))
    await listeners.stop()


async def test_a_line_that_cannot_follow_is_logged_and_left(caplog: pytest.LogCaptureFixture) -> None:
    listeners, pbx = scene()
    listeners.ring(ORDER, "lead")
    leg(listeners.legs, LINE, LINE, "PJSIP/lead-3")
    leg(listeners.legs, COLLEAGUE, CALL, "PJSIP/other-4")
    listeners.legs.live[AGENT].bridge, listeners.legs.live[COLLEAGUE].bridge = "", "b1"
    pbx.refuses = True
    listeners.look()
    await asyncio.sleep(0)
    listeners.look()
    await listeners.stop()
    assert len(pbx.told) == 1 and "does not follow" in caplog.text


async def test_a_line_that_takes_the_call_over_is_a_leg_of_it_also_after_a_resync() -> None:
    listeners, _ = scene()
    listeners.ring(ORDER, "lead")
    leg(listeners.legs, LINE, LINE, "PJSIP/lead-3")
    order = take()
    *told, sent = listeners.taken(order)
    assert where(sent) == ("PJSIP/lead-3", "taken", "s")
    assert {action["Variable"]: action["Value"] for action in told} == {
        "__THIRDRING_CALL": CALL, "__THIRDRING_CALLER": "PJSIP/trunk-a-1",
        "THIRDRING_OFFER": order.offer, "THIRDRING_UNRECORDED": "",
    }  # fmt: skip
    assert listeners.give(order).offer == order.offer
    assert listeners.legs.answered_leg(CALL, order.taker) is listeners.legs.live[LINE]
    listeners.legs.forget_all()
    leg(listeners.legs, LINE, LINE, "PJSIP/lead-3")
    assert (listeners.legs.live[LINE].call, listeners.legs.live[LINE].offer) == (CALL, order.offer)
    with pytest.raises(ActionFailed):
        listeners.taken(order)


async def test_a_line_whose_talk_could_not_be_parted_listens_on() -> None:
    listeners, pbx = scene()
    listeners.ring(ORDER, "lead")
    leg(listeners.legs, LINE, LINE, "PJSIP/lead-3")
    listeners.give(order := take())
    listeners.take_back(order)
    await asyncio.sleep(0)
    assert [where(action) for action in pbx.told] == [("PJSIP/lead-3", "monitor-barge_in", AGENT)]
    assert listeners.legs.live[LINE].call == LINE
    await listeners.stop()


def turned(mode: ListenMode) -> TurnListener:
    return TurnListener(CommandId("8.0"), 1.0, NodeId("a"), CALL, LINE, mode)


def take() -> TakeTalk:
    who = (SeatId("seat-01"), LINE, OfferId(f"{CALL}/2"), SeatId("seat-03"))
    return TakeTalk(CommandId("9.0"), 1.0, NodeId("a"), CALL, *who, ListenMode.BARGE_IN, True, True)


def where(action: Mapping[str, str]) -> tuple[str, str, str]:
    return action["Channel"], action["Context"], action["Exten"]


def test_nobody_of_ours_is_nobody_to_hear() -> None:
    listeners, _ = scene()
    listeners.legs.vanished(AGENT)
    with pytest.raises(ActionFailed):
        listeners.ring(ORDER, "lead")


def test_a_beep_is_whispered_to_the_agent() -> None:
    listeners, _ = scene()
    (action,) = listeners.beep(order := Beep(CommandId("7.0"), 1.0, NodeId("a"), CALL))
    ami_action(action)
    assert (action["Channel"], action["Context"]) == (f"Local/{AGENT}@whisper", "beep")
    listeners.legs.vanished(AGENT)
    assert listeners.beep(order) == []


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
