"""Talks that tests move about: an agent with a caller, a colleague, what is asked of them, every voice's recording."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from cti.carrier import line
from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import shown, wait

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
