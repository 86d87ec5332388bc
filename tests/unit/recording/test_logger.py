"""The logger on a real directory: calls are finished once, whatever is killed, and nothing goes before it is kept."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.events import CallAnswered, CallEnded, Event, Outcome, SeatReserved, TalkBegan, TalkEnded
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId
from core.inputs import Input
from core.instants import Instant
from core.ledger import LeftOpen, RecordingRecord, VoiceState, after
from core.recordings import Archived, RecordingFinished, RecordingLost, VoiceOpened
from recording.archive import Archive
from recording.disk import VoiceFiles
from recording.finish import FinishFailed, Piece, finish
from recording.logger import MOST_TRIES, TRY_AGAIN_S, VoiceLogger
from recording.policy import Look
from recording.pool import Pool
from recording.seal import Chain
from recording.verify import verify
from tests.unit.recording.test_finish import FFMPEG, voice

DAY, KEY = "2026/11/26", Ed25519PrivateKey.from_private_bytes(bytes(32))
OPENED_S = datetime(2026, 11, 26, 10, tzinfo=UTC).timestamp()
CALL, OFFER = CallId("n-1.1"), OfferId("n-1.1/1")
WHO = (CALL, QueueId("q"), HotlineId("h"), SeatId("s1"), AgentId("a1"))
AGENT_FILE, CALLER_FILE = f"{DAY}/n-1.1-agent-n-2.2.wav", f"{DAY}/n-1.1-caller.wav"


class Workers(Pool):
    """In this process; it may fail."""

    def __init__(self) -> None:
        super().__init__(1)
        self.pieces: list[Piece] = []
        self.fails = 0

    async def finish(self, piece: Piece) -> Archived:
        self.pieces.append(piece)
        if self.fails:
            self.fails -= 1
            raise FinishFailed("no")
        return await asyncio.to_thread(finish, piece, FFMPEG)


@dataclass
class Desk:
    """A logger, the engine and the ledger's database in one: what it tells is folded at once."""

    root: Path
    now_s: float = 1000.0
    told: list[Event] = field(default_factory=list)
    rows: dict[str, RecordingRecord] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    keep_s: float = 0.0
    is_written: bool = True

    def __post_init__(self) -> None:
        self.workers = Workers()
        self.files, self.archive = VoiceFiles(self.root / "recordings"), Archive(self.root / "archive")
        (self.files.root / DAY).mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """A new process."""
        self.logger = VoiceLogger(
            self, self.files, self.archive, Chain(self.archive.root, KEY), self.workers, b"key", self.now,
            lambda name, text: self.alarms.append(text), keep_originals_s=self.keep_s,
            is_written=lambda: self.is_written,
        )  # fmt: skip

    def now(self) -> Instant:
        return Instant(self.now_s, datetime.fromtimestamp(OPENED_S + self.now_s, UTC))

    def offer(self, fact: Input) -> bool:
        self.tell(fact, self.now().wall.timestamp())
        return True

    def tell(self, event: object, at: float = OPENED_S) -> None:
        outcome = Outcome(len(self.told) + 1, 0, at, at, event)  # type: ignore[arg-type]
        self.told.append(outcome.event)
        call = outcome.event.call  # type: ignore[union-attr]
        mine = {row.voice: row for row in self.rows.values() if row.call == call}
        self.rows |= {row.voice: row for row in after(mine, outcome)}
        if isinstance(outcome.event, CallEnded):
            self.ended.append(call)
        self.logger.take([outcome], self.now())

    async def left_open(self, also: Sequence[str]) -> LeftOpen:
        return LeftOpen(list(self.rows.values()), self.ended)

    async def rows_of(self, calls: Sequence[str]) -> Sequence[RecordingRecord]:
        return [row for row in self.rows.values() if row.call in calls]

    def talk(self, seconds: float = 2.0, *, told: bool = True) -> None:
        """A call of so long, over and closed, the caller a second longer on the line. `told`: that it is recorded."""
        agent, caller = self.files.root / AGENT_FILE, self.files.root / CALLER_FILE
        voice(agent, (500, seconds))
        voice(caller, (900, seconds + 1.0))
        for file in (agent, caller):
            file.with_name(f"{file.stem}-pad.wav").write_bytes(b"x" * 100)
            os.utime(file, (OPENED_S + seconds, OPENED_S + seconds))
        if told:
            self.tell(VoiceOpened(CALL, CALL, None, OfferId(""), CALLER_FILE, OPENED_S - 1.0))
        self.tell(SeatReserved(CALL, OFFER, SeatId("s1"), AgentId("a1"), QueueId("q"), 1, 0.0))
        if told:
            self.tell(VoiceOpened(CALL, "n-2.2", SeatId("s1"), OFFER, AGENT_FILE, OPENED_S))
        self.tell(CallAnswered(*WHO, 1.0, 1))
        self.tell(TalkEnded(*WHO, seconds, "caller"), OPENED_S + seconds)
        self.tell(CallEnded(CALL, HotlineId("h"), "caller", seconds), OPENED_S + seconds)

    async def round(self) -> None:
        """One turn of the logger's loop, and the work that it begins."""
        self.now_s += 10.0
        await self.logger._look()
        self.logger._begin_jobs()
        for task in list(self.logger._working.values()):
            await task
        await self.logger._clear()

    def originals(self) -> list[str]:
        return sorted(path.name for path in (self.files.root / DAY).iterdir())

    def faults(self) -> tuple[str, ...]:
        kept = [(row.recording, row.sha256) for row in self.rows.values() if row.recording]
        return verify(self.archive, KEY.public_key(), kept).faults


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr("recording.logger.LOOK_EVERY_S", 0.0)
    yield Desk(tmp_path)


