"""Commands to AMI actions: what is sent, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from core.commands import MirrorSeat
from core.ids import CommandId, NodeId, QueueId, SeatId
from core.inputs import CommandDone, Input
from cti.calls import Legs
from cti.execute import PbxExecutor, mirror

SEAT, NODE = SeatId("seat-01"), NodeId("n1")
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
    executor = PbxExecutor(inbox, lines, legs, lambda: pbx, lambda: 0.0, "boot")
    executor.queues = (SALES, CARE)
    executor.execute([seat(0, SALES, CARE), seat(1)])
    async with asyncio.timeout(5.0):
        await inbox.all_there.wait()
    assert members(pbx.actions) == set()
    assert inbox.facts == [CommandDone(CommandId("1.0")), CommandDone(CommandId("1.1"))]
