"""The survey after a talk on real telephones: two questions, five keys, also when the engine was killed in the talk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from cti.carrier.caller import CallerCall
from tests.integration import audio
from tests.integration.audited import agree
from tests.integration.centre import BRIEF, Centre
from tests.integration.office import clear, happened, idle, office, opened, shown, story_of, wait

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMPTS = ("rate-service", "rate-solved", "thank-you-for-marks", "welcome-presales")
TONES = dict(BRIEF) | {("zh-CN", prompt): 1500.0 + 100 * place for place, prompt in enumerate(PROMPTS)}
NAMES = {hz: prompt for (_, prompt), hz in TONES.items()}
SURVEY = ["rate-service", "rate-solved", "thank-you-for-marks", "goodbye"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    house = office(2, wrap_up_s=0.5, surveys={"least_talk_s": 1})
    hotlines = [hotline.model_dump() | {"survey": "survey"} for hotline in house.hotlines]
    plan = office(2, surveys={"least_talk_s": 1}, hotlines=hotlines)
    async with opened(plan, TONES, is_audited=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


async def _talks(running: Centre, talk_s: float) -> CallerCall:
    """The agent ends the talk after so long."""
    phone = await running.carrier.phone("seat-01")
    await phone.will_answer(talk_s=talk_s)
    await running.sign_in("agent-01", "seat-01")
    caller = await wait(running)
    await caller.bridged()
    return caller


async def _hears(caller: CallerCall, prompt: str) -> None:
    """Wait until this prompt has been heard."""
    assert caller.plan.heard is not None
    async with asyncio.timeout(40):
        while prompt not in await asyncio.to_thread(_so_far, caller):  # noqa: ASYNC110 - a file grows
            await asyncio.sleep(0.1)


def _so_far(caller: CallerCall) -> list[str]:
    assert caller.plan.heard is not None
    with contextlib.suppress(OSError, ValueError):
        return [NAMES[hz] for hz in audio.order_of(caller.plan.heard, tuple(NAMES))]
    return []


async def _heard(caller: CallerCall) -> list[str]:
    return [NAMES[hz] for hz in audio.order_of(await caller.heard(), tuple(NAMES))]


async def test_two_questions_and_the_agent_is_free_meanwhile(house: Centre) -> None:
    caller = await _talks(house, 1.5)
    await _hears(caller, "rate-service")
    await idle(house)
    assert (await shown(house, caller))["state"] == "leaving"
    await caller.press("5")
    await _hears(caller, "rate-solved")
    await caller.press("1")
    await caller.ended()
    assert (await _heard(caller))[-4:] == SURVEY
    story = await story_of(house, caller)
    marks = [(each["question"], each["mark"], each["agent"]) for each in happened(story, "SurveyMarked")]
    assert marks == [("service", 5, "agent-01"), ("solved", 1, "agent-01")]
    assert happened(story, "CallEnded")[0]["how"] == "agent"


async def test_a_caller_who_hangs_up_in_the_survey_leaves_nothing_behind(house: Centre) -> None:
    caller = await _talks(house, 1.5)
    await _hears(caller, "rate-service")
    await caller.hang_up()
    story = await story_of(house, caller)
    assert happened(story, "SurveyMarked") == []
    assert [each["how"] for each in happened(story, "CallEnded")] == ["agent"]


async def test_an_engine_killed_in_the_talk_asks_after_it_all_the_same(house: Centre) -> None:
    """The dialplan comes round with stage talking: on to the survey, and not back to the queue."""
    caller = await _talks(house, 30.0)
    old = house.engine_pid()
    os.kill(old, signal.SIGKILL)
    await _another_engine(house, old)
    assert not caller.over
    await (await house.carrier.phone("seat-01")).hang_up()
    await _hears(caller, "rate-service")
    await caller.press("4")
    await _hears(caller, "rate-solved")
    await caller.press("4")
    await caller.ended()
    assert (await _heard(caller))[-4:] == SURVEY
    story = await story_of(house, caller)
    assert [each["mark"] for each in happened(story, "SurveyMarked")] == [4, 4]
    assert len(happened(story, "CallOffered")) == len(happened(story, "TalkEnded")) == 1


async def test_an_engine_killed_in_the_midst_of_a_survey_keeps_the_marks_and_the_caller_hears_the_goodbye(
    house: Centre,
) -> None:
    """What was answered is kept. The rest is not asked: the caller has been on their way out before."""
    caller = await _talks(house, 1.5)
    await _hears(caller, "rate-service")
    await caller.press("3")
    await _hears(caller, "rate-solved")
    old = house.engine_pid()
    os.kill(old, signal.SIGKILL)
    await caller.ended(40)
    assert (await _heard(caller))[-1] == "goodbye"
    await _another_engine(house, old, "idle")
    story = await story_of(house, caller)
    assert [(each["question"], each["mark"]) for each in happened(story, "SurveyMarked")] == [("service", 3)]
    assert [each["how"] for each in happened(story, "CallEnded")] == ["agent"]
    assert len(happened(story, "CallOffered")) == len(happened(story, "TalkEnded")) == 1


async def _another_engine(running: Centre, old: int, state: str = "talking") -> None:
    """Wait until an engine that sees the seat in this state serves the API."""
    async with asyncio.timeout(40):
        while True:
            with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError, LookupError):
                if running.engine_pid() != old:
                    board = (await running.get("/live"))["snapshot"]
                    if board.get("seat/seat-01", {}).get("state") == state and board["pbx/a"]["up"]:
                        break
            await asyncio.sleep(0.1)
    await agree(running)
