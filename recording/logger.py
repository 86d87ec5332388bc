"""The voice logger's shell: looks at the disk once a second, tells what it sees, has finished calls worked on.

Every decision is recording.policy's; every fact goes through the inbox and comes back as an outcome before it counts.
The originals go when the ledger has what became of them. Nothing here can hold up a call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from core.errors import Refused
from core.events import Outcome
from core.ids import CallId, OfferId
from core.instants import Instant
from core.ledger import LeftOpen, RecordingRecord, VoiceState
from core.ports import Inbox
from core.recordings import (
    CALLER_UNREADABLE,
    TOLERANCE_S,
    UNREADABLE,
    RecordingErased,
    RecordingFact,
    RecordingFinished,
    RecordingLost,
    VoiceDiscarded,
    VoiceOpened,
)
from recording.archive import Archive, path_of, recording_id
from recording.disk import VoiceFiles, free_mb, is_writable
from recording.finish import FinishFailed, Piece
from recording.policy import BYTES_PER_S, Job, Look, Policy, found_of, is_wanted, missing, with_caller
from recording.pool import Pool
from recording.seal import Chain, Line

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
TRY_AGAIN_S = (5.0, 60.0, 600.0)
"""After so long a call that could not be finished is tried again; then each time after the last of these."""
MOST_TRIES = 6
"""In half an hour: what fails each time although the archive takes files is the file's own fault, and set aside."""
ROOM = 3
"""What is finished from a file takes less room than so many times the file."""
ORPHAN_S = 60.0


class Ledger(Protocol):
    """store.recordings.Recordings, as far as a start needs it. All of it raises StoreUnavailable (a PeerFault)."""

    async def left_open(self, also: Sequence[str]) -> LeftOpen:
        """Rows that came to no end yet and their calls' other rows; those of the calls `also` in any case."""
        ...

    async def rows_of(self, calls: Sequence[str]) -> Sequence[RecordingRecord]: ...


@dataclass(slots=True)
class _Trouble:
    tries: int = 0
    again_s: float = 0.0


