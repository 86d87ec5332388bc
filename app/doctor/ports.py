"""Check of the ports: each is free, or held by this very instance; anybody else is named (Linux: proc(5))."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from app.doctor.finding import Finding, fail, ok
from app.settings import Settings

PROC = Path("/proc")
_LISTENING = {"tcp": "0A", "udp": "07"}


def ports(settings: Settings) -> Finding:
    bound = bound_inodes(PROC)
    taken = {want: bound[want] for want in wanted(settings) if want in bound}
    holders = holders_of({inode for inodes in taken.values() for inode in inodes}, PROC)
    strangers = [
        f"{port}/{kind} by {_named(pid)}"
        for (kind, port), inodes in taken.items()
        for pid in {holders.get(inode) for inode in inodes}
        if pid is None or not _is_ours(pid, settings)
    ]
    if strangers:
        remedy = "end that program, or choose other ports: THIRDRING_PORT_BASE"
        return fail(f"port held by somebody else: {', '.join(sorted(strangers)[:5])}", remedy)
    return ok(f"ports from {settings.port_base} on are free or ours ({len(taken)} in use)")


def wanted(settings: Settings) -> list[tuple[str, int]]:
    """Kind and number of each port the instance itself listens on."""
    its = settings.ports
    ours = (its.api, its.agi, its.ear)
    tcp = ours if settings.pbx_mode == "remote" else (*ours, its.ami, its.sip, its.pbx_http)
    return [*(("tcp", port) for port in tcp), *([("udp", its.sip)] if settings.pbx_mode != "remote" else [])]


def bound_inodes(proc: Path) -> dict[tuple[str, int], set[str]]:
    """Sockets that wait for somebody: (kind, port) -> inodes."""
    found: dict[tuple[str, int], set[str]] = {}
    for kind, listening in _LISTENING.items():
        for line in (line for version in ("", "6") for line in _lines(proc / "net" / f"{kind}{version}")):
            fields = line.split()
            if len(fields) > 9 and fields[3] == listening:
                found.setdefault((kind, int(fields[1].rsplit(":", 1)[1], 16)), set()).add(fields[9])
    return found


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="ascii").splitlines()[1:] if file.exists() else []


def holders_of(inodes: set[str], proc: Path) -> dict[str, int]:
    """Inode -> process id, as far as we may look."""
    found: dict[str, int] = {}
    if inodes:
        for pid, inode in _open_sockets(proc):
            if inode in inodes:
                found[inode] = pid
    return found


def _open_sockets(proc: Path) -> Iterator[tuple[int, str]]:
    for directory in proc.glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):  # it ended meanwhile, or belongs to somebody else
            for link in list(directory.iterdir()):
                if (target := _target(link)).startswith("socket:["):
                    yield int(directory.parent.name), target[len("socket:[") : -1]


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:  # closed meanwhile
        return ""


def _is_ours(pid: int, settings: Settings) -> bool:
    """Every process of an instance has its home among its arguments or in its environment."""
    home = os.fsencode(settings.home)
    words = _read(pid, "cmdline").split(b"\0") + _read(pid, "environ").split(b"\0")
    return any(word in (home, b"THIRDRING_HOME=" + home) or home + b"/" in word for word in words)


def _named(pid: int | None) -> str:
    if pid is None:
        return "a process of another user"
    return f"{_read(pid, 'comm').decode(errors='replace').strip() or 'an ended process'} (process {pid})"


def _read(pid: int, name: str) -> bytes:
    try:
        return (PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""
