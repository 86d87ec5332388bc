"""Private Redis and PostgreSQL servers for tests: real ones, on loopback, in a temporary directory.

Each is the machine's own or out of the launcher's tree of tools; a missing one fails the test by name.
They are stopped by their own process ids.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.settings import read_settings
from cti.pbx.packages import find_program, tool_environment
from store.migrations import migrate
from tests.integration.ports import own_ports

_START_S = 30.0
_PACKAGES = {"postgres": "postgresql", "initdb": "postgresql", "redis-server": "redis-server"}


def tool(name: str) -> tuple[Path, dict[str, str]]:
    """The program and its environment, or a failed test that names it and the package that brings it."""
    tools = read_settings().home / "tools"
    if (found := find_program(name, tools)) is None:
        pytest.fail(f"{name} is missing: it comes with Debian's package {_PACKAGES[name]}", pytrace=False)
    return found, {**os.environ, **tool_environment(found, tools)}


@dataclass
class RedisServer:
    """A running redis-server of our own."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        """At once; all that it held is gone."""
        self.process.kill()
        self.process.wait(_START_S)

    def start(self) -> None:
        self.process = _redis(self.port)


@dataclass
class PostgresServer:
    """A running PostgreSQL of our own; `url` names a fresh database each time."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    databases: int = 0
    is_migrated: bool = False

    def new_database(self, like: str = "template1") -> str:
        """The URL of a copy of this database; by default it is empty."""
        self.databases += 1
        name = f"test{self.databases}"
        _ask(self.port, f"CREATE DATABASE {name} TEMPLATE {like}")
        return self._url(name)

    def migrated_database(self) -> str:
        """The URL of a database with tables and without rows."""
        if not self.is_migrated:
            _ask(self.port, "CREATE DATABASE migrated")
            asyncio.run(migrate(self._url("migrated")))
            self.is_migrated = True
        return self.new_database(like="migrated")

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://thirdring@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """At once, connections cut."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(_START_S)

    def start(self) -> None:
        self.process = _postgres(self.data, self.port)


@contextmanager
def redis_server(port: int) -> Iterator[RedisServer]:
    server = RedisServer(_redis(port), port)
    try:
        yield server
    finally:
        _stop(server.process)


@contextmanager
def postgres_server(port: int) -> Iterator[PostgresServer]:
    initdb, environment = tool("initdb")
    with tempfile.TemporaryDirectory(prefix="thirdring-postgres-") as directory:
        data = Path(directory) / "data"
        data.mkdir(mode=0o700)
        _give_away(Path(directory), data)
        arguments: list[Path | str] = [
            "-D",
            data,
            "-U",
            "thirdring",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        ]
        command = _unprivileged([initdb, *arguments])
        subprocess.run(command, env=environment, check=True, capture_output=True, cwd="/")
        server = PostgresServer(data, port, _postgres(data, port))
        try:
            yield server
        finally:
            _stop(server.process, signal.SIGINT)


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    with own_ports() as port, redis_server(port) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with own_ports() as port, postgres_server(port) as server:
        yield server


def _redis(port: int) -> subprocess.Popen[bytes]:
    """It writes nothing to disk."""
    program, environment = tool("redis-server")
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--dir", "/", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([program, *arguments], env=environment, stdout=subprocess.DEVNULL)
    _wait_for_port(port, process)
    return process


def _postgres(data: Path, port: int) -> subprocess.Popen[bytes]:
    options = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-c", "fsync=off"]
    program, environment = tool("postgres")
    command = _unprivileged([program, *options])
    process = subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline_s = time.monotonic() + _START_S
    while True:
        _wait_for_port(port, process)
        try:
            _ask(port, "SELECT 1")
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)
        else:
            return process


def _ask(port: int, statement: str) -> None:
    """One statement in the database "postgres". Raises OSError while the server is starting."""
    import asyncpg  # type: ignore[import-untyped]

    async def ask() -> None:
        try:
            connection = await asyncpg.connect(host="127.0.0.1", port=port, user="thirdring", database="postgres")
        except asyncpg.CannotConnectNowError as error:
            raise ConnectionRefusedError(str(error)) from error
        await connection.execute(statement)
        await connection.close()

    asyncio.run(ask())


def _unprivileged(command: Sequence[Path | str]) -> list[Path | str]:
    """PostgreSQL refuses to run as root: then it runs as nobody, who may read what root's group may."""
    if os.getuid() != 0:
        return list(command)
    nobody = pwd.getpwnam("nobody")
    ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--groups=0"]
    return ["setpriv", *ids, *command]


def _give_away(*paths: Path) -> None:
    if os.getuid() == 0:
        for path in paths:
            shutil.chown(path, "nobody")


def _wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + _START_S
    while True:
        if process.poll() is not None:
            pytest.fail(f"{process.args!r} ended with {process.returncode}", pytrace=False)
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> None:
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(_START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
