"""Talks that tests move about: an agent with a caller, a colleague, what is asked of them, every voice's recording."""

from __future__ import annotations

import array
import asyncio
import tempfile
import wave
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx

from cti.carrier import line
from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from tests.integration import audio
from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.office import crowded, shown, wait

SPOKEN_S = 1.5
"""How long the sides of a test are left to speak: long enough to be told apart by their pitch."""


async def asks(house: Centre, who: str, what: str, **body: Any) -> httpx.Response:
    return await house.api.post(f"/agents/{who}/{what}", json=body or None)


async def does(house: Centre, who: str, what: str, **body: Any) -> None:
    answer = await asks(house, who, what, **body)
    assert answer.status_code == 200, answer.text


async def talk(house: Centre) -> tuple[CallerCall, Phone]:
    """A caller in a talk with agent-01; the others sign in afterwards."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await phone.answered()
    await shown(house, caller, "talking")
    return caller, phone


async def colleague(house: Centre, number: int = 2, *, answers: bool = True) -> Phone:
    phone = await house.carrier.phone(f"seat-{number:02}")
    await (phone.will_answer(0.3) if answers else phone.will_ignore())
    await house.sign_in(f"agent-{number:02}", f"seat-{number:02}")
    return phone


async def doing(house: Centre, seat: str, state: str) -> None:
    await house.until(f"seat/{seat}", lambda entry: entry["state"] == state)


async def speak() -> None:
    await asyncio.sleep(SPOKEN_S)


async def voices(house: Centre, call: str) -> dict[str, Path]:
    """The closed recordings: "caller", and each agent's leg by its pitch."""
    found: dict[str, Path] = {}
    for path in sorted(house.recordings.rglob(f"{call}-*.wav")):
        if not path.stem.endswith("-pad"):
            await line.closed_wav(path)
            who = path.stem.removeprefix(f"{call}-").partition("-")[0]
            found[who if who == "caller" else f"{audio.dominant_hz(path):.0f} Hz"] = path
    return found


async def sides(house: Centre, recording: str, directory: Path) -> tuple[Path, Path]:
    """The caller's and the agent's side of an archived recording, each as a file."""
    answer = await house.api.get(f"/recordings/{recording}/audio", params={"kind": "wav"})
    assert answer.status_code == 200, answer.text
    with wave.open(BytesIO(answer.content)) as file:
        both = array.array("h", file.readframes(file.getnframes()))
    files = []
    for name, samples in (("left", both[0::2]), ("right", both[1::2])):
        path = directory / f"{recording}-{name}.wav"
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(samples.tobytes())
        files.append(path)
    return files[0], files[1]


def check_length(row: dict[str, Any]) -> None:
    """As long as the talk. On a crowded machine the PBX drops some of it, and then the ledger says so."""
    due_s = row["due_to_utc_s"] - row["due_from_utc_s"]
    if row["state"] == "lost":
        assert crowded() and row["cause"] == "short", row
    else:
        assert row["missing_s"] <= 0.3, row
    assert abs(row["lasted_s"] + row["missing_s"] - due_s) < 1.0, row


async def archived(house: Centre, call: str, tones: Sequence[float]) -> dict[str, tuple[set[float], set[float]]]:
    """Which of these tones are on the left and the right of each archived recording of this call, by whom it is of: an
    agent, or "outside"."""
    async with asyncio.timeout(2 * PATIENCE_S):
        while True:
            rows = (await house.get(f"/recordings?call={call}"))["recordings"]
            if rows and all(row["state"] in ("finished", "lost") for row in rows):
                break
            await asyncio.sleep(0.2)
    found = {}
    with tempfile.TemporaryDirectory() as directory:
        for row in rows:
            check_length(row)
            both = await sides(house, row["recording"], Path(directory))
            left, right = (set(audio.order_of(side, tones)) for side in both)
            found[row["agent"] or row["kind"]] = (left, right)
    return found