async def test_a_call_is_finished_sealed_told_and_cleared_away(desk: Desk) -> None:
    desk.talk()
    await desk.round()
    row = desk.rows[OFFER]
    assert (row.state, row.missing_s, row.lasted_s) == ("finished", 0.0, 2.0)
    assert desk.rows[f"{CALL}/caller"].state == "finished"
    assert list(desk.archive.paths()) == [row.path] and desk.faults() == ()
    assert desk.originals() == [] and desk.logger.policy.rows == {}


def grown(file: Path, whole: bytes, seconds: float, at_utc_s: float) -> None:
    """So much of it is written, and not its length yet."""
    file.write_bytes(whole[:40] + bytes(4) + whole[44 : 44 + round(seconds * 16_000)])
    os.utime(file, (at_utc_s, at_utc_s))


async def test_a_talk_after_a_move_is_joined_with_what_the_caller_said_then(desk: Desk) -> None:
    """The caller's file loses 0.4 s of its timeline between two talks; each is put beside its own moment."""
    caller, first = desk.files.root / CALLER_FILE, desk.files.root / AGENT_FILE
    second, again = f"{DAY}/n-1.1-agent-n-3.3.wav", OfferId("n-1.1/2")
    whole = voice(caller, (900, 6.0)).read_bytes()
    desk.tell(VoiceOpened(CALL, CALL, None, OfferId(""), CALLER_FILE, OPENED_S - 1.0))
    for seconds, at in ((1.0, 0.0), (2.0, 1.0), (3.0, 2.0), (3.6, 3.0), (4.6, 4.0)):
        grown(caller, whole, seconds, OPENED_S + at)
        await desk.logger._look()
    os.utime(voice(first, (500, 2.0)), (OPENED_S + 2.0,) * 2)
    os.utime(voice(desk.files.root / second, (500, 1.0)), (OPENED_S + 4.0,) * 2)
    os.utime(voice(caller, (900, 4.6)), (OPENED_S + 4.0,) * 2)
    for offer, seat, agent, file, opened in ((OFFER, "s1", "a1", AGENT_FILE, 0.0), (again, "s2", "a2", second, 3.0)):
        who = CALL, QueueId("q"), HotlineId("h"), SeatId(seat), AgentId(agent)
        desk.tell(SeatReserved(CALL, offer, SeatId(seat), AgentId(agent), QueueId("q"), 1, 0.0))
        desk.tell(VoiceOpened(CALL, f"leg {seat}", SeatId(seat), offer, file, OPENED_S + opened))
        desk.tell(TalkBegan(*who, "blind"), OPENED_S + opened)
        desk.tell(TalkEnded(*who, 1.0, "caller"), OPENED_S + opened + 1.0)
    desk.tell(CallEnded(CALL, HotlineId("h"), "caller", 4.0), OPENED_S + 4.0)
    await desk.round()
    late = {Path(piece.agent).name: piece.caller_late_s for piece in desk.workers.pieces}
    assert late == pytest.approx({Path(AGENT_FILE).name: -1.0, Path(second).name: -3.6})
    assert {row.state for row in desk.rows.values()} == {"finished"}


