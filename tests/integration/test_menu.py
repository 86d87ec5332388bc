"""The menu of the presales hotline as a caller hears it: every prompt is a pitch of its own here.

Keys of the first moment too, pressed before the engine can have the line: each is heard, and heard once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cti.carrier.caller import CallerCall, Dtmf
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import ask, dial, happened, office, record_of, shared, shown, story_of
from tests.integration.raw_caller import raw_caller
from tests.integration.rtp_keys import rtp_keys

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMPTS = (
    "welcome-presales", "other-language", "menu-services", "wrong-key", "no-key", "to-a-person", "recording-notice",
    "please-hold",
)  # fmt: skip
TONES = {
    (language, prompt): 700.0 + 100 * place
    for place, (language, prompt) in enumerate((language, prompt) for language in ("zh-CN", "en") for prompt in PROMPTS)
}
NAMES = {hz: f"{language} {prompt}" for (language, prompt), hz in TONES.items()}
GREETING = ["zh-CN welcome-presales", "zh-CN other-language", "zh-CN menu-services"]
HOLD = ["zh-CN recording-notice", "zh-CN please-hold"]
SILENT_TRY_S = 5.0
PROMPT_S = 0.6
"""How long each of these prompts lasts, with the pauses around it."""
TRUNK = "127.0.0.2"
ANSWER_WAITS_S = 0.6
"""A little more than Asterisk waits for a first voice packet (main/channel.c)."""


_chinese, _both = (agent.model_dump() for agent in office(2).agents)
building, house = shared(office(2, agents=[_chinese | {"languages": ["zh-CN"]}, _both]), TONES)


async def _heard(caller: CallerCall) -> list[str]:
    """The prompts this caller heard; hangs up first."""
    await caller.hang_up()
    return [NAMES[hz] for hz in audio.order_of(await caller.heard(), tuple(NAMES))]


async def test_a_key_leads_to_its_queue(house: Centre) -> None:
    """On every hotline; 0 leads to the hotline's own. All callers at once."""
    wanted = {("95001", "1"): "presales", ("95001", "2"): "after-sales", ("95001", "3"): "complaints"}
    wanted |= {("95001", "0"): "presales", ("95002", "0"): "after-sales", ("95002", "1"): "presales"}
    wanted |= {("95003", "0"): "complaints", ("95003", "2"): "after-sales"}
    callers = {choice: await ask(house, choice[1], hotline=choice[0]) for choice in wanted}
    reached = {choice: (await shown(house, caller, "waiting"))["queue"] for choice, caller in callers.items()}
    assert reached == wanted
    assert {choice: (await _heard(caller))[-2:] for choice, caller in callers.items()} == dict.fromkeys(wanted, HOLD)


async def test_a_prompt_that_is_not_there_leaves_the_rest_of_the_menu(house: Centre) -> None:
    """A disk may lose one: its text is not heard, and whoever presses nothing reaches a person all the same."""
    gone = house.settings.home / "sounds/zh-CN/menu-services.wav"
    aside = gone.rename(gone.with_suffix(".aside"))
    try:
        caller = await dial(house)
        assert (await shown(house, caller, "waiting"))["queue"] == "presales"
        assert await _heard(caller) == [*GREETING[:-1], "zh-CN no-key", "zh-CN to-a-person", *HOLD]
    finally:
        aside.rename(gone)


@pytest.mark.parametrize("dtmf", ["rfc4733", "inband"])
async def test_keys_are_understood_both_ways(house: Centre, dtmf: Dtmf) -> None:
    caller = await ask(house, "2", dtmf=dtmf)
    assert (await shown(house, caller, "waiting"))["queue"] == "after-sales"


@pytest.mark.parametrize("dtmf", ["rfc4733", "inband"])
async def test_keys_of_the_first_moment_are_heard_once_each(house: Centre, dtmf: Dtmf) -> None:
    """Twelve callers at once press before the engine can have their lines; a wrong key doubled would be two tries."""
    callers = await asyncio.gather(*(dial(house, dtmf=dtmf) for _ in range(12)))
    await asyncio.gather(*(caller.press("72") for caller in callers))
    for caller in callers:
        assert (await shown(house, caller, "waiting"))["queue"] == "after-sales"
        await caller.hang_up()
    for caller in callers:
        chosen = [choice["key"] for choice in happened(await story_of(house, caller), "MenuChosen")]
        assert chosen == ["7", "2"]


