"""One minute of `./thirdring soak`, from a fixed seed, so that the command and what it judges by stay alive.

The half hour is for people: ./thirdring soak --minutes 30 (docs/reliability.md).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from tests.integration.centre import CHECKOUT
from tests.integration.ports import own_ports

SEED = 13112
KINDS = {"engine killed", "phone lost", "AMI cut", "engine stalled"}
"""What this seed's plan has; the recordings' disk and the other trunk have tests of their own."""
LAWS = ("I1", "I2", "I3", "I4", "I5", "lost", "cut", "I6", "I7")


@pytest.mark.timeout(420)
async def test_a_minute_of_random_faults_breaks_no_law() -> None:
    with own_ports() as base:
        arguments = ("--port-base", str(base), "soak", "--minutes", "1", "--seed", str(SEED), "--seats", "6", "--json")
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
    assert {law["name"]: law["broken"] for law in report["laws"] if not law["held"]} == {}, report
    assert process.returncode == 0
    assert tuple(law["name"] for law in report["laws"]) == LAWS
    assert {each["fault"] for each in report["faults"]} >= KINDS
    assert report["calls"]["talked"] >= 5, "there were talks to judge by"