async def test_a_worker_that_fails_costs_nothing_but_time(desk: Desk) -> None:
    desk.workers.fails = 3
    desk.talk()
    await desk.round()
    assert (desk.rows[OFFER].state, len(desk.originals())) == ("closed", 4)
    await desk.round()
    assert len(desk.workers.pieces) == 2, "tried again after a while"
    desk.now_s += 60.0
    await desk.round()
    assert "cannot be finished" in "".join(desk.alarms) and len(desk.originals()) == 4
    desk.now_s += 600.0
    await desk.round()
    assert desk.rows[OFFER].state == "finished" and desk.originals() == []


async def test_killed_between_the_archive_and_the_ledger_it_ends_as_one_recording(desk: Desk) -> None:
    desk.talk()
    rows = dict(desk.rows)
    await desk.logger._look()
    closed = dict(desk.rows)
    (job,) = desk.logger.policy.jobs()
    await desk.logger._settle(job)  # archived and sealed, and what was told is lost
    desk.rows = closed
    assert rows != closed
    desk.start()
    await desk.logger.adopt(desk)
    await desk.round()
    assert desk.rows[OFFER].state == "finished" and desk.faults() == ()
    assert len(list(desk.archive.paths())) == 1 and desk.originals() == []
    assert verify(desk.archive, KEY.public_key(), None).lines == 1, "sealed once"


async def test_originals_left_behind_by_a_kill_go_at_the_next_sweep(desk: Desk) -> None:
    desk.keep_s = 3600.0
    desk.start()
    desk.talk()
    await desk.round()
    assert desk.rows[OFFER].state == "finished" and len(desk.originals()) == 4, "kept for an hour"
    desk.now_s += 1800.0
    await desk.logger.sweep(desk)
    assert len(desk.originals()) == 4
    desk.now_s += 3600.0
    await desk.logger.sweep(desk)
    assert desk.originals() == []


async def test_files_of_a_call_that_nobody_knows_are_taken_up(desk: Desk) -> None:
    agent = voice(desk.files.root / AGENT_FILE, (500, 1.0))
    os.utime(agent, (OPENED_S, OPENED_S))
    await desk.logger.adopt(desk)
    await desk.round()
    (row,) = desk.rows.values()
    assert (row.state, row.leg, row.kind) == ("finished", "n-2.2", "talk")
    assert row.recording and desk.originals() == []


async def test_without_the_callers_file_the_agents_is_kept_and_the_loss_told(desk: Desk) -> None:
    desk.talk()
    (desk.files.root / CALLER_FILE).unlink()
    await desk.round()
    await desk.round()
    row = desk.rows[OFFER]
    assert (row.state, row.cause, row.path != "") == ("lost", "caller_missing", True)
    (told,) = [event for event in desk.told if isinstance(event, RecordingFinished)]
    assert told.missing_s == pytest.approx(2.0)


async def test_a_lost_voice_whose_disk_comes_back_is_found(desk: Desk) -> None:
    desk.talk()
    away = desk.root / "away"
    (desk.files.root / DAY).rename(away)
    for _ in range(3):
        await desk.round()
    assert desk.rows[OFFER].state == "lost"
    away.rename(desk.files.root / DAY)
    await desk.logger.sweep(desk)
    await desk.round()
    row = desk.rows[OFFER]
    assert (row.state, row.missing_s, desk.faults()) == ("finished", 0.0, ())


async def test_a_lost_voice_of_whose_file_nobody_told_is_found_when_its_disk_comes_back(desk: Desk) -> None:
    """The word of its start was lost with a connection, and its directory could not be read when the call was over.

    What lay there, the only recording of the talk, was taken for what is left of a settled call, and deleted.
    """
    desk.talk(told=False)
    away = desk.root / "away"
    (desk.files.root / DAY).rename(away)
    for _ in range(3):
        await desk.round()
    assert (desk.rows[OFFER].state, desk.rows[OFFER].file) == ("lost", "")
    away.rename(desk.files.root / DAY)
    await desk.logger.sweep(desk)
    assert "n-1.1-agent-n-2.2.wav" in desk.originals()
    await desk.round()
    row = desk.rows[OFFER]
    assert (row.state, row.missing_s, row.opened_utc_s, desk.faults()) == ("finished", 0.0, OPENED_S, ())
    await desk.round()
    assert desk.originals() == []