class VoiceLogger:
    """Give `take` to the pump as a subscriber and run `run` in a task.

    `key` makes public ids; `keep_originals_s` is how long the PBX's own files stay after they are finished;
    `is_written`: the journal has all that was told; `under_way` are the calls that began before this process. `idle`:
    why it is not to be run at all, and erases nothing.
    """

    def __init__(
        self,
        inbox: Inbox,
        files: VoiceFiles,
        archive: Archive,
        chain: Chain,
        pool: Pool,
        key: bytes,
        now: Callable[[], Instant],
        alarm: Callable[[str, str], None],
        *,
        keep_originals_s: float = 0.0,
        is_written: Callable[[], bool] = lambda: True,
        under_way: Iterable[CallId] = (),
        idle: str = "",
    ) -> None:
        self._inbox, self._files, self.archive, self._chain, self._pool = inbox, files, archive, chain, pool
        self._key, self._now, self._alarm = key, now, alarm
        self._keep_s, self._is_written = keep_originals_s, is_written
        self.policy = Policy(waiting={call: [] for call in under_way})
        self._working: dict[str, asyncio.Task[None]] = {}
        self._troubles: dict[str, _Trouble] = {}
        self._sealing = asyncio.Lock()
        self._blind, self.idle = "", idle
        self._untaken: set[str] = set()

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Fold what was decided."""
        self.policy.take(outcomes)

    @property
    def trouble(self) -> str:
        """Why the recordings' disk cannot be looked at, or nothing is archived, or ""."""
        return self.idle or self._blind

    @property
    def unsettled(self) -> int:
        """Calls that are over and have recordings to be finished."""
        return self.policy.unsettled

    async def run(self) -> None:
        """For ever; cancel to end it. What is under way then is found again at the next start."""
        try:
            await self._in_thread(self.archive.clear_work)
        except OSError as error:
            log.error("half-written recordings cannot be cleared away: %s", error)
        try:
            while True:
                await self._look()
                self._begin_jobs()
                await self._clear()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in self._working.values():
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)
            await asyncio.shield(self._pool.close())

    # --- seeing ------------------------------------------------------------------------------
    async def _look(self) -> None:
        looks, trouble = await asyncio.to_thread(self._files.look, self.policy.files(), self.policy.searched())
        self._note_blindness(f"Recordings cannot be looked at: {trouble}." if trouble else "")
        for fact in self.policy.judge(looks, self._now().boot_s):
            self._inbox.offer(fact)

    def _note_blindness(self, why: str) -> None:
        """For `trouble`; the floor hears of each reason once."""
        if why and why != self._blind:
            log.error("%s", why)
            self._alarm("recording_disk", why)
        self._blind = why

    async def adopt(self, ledger: Ledger) -> None:
        """Go on where the process before us ended, and take up files that nobody knows. Raises PeerFault."""
        self.policy.adopt(await ledger.left_open(tuple(self.policy.waiting)))
        await self.sweep(ledger)

    async def sweep(self, ledger: Ledger) -> None:
        """Files that lie there although their calls are settled, or were never known. Raises PeerFault."""
        lying = {call: voices for call, voices in (await self._lying()).items() if call not in self.policy.rows}
        known = await asyncio.to_thread(_by_call, await ledger.rows_of(list(lying)))
        for call, voices in lying.items():
            if call in known:
                await self._sweep_known(known[call], [file for _, file in voices])
                continue
            await self._adopt_orphans(call, voices)

    async def _lying(self) -> dict[str, list[tuple[str, str]]]:
        """(leg, file) of each voice that nobody has written for a while, by call. A busy year may lie there."""
        before = self._now().wall.timestamp() - ORPHAN_S

        def by_call() -> dict[str, list[tuple[str, str]]]:
            found: dict[str, list[tuple[str, str]]] = {}
            for call, leg, file in self._files.older_than(before):
                found.setdefault(call, []).append((leg, file))
            return found

        return await asyncio.to_thread(by_call)

    async def _sweep_known(self, rows: Sequence[RecordingRecord], files: Sequence[str]) -> None:
        """Those of one call, of which the ledger knows."""
        if any(map(_is_gone, rows)) and await self._adopt_found(rows, files):
            return
        if _all_kept(rows):
            for file in files:
                await self._clear_old(rows[0].call, file, 0.0 if _any_erased(rows) else self._keep_s)

    async def _adopt_found(self, rows: Sequence[RecordingRecord], files: Sequence[str]) -> bool:
        """Whether lost voices lie there after all, or may: their disk could not be read when the call was over.

        One that cannot be read now may be the only recording of a talk: it is nobody's to delete.
        """
        looks, trouble = await asyncio.to_thread(
            self._files.look, {*files, *(row.file for row in rows if row.file)}, []
        )
        sounding = [looks[file] for file in files if file in looks and looks[file].lasted_s > 0]
        aside = {row.voice for row in rows if _is_aside(row) and not _is_touched(row, looks.get(row.file))}
        theirs = {voice: file for voice, file in found_of(rows, sounding).items() if voice not in aside}
        if theirs:
            log.warning("lost recordings were found: %s", ", ".join(sorted(theirs.values())))
            known = {row.voice: looks.get(theirs.get(row.voice, row.file)) for row in rows}
            found = [_as_found(row, theirs, known[row.voice]) for row in rows]
            self.policy.adopt(LeftOpen(with_caller(found, sounding), [rows[0].call]))
        return bool(theirs or trouble)

    async def _adopt_orphans(self, call: str, voices: Sequence[tuple[str, str]]) -> None:
        """All or none: one that cannot be read would go with the originals of those that can."""
        looks, trouble = await asyncio.to_thread(self._files.look, [file for _, file in voices], [])
        if trouble:
            self._tell_untaken(call, trouble)
            return
        for leg, file in voices:
            look = looks.get(file)
            if look is not None and look.lasted_s > 0:
                log.warning("a recording of an unknown call is taken up: %s", file)
                at = look.changed_utc_s - look.lasted_s
                self._inbox.offer(VoiceOpened(CallId(call), leg or call, None, OfferId(""), file, at))
                self.policy.adopt(LeftOpen([], [call]))

    def _tell_untaken(self, call: str, trouble: str) -> None:
        """Once by each process."""
        if call not in self._untaken:
            self._untaken.add(call)
            self.tell_floor(
                f"Recordings of call {call}, which is in no record, cannot be read ({trouble}); they stay where "
                "they are until all of them can. Look at their disk."
            )

    # --- finishing ---------------------------------------------------------------------------
    def _begin_jobs(self) -> None:
        now_s = self._now().boot_s
        for job in self.policy.jobs():
            trouble = self._troubles.get(job.call)
            if job.call not in self._working and (trouble is None or now_s >= trouble.again_s):
                task = asyncio.create_task(self._work(job), name=f"finish-{job.call}")
                self._working[job.call] = task

    async def _work(self, job: Job) -> None:
        try:
            await self._settle(job)
            self._troubles.pop(job.call, None)
            await asyncio.sleep(2 * LOOK_EVERY_S)  # until the outcomes are folded
        except (FinishFailed, OSError) as error:
            self._failed(job, error)
        finally:
            self._working.pop(job.call, None)

    def _failed(self, job: Job, error: Exception) -> None:
        """The originals stay and it is tried again."""
        trouble = self._troubles.setdefault(job.call, _Trouble())
        trouble.again_s = self._now().boot_s + TRY_AGAIN_S[min(trouble.tries, len(TRY_AGAIN_S) - 1)]
        trouble.tries += 1
        log.error("call %s cannot be finished (try %d): %s", job.call, trouble.tries, error)
        if trouble.tries == len(TRY_AGAIN_S):
            self._alarm("recording", f"The recordings of call {job.call} cannot be finished; their originals are kept.")

    async def _settle(self, job: Job) -> None:
        """Tell what became of each closed voice of this call; one that fails holds up no other, but the caller's.

        Raises FinishFailed, OSError.
        """
        failed: FinishFailed | OSError | None = None
        joined = False
        for row in job.agents:
            try:
                fact = await self._piece_or_aside(job, row)
            except (FinishFailed, OSError) as error:
                failed = error
            else:
                joined = joined or (isinstance(fact, RecordingFinished) and fact.cause != CALLER_UNREADABLE)
                self._inbox.offer(fact)
        if failed is not None:
            raise failed
        if job.caller is not None and job.caller.state == VoiceState.CLOSED:
            self._inbox.offer(VoiceDiscarded(CallId(job.call), job.caller.voice, "joined" if joined else "no_talk"))

    async def _piece_or_aside(self, job: Job, row: RecordingRecord) -> RecordingFact:
        """At the last try the talk is kept without the caller's file, if that can be, and else set aside.

        Raises FinishFailed, OSError.
        """
        try:
            return await self._piece(job, row)
        except FinishFailed as error:
            if not await self._is_hopeless(job, row):
                raise
            log.error("call %s cannot be finished as it is: %s", job.call, error)
        try:
            return await self._without_caller(job, row)
        except FinishFailed:
            return RecordingLost(CallId(job.call), row.voice, UNREADABLE)

    async def _is_hopeless(self, job: Job, row: RecordingRecord) -> bool:
        """A disk that is full or away is nobody's fault: it is tried for as long as that takes. Raises OSError."""
        trouble = self._troubles.get(job.call)
        if trouble is None or trouble.tries + 1 < MOST_TRIES:
            return False

        needed_mb, root = ROOM * row.lasted_s * BYTES_PER_S / 2**20, self.archive.root
        return await asyncio.to_thread(lambda: is_writable(root) and free_mb(root) > needed_mb)

    async def _without_caller(self, job: Job, row: RecordingRecord) -> RecordingFact:
        """The floor is told here where no talk is due: the ledger says it of others. Raises FinishFailed, OSError."""
        if job.caller is None or not await self._exists(job.caller.file):
            raise FinishFailed("there is no caller's file to leave out")
        fact = await self._piece(replace(job, caller=None), row)
        if not isinstance(fact, RecordingFinished):
            return fact
        if fact.missing_s == 0.0:
            self.tell_floor(f"The caller's side of call {job.call} cannot be read: {row.voice} is kept without it.")
        return replace(fact, cause=CALLER_UNREADABLE)

    async def _piece(self, job: Job, row: RecordingRecord) -> RecordingFact:
        call = CallId(job.call)
        if not is_wanted(row) and not row.voice.startswith(f"{call}/leg/"):
            return VoiceDiscarded(call, row.voice, "no_talk" if row.due else "not_due")
        if row.lasted_s <= 0:
            return RecordingLost(call, row.voice, "empty")
        recording, began = recording_id(self._key, row.voice), row.opened_utc_s or 0.0
        caller = job.caller if job.caller is not None and await self._exists(job.caller.file) else None
        target = await asyncio.to_thread(self.archive.work_place, recording)
        archived = await self._pool.finish(self._joined(job, row, caller, target))
        path = path_of(recording, began)
        await self._in_thread(self.archive.take, recording, path)
        await self._seal("sealed", row.voice, recording, path, archived.sha256, archived.size_bytes)
        drift_s = self._drift_s(job, caller, row.due_to_utc_s or 0.0)
        lacks_s, cause = missing(row, caller, drift_s, self.policy.closed_utc_s(row.voice))
        told = round(lacks_s, 3), cause if lacks_s > TOLERANCE_S else ""
        return RecordingFinished(call, row.voice, recording, path, began, archived, *told)

    def _drift_s(self, job: Job, caller: RecordingRecord | None, at_utc_s: float) -> float:
        """What the caller's file has lost since the first talk: holds and transfers come after it."""
        if caller is None:
            return 0.0
        first = job.agents[0].opened_utc_s or 0.0
        return max(0.0, self.policy.drift_s(caller.voice, at_utc_s) - self.policy.drift_s(caller.voice, first))

    def _joined(self, job: Job, row: RecordingRecord, caller: RecordingRecord | None, target: Path) -> Piece:
        agent = str(self._files.root / row.file)
        if caller is None:
            return Piece(agent, "", 0.0, str(target))
        began = row.opened_utc_s or 0.0
        late_s = (caller.opened_utc_s or 0.0) - began + self._drift_s(job, caller, began)
        return Piece(agent, str(self._files.root / caller.file), late_s, str(target))

    async def _exists(self, file: str) -> bool:
        return await asyncio.to_thread((self._files.root / file).exists)

    async def _seal(
        self, what: str, voice: str, recording: str, path: str, sha256: str, size: int, by: str = "", why: str = ""
    ) -> None:
        """One line in the chain, once. Raises OSError."""
        at = self._now().wall.isoformat(timespec="milliseconds")
        line = Line(0, at, what, recording, voice, path, sha256, size, by, why, "")
        async with self._sealing:
            before = await asyncio.to_thread(self._chain.sealed, recording)
            if (what == "sealed" and before != sha256) or (what == "erased" and before):
                await self._in_thread(self._chain.append, line)

    # --- clearing and erasing ----------------------------------------------------------------
    async def _clear(self) -> None:
        """Calls whose every voice came to its end: their originals go, unless they are to stay a while.

        Or what became of them may be lost with this process: then a sweep clears away what the ledger's database has.
        """
        for call in self.policy.settled():
            if call in self._working:
                continue
            rows = list(self.policy.rows[call].values())
            self.policy.forget(call)
            for file in {row.file for row in rows if row.file}:
                if self._keep_s == 0.0 and self._is_written() and not any(map(_needs_file, rows)):
                    await self._clear_old(call, file, 0.0)

    async def _clear_old(self, call: str, file: str, keep_s: float) -> None:
        before = self._now().wall.timestamp() - keep_s
        try:
            path = self._files.root / file
            if keep_s == 0.0 or await asyncio.to_thread(lambda: path.stat().st_mtime < before):
                await asyncio.to_thread(self._files.clear, call, file)
        except FileNotFoundError:
            pass
        except OSError as error:
            log.error("originals of %s cannot be deleted: %s", call, error)

    async def erase(self, row: RecordingRecord, by: str, why: str) -> None:
        """Delete an archived recording, with a tombstone in the chain and the ledger first. Raises OSError, Refused.

        So does its original, if it is kept a while. The caller's, in which there are other talks, goes with a sweep.
        """
        if self.idle:
            raise Refused("The key of the recordings is missing: nothing can be erased and sealed until it is back.")
        await self._seal("erased", row.voice, row.recording, row.path, row.sha256, row.size_bytes, by, why)
        await self._in_thread(self.archive.erase, row.path)
        if row.file:
            await self._in_thread(self._files.erase, row.file)
        self._inbox.offer(RecordingErased(CallId(row.call), row.voice, row.recording, by, why))

    def tell_floor(self, text: str) -> None:
        """What somebody must know of recordings."""
        log.warning("%s", text)
        self._alarm("recording", text)

    async def lost_originals(self, ledger: Ledger) -> list[RecordingRecord]:
        """Lost voices of which nothing is in the archive, and whose files lie there. Raises PeerFault, OSError."""
        lying = await self._lying()
        gone = await asyncio.to_thread(_with_gone, await ledger.rows_of(list(lying)))
        found = []
        for call, rows in gone.items():
            looks, _ = await asyncio.to_thread(self._files.look, [file for _, file in lying[call]], [])
            theirs = found_of(rows, looks.values())
            found += [replace(row, file=theirs[row.voice]) for row in rows if row.voice in theirs]
        return found

    async def erase_lost(self, row: RecordingRecord, by: str, why: str) -> bool:
        """Delete one of `lost_originals`, which the ledger is told. False: it is just being worked on. Raises OSError.

        The caller's file, in which there may be other talks, goes with a sweep.
        """
        if row.call in self._working:
            return False
        self.policy.forget_voice(row.call, row.voice)  # found, perhaps, and tried again and again
        await self._in_thread(self._files.erase, row.file)
        self._inbox.offer(RecordingErased(CallId(row.call), row.voice, "", by, why))
        return True

    async def _in_thread(self, work: Callable[..., object], *arguments: object) -> None:
        """Cancelling waits for its end: half a step of this kind must not be left."""
        step = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
        try:
            await asyncio.shield(step)
        except asyncio.CancelledError:
            await asyncio.wait([step])
            raise


