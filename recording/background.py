"""Work that stands behind calls for the processor: finishing recordings, speaking prompts, counting forecasts."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NICE = 10


def step_back() -> None:
    """This process, and what it starts from now on, comes after everybody else's.

    A nice value ranks only within a session wherever the kernel groups processes by session (CONFIG_SCHED_AUTOGROUP,
    Debian's default; sched(7), "The autogroup feature"). So a process that leads a session ranks the session as well;
    one that does not would rank the engine's.
    """
    os.nice(NICE)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # a kernel without them
            Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")
