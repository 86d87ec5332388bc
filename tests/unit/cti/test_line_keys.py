"""Whose the keys are of a caller whose line we hold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from core.commands import Announce, Dismiss, RunFlow
from core.ids import CallId, CommandId, HotlineId, NodeId, TrunkId
from core.inputs import CallerBack, CommandDone, Input
from cti.agi import AgiLine, AgiReply, AgiSession
from cti.calls import Leg, Legs
from cti.lines import Arrival, Lines, Voice

CALL, NODE = CallId("n1-1.1"), NodeId("n1")
FLOW = RunFlow(CommandId("1.0"), 100.0, NODE, CALL, "survey", HotlineId("h"), TrunkId("a"), "", "zh-CN")


class Box:
    """An inbox that has always room."""

    def __init__(self) -> None:
        self.facts: list[Input] = []
        self.came = asyncio.Event()

    def offer(self, fact: Input) -> bool:
        self.facts.append(fact)
        self.came.set()
        return True


class Session:
    """A caller's line as the dialplan brings it back after a talk; every command succeeds, no key ends one."""

    def __init__(self) -> None:
        self.headers = {"agi_uniqueid": CALL, "agi_context": "hotline", "agi_arg_3": "leaving"}
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask(self, name: str, *arguments: str) -> AgiReply:
        return AgiReply(200, "0", "")


class Soundless(Session):
    """Nothing that is asked for is there to be played (res_agi.c answers as to a hang-up); the line lives."""

    async def ask(self, name: str, *arguments: str) -> AgiReply:
        return AgiReply(200, {"STREAM FILE": "-1", "CHANNEL STATUS": "6"}.get(name, "0"), "")


async def test_a_waiting_caller_whose_prompt_is_not_there_goes_on_and_the_missing_one_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def no_flow(line: AgiLine, asked_for: RunFlow | Arrival) -> bool:
        return False

    async def no_booth(line: AgiLine) -> None:
        return None

    box, legs = Box(), Legs()
    legs.live[CALL] = Leg("PJSIP/trunk-a-00000001", CALL)
    lines = Lines(NODE, box, legs, Voice(no_flow, no_flow, lambda told: (), no_booth), lambda: 0.0, Path("/s"))
    serving = asyncio.create_task(lines.serve(cast(AgiSession, Soundless())))
    await box.came.wait()
    box.came.clear()
    lines.order(Announce(CommandId("1.1"), 100.0, NODE, CALL, "zh-CN", "please-wait"))
    await box.came.wait()
    lines.order(Dismiss(CommandId("1.2"), 100.0, NODE, CALL, "en", "all-busy"))
    await serving
    assert box.facts[1:] == [CommandDone(CommandId("1.1")), CommandDone(CommandId("1.2"))]
    logged = [record.getMessage() for record in caplog.records]
    assert logged == ["/s/zh-CN/please-wait cannot be played", "/s/en/all-busy cannot be played"]


async def test_keys_of_a_talk_that_an_engine_before_us_began_answer_no_survey_after_it() -> None:
    """While no session of ours has the line, keys wait for the menu that comes; those were for the agent."""
    asked: list[str] = []

    async def survey(line: AgiLine, order: RunFlow) -> bool:
        asked.append(await line.wait_key(1.0))
        return False

    async def no_menu(line: AgiLine, arrived: Arrival) -> bool:
        return False

    async def no_booth(line: AgiLine) -> None:
        return None

    box, legs = Box(), Legs()
    legs.live[CALL] = talks = Leg("PJSIP/trunk-a-00000001", CALL, bridge="b1")
    lines = Lines(NODE, box, legs, Voice(no_menu, survey, lambda told: (), no_booth), lambda: 0.0, Path("sounds"))
    lines.key_pressed(CALL, "1")
    talks.bridge = ""
    serving = asyncio.create_task(lines.serve(cast(AgiSession, Session())))
    await box.came.wait()
    lines.order(FLOW)
    await serving
    assert box.facts == [CallerBack(CALL, NODE), CommandDone(FLOW.id)]
    assert asked == [""]
