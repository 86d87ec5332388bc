"""What waiting callers hear and may choose, on real telephones: every prompt is a pitch of its own here."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.carrier.caller import CallerCall
from ivr.unfinished import LOOK_EVERY_S
from tests.integration import audio
from tests.integration.centre import BRIEF, PATIENCE_S, Centre
from tests.integration.office import clear, happened, idle, off_the_floor, office, opened, shown, story_of, wait
from tests.integration.survival import engine_back, kill_engine, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROMPTS = (
    "you-are-next", "as-soon-as-possible", "offer-callback", "offer-message", "will-call-back", "message-please",
    "speak-now", "message-taken", "say-before-you", "say-callers", "say-about", "say-under", "say-to", "say-minutes",
)  # fmt: skip
TONES = dict(BRIEF) | {("zh-CN", prompt): 1500.0 + 90 * place for place, prompt in enumerate(PROMPTS)}
"""Above the notes of the music."""
NAMES = {hz: prompt for (_, prompt), hz in TONES.items()}
FIRST_S, EVERY_S = 2.0, 10.0
LONG_S = 25.0
NOT_CALLABLE = "00447700900123"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    house = office(2, wrap_up_s=0, callbacks={"start": "00:00:00", "end": "23:59:59"})
    rules = {"announce_after_s": FIRST_S, "announce_every_s": EVERY_S, "offer_callback_s": 60, "offer_message_s": 0}
    queues = [queue.model_dump() | rules for queue in house.queues]
    async with opened(house.model_validate(house.model_dump() | {"queues": queues}), TONES) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


async def _told(running: Centre, caller: CallerCall, times: int = 1) -> list[dict[str, Any]]:
    """What this caller, who still waits, has been told so many times."""
    call = (await shown(running, caller))["id"]
    async with asyncio.timeout(40):
        while True:
            answer = await running.api.get(f"/calls/{call}")
            told = happened(answer.json(), "WaitTold") if answer.status_code == 200 else []
            if len(told) >= times:
                return told
            await asyncio.sleep(0.1)


async def _heard(caller: CallerCall) -> list[str]:
    return [NAMES[hz] for hz in audio.order_of(await caller.heard(), tuple(NAMES))]


async def _talk(running: Centre) -> CallerCall:
    """The only agent speaks with somebody."""
    await running.sign_in("agent-01", "seat-01")
    first = await wait(running)
    await first.bridged()
    return first


async def test_place_and_wait_are_heard_and_the_agent_comes(house: Centre) -> None:
    talk = await _talk(house)
    second, third = await wait(house), await wait(house)
    assert [told["ahead"] for told in await _told(house, second, 2)] == [0, 0]
    assert (await _told(house, third))[0]["ahead"] == 1
    async with asyncio.timeout(40):
        while (await asyncio.to_thread(_so_far, second)).count("you-are-next") < 2:  # noqa: ASYNC110 - a file grows
            await asyncio.sleep(0.2)
    await talk.hang_up()
    await second.bridged()
    await second.hang_up()
    await third.bridged()
    await third.hang_up()
    heard, later = await _heard(second), await _heard(third)
    place, offers = heard.index("you-are-next"), ["offer-callback", "offer-message"]
    assert heard[place:][:6] == ["you-are-next", "say-about", "say-under", "say-minutes", *offers]
    assert heard.count("you-are-next") >= 2
    place = later.index("say-before-you")
    assert later[place:][:3] == ["say-before-you", "say-callers", "say-about"]
    promises = [made["high_s"] for made in happened(await story_of(house, second), "PromiseMade")]
    assert promises == sorted(promises, reverse=True)


async def test_an_agent_who_becomes_free_is_not_kept_waiting_by_an_announcement(house: Centre) -> None:
    """The announcement is one tone of LONG_S; whoever hears less of it was connected during it."""
    _lengthen(house.settings.home / "sounds", "as-soon-as-possible")
    caller = await wait(house)
    async with asyncio.timeout(40):
        while "as-soon-as-possible" not in await asyncio.to_thread(_so_far, caller):  # noqa: ASYNC110 - a file grows
            await asyncio.sleep(0.2)
    await house.sign_in("agent-01", "seat-01")
    await shown(house, caller, "talking")
    await caller.hang_up()
    story = await story_of(house, caller)
    moments = {moment["event"]: moment["at_utc_s"] for moment in story}
    assert moments["CallAnswered"] - moments["WaitTold"] < LONG_S - 5
    assert _lasted_s(await caller.heard(), TONES["zh-CN", "as-soon-as-possible"]) < LONG_S - 5


async def test_a_key_turns_the_wait_into_a_callback(house: Centre) -> None:
    talk = await _talk(house)
    caller = await wait(house)
    assert "1" in (await _told(house, caller))[0]["keys"]
    await caller.press("1")
    await caller.ended()
    assert (await _heard(caller))[-1] == "will-call-back"
    story = await story_of(house, caller)
    assert happened(story, "CallEnded")[0]["how"] == "callback"
    made = happened(story, "CallbackMade")[0]
    await house.until(f"callback/{made['callback']}", lambda entry: entry["state"] == "waiting")
    assert (await house.api.delete(f"/callbacks/{made['callback']}")).status_code == 200
    await talk.hang_up()


async def test_a_number_that_may_not_be_called_is_offered_no_callback(house: Centre) -> None:
    talk = await _talk(house)
    caller = await house.carrier.dial("95001", NOT_CALLABLE)
    await caller.answered()
    await shown(house, caller)
    await caller.press("1")
    await shown(house, caller, "waiting")
    assert (await _told(house, caller))[0]["keys"] == "2"
    await caller.press("1")
    assert len(await _told(house, caller, 2)) >= 2, "it waits on"
    await caller.hang_up()
    await talk.hang_up()


async def test_a_key_leads_to_a_message(house: Centre) -> None:
    caller = await wait(house)
    assert "2" in (await _told(house, caller))[0]["keys"]
    await caller.press("2")
    call = (await shown(house, caller, "leaving"))["id"]
    file = await _message_of(house, call)
    await _grows(file)
    await caller.press("5")
    await caller.ended()
    assert (await _heard(caller))[-2:] == ["message-taken", "goodbye"]
    story = await story_of(house, caller)
    assert happened(story, "CallLeftMessage")[0]["queue"] == "presales"
    taken = happened(story, "MessageTaken")[0]
    assert (taken["topic"], taken["file"]) == ("while-waiting", file.name)
    assert happened(story, "CallEnded")[0]["how"] == "message"
    assert abs(audio.dominant_hz(file, 0.5, 1.5) - caller.tone_hz) < 5


@pytest.mark.timeout(180)
async def test_a_message_that_was_being_spoken_when_the_engine_died_is_work_all_the_same(house: Centre) -> None:
    caller = await wait(house)
    await _told(house, caller)
    await caller.press("2")
    call = (await shown(house, caller, "leaving"))["id"]
    file = await _message_of(house, call)
    await _grows(file)
    dead = await kill_engine(house)
    await caller.hang_up()
    await engine_back(house, dead)

    async def is_work() -> bool:
        items = (await house.get("/work"))["items"]
        return [each["about"] for each in items if each["file"] == file.name] == ["while-waiting"]

    await until(is_work, "nobody was told of the message", 2 * LOOK_EVERY_S + PATIENCE_S)


async def test_who_would_rather_speak_to_a_person_after_all_is_back_in_line(house: Centre) -> None:
    caller = await wait(house)
    await _told(house, caller)
    await caller.press("2")
    await shown(house, caller, "leaving")
    await caller.press("0")
    await shown(house, caller, "waiting")
    await house.sign_in("agent-01", "seat-01")
    await caller.bridged()
    await shown(house, caller, "talking")
    await caller.hang_up()
    story = await story_of(house, caller)
    assert len(happened(story, "CallOffered")) == len(happened(story, "CallAnswered")) == 1
    await idle(house)
    await off_the_floor(house, "call/")


def _so_far(caller: CallerCall) -> list[str]:
    """What a caller has heard in a call that goes on; nothing before the file has a header."""
    assert caller.plan.heard is not None
    try:
        return [NAMES[hz] for hz in audio.order_of(caller.plan.heard, tuple(NAMES))]
    except (OSError, ValueError, struct.error):
        return []


def _lasted_s(file: Path, hz: float) -> float:
    """For how long this pitch is the loudest."""
    heard = audio.read(file)
    windows = (heard.part(at / 20, at / 20 + 0.05) for at in range(int(heard.lasts_s * 20) - 1))
    return sum(audio.goertzel(one.samples, one.rate_hz, hz) > 1e5 for one in windows) / 20


def _lengthen(sounds: Path, prompt: str) -> None:
    """The PBX reads a prompt anew each time. A new file in its place: the old one is shared with other tests."""
    aside = sounds / "long.wav"
    audio.write_tone(aside, TONES["zh-CN", prompt], LONG_S)
    aside.replace(sounds / "zh-CN" / f"{prompt}.wav")


async def _message_of(house: Centre, call: str) -> Path:
    async with asyncio.timeout(PATIENCE_S):
        while not (files := sorted((house.settings.home / "messages").glob(f"{call}-*.wav"))):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.05)
    (file,) = files
    return file


async def _grows(file: Path, to_bytes: int = 40_000) -> None:
    """Two seconds and a half are recorded."""
    async with asyncio.timeout(30):
        while await asyncio.to_thread(_size, file) < to_bytes:  # noqa: ASYNC110 - the PBX writes it
            await asyncio.sleep(0.05)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
