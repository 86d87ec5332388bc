"""Commands to AMI actions: what is sent, and in which order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from core import variables
from core.commands import (
    ConsultFar,
    ConsultSeat,
    FetchCaller,
    HoldCall,
    MirrorClosing,
    MirrorSeat,
    RefuseCallers,
    SilenceRecording,
)
from core.errors import ActionFailed
from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId, TrunkId
from core.inputs import CommandDone, CommandFailed, Input
from cti.calls import Legs
from cti.ears import Ears
from cti.execute import PbxExecutor, mirror, mirror_closing, refuse_callers
from cti.phones import ListenersPhones

SEAT, NODE = SeatId("seat-01"), NodeId("n1")
LISTENERS = Ears("n1", Legs(), lambda: None), ListenersPhones("n1", Legs(), lambda: None)
SALES, CARE = QueueId("presales"), QueueId("complaints")


def seat(number: int, *queues: QueueId, paused: bool = False) -> MirrorSeat:
    return MirrorSeat(CommandId(f"1.{number}"), 100.0, NODE, SEAT, queues, paused)


def members(actions: list[dict[str, str]]) -> set[tuple[str, str]]:
    """Who is in which native queue after these actions."""
    found = set[tuple[str, str]]()
    for action in actions:
        member = action["Queue"], action["Interface"]
        if action["Action"] == "QueueAdd":
            found.add(member)
        elif action["Action"] == "QueueRemove":
            found.discard(member)
    return found


def test_a_seat_is_in_the_queues_it_serves_with_one_phone() -> None:
    actions = mirror(seat(0, SALES), ["desk", "desk-web"], (SALES, CARE))
    assert members(actions) == {(SALES, "PJSIP/desk")}


def test_a_seat_whose_phone_was_changed_leaves_with_all_of_them() -> None:
    """Signed in at the desk phone, signed out when only the browser is there."""
    actions = mirror(seat(0, SALES), ["desk", "desk-web"], (SALES,)) + mirror(seat(1), ["desk-web", "desk"], (SALES,))
    assert members(actions) == set()


def test_a_break_pauses_the_member() -> None:
    actions = mirror(seat(0, SALES, paused=True), ["desk"], (SALES,))
    assert [(action["Action"], action["Paused"]) for action in actions] == [
        ("QueueAdd", "true"),
        ("QueuePause", "true"),
    ]


def test_a_closed_queue_is_a_global_of_the_dialplan() -> None:
    def told(to: QueueId | None) -> dict[str, str]:
        return mirror_closing(MirrorClosing(CommandId("1.1"), 100.0, NODE, SALES, to))

    assert told(QueueId("")) == {"Action": "Setvar", "Variable": "THIRDRING_CLOSED_presales", "Value": "-"}
    assert (told(CARE)["Value"], told(None)["Value"]) == ("complaints", "")


@pytest.mark.parametrize(("refuse", "value"), [(True, "1"), (False, "")])
def test_refusing_callers_is_a_global_of_the_dialplan(refuse: bool, value: str) -> None:
    order = RefuseCallers(CommandId("1.1"), 100.0, NODE, refuse)
    assert refuse_callers(order) == {"Action": "Setvar", "Variable": "THIRDRING_REFUSING", "Value": value}


class SlowPbx:
    """Takes one turn of the loop for each action."""

    def __init__(self) -> None:
        self.actions: list[dict[str, str]] = []

    async def action(self, fields: Mapping[str, str]) -> dict[str, str]:
        await asyncio.sleep(0)
        self.actions.append(dict(fields))
        return {"Response": "Success"}


class Outcomes:
    """An inbox that says when so many outcomes are there."""

    def __init__(self, wanted: int) -> None:
        self.facts: list[Input] = []
        self.all_there = asyncio.Event()
        self._wanted = wanted

    def offer(self, fact: Input) -> bool:
        self.facts.append(fact)
        if len(self.facts) == self._wanted:
            self.all_there.set()
        return True


async def test_of_two_changes_of_one_seat_the_later_has_the_last_word() -> None:
    pbx: Any = SlowPbx()
    inbox, legs = Outcomes(2), Legs()
    legs.configure({"desk": SEAT}, frozenset())
    lines: Any = None
    executor = PbxExecutor(inbox, lines, legs, lambda: pbx, lambda: 0.0, "boot", *LISTENERS)
    executor.queues = (SALES, CARE)
    executor.execute([seat(0, SALES, CARE), seat(1)])
    async with asyncio.timeout(5.0):
        await inbox.all_there.wait()
    assert members(pbx.actions) == set()
    assert inbox.facts == [CommandDone(CommandId("1.0")), CommandDone(CommandId("1.1"))]


# --- a talk that cannot be parted ------------------------------------------------------------
CALL, COLLEAGUE = CallId("pbx1-1.1"), SeatId("seat-02")
OF_THE_CALL = (CommandId("7.0"), 100.0, NODE, CALL)
PARTING = {
    "hold": HoldCall(*OF_THE_CALL, SEAT),
    "consult": ConsultSeat(*OF_THE_CALL, SEAT, OfferId("o/2"), COLLEAGUE, 20.0, True),
    "consult outside": ConsultFar(*OF_THE_CALL, SEAT, OfferId("o/2"), TrunkId("a"), "+8613900139000", "en", 20.0, True),
    "fetch": FetchCaller(*OF_THE_CALL, SALES, 1.0, 9, "en"),
}


class StubbornPbx:
    """Sets variables, and moves no channel. `stage` is what it was told last."""

    def __init__(self) -> None:
        self.stage = ""

    async def action(self, fields: Mapping[str, str]) -> dict[str, str]:
        self.tell(fields)
        if fields["Action"] == "Redirect":
            raise ActionFailed("channel does not exist")
        return {"Response": "Success"}

    def tell(self, fields: Mapping[str, str]) -> None:
        if fields.get("Variable") == variables.STAGE:
            self.stage = fields["Value"]


def talk(*, bridge: str) -> Legs:
    """A caller and seat-01 in this bridge; seat-02 can be rung."""
    legs = Legs()
    legs.configure({"desk": SEAT, "desk2": COLLEAGUE}, frozenset({"trunk-a"}))
    legs.reachable.update(desk=True, desk2=True)
    for uniqueid, channel in ((CALL, "PJSIP/trunk-a-1"), ("pbx1-1.2", "PJSIP/desk-2")):
        leg = legs.appeared(uniqueid, CALL, channel)
        assert leg is not None
        leg.answered, leg.bridge = True, bridge
    return legs


@pytest.mark.parametrize("command", PARTING.values(), ids=PARTING.keys())
@pytest.mark.parametrize("bridge", ["b1", ""], ids=["talking", "on-hold"])
async def test_a_talk_that_cannot_be_parted_keeps_its_stage(command: Any, bridge: str) -> None:
    """Else a dialplan that comes round without us would take a talk that is over for a hold."""
    pbx: Any = StubbornPbx()
    lines: Any = SimpleNamespace(as_the_carrier_wants_it=lambda order: order.number)
    inbox, clock_s = Outcomes(1), itertools.count(0.0, 0.1)
    executor = PbxExecutor(inbox, lines, talk(bridge=bridge), lambda: pbx, lambda: next(clock_s), "boot", *LISTENERS)
    executor.execute([command])
    async with asyncio.timeout(5.0):
        await inbox.all_there.wait()
    assert inbox.facts == [CommandFailed(CommandId("7.0"), "channel does not exist")]
    assert pbx.stage == ("talking" if bridge else "held")


# --- a recording that is silenced ----------------------------------------------------------------
class MutingPbx(SlowPbx):
    """Refuses to silence these channels, as Asterisk does where nothing is recorded."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self._refused = refused

    async def action(self, fields: Mapping[str, str]) -> dict[str, str]:
        await super().action(fields)
        if fields["Channel"] in self._refused:
            raise ActionFailed("Cannot set mute flag")
        return {"Response": "Success"}


