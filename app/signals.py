"""The end of a process, asked for by Ctrl-C or SIGTERM."""

from __future__ import annotations

import asyncio
import signal


def stop_signal() -> asyncio.Future[None]:
    """Done at the first SIGTERM or SIGINT; the second changes nothing."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _finish, stopped)
    return stopped


def _finish(stopped: asyncio.Future[None]) -> None:
    if not stopped.done():
        stopped.set_result(None)