def _by_call(rows: Iterable[RecordingRecord]) -> dict[str, list[RecordingRecord]]:
    found: dict[str, list[RecordingRecord]] = {}
    for row in rows:
        found.setdefault(row.call, []).append(row)
    return found


def _with_gone(rows: Iterable[RecordingRecord]) -> dict[str, list[RecordingRecord]]:
    """Of calls a talk of which is gone."""
    return {call: rows for call, rows in _by_call(rows).items() if any(map(_is_gone, rows))}


def _all_kept(rows: Sequence[RecordingRecord]) -> bool:
    """Every voice is archived, or nobody needs it: the files may go."""
    return all(
        row.state in (VoiceState.FINISHED, VoiceState.WITHDRAWN, VoiceState.ERASED)
        or (row.state == VoiceState.LOST and not _is_lost(row))
        for row in rows
    ) and not any(map(_lacks_caller, rows))


def _is_gone(row: RecordingRecord) -> bool:
    """A talk that was due, and nothing of it is archived: what lies there may be it."""
    return row.state == VoiceState.LOST and not row.path


def _lacks_caller(row: RecordingRecord) -> bool:
    """It is archived without the caller, whose file lies there and could not be read."""
    return row.cause == CALLER_UNREADABLE and row.state in (VoiceState.FINISHED, VoiceState.LOST)


