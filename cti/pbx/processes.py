"""The two ways to hold an Asterisk process: as our child, or as one that outlived our predecessor."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from cti.pbx.layout import PbxLayout

_UMASK = 0o027  # recordings and logs are made with it; Asterisk makes directories 0777 before umask


class Running(Protocol):
    @property
    def pid(self) -> int: ...

    async def wait(self) -> None:
        """Return when it has ended. Cancelling leaves it alone; any number of waiters."""
        ...


@dataclass(frozen=True, slots=True)
class Started:
    """Our child."""

    child: asyncio.subprocess.Process

    @classmethod
    async def spawn(cls, layout: PbxLayout) -> Self:
        """Start Asterisk in a session of its own; what it prints goes to log/console.log."""
        layout.asterisk_socket.unlink(missing_ok=True)
        with _console(layout) as console:
            child = await asyncio.create_subprocess_exec(
                *layout.command("-f"),
                cwd=layout.run,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                umask=_UMASK,
            )
        return cls(child)

    @property
    def pid(self) -> int:
        return self.child.pid

    async def wait(self) -> None:
        await self.child.wait()


@dataclass(frozen=True, slots=True)
class Adopted:
    """A process that is not our child; its end is seen through a pidfd."""

    pid: int

    @classmethod
    def find(cls, layout: PbxLayout) -> Self | None:
        """The Asterisk that runs with this layout's configuration, if there is one."""
        try:
            pid = int(layout.asterisk_pid.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return cls(pid) if _runs_with(pid, layout) else None

    async def wait(self) -> None:
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)


def _console(layout: PbxLayout) -> BinaryIO:
    def closed_to_others(path: str, flags: int) -> int:
        return os.open(path, flags, 0o640)

    return open(layout.log / "console.log", "wb", opener=closed_to_others)


def _runs_with(pid: int, layout: PbxLayout) -> bool:
    """Pids are reused: the command line must name our asterisk.conf, and a zombie has none."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(layout.etc / "asterisk.conf").encode() in arguments
