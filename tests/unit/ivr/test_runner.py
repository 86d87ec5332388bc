"""The runner on a scripted caller: what is heard, remembered, and offered; cancelled and cut off everywhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given

from core import variables
from core.ids import QueueId
from core.inputs import CallQueued, Input, MenuKeyPressed, MenuNodeLeft
from core.variables import Waiting
from ivr.line import HANG_UP, ScriptedLine
from ivr.runner import Surroundings, resume, run
from tests.unit.ivr.flows import ARRIVED, FLOW, HOTLINE, SCRIPTS

BOOT = "b00t"
QUEUED = CallQueued(
    ARRIVED.call, ARRIVED.node, ARRIVED.hotline, ARRIVED.trunk, ARRIVED.caller, QueueId("sales"), "zh-CN", 2
)
REMEMBERED = {
    variables.STAGE: "waiting",
    variables.QUEUE: "sales",
    variables.SINCE: "100.500000",
    variables.BOOT: BOOT,
    variables.PRIORITY: "2",
    variables.LANGUAGE: "zh-CN",
}


@dataclass
class Box:
    """An inbox that is full for the first `refusals` offers of a CallQueued, and notes what it takes."""

    refusals: int = 0
    facts: list[Input] = field(default_factory=list)
    visits: list[Input] = field(default_factory=list)

    def offer(self, fact: Input) -> bool:
        if isinstance(fact, CallQueued) and self.refusals:
            self.refusals -= 1
            return False
        (self.visits if isinstance(fact, MenuNodeLeft) else self.facts).append(fact)
        return True

    @property
    def queued(self) -> list[Input]:
        return [fact for fact in self.facts if isinstance(fact, CallQueued)]


def around(box: Box) -> Surroundings:
    return Surroundings(box.offer, lambda: 100.5, BOOT, Path("/s"))


async def test_a_caller_is_led_to_the_queue_and_everything_is_remembered_before_the_offer() -> None:
    line, box = ScriptedLine(ARRIVED.call, ["", "1"]), Box()
    assert await run(line, FLOW, HOTLINE, ARRIVED, around(box)) == QUEUED
    assert line.heard == ["/s/zh-CN/welcome", "/s/zh-CN/intro", "/s/zh-CN/choices", "/s/zh-CN/please-hold"]
    assert line.variables == REMEMBERED
    assert list(line.variables)[-1] == variables.STAGE
    assert line.music_on
    assert box.facts == [MenuKeyPressed(ARRIVED.call, "main", "1"), QUEUED]


async def test_type_ahead_answers_the_next_prompt() -> None:
    line, box = ScriptedLine(ARRIVED.call, ["92"]), Box()
    queued = await run(line, FLOW, HOTLINE, ARRIVED, around(box))
    assert queued is not None and (queued.queue, queued.language) == ("service", "en")
    assert line.heard == ["/s/zh-CN/welcome", "/s/en/intro", "/s/en/choices"]


async def test_a_changed_language_is_remembered_in_the_menu_already() -> None:
    line = ScriptedLine(ARRIVED.call, ["9", HANG_UP])
    assert await run(line, FLOW, HOTLINE, ARRIVED, around(Box())) is None
    assert line.variables == {variables.LANGUAGE: "en"}


async def test_a_silent_caller_is_counted_and_reaches_a_person() -> None:
    box = Box()
    await run(ScriptedLine(ARRIVED.call, []), FLOW, HOTLINE, ARRIVED, around(box))
    assert box.facts == [*[MenuKeyPressed(ARRIVED.call, "main", "")] * 2, QUEUED]


async def test_a_full_inbox_is_offered_the_caller_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.runner.OFFER_AGAIN_S", 0)
    box = Box(refusals=3)
    assert await run(ScriptedLine(ARRIVED.call, ["0"]), FLOW, HOTLINE, ARRIVED, around(box)) == QUEUED
    assert box.queued == [QUEUED]


@pytest.mark.parametrize("keys_before", [[], [""], ["", "7"], ["", "", ""], ["1"], ["9"]])
async def test_a_hang_up_in_any_node_ends_quietly(keys_before: list[str]) -> None:
    line, box = ScriptedLine(ARRIVED.call, [*keys_before, HANG_UP]), Box()
    assert await run(line, FLOW, HOTLINE, ARRIVED, around(box)) is None
    assert box.queued == []
    assert variables.STAGE not in line.variables


async def test_a_caller_who_comes_round_again_keeps_the_place_and_hears_no_menu() -> None:
    line, box = ScriptedLine(ARRIVED.call, ["1"]), Box()
    place = variables.read(REMEMBERED | {variables.SINCE: "42.25"}, BOOT)
    assert place is not None
    queued = await resume(line, place, ARRIVED, around(box))
    assert queued is not None and queued.waiting_since_boot_s == 42.25
    assert (queued.queue, queued.priority, queued.language) == ("sales", 2, "zh-CN")
    assert line.heard == [] and line.music_on
    assert line.variables[variables.SINCE] == "42.250000"


async def test_after_a_reboot_the_wait_starts_anew() -> None:
    line, box = ScriptedLine(ARRIVED.call, []), Box()
    queued = await resume(line, Waiting(QueueId("sales"), None, 0, ""), ARRIVED, around(box))
    assert queued is not None and queued.waiting_since_boot_s is None and queued.language == "zh-CN"
    assert line.variables[variables.SINCE] == "100.500000"


async def test_a_caller_gone_before_coming_round_is_not_queued() -> None:
    line, box = ScriptedLine(ARRIVED.call, []), Box()
    line.gone = True
    assert await resume(line, Waiting(QueueId("sales"), 1.0, 0, ""), ARRIVED, around(box)) is None
    assert box.facts == []


@pytest.mark.parametrize("script", [["", "7", "", "9", "1"], []])
async def test_cancelled_at_any_await_the_caller_can_be_taken_up_again(script: list[str]) -> None:
    """Cancel at the first await, the second, …: nothing is offered, and the next owner finishes the call."""
    for awaits in range(200):
        line, box = ScriptedLine(ARRIVED.call, script), Box()
        task = asyncio.create_task(run(line, FLOW, HOTLINE, ARRIVED, around(box)))
        for _ in range(awaits):
            await asyncio.sleep(0)
        if not task.cancel():
            break
        with pytest.raises(asyncio.CancelledError):
            await task
        assert box.queued == []
        await _taken_up(line, box)
        assert len(box.queued) == 1 and line.music_on
    assert awaits > 10


async def _taken_up(line: ScriptedLine, box: Box) -> None:
    """What the dialplan and the next engine do."""
    if place := variables.read(line.variables, BOOT):
        await resume(line, place, ARRIVED, around(box))
    else:
        await run(line, FLOW, HOTLINE, ARRIVED, around(box))


@given(SCRIPTS)
def test_whatever_callers_press_they_are_queued_or_have_hung_up(script: list[str]) -> None:
    line, box = ScriptedLine(ARRIVED.call, script), Box()
    queued = asyncio.run(run(line, FLOW, HOTLINE, ARRIVED, around(box)))
    assert (queued is None) == line.gone
    assert len(box.queued) == (queued is not None)
    assert len(box.facts) < 40
