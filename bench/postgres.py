"""A PostgreSQL server of a benchmark's own, on loopback, with fsync as it is shipped; stopped by its own process."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from core.errors import ConfigurationWrong, PbxUnavailable
from cti.pbx.packages import find_program, tool_environment

USER, START_S = "thirdring", 60.0
MEMORY = ("-c", "shared_buffers=512MB", "-c", "maintenance_work_mem=256MB", "-c", "max_wal_size=4GB")
"""What anybody sets who puts a million calls into it."""


@contextmanager
def postgres(directory: Path, tools: Path) -> Iterator[str]:
    """The URL of its database `bench`; made when `directory` does not exist, else as it was left.

    Raises:
        ConfigurationWrong: there is no PostgreSQL on this machine.
        CalledProcessError: it cannot be set up.
        PbxUnavailable: it does not answer.
    """
    data, new = directory / "data", not directory.exists()
    if new:
        _make(data, tools)
    program, environment = _program("postgres", tools)
    port = _free_port()
    options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), *MEMORY]
    with (directory / "server.log").open("wb") as log:
        command = _unprivileged([program, *options])
        process = subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log)
    try:
        _wait_for(directory, port)
        if new:
            asyncio.run(_ask(port, "CREATE DATABASE bench"))
        yield f"postgresql+asyncpg://{USER}@127.0.0.1:{port}/bench"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _make(data: Path, tools: Path) -> None:
    data.mkdir(mode=0o700, parents=True)
    _give_away(data.parent, data)
    program, environment = _program("initdb", tools)
    arguments: list[Path | str] = ["-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(_unprivileged([program, *arguments]), env=environment, check=True, capture_output=True, cwd="/")


def _wait_for(directory: Path, port: int) -> None:
    """Raises PbxUnavailable."""
    deadline_s = time.monotonic() + START_S
    while not _answers(directory, port):
        if time.monotonic() > deadline_s:
            raise PbxUnavailable(f"PostgreSQL does not answer: see {directory / 'server.log'}")
        time.sleep(0.1)


def _program(name: str, tools: Path) -> tuple[Path, dict[str, str]]:
    """Raises ConfigurationWrong."""
    if (found := find_program(name, tools)) is None:
        raise ConfigurationWrong([f"{name} is missing: it comes with Debian's package postgresql"])
    return found, {**os.environ, **tool_environment(found, tools)}


def _answers(directory: Path, port: int) -> bool:
    """The file of a server that runs says in its last line whether it takes connections."""
    file = directory / "data/postmaster.pid"
    lines = file.read_text().splitlines() if file.exists() else []
    return len(lines) > 7 and lines[3] == str(port) and lines[7].strip() == "ready"


async def _ask(port: int, statement: str) -> None:
    connection = await asyncpg.connect(host="127.0.0.1", port=port, user=USER, database="postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _unprivileged(command: Sequence[Path | str]) -> list[Path | str]:
    """PostgreSQL refuses to run as root: then it runs as nobody, who may read what root's group may."""
    if os.getuid() != 0:
        return list(command)
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--groups=0", *command]


def _give_away(*paths: Path) -> None:
    if os.getuid() == 0:
        for path in paths:
            shutil.chown(path, "nobody")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