async def test_a_lost_voice_that_cannot_be_read_yet_is_nobodys_to_delete(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory is back, the file is not yet: it was taken for what is left of a settled call."""
    await lost(desk, told=False)
    seen = desk.files._seen

    def unreadable(file: str) -> Look:
        if file == AGENT_FILE:
            raise OSError(errno.EIO, "Input/output error")
        return seen(file)

    monkeypatch.setattr(desk.files, "_seen", unreadable)
    await desk.logger.sweep(desk)
    assert AGENT_FILE.rpartition("/")[2] in desk.originals()
    monkeypatch.setattr(desk.files, "_seen", seen)
    await desk.logger.sweep(desk)
    await desk.round()
    assert (desk.rows[OFFER].state, desk.faults()) == ("finished", ())


async def test_only_calls_with_a_lost_voice_are_looked_at_for_lost_originals(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A house that keeps its originals has those of months there, and calls in the line meanwhile."""
    await lost(desk)
    for number in range(2, 50):
        file, voice_id = f"{DAY}/n-1.{number}-agent-n-2.2.wav", f"n-1.{number}/1"
        (desk.files.root / file).write_bytes(b"")
        os.utime(desk.files.root / file, (OPENED_S, OPENED_S))
        kept = RecordingRecord(voice_id, f"n-1.{number}", "talk", state=VoiceState.FINISHED, file=file, path="kept")
        desk.rows[voice_id] = kept
    looked: list[list[str]] = []
    look = desk.files.look

    def counted(files: Sequence[str], searched: Sequence[tuple[str, float]]) -> tuple[dict[str, Look], str]:
        looked.append(list(files))
        return look(files, searched)

    monkeypatch.setattr(desk.files, "look", counted)
    (row,) = await desk.logger.lost_originals(desk)
    assert (row.voice, looked) == (OFFER, [[AGENT_FILE, CALLER_FILE]])


async def test_the_original_of_a_lost_voice_of_whose_file_nobody_told_grows_old_too(desk: Desk) -> None:
    row = await lost_for_good(desk, told=False)
    assert (row.voice, row.file) == (OFFER, AGENT_FILE)
    assert await desk.logger.erase_lost(row, "retention", "kept for 30 days")
    assert AGENT_FILE.rpartition("/")[2] not in desk.originals()


async def lost(desk: Desk, *, told: bool = True) -> None:
    """A talk that was given up while its disk was away, which is back now."""
    desk.talk(told=told)
    away = desk.root / "away"
    (desk.files.root / DAY).rename(away)
    for _ in range(3):
        await desk.round()
    away.rename(desk.files.root / DAY)


async def lost_for_good(desk: Desk, *, told: bool = True) -> RecordingRecord:
    """And is not taken up when its disk is back."""
    await lost(desk, told=told)
    (row,) = await desk.logger.lost_originals(desk)
    return row


async def test_the_original_of_a_lost_voice_can_be_erased_and_the_callers_goes_with_the_sweep(desk: Desk) -> None:
    row = await lost_for_good(desk)
    assert (row.voice, row.state, row.path) == (OFFER, "lost", "")
    assert await desk.logger.erase_lost(row, "retention", "kept for 30 days")
    assert desk.rows[OFFER].state == "erased"
    assert desk.originals() == ["n-1.1-caller-pad.wav", "n-1.1-caller.wav"]
    await desk.logger.sweep(desk)
    assert (desk.originals(), await desk.logger.lost_originals(desk)) == ([], [])


async def test_a_lost_voice_that_was_found_and_cannot_be_finished_is_not_tried_for_ever(desk: Desk) -> None:
    row = await lost_for_good(desk)
    desk.workers.fails = 10
    await desk.logger.sweep(desk)
    await desk.round()
    assert desk.logger.unsettled == 1
    desk.logger._working[CALL] = asyncio.create_task(asyncio.sleep(0))
    assert not await desk.logger.erase_lost(row, "retention", "kept for 30 days"), "it is being worked on"
    await desk.logger._working.pop(CALL)
    assert await desk.logger.erase_lost(row, "retention", "kept for 30 days")
    await desk.round()
    assert (desk.logger.unsettled, desk.originals()) == (0, [])


async def test_one_voice_that_cannot_be_finished_holds_up_no_other(desk: Desk) -> None:
    desk.talk()
    again = OfferId("n-1.1/2")
    broken = f"{DAY}/n-1.1-agent-n-3.3.wav"
    (desk.files.root / broken).write_bytes(b"RIFF nothing that could be played, but longer than a header" * 3)
    desk.tell(SeatReserved(CALL, again, SeatId("s2"), AgentId("a2"), QueueId("q"), 1, 0.0))
    desk.tell(VoiceOpened(CALL, "n-3.3", SeatId("s2"), again, broken, OPENED_S))
    desk.tell(TalkBegan(*WHO[:3], SeatId("s2"), AgentId("a2"), "blind"))
    desk.tell(TalkEnded(*WHO[:3], SeatId("s2"), AgentId("a2"), 1.0, "caller"), OPENED_S + 1.0)
    for _ in range(3):
        await desk.round()
    assert desk.rows[OFFER].state == "finished" and desk.rows[again].state == "closed"
    assert len(desk.originals()) == 5, "all of the call is kept until then"


BROKEN = b"RIFF nothing that could be played, but longer than a header" * 3


async def tried(desk: Desk, times: int = MOST_TRIES) -> None:
    """So many tries, and another round, with what a broken worker or a broken file makes of them."""
    for _ in range(times + 1):
        await desk.round()
        desk.now_s += TRY_AGAIN_S[-1]


def broken(desk: Desk, file: str) -> None:
    (desk.files.root / file).write_bytes(BROKEN)
    os.utime(desk.files.root / file, (OPENED_S + 2.0, OPENED_S + 2.0))


async def test_a_file_that_nothing_can_read_is_set_aside_and_tried_again_once_it_was_touched(desk: Desk) -> None:
    desk.talk()
    broken(desk, AGENT_FILE)
    await tried(desk)
    row, tries = desk.rows[OFFER], len(desk.workers.pieces)
    assert (row.state, row.cause, row.path) == ("lost", "unreadable", "")
    assert (desk.logger.unsettled, len(desk.originals())) == (0, 4)
    await desk.logger.sweep(desk)
    await tried(desk)
    assert (len(desk.workers.pieces), len(desk.originals())) == (tries, 4), "and it is kept"
    (original,) = await desk.logger.lost_originals(desk)
    assert (original.voice, original.file) == (OFFER, AGENT_FILE), "until it grows old"

    os.utime(desk.files.root / AGENT_FILE, (OPENED_S + desk.now_s,) * 2)
    desk.now_s += 120.0
    await desk.logger.sweep(desk)
    await tried(desk)
    assert len(desk.workers.pieces) > tries and desk.rows[OFFER].state == "lost", "it cannot be read still"
    await desk.logger.sweep(desk)
    assert desk.logger.unsettled == 0

    voice(desk.files.root / AGENT_FILE, (500, 2.0))
    os.utime(desk.files.root / AGENT_FILE, (OPENED_S + desk.now_s,) * 2)
    desk.now_s += 120.0
    await desk.logger.sweep(desk)
    await desk.round()
    row = desk.rows[OFFER]
    assert (row.state, row.opened_utc_s, row.missing_s, desk.faults()) == ("finished", OPENED_S, 0.0, ())


async def test_a_call_whose_callers_file_cannot_be_read_is_kept_without_it_and_that_file_as_long(desk: Desk) -> None:
    desk.talk()
    broken(desk, CALLER_FILE)
    await tried(desk)
    row = desk.rows[OFFER]
    assert (row.state, row.cause, row.missing_s, row.path != "") == ("lost", "caller_unreadable", 2.0, True)
    assert desk.rows[f"{CALL}/caller"].state == "withdrawn" and desk.faults() == ()
    desk.now_s += 120.0
    await desk.logger.sweep(desk)
    assert CALLER_FILE.rpartition("/")[2] in desk.originals()
    await desk.logger.erase(row, "retention", "kept for 30 days")
    await desk.logger.sweep(desk)
    assert desk.originals() == []


async def test_a_talk_that_nobody_expected_says_that_its_caller_cannot_be_read(desk: Desk) -> None:
    for file, at in ((CALLER_FILE, OPENED_S), (AGENT_FILE, OPENED_S)):
        voice(desk.files.root / file, (500, 1.0))
        os.utime(desk.files.root / file, (at, at))
    broken(desk, CALLER_FILE)
    await desk.logger.adopt(desk)
    await tried(desk)
    row = desk.rows[f"{CALL}/leg/n-2.2"]
    assert (row.state, row.cause) == ("finished", "caller_unreadable")
    assert any(CALL in alarm and "kept without it" in alarm for alarm in desk.alarms)
    desk.now_s += 120.0
    await desk.logger.sweep(desk)
    assert CALLER_FILE.rpartition("/")[2] in desk.originals()


async def test_a_full_archive_sets_nothing_aside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.talk()
    desk.workers.fails = MOST_TRIES + 4
    monkeypatch.setattr("recording.logger.free_mb", lambda root: 0.0)
    await tried(desk, MOST_TRIES + 3)
    assert desk.rows[OFFER].state == "closed"
    monkeypatch.undo()
    await tried(desk, 1)
    assert (desk.rows[OFFER].state, desk.faults()) == ("finished", ())


async def test_files_of_an_unknown_call_are_taken_up_when_all_of_them_can_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent's was archived without the caller's, which went with what is left of a settled call."""
    for file in (CALLER_FILE, AGENT_FILE):
        voice(desk.files.root / file, (500, 1.0))
        os.utime(desk.files.root / file, (OPENED_S, OPENED_S))
    seen = desk.files._seen

    def unreadable(file: str) -> Look:
        if file == CALLER_FILE:
            raise OSError(errno.EIO, "Input/output error")
        return seen(file)

    monkeypatch.setattr(desk.files, "_seen", unreadable)
    for _ in range(2):
        await desk.logger.sweep(desk)
    await tried(desk, 1)
    assert (desk.rows, len(desk.originals()), len(desk.alarms)) == ({}, 2, 1) and CALL in desk.alarms[0]
    monkeypatch.setattr(desk.files, "_seen", seen)
    await desk.logger.sweep(desk)
    await desk.round()
    await desk.round()
    assert {row.state for row in desk.rows.values()} == {"finished"}


async def test_a_talk_without_a_file_is_lost_and_said_once(desk: Desk) -> None:
    desk.talk()
    for name in desk.originals():
        (desk.files.root / DAY / name).unlink()
    for _ in range(3):
        await desk.round()
    assert [event.cause for event in desk.told if isinstance(event, RecordingLost)] == ["no_file"]


async def test_erasing_leaves_a_tombstone_and_a_chain_without_fault(desk: Desk) -> None:
    desk.talk()
    await desk.round()
    await desk.logger.erase(desk.rows[OFFER], "admin", "asked by the customer")
    row = desk.rows[OFFER]
    assert (row.state, list(desk.archive.paths()), desk.faults()) == ("erased", [], ())


async def test_originals_that_are_kept_for_a_while_go_with_what_is_erased(desk: Desk) -> None:
    """The voice of the talk at once; the caller's, in which there may be other talks, with the next sweep."""
    desk.keep_s = 3600.0
    desk.start()
    desk.talk()
    await desk.round()
    await desk.logger.erase(desk.rows[OFFER], "admin", "asked by the customer")
    assert desk.originals() == ["n-1.1-caller-pad.wav", "n-1.1-caller.wav"]
    desk.now_s += 120.0
    await desk.logger.sweep(desk)
    assert desk.originals() == []


async def test_originals_stay_while_the_journal_cannot_hold_what_became_of_them(desk: Desk) -> None:
    """Its disk is full, and the process is killed: what was told of the recording is lost with it."""
    desk.is_written = False
    desk.start()
    desk.talk()
    await desk.logger._look()
    written = dict(desk.rows)
    await desk.round()
    assert desk.rows[OFFER].state == "finished" and desk.logger.policy.rows == {}
    desk.rows = written
    desk.start()
    await desk.logger.adopt(desk)
    await desk.round()
    assert (desk.rows[OFFER].state, desk.faults(), len(list(desk.archive.paths()))) == ("finished", (), 1)
    desk.now_s += 120.0
    await desk.logger.sweep(desk)
    assert desk.originals() == [], "the ledger's database has it, so the journal had it"
