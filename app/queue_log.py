"""Writes <home>/log/queue_log from the outcomes in the database, off the call path, each line once.

Beside the file lies how far it is written: the last outcome, the length in bytes, and what the fold remembers. A start
cuts the file to that length and goes on from there, so a kill neither doubles nor loses a line. When the file is large
enough it is renamed with its date; the newest of those are kept.

Outcomes that came behind later ones, since a replay decided them, write their lines when they come: with the time at
which they happened, so behind later ones.

With the place lost or damaged, the file's last line tells where to go on. Outcomes are read from EARLIER_S before that,
so that the fold knows the calls of that moment, and what stands in the file is not written again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from core.errors import PeerFault
from core.events import AgentChanged, Outcome
from core.house import House, suffice
from monitor.queue_log import QueueLog, calls_from_json, calls_to_json, late_lines

log = logging.getLogger(__name__)

NAME, PLACE = "queue_log", "queue_log.place"
AT_ONCE = 500
EVERY_S = 1.0
MOST_BYTES = 64 * 1024 * 1024
KEPT = 20
BEGINNING = (0, -1)
LINE = re.compile(r"[0-9]+\|")
EARLIER_S = 86_400.0
"""Longer than any call."""


class Outcomes(Protocol):
    """store.queries.Queries, as far as this file needs it."""

    async def outcomes_after(self, place: tuple[int, int], limit: int) -> tuple[list[Outcome], tuple[int, int]]: ...

    async def sequences(self, since_utc_s: float, until_utc_s: float) -> tuple[int, int] | None: ...

    async def late_after(self, number: int) -> tuple[list[Outcome], int]: ...

    async def last_late(self) -> int: ...

    async def story(self, call: str) -> list[Outcome]: ...


class Written:
    """What stands in a file whose place was lost, by the lines of its last second."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.ends_utc_s = _second(lines[-1])
        self._last = Counter(line for line in lines if _second(line) == self.ends_utc_s)

    def holds(self, line: str) -> bool:
        """Ask once for each line, in their order."""
        if _second(line) != self.ends_utc_s:
            return _second(line) < self.ends_utc_s
        self._last[line] -= 1
        return self._last[line] >= 0


@dataclass(slots=True)
class QueueLogFile:
    """The file and its place; all methods block, for a thread."""

    directory: Path
    queues_of: Callable[[str], Sequence[str]]
    most_bytes: int = MOST_BYTES
    kept: int = KEPT
    place: tuple[int, int] = BEGINNING
    late: int | None = None
    """The last of those that came late; None: where they are is not known, and `place` has them all."""
    written: Written | None = None
    """Until something later is written: what the file holds beyond `place`."""
    _bytes: int = 0
    _fold: QueueLog = field(init=False)

    def __post_init__(self) -> None:
        self._fold = QueueLog(self.queues_of)

    def open(self) -> None:
        """Go on where the last process stopped. Raises OSError."""
        self.directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        try:
            kept: dict[str, Any] = json.loads((self.directory / PLACE).read_text(encoding="utf-8"))
            self.place, self._bytes = (kept["sequence"], kept["ordinal"]), kept["bytes"]
            self._fold.calls = calls_from_json(kept["calls"])
            self.late = kept.get("late", 0)  # whoever wrote it without had none of those that came late
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            self._go_by_the_file()
        file = self.directory / NAME
        if not file.exists() or file.stat().st_size < self._bytes:
            self._bytes = 0  # renamed, and the place not noted: all of it lies in the renamed one
        with file.open("ab") as stream:
            stream.truncate(self._bytes)

    def _go_by_the_file(self) -> None:
        """Or by the newest renamed one while there is nothing in it."""
        text = _whole_lines(self.directory / NAME)
        self.place, self._bytes, self._fold.calls, self.late = BEGINNING, len(text), {}, None
        for renamed in sorted(self.directory.glob(f"{NAME}.*Z"), reverse=True):
            text = text or _whole_lines(renamed)
        lines = text.decode(errors="replace").splitlines(keepends=True)
        self.written = Written(whole) if (whole := [each for each in lines if LINE.match(each)]) else None

    def append(self, outcomes: Sequence[Outcome], place: tuple[int, int]) -> None:
        """Write the lines of these outcomes, and that they are written. Raises OSError."""
        lines = (line for outcome in outcomes for line in self._fold.lines(outcome))
        text = "".join(line for line in lines if self.written is None or not self.written.holds(line))
        self._write(text)
        self.place = place
        if text:
            self.written = None
        if self.written is not None:
            return  # a kill while what stands there is passed over begins with it again
        self._end_step()

    def append_late(self, late: Sequence[Outcome], stories: Mapping[str, Sequence[Outcome]], number: int) -> None:
        """Write the lines of these, which came behind later ones; `stories` are those of their calls.

        Raises OSError.
        """
        keys = {_key(each) for each in late if _key(each) <= self.place}
        text = ""
        for call, story in stories.items():
            if keys.isdisjoint(map(_key, story)):
                continue  # it is read in its place yet
            lines, left = late_lines(self.queues_of, [each for each in story if _key(each) <= self.place], keys)
            text += "".join(lines)
            known = self._fold.calls.pop(call, None)
            if left is not None:
                place = left.first_position if known is None else known.first_position
                self._fold.calls[call] = replace(left, first_position=place)
        for each in late:
            if isinstance(each.event, AgentChanged) and _key(each) in keys:
                text += "".join(self._fold.lines(each))
        self._write(text)
        self.late = number
        self._end_step()

    def _write(self, text: str) -> None:
        content = text.encode()
        if content:
            with (self.directory / NAME).open("ab") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        self._bytes += len(content)

    def _end_step(self) -> None:
        self._note()
        if self._bytes >= self.most_bytes:
            self._rotate()

    def _rotate(self) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        (self.directory / NAME).replace(self.directory / f"{NAME}.{stamp}")
        self._bytes = 0
        self._note()
        old = sorted(self.directory.glob(f"{NAME}.*Z"))
        for file in old[: -self.kept]:
            file.unlink(missing_ok=True)

    def _note(self) -> None:
        """In one step, so that there is always a whole one."""
        kept = {"sequence": self.place[0], "ordinal": self.place[1], "bytes": self._bytes, "late": self.late}
        aside = self.directory / f"{PLACE}.new"
        aside.write_text(json.dumps(kept | {"calls": calls_to_json(self._fold)}), encoding="utf-8")
        aside.replace(self.directory / PLACE)


