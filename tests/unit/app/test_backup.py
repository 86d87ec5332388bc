"""A backup holds what cannot be made again, and only an undamaged one is laid out, in an empty home."""

from __future__ import annotations

import errno
import os
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.backup import LIST, backup, restore
from core.errors import Refused
from core.inputs import Tick
from store.lines import InputLine
from store.segments import read_from
from store.spool import Spool
from tests.integration.store.database import NOW, calls, spool_events


def quiet(text: str) -> None:
    pass


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An instance with a journal, a database, a voice, secrets, and things that come back by themselves."""
    home = tmp_path / "home"
    spool_events(home / "data/spool", calls(3))
    with closing(sqlite3.connect(home / "data/thirdring.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE kept (word TEXT)")
        database.execute("INSERT INTO kept VALUES ('三声')")
        database.commit()
    for name, text in {
        "data/snapshots/1.snapshot": "{}",
        "secrets/seats.key": "k",
        "recordings/2026/11/26/a-1.1-caller.wav": "RIFF",
        "archive/2026/11/26/k3.flac": "fLaC",
        "sounds/zh-CN/own/welcome.wav": "RIFF",
        "sounds/zh-CN/welcome.wav": "made",
        "pbx/etc/pjsip.conf": "rendered",
        "venv/bin/python": "fetched",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return home


def files(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


KEPT = {
    "archive/2026/11/26/k3.flac",
    "data/snapshots/1.snapshot",
    "data/spool/00000000000000000001.jsonl",
    "data/thirdring.sqlite3",
    "recordings/2026/11/26/a-1.1-caller.wav",
    "secrets/seats.key",
    "sounds/zh-CN/own/welcome.wav",
}


def test_what_cannot_be_made_again_comes_back(home: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "b.tar", tmp_path / "other"
    assert backup(home, file, recordings=True, say=quiet) == len(KEPT)
    assert file.stat().st_mode & 0o777 == 0o600
    assert restore(file, other, quiet) == len(KEPT)
    assert files(other) == KEPT
    for name in KEPT - {"data/thirdring.sqlite3"}:
        assert (other / name).read_bytes() == (home / name).read_bytes()
    with closing(sqlite3.connect(other / "data/thirdring.sqlite3")) as database:
        assert database.execute("SELECT word FROM kept").fetchall() == [("三声",)]


def test_recordings_can_be_left_out(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.tar", recordings=False, say=quiet)
    restore(tmp_path / "b.tar", tmp_path / "other", quiet)
    assert files(tmp_path / "other") == {name for name in KEPT if not name.startswith(("recordings", "archive"))}


def test_the_journal_may_be_written_meanwhile(home: Path, tmp_path: Path) -> None:
    spool = Spool(home / "data/spool")
    backup(home, tmp_path / "b.tar", recordings=True, say=quiet)
    spool.close()
    restore(tmp_path / "b.tar", tmp_path / "other", quiet)
    again = Spool(tmp_path / "other/data/spool")
    assert again.next_sequence == 4
    again.close()


@pytest.fixture
def apart(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is on another file system than the database: no hard link goes from one to the other."""

    def link(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source))

    monkeypatch.setattr("app.backup.os.link", link)


@pytest.mark.usefixtures("apart")
def test_a_journal_on_another_disk_is_copied(home: Path, tmp_path: Path) -> None:
    assert backup(home, tmp_path / "b.tar", recordings=True, say=quiet) == len(KEPT)
    restore(tmp_path / "b.tar", tmp_path / "other", quiet)
    name = "data/spool/00000000000000000001.jsonl"
    assert (tmp_path / "other" / name).read_bytes() == (home / name).read_bytes()


