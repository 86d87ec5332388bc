"""Ninety callers on the line at once, through menus, queues and recorded talks, for minutes: its cost, and its losses.

Callers and agents' phones are channels of the simulated carrier on the same machine, and all of them send voice. A
caller dials one of the hotlines, presses a key in the menu, is rung through to an agent, and is hung up on after half
a minute; then the line is dialled anew. There are almost as many agents as lines, so everybody is served at once or
soon. Each call's fate is what its caller saw: one that ended without a talk is lost, whoever lost it.

The coverage is the product's own (docs/figures.md), asked when every recording is finished. The shares hold for the
minutes of full load; the carrier's is told apart, and what the machine did besides shows in the load average.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.borrowed import borrow
from app.instance import Instance
from app.settings import Settings, read_settings
from bench import dispatch
from bench.dispatch import free_base, lend_prompts, running, until
from bench.processes import PID_FILES, Meter, resident_mb, written_bytes
from bench.telephones import telephones
from core.errors import PbxUnavailable
from core.figures import ring_share
from core.house import House
from core.house_text import to_yaml
from cti.carrier.caller import CallerCall
from cti.carrier.carrier import Carrier

LINES, SEATS = 90, 84
SERVICES = ("presales", "after-sales", "complaints")
DIAL_EVERY_S = 0.2
"""The lines fill within 18 s."""
TALK_S = (20.0, 40.0)
LONGEST_S = 120.0
"""A call that takes longer is given up, and lost."""
FINISHED_WITHIN_S = 300.0


async def run(minutes: float) -> dict[str, object]:
    """Of so many minutes of full load.

    Raises PbxUnavailable: the product or the carrier did not come up, or its recordings came to no end.
    """
    home = Path(tempfile.mkdtemp(prefix="thirdring-bench-"))
    try:
        settings, house = Settings(home=home, port_base=free_base()), crowd()
        (home / "house.yaml").write_text(to_yaml(house), encoding="utf-8")
        borrow(home, read_settings().home)
        lend_prompts(home)
        async with running(settings), telephones(settings, house) as carrier:
            return await _measured(settings, house, carrier, minutes * 60)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def crowd() -> House:
    """A hotline and a queue for each service, and agents who can do everything."""
    document = dispatch.house().model_dump(mode="json")
    (seat,), (agent,), (trunk,) = document["seats"], document["agents"], document["trunks"]
    hotline, queue = document["hotlines"][0], document["queues"][0]
    numbers = range(1, SEATS + 1)
    return House.model_validate(
        document
        | {
            "trunks": [trunk | {"id": name, "host": f"127.0.0.{n}", "lines": LINES} for n, name in enumerate("ab", 2)],
            "hotlines": [
                hotline | {"id": name, "number": f"9500{n}", "flow": name, "queue": name}
                for n, name in enumerate(SERVICES, 1)
            ],
            "queues": [queue | {"id": name, "wrap_up_s": 1} for name in SERVICES],
            "seats": [seat | {"id": f"seat-{n:02}"} for n in numbers],
            "agents": [agent | {"id": f"agent-{n:02}"} for n in numbers],
        }
    )


@dataclass(slots=True)
class _Tally:
    """Fates of calls, as their callers saw them."""

    dialled: int = 0
    served: int = 0
    lost: list[str] = field(default_factory=list)
    in_talk: int = 0
    most_in_talk: int = 0


async def _measured(settings: Settings, house: House, carrier: Carrier, full_s: float) -> dict[str, object]:
    instance = Instance(settings)
    await _people_at_work(instance, house, carrier)
    tally, ramp_s = _Tally(), LINES * DIAL_EVERY_S
    until_s = time.monotonic() + ramp_s + full_s
    lines = asyncio.gather(*(_line(carrier, number, tally, until_s) for number in range(LINES)))
    try:
        await asyncio.sleep(ramp_s)
        costs = await _costs(settings, full_s)
        await asyncio.wait_for(lines, LONGEST_S + 30.0)
    finally:
        lines.cancel()
    kept = await _coverage(instance)
    rings = _rings(await asyncio.to_thread(instance.get, "/live"))
    return {
        "minutes": full_s / 60, "lines": LINES, "calls": tally.dialled, "most_talks_at_once": tally.most_in_talk,
        "lost_calls": len(tally.lost), "lost_because": sorted(set(tally.lost)),
        "three_ring_rate": rings, "recording_coverage": kept["rate"], "recordings": kept["segments"],
        "recordings_lost": kept["lost"], **costs, "load_average": round(os.getloadavg()[0], 1),
    }  # fmt: skip


async def _people_at_work(instance: Instance, house: House, carrier: Carrier) -> None:
    """Every phone is registered and everybody has signed in."""
    dice = random.Random(1)
    for seat in house.seats:
        phone = await carrier.phone(seat.id)
        await phone.will_answer(dice.uniform(0.5, 4.0), dice.uniform(*TALK_S))
        await phone.register()

    def all_reachable() -> bool:
        board: dict[str, Any] = instance.get("/live")["snapshot"]
        return all(bool(board.get(f"seat/{seat.id}", {}).get("reachable")) for seat in house.seats)

    await until(all_reachable)
    for seat, agent in zip(house.seats, house.agents, strict=True):
        await asyncio.to_thread(instance.post, f"/agents/{agent.id}/sign-in", {"seat": seat.id})


async def _line(carrier: Carrier, number: int, tally: _Tally, until_s: float) -> None:
    """One caller after the other on this line, until the time is over; the last one is served, too."""
    dice = random.Random(number)
    await asyncio.sleep(number * DIAL_EVERY_S)
    while time.monotonic() < until_s:
        tally.dialled += 1
        try:
            async with asyncio.timeout(LONGEST_S):
                await _call(carrier, dice, f"138{number:03}{tally.dialled:05}", tally)
            tally.served += 1
        except (TimeoutError, PbxUnavailable, _Lost) as error:
            tally.lost.append(str(error) or "took too long")
        await asyncio.sleep(dice.uniform(0.5, 1.5))


class _Lost(Exception):
    """A caller hung up on without a talk."""


async def _call(carrier: Carrier, dice: random.Random, shown: str, tally: _Tally) -> None:
    """Raises _Lost, TimeoutError."""
    hotline, trunk = f"9500{dice.randint(1, len(SERVICES))}", dice.choice("ab")
    call = await carrier.dial(hotline, shown, trunk, record=False)
    try:
        await _so(call, call.answered(LONGEST_S), "not answered")
        await asyncio.sleep(dice.uniform(1.0, 3.0))
        await call.press("0")
        await _so(call, call.bridged(LONGEST_S), "hung up on before a talk")
        tally.in_talk += 1
        tally.most_in_talk = max(tally.most_in_talk, tally.in_talk)
        try:
            await call.ended(LONGEST_S)
        finally:
            tally.in_talk -= 1
    finally:
        if not call.over:
            await call.hang_up()


async def _so(call: CallerCall, awaited: Any, otherwise: str) -> None:
    """Wait for this, unless the call ends first. Raises _Lost."""
    fact, end = asyncio.ensure_future(awaited), asyncio.ensure_future(call.ended(LONGEST_S))
    try:
        await asyncio.wait((fact, end), return_when=asyncio.FIRST_COMPLETED)
        if not fact.done():
            raise _Lost(f"{otherwise} (cause {end.result().details.get('cause', '')})")
        fact.result()
    finally:
        for task in (fact, end):
            task.cancel()
        await asyncio.gather(fact, end, return_exceptions=True)


async def _costs(settings: Settings, for_s: float) -> dict[str, object]:
    """Which part of a core each process takes, how much the PBX and the engine write, and what they hold at the end."""
    meter = Meter(settings.home, PID_FILES)
    before_bytes = {name: written_bytes(meter.pids[name]) for name in ("engine", "pbx")}
    await asyncio.sleep(for_s)
    rates = {
        f"{name}_disk_kb_per_s": round((written_bytes(meter.pids[name]) - was) / meter.lasted_s / 1024)
        for name, was in before_bytes.items()
    }
    memory = {f"{name}_memory_mb": resident_mb(meter.pids[name]) for name in ("engine", "pbx")}
    return {**meter.shares(), **rates, **memory}


async def _coverage(instance: Instance) -> dict[str, Any]:
    """When all of it is finished. Raises PbxUnavailable."""
    deadline_s = time.monotonic() + FINISHED_WITHIN_S
    while True:
        found: dict[str, Any] = await asyncio.to_thread(instance.get, "/recordings/coverage")
        if found["pending"] == 0 and found["segments"]:
            return found
        if time.monotonic() > deadline_s:
            raise PbxUnavailable(f"{found['pending']} recordings were not finished within {FINISHED_WITHIN_S:.0f} s")
        await asyncio.sleep(1.0)


def _rings(board: dict[str, Any]) -> float | None:
    """Of all queues together: answered within three rings, of those that could be."""
    parts: Counter[str] = Counter()
    for key, entry in board["snapshot"].items():
        if key.startswith("queue/"):
            parts.update(entry["today"]["three_rings"])
    return ring_share(parts).rate