async def write_queue_log(file: QueueLogFile, outcomes: Outcomes, *, every_s: float = EVERY_S) -> None:
    """For ever; waits and tries again when the database is away or the disk refuses. Cancelling loses nothing."""
    opened, said = False, ""
    while True:
        more = False
        try:
            if not opened:
                await asyncio.to_thread(file.open)
                opened = True
            if file.written is not None and file.place == BEGINNING:
                file.place = await _earlier(outcomes, file.written.ends_utc_s)
            if file.late is None or file.written is not None:  # what is there by now is read in its place
                file.late = await outcomes.last_late()
            found, place = await outcomes.outcomes_after(file.place, AT_ONCE)
            late, number = await outcomes.late_after(file.late)
            missed = _missed(late, found)
            file.late = file.late if missed else number
            if place != file.place:
                await asyncio.shield(asyncio.to_thread(file.append, found, place))
                more = True
            if missed and file.written is None:
                stories = {call: await outcomes.story(call) for call in sorted(set(map(_call, missed)) - {""})}
                await asyncio.shield(asyncio.to_thread(file.append_late, missed, stories, number))
            said = ""
        except (PeerFault, OSError) as error:
            if said != str(error):
                log.error("queue_log is not written: %s", error)
            opened, said = False, str(error)
        if not more:
            await asyncio.sleep(every_s)


def _missed(late: Sequence[Outcome], found: Sequence[Outcome]) -> list[Outcome]:
    """Those that are not among what was read in their place."""
    seen = set(map(_key, found))
    return [each for each in late if _key(each) not in seen]


def _key(outcome: Outcome) -> tuple[int, int]:
    return outcome.sequence, outcome.ordinal


def _call(outcome: Outcome) -> str:
    return str(getattr(outcome.event, "call", None) or "")


async def _earlier(outcomes: Outcomes, ends_utc_s: int) -> tuple[int, int]:
    """The place EARLIER_S before this second."""
    span = await outcomes.sequences(ends_utc_s - EARLIER_S, ends_utc_s + 1.0)
    return BEGINNING if span is None else (span[0], -1)


def _whole_lines(file: Path) -> bytes:
    """Without a last one that was torn."""
    text = file.read_bytes() if file.exists() else b""
    return text[: text.rfind(b"\n") + 1]


def _second(line: str) -> int:
    return int(line.partition("|")[0])


def serves(house: House, agent: str) -> list[str]:
    """The queues whose skills this agent has."""
    skills = next((each.skills for each in house.agents if each.id == agent), {})
    return [str(queue.id) for queue in house.queues if suffice(skills, queue.skills)]
