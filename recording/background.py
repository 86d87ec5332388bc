"""Work that stands behind calls for the processor: finishing recordings, speaking prompts, counting forecasts."""

from __future__ import annotations

import json
import os
import sys
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


def answer(document: object) -> None:
    """One line to the engine that asked. One that was killed reads no more: then this process ends, with a word."""
    try:
        print(json.dumps(document), flush=True)
    except BrokenPipeError:
        # what was not written is tried once more at the end (docs.python.org, signal, "Note on SIGPIPE")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"{Path(sys.argv[0]).stem}: the engine that asked is gone, and nobody takes the answer")
