"""A caller's line as the PBX's session shows it: which rings it holds or carries out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core.commands import LetGo, RingSeat
from core.ids import CallId, CommandId, NodeId, OfferId, SeatId
from core.inputs import NOT_HELD, CommandDone, CommandFailed, Input
from cti.agi import AgiReply
from cti.calls import Legs
from cti.lines import Lines, Voice

NODE, CALL, SEAT = NodeId("a"), CallId("c-1"), SeatId("seat-01")
LATER_BOOT_S = 60.0


class Session:
    """A session of a caller whose phone rings until the test says how that ended."""

    def __init__(self) -> None:
        self.headers = {"agi_uniqueid": CALL, "agi_callerid": "1"}
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.dials: asyncio.Queue[str] = asyncio.Queue()
        self.over = asyncio.Event()

    async def ask(self, name: str, *arguments: str) -> AgiReply:
        if (name, *arguments[:1]) == ("EXEC", "Dial"):
            self.dials.put_nowait(arguments[1])
            await self.over.wait()
        return AgiReply(200, "1", "NOANSWER" if arguments[:1] == ("DIALSTATUS",) else "")


class Inbox:
    def __init__(self) -> None:
        self.facts: asyncio.Queue[Input] = asyncio.Queue()

    def offer(self, fact: Input) -> bool:
        self.facts.put_nowait(fact)
        return True


class Held:
    """The line of CALL, held until `let_go`."""

    def __init__(self) -> None:
        async def straight_to_the_queue(*_: Any) -> bool:
            return True

        nothing: Any = None
        legs, self.inbox, self.session = Legs(), Inbox(), Session()
        legs.configure({"desk": SEAT}, frozenset({"trunk-a"}))
        legs.appeared(CALL, CALL, "PJSIP/trunk-a-0001")
        voice = Voice(menu=straight_to_the_queue, flow=nothing, words=nothing, booth=nothing)
        legs.reachable["desk"] = True
        self.lines = Lines(NODE, self.inbox, legs, voice, lambda: 0.0, Path("sounds"))

    def ring(self, number: int, until_boot_s: float = LATER_BOOT_S) -> OfferId:
        offer = OfferId(f"{CALL}/{number}")
        self.lines.order(RingSeat(CommandId(f"{number}.0"), until_boot_s, NODE, CALL, offer, SEAT, 20.0))
        return offer

    async def outcome(self) -> Input:
        async with asyncio.timeout(5.0):
            return await self.inbox.facts.get()


async def test_a_ring_is_dialled_from_its_order_to_its_outcome() -> None:
    held = Held()
    serving = asyncio.create_task(held.lines.serve(held.session))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    first = held.ring(1)
    assert held.lines.dialling() == {first}, "also while it waits for its turn"
    assert await held.session.dials.get() == "PJSIP/desk,20,gmU(answered)"
    second = held.ring(2, until_boot_s=-1.0)
    assert held.lines.dialling() == {first, second}
    held.session.over.set()
    assert await held.outcome() == CommandDone(CommandId("1.0"), "NOANSWER")
    assert await held.outcome() == CommandFailed(CommandId("2.0"), "too late")
    assert held.lines.dialling() == frozenset()
    held.lines.order(LetGo(CommandId("3.0"), LATER_BOOT_S, NODE, CALL))
    assert await held.outcome() == CommandDone(CommandId("3.0"))
    await serving


@pytest.mark.parametrize("rings", [1, 2])
async def test_a_line_that_goes_takes_its_rings_along(rings: int) -> None:
    held = Held()
    serving = asyncio.create_task(held.lines.serve(held.session))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    for number in range(rings):
        held.ring(number)
    await held.session.dials.get()
    serving.cancel()
    await asyncio.wait([serving])
    assert {type(await held.outcome()) for _ in range(rings)} == {CommandFailed}
    assert held.lines.dialling() == frozenset()


async def test_a_ring_for_a_line_that_nobody_holds_is_none() -> None:
    held = Held()
    held.ring(1)
    assert await held.outcome() == CommandFailed(CommandId("1.0"), NOT_HELD)
    assert held.lines.dialling() == frozenset()
