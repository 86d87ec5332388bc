"""What the program is made of is never collected, what calls leave is."""

from __future__ import annotations

import subprocess
import sys

STARTED = """
import gc
from app import collector
collector.wait_for_start()
assert not gc.isenabled()
kept = [[] for _ in range(1000)]
collector.begin()
assert gc.isenabled()
assert gc.get_freeze_count() > 1000 and not any(each is kept for each in gc.get_objects())
ring = []
ring.append(ring)
del ring
assert gc.collect() == 1
"""


def test_only_what_came_after_the_start_is_collected() -> None:
    """In a process of its own: this one goes on collecting."""
    subprocess.run([sys.executable, "-c", STARTED], check=True, timeout=60)
