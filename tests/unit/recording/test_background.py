"""Processes behind calls: last for the processor, among all sessions and not only in their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from recording.background import NICE

GROUP = Path("/proc/self/autogroup")
STEPPED = """
import os
from recording.background import step_back
step_back()
print(os.nice(0), end="")
if os.path.exists("/proc/self/autogroup"):
    print(open("/proc/self/autogroup").read(), end="")
"""


def _stepped_back(*, leads: bool) -> str:
    """Its nice value, and what the kernel says of its session if it groups by session."""
    done = subprocess.run(
        [sys.executable, "-c", STEPPED], start_new_session=leads, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_process_steps_back_and_the_session_that_it_leads() -> None:
    said = _stepped_back(leads=True)
    assert said.startswith(str(min(os.nice(0) + NICE, 19)))
    assert not GROUP.exists() or said.endswith(f"nice {NICE}\n")


def test_the_session_of_others_stays_where_it_was() -> None:
    assert _stepped_back(leads=False).endswith(GROUP.read_text() if GROUP.exists() else "")
