"""The shipped flows on the real PBX: callers type their way to every leaf in both languages, many at once."""

from __future__ import annotations

import asyncio
import wave
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from cti.carrier.caller import CallerCall
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import dial, happened, off_the_floor, office, shared, shown, story_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 13
HEARD = (
    "recording-notice", "please-hold", "goodbye", "to-a-person", "repair-registered", "repair-no-answer",
    "register-repair", "speak-now", "vip-welcome",
)  # fmt: skip
PITCHES = {name: 700.0 + 200 * place for place, name in enumerate(HEARD)}
"""What nobody cuts short, and must not last; the rest is spoken. Both languages share them: events tell which."""
BY_PITCH = {hz: name for name, hz in PITCHES.items()}
ENDED_BY = {"goodbye": "menu", "message": "menu"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line of scenarios.yaml."""

    hotline: str
    keys: str
    way: list[str]
    ends: str
    hear: list[str]
    speaks_s: float = 0.0
    caller: str = ""


SCENARIOS = [
    Scenario(**row | {"speaks_s": float(row.get("speaks_s", 0))})
    for row in yaml.load(Path(__file__).with_name("scenarios.yaml").read_text(), yaml.BaseLoader)
]


TONES = {(language, name): hz for name, hz in PITCHES.items() for language in ("zh-CN", "en")}
VIP = "13800000000"
building, house = shared(office(1, flows={}, vips=[{"number": VIP, "priority": 9}]), TONES)


async def played(house: Centre, scenario: Scenario, first: str) -> tuple[CallerCall, str]:
    """The caller at the end of the way, and what was reached."""
    how = {"caller": scenario.caller} if scenario.caller else {}
    caller = await dial(house, scenario.hotline, **how)
    await caller.press(first + scenario.keys)
    if scenario.speaks_s:
        await asyncio.sleep(scenario.speaks_s)
        await caller.press("#")
    if scenario.ends in ENDED_BY:
        await caller.ended(20)
        return caller, scenario.ends
    entry = await shown(house, caller, "waiting", timeout_s=15)
    await caller.hang_up()
    return caller, str(entry["queue"])


async def checked(house: Centre, scenario: Scenario, language: str, caller: CallerCall) -> None:
    """By what the journal tells of this call, and by what the caller heard before the music."""
    story = await story_of(house, caller)
    visits = happened(story, "MenuNodeVisited")
    assert [visit["node_name"] for visit in visits][-len(scenario.way) :] == scenario.way, scenario
    assert [visit["how"] for visit in visits][-1] == "ended"
    reached = {"goodbye": "served", "message": "message"}.get(scenario.ends, "agent")
    assert [visit["reached"] for visit in visits] == [*[""] * (len(visits) - 1), reached]
    heard = [BY_PITCH[hz] for hz in audio.order_of(await caller.heard(), tuple(BY_PITCH))]
    last = len(scenario.hear)
    assert scenario.hear in [heard[place : place + last] for place in range(len(heard))], (scenario, heard)
    for taken in happened(story, "MessageTaken"):
        file = house.settings.home / "messages" / taken["file"]
        with wave.open(str(file)) as sound:
            assert sound.getnframes() / sound.getframerate() == pytest.approx(taken["lasted_s"], abs=0.1)
        assert (taken["topic"], taken["language"]) == ("repair", language)
        assert taken["number"].endswith(caller.plan.caller[-4:]), "masked, as every number of a story"
    assert len(happened(story, "MessageTaken")) == (scenario.ends == "message")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("part", range(0, len(SCENARIOS), AT_ONCE))
async def test_callers_reach_every_leaf(house: Centre, part: int, language: str) -> None:
    chosen = SCENARIOS[part : part + AT_ONCE]
    first = "9" if language == "en" else ""
    reached = await asyncio.gather(*(played(house, scenario, first) for scenario in chosen))
    assert [end for _, end in reached] == [scenario.ends for scenario in chosen]
    await off_the_floor(house, "call/")
    for scenario, (caller, _) in zip(chosen, reached, strict=True):
        await checked(house, scenario, language, caller)
