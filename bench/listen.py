"""Mouth to ear of live listening: from a phone's first RTP packet of a sound to the WebSocket frame that carries it.

Twenty talks, twenty listeners, one each. The agents' phones are ours: they send silence, and now and then a tone of
200 ms, and note the moment at which its first packet leaves. The listeners are WebSocket clients in a process of their
own on the same machine (one clock, CLOCK_BOOTTIME); they note when the first loud frame has been received.

In it: the PBX (ChanSpy, AudioSocket), the engine, the WebSocket. Not in it: the 20 ms that a phone collects before it
sends, the network, and the buffer of the player in the browser, which docs/listening.md advises to be 60 to 100 ms.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from app.clock import boot_s
from app.instance import Instance
from app.settings import Settings
from bench import dispatch
from bench.dispatch import OURS, house_at_work, percentile, until
from bench.processes import cpu_s, ended
from bench.steered_phone import SteeredPhone, steered_phone, tone
from bench.telephones import telephones
from core.house import House
from cti.carrier.carrier import Carrier
from cti.credentials import load_credentials

LISTENERS = 20
MEASURED_S = 40.0
TONE_FRAMES, PAUSE_FRAMES = 10, (35, 70)
"""A tone of 200 ms every second or so, each phone at moments of its own."""
HEARD_WITHIN_S = 2.0
TONE_HZ = 700
GOAL_MS = 300.0
_SILENCE = bytes([0xD5]) * 160


async def run() -> dict[str, object]:
    """Milliseconds, and what listening costs the engine and the PBX.

    Raises PbxUnavailable: the product or the carrier did not come up, or calls did not flow.
    """
    house = crowd()
    async with house_at_work(house) as settings, telephones(settings, house) as carrier:
        return await _measured(settings, house, carrier)


def crowd() -> House:
    """As many agents as listeners, who all serve the one queue."""
    document = dispatch.house().model_dump(mode="json")
    (seat,), (agent,) = document["seats"], document["agents"]
    numbers = range(1, LISTENERS + 1)
    seats = [seat | {"id": f"seat-{number}"} for number in numbers]
    agents = [agent | {"id": f"agent-{number}"} for number in numbers]
    return House.model_validate(document | {"seats": seats, "agents": agents})


class Voice:
    """Silence with tones at random moments; `sent_s` are those at which a tone's first packet was sent."""

    def __init__(self, number: int) -> None:
        self._dice, self._tone = random.Random(number), tone(TONE_HZ)
        self._next = self._dice.randint(*PAUSE_FRAMES)
        self.sent_s: list[float] = []

    def __call__(self, number: int) -> bytes:
        if number < self._next:
            return _SILENCE
        if number == self._next:
            self.sent_s.append(boot_s())
        if number == self._next + TONE_FRAMES - 1:
            self._next = number + self._dice.randint(*PAUSE_FRAMES)
        return self._tone(number)


async def _measured(settings: Settings, house: House, carrier: Carrier) -> dict[str, object]:
    voices = {seat.id: Voice(number) for number, seat in enumerate(house.seats)}
    async with AsyncExitStack() as stack:
        for seat in house.seats:
            await stack.enter_async_context(_phone(settings, seat.id, voices[seat.id]))
        calls = await _talks(settings, house, carrier)
        alone = await _shares(settings, MEASURED_S / 4)
        listeners = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.listeners", str(settings.ports.api), str(settings.home), str(MEASURED_S),
            *calls.values(), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            heard_with = await _shares(settings, MEASURED_S)
            output, _ = await listeners.communicate()
        finally:
            await ended(listeners)
        heard: dict[str, Any] = json.loads(output)
    return _figures(voices, calls, heard) | {
        "engine_core_share": heard_with[0],
        "engine_core_share_without": alone[0],
        "pbx_core_share": heard_with[1],
        "pbx_core_share_without": alone[1],
        "load_average": round(os.getloadavg()[0], 1),
    }


@asynccontextmanager
async def _phone(settings: Settings, seat: str, voice: Voice) -> AsyncIterator[SteeredPhone]:
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    name, secret = credentials.sip_name(seat), credentials.secret(seat)  # type: ignore[arg-type]
    async with steered_phone(name, secret, settings.ports.sip, voice) as phone:
        yield phone


async def _talks(settings: Settings, house: House, carrier: Carrier) -> dict[str, str]:
    """Everybody signs in and has a caller: the call of each seat."""
    instance = Instance(settings)

    def board() -> dict[str, Any]:
        found: dict[str, Any] = instance.get("/live")["snapshot"]
        return found

    def all_reachable() -> bool:
        entries = board()
        return all(bool(entries.get(f"seat/{seat.id}", {}).get("reachable")) for seat in house.seats)

    def all_talk() -> bool:
        entries = board()
        return [entry["state"] for key, entry in entries.items() if key.startswith("call/")] == ["talking"] * LISTENERS

    await until(all_reachable)
    for seat, agent in zip(house.seats, house.agents, strict=True):
        await asyncio.to_thread(instance.post, f"/agents/{agent.id}/sign-in", {"seat": seat.id})
    for number in range(LISTENERS):
        await carrier.dial(OURS, f"138{number:08}", record=False)
    await until(all_talk)
    entries = await asyncio.to_thread(board)
    return {entry["seat"]: entry["id"] for key, entry in entries.items() if key.startswith("call/")}


async def _shares(settings: Settings, for_s: float) -> tuple[float, float]:
    """Which part of a core the engine and the PBX take."""
    pids = [int((settings.home / file).read_text()) for file in ("run/engine.pid", "pbx/run/asterisk.pid")]
    before, began_s = [cpu_s(pid) for pid in pids], boot_s()
    await asyncio.sleep(for_s)
    engine, pbx = (round((cpu_s(pid) - was) / (boot_s() - began_s), 3) for pid, was in zip(pids, before, strict=True))
    return engine, pbx


def _figures(voices: dict[Any, Voice], calls: dict[str, str], heard: dict[str, Any]) -> dict[str, object]:
    """Each tone sent while its listener heard, with the first loud frame after it."""
    ms: list[float] = []
    unheard = frames = lost = 0
    for seat, call in calls.items():
        listener = heard[call]
        frames, lost = frames + listener["frames"], lost + listener["lost"]
        for sent_s in voices[seat].sent_s:
            if listener["from_s"] <= sent_s <= listener["to_s"] - HEARD_WITHIN_S:
                onsets = [at_s for at_s in listener["onsets_s"] if 0 <= at_s - sent_s < HEARD_WITHIN_S]
                ms += [1000 * (onsets[0] - sent_s)] if onsets else []
                unheard += not onsets
    p95 = percentile(ms, 95)
    return {
        "mouth_to_ear_ms": {"p50": percentile(ms, 50), "p95": p95, "max": round(max(ms), 2), "count": len(ms)},
        "goal_p95_ms": GOAL_MS,
        "unheard_tones": unheard,
        "listeners": len(calls),
        "frames_per_s_each": round(frames / len(calls) / MEASURED_S, 1),
        "frames_lost": lost,
    }
