"""The limit is this machine's to give; what is checked is that the engine takes it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CODE = """
import resource
hard = min(2000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
from app.open_files import make_room
assert make_room() == hard == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
"""


def test_a_shells_low_limit_is_raised_to_what_is_allowed() -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 256
    subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, check=True)