@pytest.mark.usefixtures("apart")
def test_what_is_written_shipped_and_deleted_while_the_database_is_copied_is_in_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copied database may know of it: a journal that ended before would disagree with it."""
    spool = Spool(home / "data/spool", segment_bytes=200)
    connect = sqlite3.connect

    def meanwhile(file: Path) -> sqlite3.Connection:
        if spool.next_sequence < 8:
            for sequence in range(4, 9):
                spool.append_input(sequence, NOW, 1, Tick())
            for first in (1, 4):
                (home / f"data/spool/{first:020}.jsonl").unlink(missing_ok=True)
        return connect(file)

    monkeypatch.setattr("app.backup.sqlite3.connect", meanwhile)
    backup(home, tmp_path / "b.tar", recordings=True, say=quiet)
    spool.close()
    restore(tmp_path / "b.tar", tmp_path / "other", quiet)
    lines = read_from(tmp_path / "other/data/spool", 0)
    assert [line.sequence for line in lines if isinstance(line, InputLine)] == list(range(1, 9))


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _alter(file: Path) -> None:
    data = file.read_bytes()
    place = data.index(b"RIFF")
    file.write_bytes(data[:place] + b"RIFE" + data[place + 4 :])


def _climb(file: Path) -> None:
    with tarfile.open(file, "w") as tar:
        tar.add(__file__, "../escaped")


def _empty(file: Path) -> None:
    with tarfile.open(file, "w"):
        pass


def _words(file: Path) -> None:
    file.write_text("not a tar file at all\n" * 100)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_cut, "damaged|cut off"),
        (_alter, "a-1.1-caller.wav"),
        (_climb, "escaped"),
        (_empty, "cut off"),
        (_words, "no backup"),
    ],
)
def test_a_damaged_or_foreign_file_changes_nothing(
    home: Path, tmp_path: Path, harm: Callable[[Path], None], says: str
) -> None:
    file, other = tmp_path / "b.tar", tmp_path / "other"
    backup(home, file, recordings=True, say=quiet)
    harm(file)
    with pytest.raises(Refused, match=says):
        restore(file, other, quiet)
    assert files(other) == set() and not (tmp_path / "escaped").exists()


def test_an_instance_is_not_restored_over(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.tar", recordings=True, say=quiet)
    with pytest.raises(Refused, match="an instance"):
        restore(tmp_path / "b.tar", home, quiet)


def test_settings_that_were_written_for_the_new_machine_are_not_written_over(home: Path, tmp_path: Path) -> None:
    (home / "thirdring.yaml").write_text("port_base: 20000\n")
    backup(home, tmp_path / "b.tar", recordings=True, say=quiet)
    other = tmp_path / "other"
    other.mkdir()
    (other / "thirdring.yaml").write_text("port_base: 24000\n")
    with pytest.raises(Refused, match=r"thirdring\.yaml is there already; move it away"):
        restore(tmp_path / "b.tar", other, quiet)
    assert files(other) == {"thirdring.yaml"} and "24000" in (other / "thirdring.yaml").read_text()


def test_a_backup_is_not_written_over_and_needs_an_instance(home: Path, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("older")
    with pytest.raises(Refused, match="there already"):
        backup(home, tmp_path / "b.tar", recordings=True, say=quiet)
    assert (tmp_path / "b.tar").read_text() == "older"
    with pytest.raises(Refused, match="no instance"):
        backup(tmp_path / "nothing", tmp_path / "c.tar", recordings=True, say=quiet)


def test_the_list_of_a_later_version_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / LIST).write_text('{"format": 2, "sha256": {}}')
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.add(tmp_path / LIST, LIST)
    with pytest.raises(Refused, match="later version"):
        restore(tmp_path / "b.tar", tmp_path / "other", quiet)


def test_one_that_was_cut_off_is_cleared_away_and_one_that_is_under_way_is_let_be(home: Path, tmp_path: Path) -> None:
    """A killed one leaves a copy of the database beside the real one, and a part of its file."""
    file = tmp_path / "b.tar"
    left, partial = home / "data/.backup-left", tmp_path / ".b.tar.partial"
    left.mkdir()
    (left / "copy").write_text("gigabytes")
    partial.write_text("half")
    other = Wait(home, tmp_path / "other.tar")
    with pytest.raises(Refused, match=r"\.partial is there"):
        backup(home, file, recordings=True, say=quiet)
    assert partial.exists(), "it may be somebody else's"
    partial.unlink()
    assert backup(home, file, recordings=True, say=quiet) == len(KEPT)
    assert not left.exists()
    other.finish()
    assert sorted(path.name for path in (home / "data").glob(".*")) == []
    restore(tmp_path / "other.tar", tmp_path / "restored", quiet)
    assert files(tmp_path / "restored") == KEPT


class Wait:
    """A backup in a thread of its own that has staged the database, and waits."""

    def __init__(self, home: Path, file: Path) -> None:
        self._staged, self._go_on = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=backup, args=(home, file), kwargs={"recordings": True, "say": self._say})
        self._thread.start()
        assert self._staged.wait(10)

    def _say(self, text: str) -> None:
        if text.startswith("writing"):
            self._staged.set()
            assert self._go_on.wait(30)

    def finish(self) -> None:
        self._go_on.set()
        self._thread.join()


def test_a_link_is_left_out_and_named(home: Path, tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/k4.flac").write_text("fLaC")
    (home / "archive/2025").symlink_to(tmp_path / "disk")
    (home / "secrets/mail").symlink_to(tmp_path / "elsewhere")
    assert backup(home, tmp_path / "b.tar", recordings=True, say=said.append) == len(KEPT)
    assert [text for text in said if "link" in text] == [
        "secrets/mail is a link and not in it", "archive/2025 is a link and not in it"
    ]  # fmt: skip