def _needs_file(row: RecordingRecord) -> bool:
    return _is_gone(row) or _lacks_caller(row)


def _is_aside(row: RecordingRecord) -> bool:
    """Tried often enough."""
    return row.state == VoiceState.LOST and row.cause == UNREADABLE


def _is_touched(row: RecordingRecord, look: Look | None) -> bool:
    """Somebody has written its file since, or touched it to have it tried again."""
    return look is not None and row.ended_utc_s is not None and look.changed_utc_s > row.ended_utc_s


def _as_found(row: RecordingRecord, theirs: Mapping[str, str], look: Look | None) -> RecordingRecord:
    lasted_s = row.lasted_s if look is None else look.lasted_s
    if row.voice not in theirs or look is None:
        return replace(row, lasted_s=lasted_s)
    opened = look.changed_utc_s - lasted_s if row.opened_utc_s is None else row.opened_utc_s
    return replace(row, state=VoiceState.CLOSED, file=look.file, opened_utc_s=opened, lasted_s=lasted_s)


def _any_erased(rows: Sequence[RecordingRecord]) -> bool:
    return any(row.state == VoiceState.ERASED for row in rows)


def _is_lost(row: RecordingRecord) -> bool:
    """Without even a part in the archive, though there was a file once."""
    return row.state == VoiceState.LOST and row.file != "" and not row.path