@pytest.mark.parametrize("speaks", [False, True], ids=["silent", "speaking"])
async def test_a_key_that_comes_before_the_engine_has_the_line_is_heard_once(house: Centre, speaks: bool) -> None:
    """The engine is busy for a moment, and finds the key and the line together.

    A caller without a voice keeps Answer() waiting for it, which reads the key and puts it back, to be read again.
    7 is no choice, so it is a failed try; heard twice, it would be two, and lead to presales. Lost, it would be none.
    """
    for number in range(3):
        caller = f"<sip:139000{speaks:d}000{number:02}@{TRUNK}>"
        async with rtp_keys(TRUNK) as keys, raw_caller(TRUNK, house.settings.ports.sip) as raw:
            with _busy(house.engine_pid()):
                assert await raw.invite("95001", caller, media_port=keys.port) == 200
                keys.to_port = raw.media_port
                if speaks:
                    await keys.speak(0.1)
                await keys.press("7")
                await asyncio.sleep(ANSWER_WAITS_S)
            entry = await _raw_shown(house, f"00{number:02}", "menu")
            await keys.press("2")
            assert (await _raw_shown(house, f"00{number:02}", "waiting"))["queue"] == "after-sales"
            raw.hang_up("95001", caller)
        assert await _chosen(house, entry["id"]) == ["7", "2"]


@contextmanager
def _busy(engine: int) -> Iterator[None]:
    """It does nothing; the watchdog bears that for three seconds."""
    os.kill(engine, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engine, signal.SIGCONT)


async def _raw_shown(running: Centre, last_digits: str, state: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while True:
            board = (await running.get("/live"))["snapshot"]
            for key, entry in board.items():
                if key.startswith("call/") and entry["caller"].endswith(last_digits) and entry["state"] == state:
                    return dict(entry)
            await asyncio.sleep(0.05)


async def _chosen(running: Centre, call: str) -> list[str]:
    """The keys of this call, once it has ended."""
    async with asyncio.timeout(30):
        while True:
            story = list(await running.get(f"/calls/{call}"))
            if happened(story, "CallEnded"):
                return [choice["key"] for choice in happened(story, "MenuChosen")]
            await asyncio.sleep(0.1)


async def test_a_caller_who_is_silent_twice_reaches_a_person(house: Centre) -> None:
    caller = await dial(house)
    entry = await shown(house, caller, "waiting", timeout_s=2 * SILENT_TRY_S + 8)
    assert entry["queue"] == "presales"
    heard = await _heard(caller)
    assert heard == [*GREETING, "zh-CN no-key", "zh-CN menu-services", "zh-CN to-a-person", *HOLD]


async def test_a_caller_who_errs_twice_reaches_a_person(house: Centre) -> None:
    caller = await ask(house, "75")
    assert (await shown(house, caller, "waiting"))["queue"] == "presales"
    heard = await _heard(caller)
    assert heard[-3:] == ["zh-CN to-a-person", *HOLD]
    keys = [(choice["node_name"], choice["key"]) for choice in happened(await story_of(house, caller), "MenuChosen")]
    assert keys == [("welcome", "7"), ("welcome", "5")]


async def test_after_one_wrong_key_the_choices_are_said_again(house: Centre) -> None:
    caller = await ask(house, "7")
    await asyncio.sleep(2.5 * PROMPT_S)
    await caller.press("1")
    await shown(house, caller, "waiting")
    assert (await _heard(caller))[-4:] == ["zh-CN wrong-key", "zh-CN menu-services", *HOLD]


async def test_the_star_repeats_the_choices_without_the_greeting(house: Centre) -> None:
    caller = await dial(house)
    await asyncio.sleep(3.5 * PROMPT_S)
    await caller.press("*")
    await asyncio.sleep(1.5 * PROMPT_S)
    await caller.press("3")
    assert (await shown(house, caller, "waiting"))["queue"] == "complaints"
    assert await _heard(caller) == [*GREETING, "zh-CN menu-services", *HOLD]


async def test_nine_changes_the_language_of_prompts_and_agent(house: Centre) -> None:
    await house.sign_in("agent-01", "seat-01")
    caller = await ask(house, "9")
    await asyncio.sleep(3.5 * PROMPT_S)
    await caller.press("1")
    entry = await shown(house, caller, "waiting")
    assert entry["language"] == "en"
    await house.sign_in("agent-02", "seat-02")
    assert (await caller.bridged()).details["seat"] == "seat-02", "agent 01 speaks Chinese only"
    heard = await _heard(caller)
    english = ["en welcome-presales", "en other-language", "en menu-services", "en recording-notice", "en please-hold"]
    assert [prompt for prompt in heard if prompt.startswith("en")] == english
    assert (await record_of(house, caller))["language"] == "en"
