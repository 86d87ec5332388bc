"""Spy legs: one to each voice of a call, as the leg table has them, again when one breaks off, none when it is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.ids import CallId, ListeningId, SeatId
from core.speech import FRAME_BYTES
from cti import ears as module
from cti.audiosocket import AudioSockets, Ear
from cti.calls import Legs
from cti.ears import QUEUED_FRAMES, TRIES, Ears, Hearing, spy_leg
from cti.wire import Unencodable, ami_action

CALL, ONE = CallId("a-1795000000.17"), ListeningId("li-1")
CALLER, AGENT, COLLEAGUE = "a-1795000000.17", "a-1795000001.18", "a-1795000002.19"
FRAME = bytes(FRAME_BYTES)


class Sockets(AudioSockets):
    """A door that only remembers whom it expects."""

    def __init__(self) -> None:
        super().__init__()
        self.ears: dict[str, Ear] = {}

    def expect(self, ear: Ear) -> str:
        token = super().expect(ear)
        self.ears[token] = ear
        return token

    def end(self, token: str) -> None:
        super().end(token)
        self.ears.pop(token, None)


@dataclass
class Pbx:
    """An AMI connection that takes what the encoder lets through."""

    told: list[dict[str, str]] = field(default_factory=list)

    def tell(self, fields: dict[str, str]) -> None:
        ami_action(fields)
        self.told.append(fields)

    def spied(self) -> list[str]:
        return [action["Channel"].removeprefix("Local/").removesuffix("@spy") for action in self.told]


def scene() -> tuple[Ears, Pbx, Any]:
    legs, pbx, sockets = Legs(), Pbx(), Sockets()
    legs.configure({"desk": SeatId("seat-01"), "other": SeatId("seat-02")}, frozenset({"trunk-a"}))
    legs.appeared(CALLER, CALLER, "PJSIP/trunk-a-1")
    answers(legs, AGENT, "PJSIP/desk-2")
    client: Any = pbx
    return Ears("a", legs, lambda: client, sockets), pbx, sockets


def answers(legs: Legs, uniqueid: str, channel: str) -> None:
    leg = legs.appeared(uniqueid, CALLER, channel)
    assert leg is not None
    leg.answered = True


def begun() -> tuple[Ears, Pbx, Any, Hearing]:
    ears, pbx, sockets = scene()
    ears.begin(ONE, CALL, silenced=False)
    hearing = ears.hearing(ONE)
    assert hearing is not None
    return ears, pbx, sockets, hearing


async def test_each_voice_is_sent_for_once_and_those_that_come_later_too() -> None:
    ears, pbx, sockets, _ = begun()
    assert pbx.spied() == [CALLER, AGENT]
    assert [action["Exten"] for action in pbx.told] == list(sockets.ears)
    ears.look()
    ears.legs.appeared(COLLEAGUE, CALLER, "PJSIP/other-3")
    ears.look()
    assert len(pbx.told) == 2, "a phone that rings says nothing"
    answers(ears.legs, COLLEAGUE, "PJSIP/other-3")
    ears.look()
    assert pbx.spied()[2:] == [COLLEAGUE]
    ears.legs.vanished(AGENT)
    ears.look()
    assert len(sockets.ears) == 2
    ears.end(ONE, "asked")
    assert sockets.ears == {} and ears.hearing(ONE) is None


async def test_what_is_heard_comes_in_order_and_then_why_it_is_over() -> None:
    ears, _, sockets, hearing = begun()
    for ear in sockets.ears.values():
        ear.heard(FRAME)
    first = await hearing.next()
    assert first is not None and first.number == 0
    waiting = asyncio.ensure_future(hearing.next())
    await asyncio.sleep(0)
    ears.end(ONE, "talk_over")
    assert (await waiting, hearing.over) == (None, "talk_over")


async def test_who_does_not_take_it_loses_the_oldest() -> None:
    _, _, sockets, hearing = begun()
    for _ in range(2 * QUEUED_FRAMES):
        for ear in sockets.ears.values():
            ear.heard(FRAME)
    first = await hearing.next()
    assert first is not None and first.number == QUEUED_FRAMES


async def test_a_spy_that_does_not_come_or_breaks_off_is_sent_again_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "AGAIN_S", 0.0)
    ears, pbx, sockets, _ = begun()
    tokens = list(sockets.ears)
    sockets.ears[tokens[0]].over()
    for _ in range(50 * TRIES):
        await asyncio.sleep(0)
    assert len(pbx.told) == 2 * TRIES and tokens[0] not in sockets.ears
    ears.end(ONE, "asked")


async def test_card_data_is_heard_by_nobody_of_that_call() -> None:
    ears, _, _, hearing = begun()
    ears.silence(CallId("a-1.1"), on=True)
    assert not hearing.sides.silenced
    ears.silence(CALL, on=True)
    assert hearing.sides.silenced


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Channel", "Local/a-1.1@hotline"),
        ("Channel", "Local/a-1.1,w@spy"),
        ("Channel", "Local/PJSIP@spy"),
        ("Channel", "PJSIP/desk"),
        ("Exten", "1"),
        ("Exten", "agent"),
        ("Context", "outbound"),
        ("Application", "System"),
        ("Variable", "A=1"),
    ],
)
def test_a_spy_leg_can_do_nothing_else(header: str, value: str) -> None:
    fields = spy_leg(AGENT, "00000000-0000-4000-8000-000000000000", "a-ear-1.0")
    ami_action(fields)
    with pytest.raises(Unencodable):
        ami_action(fields | {header: value})