async def silenced(pbx: MutingPbx, *, on: bool = True) -> Input:
    """What comes of it in a talk whose caller and first agent are recorded and whose colleague is not."""
    inbox, legs, lines, client = Outcomes(1), Legs(), None, pbx
    legs.configure({"desk": SEAT, "other": COLLEAGUE}, frozenset({"trunk-a"}))
    for uniqueid, channel in ((CALL, "PJSIP/trunk-a-1"), ("2.2", "PJSIP/desk-2"), ("3.3", "PJSIP/other-3")):
        leg = legs.appeared(uniqueid, CALL, channel)
        assert leg is not None
        leg.recorded = leg.seat != COLLEAGUE
    executor = PbxExecutor(inbox, lines, legs, lambda: client, lambda: 0.0, "boot", *LISTENERS)  # type: ignore[arg-type, return-value]
    executor.execute([SilenceRecording(*OF_THE_CALL, on)])
    async with asyncio.timeout(5.0):
        await inbox.all_there.wait()
    return inbox.facts[0]


@pytest.mark.parametrize("on", [True, False])
async def test_every_channel_of_the_call_is_silenced_on_both_sides(on: bool) -> None:
    pbx = MutingPbx("PJSIP/other-3")
    assert await silenced(pbx, on=on) == CommandDone(CommandId("7.0"))
    state = "1" if on else "0"
    assert {(each["Channel"], each["Direction"], each["State"]) for each in pbx.actions} == {
        (channel, "both", state) for channel in ("PJSIP/trunk-a-1", "PJSIP/desk-2", "PJSIP/other-3")
    }


async def test_a_recorded_channel_that_cannot_be_silenced_is_no_silence() -> None:
    assert isinstance(await silenced(MutingPbx("PJSIP/desk-2")), CommandFailed)
