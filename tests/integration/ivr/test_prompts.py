"""Prompts of a running house on the real PBX: recordings take the place of the voice, and texts of the house's own."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from ivr import booth
from tests.integration import audio
from tests.integration.centre import BRIEF, Centre
from tests.integration.office import office, shared, thirdring, wait
from tests.integration.survival import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOOTH = {("zh-CN", prompt): 2700.0 for prompt in booth.PROMPTS}
building, house = shared(office(1), {**BRIEF, **BOOTH})
UPLOADED_HZ, BY_COMMAND_HZ, NOTICE_HZ = 1500.0, 1700.0, 900.0
PLEASE_HOLD = "/prompts/zh-CN/please-hold/recording"


def tone(tmp_path: Path, hz: float, suffix: str) -> Path:
    """A second of this pitch, as somebody's computer records it."""
    audio.write_tone(tmp_path / "tone.wav", hz, 1.0, rate_hz=48_000)
    file = tmp_path / f"{hz:.0f}.{suffix}"
    program = imageio_ffmpeg.get_ffmpeg_exe()
    subprocess.run([program, "-v", "error", "-i", str(tmp_path / "tone.wav"), "-ac", "2", str(file)], check=True)
    return file


async def heard(house: Centre) -> list[float]:
    """Of our pitches, those that a new caller hears before the queue: prompts there are never cut short."""
    caller = await wait(house)
    await caller.hang_up()
    return audio.order_of(await caller.heard(), (NOTICE_HZ, UPLOADED_HZ, BY_COMMAND_HZ))


async def test_a_recording_is_heard_in_place_of_the_voice_until_it_is_removed(house: Centre, tmp_path: Path) -> None:
    answer = await house.api.put(PLEASE_HOLD, content=tone(tmp_path, UPLOADED_HZ, "m4a").read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.json()["lasts_s"] == pytest.approx(1.0, abs=0.1)
    assert await heard(house) == [NOTICE_HZ, UPLOADED_HZ]

    file = tone(tmp_path, BY_COMMAND_HZ, "mp3")
    status, said, complaints = await thirdring(house, "prompts", "record", "please-hold", str(file))
    assert status == 0 and "callers hear it from now on" in said, complaints
    file.write_text("no sound")
    status, _, complaints = await thirdring(house, "prompts", "record", "please-hold", str(file))
    assert status == 1 and "holds no sound that can be read; give WAV" in complaints
    assert await heard(house) == [NOTICE_HZ, BY_COMMAND_HZ], "what was refused has changed nothing"
    rows = await house.get("/prompts?voice=recording&language=zh-CN")
    assert [row["recorded_by"] for row in rows if row["prompt"] == "please-hold"] == ["cli"]

    status, said, complaints = await thirdring(house, "prompts", "remove", "please-hold")
    assert status == 0 and "is synthetic again" in said, complaints
    assert await heard(house) == [NOTICE_HZ]


async def test_a_prompt_is_recorded_at_a_seats_phone(house: Centre) -> None:
    """Nobody signs in there: the code is what lets somebody record, and only to record that prompt."""
    await (await house.carrier.phone("seat-01")).register()
    told = (await house.api.post("/prompts/zh-CN/please-hold/code")).json()
    person = await house.carrier.dial_from("seat-01", told["number"])
    await person.answered()
    await person.press(("000000" if told["code"] != "000000" else "111111") + told["code"] + "2")
    [file] = await until_recording(house)
    await until(lambda: grown(file, 24_000), "nothing is recorded")
    await person.press("#4")
    await person.ended()
    await until(lambda: gone(file), "what was recorded is left behind")
    rows = {row["prompt"]: row for row in await house.get("/prompts?voice=recording&language=zh-CN")}
    assert rows["please-hold"]["recorded_by"] == "cli" and rows["please-hold"]["lasts_s"] > 1.0
    caller = await wait(house)
    await caller.hang_up()
    assert audio.order_of(await caller.heard(), (NOTICE_HZ, person.tone_hz)) == [NOTICE_HZ, person.tone_hz]

    again = await house.carrier.dial_from("seat-01", told["number"])
    await again.answered()
    await again.press(told["code"] + "000000" + "99*999999")
    await again.ended()
    assert not any(key.startswith("call/") for key in (await house.get("/live"))["snapshot"]), "it is nobody's call"


async def test_a_seats_phone_dials_nothing_else(house: Centre) -> None:
    for number in ("95001", "13800138000", "701", "*"):
        call = await house.carrier.dial_from("seat-01", number)
        await call.ended()
        assert not call.timeline.all("answered"), number


async def gone(file: Path) -> bool:
    return not await asyncio.to_thread(file.exists)


async def until_recording(house: Centre) -> list[Path]:
    """The file that the PBX records into."""
    messages = house.settings.home / "messages"
    await until(lambda: found(messages), "no recording has begun")
    return list(messages.glob("booth-*.wav"))


async def found(messages: Path) -> bool:
    return bool(await asyncio.to_thread(lambda: list(messages.glob("booth-*.wav"))))


async def grown(file: Path, size_bytes: int) -> bool:
    return (await asyncio.to_thread(file.stat)).st_size > size_bytes


async def test_a_text_of_the_house_is_spoken_before_it_comes_into_force(house: Centre) -> None:
    """Also one that a flow names for the first time; a wrong one changes nothing."""
    now = await house.api.get("/house")
    document, match = now.json(), {"If-Match": now.headers["ETag"]}
    flow = document["flows"]["presales"].replace("say: [menu-services]", "say: [our-address, menu-services]")
    document["flows"] |= {"presales": flow}
    refused = await house.api.put("/house", json=document, headers=match)
    assert refused.status_code == 422 and "no such prompt 'our-address'" in refused.text
    document["prompts"] = {"our-address": {"zh-CN": "我们的地址是文化路一号。", "en": "One, Culture Road."}}
    document["prompts"] |= {"goodbye": {"zh-CN": "谢谢您，再见。"}}
    taken = await house.api.put("/house", json=document, headers=match, timeout=20)  # three texts are spoken first
    assert taken.status_code == 200, taken.text
    rows = {(row["prompt"], row["language"]): row for row in await house.get("/prompts")}
    assert rows["our-address", "zh-CN"]["own_text"] and rows["our-address", "zh-CN"]["lasts_s"] > 1.0
    assert [rows["goodbye", language]["own_text"] for language in ("zh-CN", "en")] == [True, False]
    spoken = await house.api.get("/prompts/en/our-address/audio")
    assert spoken.content[:4] == b"RIFF" and len(spoken.content) > 8000
    assert (house.settings.home / "sounds/en/our-address.wav").stat().st_size > 8000, "what the PBX plays"
