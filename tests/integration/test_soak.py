"""Five minutes of `./thirdring soak`, from a fixed seed.

The half hour is for people: ./thirdring soak --minutes 30 (docs/reliability.md).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

import pytest

from tests.integration.centre import CHECKOUT
from tests.integration.ports import own_ports

SEED, MINUTES = 13112, 5
KINDS = {
    "engine killed", "engine stalled", "engine stopped", "phone lost", "trunk gone", "database locked",
    "journal refused", "AMI cut", "AMI mute", "AMI slow", "AMI lossy", "AMI doubled",
}  # fmt: skip
"""What this seed's plan has, beside the recordings' disk: full for root, read-only for others."""
LAWS = ("I1", "I2", "I3", "I4", "I5", "lost", "cut", "I6", "I7")


LATE_S = 1.0


def _is_late(broken: str) -> bool:
    """I4, and the file is longer than the talk: on a crowded machine packets that come late stand behind the silence
    that was written for them (docs/reliability.md). No voice is missing."""
    found = re.search(r", ([0-9.]+) s: files of ([0-9.]+) s, ledger", broken)
    return found is not None and 0.0 < float(found[2]) - float(found[1]) < LATE_S


@pytest.mark.timeout(780)
async def test_five_minutes_of_random_faults_breaks_no_law() -> None:
    with own_ports() as base:
        arguments = (
            "--port-base",
            str(base),
            "soak",
            "--minutes",
            str(MINUTES),
            "--seed",
            str(SEED),
            "--seats",
            "6",
            "--json",
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", *arguments,
            stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, cwd=CHECKOUT,
        )  # fmt: skip
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
    report = json.loads(output)
    crowded = report["load_average"] > 2 * (os.cpu_count() or 1)
    broken = {
        law["name"]: [each for each in law["broken"] if not (crowded and _is_late(each))] for law in report["laws"]
    }
    assert not any(broken.values()), report
    assert process.returncode == 0 or crowded
    assert tuple(law["name"] for law in report["laws"]) == LAWS
    assert {each["fault"] for each in report["faults"]} >= KINDS
    assert report["calls"]["talked"] >= 40, "there were talks to judge by"
