"""API processes: what they need, what of an earlier `up` is ended, and the house as they read it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from app.api_workers import end_superfluous
from app.house_reader import HouseReader
from app.settings import Settings, read_settings
from core.errors import ConfigurationWrong
from core.house import House
from store.errors import StoreUnavailable
from tests.unit.floor import small_house

REDIS = "redis://127.0.0.1:1/0"
HOLD = """
import sys, pathlib, app.alone
with app.alone.alone(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


def test_they_need_a_redis(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationWrong, match="redis_url: required with api_workers"):
        read_settings({"THIRDRING_HOME": str(tmp_path), "THIRDRING_API_WORKERS": "2"})
    given = {"THIRDRING_HOME": str(tmp_path), "THIRDRING_API_WORKERS": "2", "THIRDRING_REDIS_URL": REDIS}
    assert read_settings(given).api_workers == 2


@contextmanager
def left_behind(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_those_of_a_killed_up_that_nobody_wants_any_more_are_ended(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, redis_url=REDIS, api_workers=1)
    with left_behind(tmp_path / "run/api-0.pid") as wanted, left_behind(tmp_path / "run/api-1.pid") as superfluous:
        end_superfluous(settings)
        assert superfluous.wait(20) != 0
        assert wanted.poll() is None
    assert not (tmp_path / "run/api-1.pid").exists()


class Store:
    """store.house.HouseStore, as far as it is read."""

    def __init__(self) -> None:
        self.version, self.reads, self.away = 0, 0, False

    async def newest(self) -> int:
        if self.away:
            raise StoreUnavailable("away")
        return self.version

    async def current(self) -> tuple[int, House] | None:
        self.reads += 1
        return (self.version, small_house()) if self.version else None


async def test_a_version_of_the_house_is_read_once_and_outlives_the_database() -> None:
    store = Store()
    reader = HouseReader(cast(Any, store))
    with pytest.raises(StoreUnavailable, match="no house is stored"):
        await reader.current()
    store.version, store.reads = 3, 0
    assert [await reader.current() for _ in range(3)] == [(3, small_house())] * 3
    assert store.reads == 1
    store.version = 4
    assert (await reader.current())[0] == 4
    store.away = True
    assert (await reader.current())[0] == 4
