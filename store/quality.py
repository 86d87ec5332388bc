"""Marks that people gave to recorded talks: one a recording, given anew until its agent has answered it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.quality import Judged, Mark, QualityQuestion
from store.erased import of_erased
from store.models import quality_marks
from store.queries import PAGE_CAP
from store.session import read_rows
from store.upsert import upsert
from store.writer import Writer

_COLUMNS = quality_marks.c


class QualityMarks:
    """Reads through an engine of `store.session.reading_engine`. All of it raises StoreUnavailable."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine, self._writer = engine, writer

    async def of_recording(self, recording: str) -> Mark | None:
        query = select(quality_marks).where(_COLUMNS.recording == recording)
        return next((_mark(row) for row in await read_rows(self._engine, query)), None)

    async def newest(
        self,
        agents: Collection[str] | None,
        since_utc_s: float,
        until_utc_s: float,
        *,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> Sequence[Mark]:
        """The newest first; `agents` None: everybody's; `before` is (`at_utc_s`, `recording`) of the last one seen."""
        key = (_COLUMNS.at_utc_s, _COLUMNS.recording)
        query = select(quality_marks).where(*_given(agents, since_utc_s, until_utc_s))
        query = query.order_by(*(column.desc() for column in key)).limit(min(limit, PAGE_CAP))
        if before is not None:
            query = query.where(tuple_(*key) < before)
        return [_mark(row) for row in await read_rows(self._engine, query)]

    async def means(
        self, agents: Collection[str] | None, since_utc_s: float, until_utc_s: float
    ) -> dict[str, tuple[int, float]]:
        """How many marks each agent has of this span, and their mean."""
        query = select(_COLUMNS.agent, func.count().label("many"), func.avg(_COLUMNS.score).label("mean"))
        query = query.where(*_given(agents, since_utc_s, until_utc_s)).group_by(_COLUMNS.agent).order_by(_COLUMNS.agent)
        return {row["agent"]: (row["many"], float(row["mean"])) for row in await read_rows(self._engine, query)}

    async def give(self, mark: Mark, seen_utc_s: float) -> bool:
        """Whether it was taken: the one before is that of `seen_utc_s` (0: there is none), and not answered."""

        async def work(connection: AsyncConnection) -> bool:
            query = select(_COLUMNS.at_utc_s, _COLUMNS.replied_utc_s).where(_COLUMNS.recording == mark.recording)
            before = (await connection.execute(query)).first()
            if (tuple(before) if before else (0.0, None)) != (seen_utc_s, None):
                return False
            await upsert(connection, quality_marks, [_row(mark)])
            return True

        return await self._writer.write(work)

    async def reply(self, recording: str, text: str, at_utc_s: float, seen_utc_s: float) -> bool:
        """Whether it was the first one to the mark given at `seen_utc_s`."""
        seen = (_COLUMNS.recording == recording, _COLUMNS.at_utc_s == seen_utc_s, _COLUMNS.replied_utc_s.is_(None))
        return await self._change(seen, reply=text, replied_utc_s=at_utc_s)

    async def forget(self, recording: str) -> None:
        """The recording is erased: what was said about it in words goes, the points stay the agent's."""
        await self._change((_COLUMNS.recording == recording,), comment="", reply="")

    async def of_erased(self) -> list[str]:
        """Recordings that are erased and of whose mark there are words still."""
        query = of_erased(quality_marks, or_(_COLUMNS.comment != "", _COLUMNS.reply != ""))
        return [row["recording"] for row in await read_rows(self._engine, query)]

    async def _change(self, where: tuple[ColumnElement[bool], ...], **values: Any) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            return bool((await connection.execute(update(quality_marks).where(*where).values(**values))).rowcount)

        return await self._writer.write(work)


def _given(agents: Collection[str] | None, since_utc_s: float, until_utc_s: float) -> list[ColumnElement[bool]]:
    span = [_COLUMNS.at_utc_s >= since_utc_s, _COLUMNS.at_utc_s < until_utc_s]
    return span if agents is None else [*span, _COLUMNS.agent.in_(agents)]


def _row(mark: Mark) -> dict[str, Any]:
    judged = [{"question": each.question.model_dump(mode="json"), "points": each.points} for each in mark.judged]
    return asdict(mark) | {"judged": json.dumps(judged, ensure_ascii=False)}


def _mark(row: RowMapping) -> Mark:
    judged = [
        Judged(QualityQuestion.model_validate(each["question"]), each["points"]) for each in json.loads(row["judged"])
    ]
    return Mark(**{**row, "judged": tuple(judged)})
