"""The pages built beside a running house. Calls never wait for it, and whatever breaks it stops nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from app.settings import Settings
from app.web_build import is_current

Say = Callable[[str], None]


def word_file(home: Path) -> Path:
    """What is said instead of the pages while they are built, or cannot be."""
    return home / "run/pages.txt"


async def build_pages(settings: Settings, say: Say) -> None:
    """In a process of its own, ended with us. What it says stands in `word_file`, for the page shown meanwhile."""
    word = word_file(settings.home)
    word.unlink(missing_ok=True)
    if await asyncio.to_thread(is_current):
        return
    command = [sys.executable, "-m", "app.web_build", str(settings.home)]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, start_new_session=True)
    lines: list[str] = []
    try:
        assert child.stdout is not None
        async for line in child.stdout:
            lines.append(line.decode(errors="replace").rstrip())
            word.write_text("\n".join(lines[-12:]), encoding="utf-8")
            say(f"pages: {lines[-1]}")
        if await child.wait() == 0:
            word.unlink(missing_ok=True)
            say("pages: ready")
        else:
            say("pages: not built; calls are taken all the same. ./thirdring up again tries again")
    finally:
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGTERM)
            await child.wait()
