"""The live board in Redis: any number of processes follow it without touching the engine.

    <prefix>:board   hash: epoch, sequence, document: a whole board, renewed every so many diffs
    <prefix>:diffs   stream: epoch, sequence, diff; cut to a length that always reaches back to the hash

The board now = the hash's document with the later diffs of its epoch merged in. Redis is never the
only copy: after a flush the publisher gets BoardLost and calls `replace`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from store.errors import BoardLost, StoreUnavailable
from store.memory import KEPT_DIFFS, Step
from store.merge import Document, merged
from store.redis_client import Entry, connected, entries_of, executed

_WHOLE_EVERY = 200
_LOOK_EVERY_MS = 1000
_ANSWER_S = 5.0
_RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Board:
    """The board as read: its epoch's diffs still in the stream, and the stream's last id."""

    epoch: str
    sequence: int
    document: Document
    diffs: tuple[Step, ...]
    last_id: str

    def since(self, epoch: str, after: int) -> list[Step]:
        """Diffs, if they lead on without a gap: where a whole board was put in its place, one is missing."""
        if (epoch, after) == (self.epoch, self.sequence):
            return []
        steps = [step for step in self.diffs if step[1] > after] if epoch == self.epoch else []
        if steps and [step[1] for step in steps] == list(range(after + 1, self.sequence + 1)):
            return steps
        return [(self.epoch, self.sequence, {"snapshot": self.document})]


class RedisBoard:
    """Twin of store.memory.MemoryBoard. One publisher, any number of followers in any process.

    Diffs are JSON merge patches, numbered without gaps within an epoch. `close` when done.
    """

    def __init__(self, url: str, *, prefix: str = "thirdring", keep: int = KEPT_DIFFS) -> None:
        self._redis = connected(url, answer_s=_ANSWER_S, repeats=1)
        self._board, self._diffs = f"{prefix}:board", f"{prefix}:diffs"
        self._keep, self._whole_every = keep, min(_WHOLE_EVERY, max(1, keep // 2))
        self._epoch, self._sequence, self._document = "", 0, Document()

    async def publish(self, epoch: str, sequence: int, diff: Document) -> None:
        """Apply the next diff. After any error call `replace`.

        Raises:
            BoardLost: flushed, another epoch, or a number left out.
            StoreUnavailable: Redis does not answer.
        """
        if epoch != self._epoch or sequence > self._sequence + 1:
            raise BoardLost("the live board is not where this diff goes on from")
        if sequence <= self._sequence:
            return
        self._sequence, self._document = sequence, merged(self._document, diff)
        if not await self._append(diff):
            self._epoch = ""
            raise BoardLost("Redis was flushed, or another engine replaced the live board")

    async def replace(self, epoch: str, sequence: int, snapshot: Document) -> None:
        """Put a whole board in its place. Raises StoreUnavailable."""
        self._epoch, self._sequence, self._document = epoch, sequence, snapshot
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(self._board, mapping=self._whole())
            pipe.xadd(self._diffs, {"epoch": epoch, "sequence": sequence}, maxlen=self._keep, approximate=False)
            await executed(pipe)

    async def snapshot(self) -> Step:
        """Epoch, sequence, and the whole board; ("", 0, {}) when there is none. Raises StoreUnavailable."""
        board = await self._read()
        return board.epoch, board.sequence, board.document

    async def follow(self, epoch: str, after: int) -> AsyncIterator[Step]:
        """What comes after (`epoch`, `after`), for ever: diffs, or {"snapshot": …} when these do not lead on.

        While Redis is away it waits; then it goes on, with a snapshot if anything was missed.
        """
        last_id = ""
        while True:
            try:
                steps, last_id = await self._next(epoch, after, last_id)
            except StoreUnavailable:
                await asyncio.sleep(_RETRY_S)
                steps, last_id = [], ""
            for step in steps:
                epoch, after, _ = step
                yield step

    async def close(self) -> None:
        await self._redis.aclose()

    async def _append(self, diff: Document) -> bool:
        """Add a diff, and now and then the whole; False if the board is not ours any more."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hget(self._board, "epoch")
            entry: Any = {"epoch": self._epoch, "sequence": self._sequence, "diff": _text(diff)}
            pipe.xadd(self._diffs, entry, maxlen=self._keep, approximate=False)
            stored: str | None = (await executed(pipe))[0]
        if stored == self._epoch and self._sequence % self._whole_every == 0:
            await self._renew_whole()
        return stored == self._epoch

    async def _renew_whole(self) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(self._board, mapping=self._whole())
            await executed(pipe)

    def _whole(self) -> Any:
        return {"epoch": self._epoch, "sequence": self._sequence, "document": _text(self._document)}

    async def _next(self, epoch: str, after: int, last_id: str) -> tuple[list[Step], str]:
        """The next steps and the stream id behind them. The whole board is read only when diffs do not do:
        at first, after a gap, and when nothing came for a second (a flush may have reset the ids).
        """
        entries = await self._entries_behind(last_id) if last_id else []
        steps = _leading_on(entries, epoch, after)
        if entries and steps is not None:
            return steps, entries[-1][0]
        board = await self._read()
        return (board.since(epoch, after) if board.epoch else []), board.last_id

    async def _entries_behind(self, last_id: str) -> list[Entry]:
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xread({self._diffs: last_id}, count=self._keep, block=_LOOK_EVERY_MS)
            (found,) = await executed(pipe)
        return entries_of(found)

    async def _read(self) -> _Board:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(self._board)
            pipe.xrange(self._diffs)
            whole, entries = await executed(pipe)
        last_id = entries[-1][0] if entries else "0-0"
        if not whole:
            return _Board("", 0, {}, (), last_id)
        return _board(whole, [fields for _, fields in entries], last_id)


def _board(whole: dict[str, str], entries: list[dict[str, str]], last_id: str) -> _Board:
    epoch, sequence = whole["epoch"], int(whole["sequence"])
    document: Document = json.loads(whole["document"])
    diffs = [
        (epoch, int(fields["sequence"]), json.loads(fields["diff"])) for fields in entries if _is_diff(fields, epoch)
    ]
    for _, number, diff in diffs:
        if number == sequence + 1:
            sequence, document = number, merged(document, diff)
    return _Board(epoch, sequence, document, tuple(diffs), last_id)


def _leading_on(entries: list[Entry], epoch: str, after: int) -> list[Step] | None:
    """The new diffs among these entries; None if they are of another epoch or leave one out."""
    steps = list[Step]()
    for _, fields in entries:
        number = int(fields["sequence"])
        if fields["epoch"] != epoch or number > after + 1 or (number == after + 1 and "diff" not in fields):
            return None
        if number == after + 1:
            steps.append((epoch, after := number, json.loads(fields["diff"])))
    return steps


def _is_diff(fields: dict[str, str], epoch: str) -> bool:
    return "diff" in fields and fields["epoch"] == epoch


def _text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
