"""The house that a start goes by before its database is asked: never the shipped one where there is another."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from app import restore
from app.clock import Boot
from app.current_house import FILE, last_known_house, remember_house
from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house import House
from store import snapshot
from tests.unit.floor import small_house

OURS = small_house().model_copy(update={"name": "the house in force"})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def take_snapshot(home: Path, sequence: int, house: House) -> None:
    snapshot.save(home / "data/snapshots", sequence, restore.fresh(house).document(Boot("b", 0.0)))


def test_the_last_one_in_force_is_remembered(settings: Settings) -> None:
    remember_house(settings, OURS)
    assert last_known_house(settings) == OURS
    assert (settings.home / FILE).stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("text", ["", '{"name": "the hou', None])
def test_without_its_copy_the_newest_snapshot_has_it(text: str | None, settings: Settings) -> None:
    """A power cut can leave an empty file; with the shipped house the PBX would refuse every number of ours."""
    take_snapshot(settings.home, 1, small_house())
    take_snapshot(settings.home, 2, OURS)
    if text is not None:
        (settings.home / FILE).write_text(text)
    assert last_known_house(settings) == OURS


def test_a_copy_is_forced_to_disk_before_it_takes_the_place(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    fsync, replace = os.fsync, os.replace

    def force(fd: int) -> None:
        forced.append(os.fstat(fd).st_ino)
        fsync(fd)

    monkeypatch.setattr("os.fsync", force)

    def replaced(source: Any, target: Any) -> None:
        assert os.stat(source).st_ino in forced
        replace(source, target)

    monkeypatch.setattr("os.replace", replaced)
    monkeypatch.setattr("pathlib.Path.replace", replaced)
    remember_house(settings, OURS)
    assert last_known_house(settings) == OURS


def test_a_seed_in_another_encoding_is_named(settings: Settings) -> None:
    """As editors on Windows in China save it."""
    (settings.home / "house.yaml").write_bytes("name: 热线\n".encode("gbk"))
    with pytest.raises(ConfigurationWrong, match=r"house\.yaml.*UTF-8"):
        last_known_house(settings)
