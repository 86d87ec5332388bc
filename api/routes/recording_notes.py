"""/recordings/{recording}/notes and …/tags: what people write about one, at a moment of it or about the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from api.access import Asker, Ports
from api.once import once
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.recordings import TAG, RecordingName, RecordingShown, in_turn, known, note, one, there
from api.services import Services
from core.parts import Shown

TAGS_MOST = 20
TagName = Annotated[str, Path(pattern=TAG, examples=["praise"])]


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[Shown, Field(min_length=1, max_length=2000, examples=["Asks twice before she listens."])]
    moment_s: float | None = Field(
        default=None, ge=0, le=1e6, examples=[42.5], description="from the recording's beginning; none: about the whole"
    )


class CommentShown(BaseModel):
    note: str = Field(examples=["0c1d2e3f4a5b6c7d8e9f0a1b"])
    at_utc_s: float = Field(examples=[1795000500.0])
    by: str = Field(examples=["leader-01"])
    moment_s: float | None = Field(examples=[42.5])
    text: str = Field(examples=["Asks twice before she listens."])


def routes() -> Router:
    router, base = once(tags=["recordings"]), "/recordings/{recording}"
    for method, path, route, answer, summary in (
        ("GET", f"{base}/notes", notes, list[CommentShown], "What people wrote about it, in the order of its moments"),
        ("POST", f"{base}/notes", write, CommentShown, "Write a note, about the whole or at a moment"),
        ("DELETE", f"{base}/notes/{{note}}", strike, list[CommentShown], "Strike a note of one's own"),
        ("PUT", f"{base}/tags/{{tag}}", tag, RecordingShown, "Give it a tag"),
        ("DELETE", f"{base}/tags/{{tag}}", untag, RecordingShown, "Take a tag away"),
    ):
        router.add_api_route(
            path, route, methods=[method], response_model=answer, responses=documented(403, 404, 409, 422, 503),
            summary=summary,
        )  # fmt: skip
    return router


async def notes(recording: RecordingName, asker: Asker, services: Ports) -> list[CommentShown]:
    asker.need(Right.HEAR_RECORDINGS)
    await known(services, recording, asker)
    return [CommentShown(**asdict(each)) for each in await services.recordings.notes.notes(recording)]


async def write(
    recording: RecordingName, body: Written, asker: Asker, services: Ports, request: Request
) -> CommentShown:
    asker.need(Right.HEAR_RECORDINGS)
    lasted_s = (await there(services, recording, asker)).lasted_s
    if body.moment_s is not None and body.moment_s > lasted_s:
        raise Problem(422, f"the recording lasts {lasted_s:.1f} s; choose a moment in it")
    at_utc_s = services.now().timestamp()
    async with in_turn(services, recording, asker):
        await note(services, request, asker, "noted", recording, "")
        written = await services.recordings.notes.write(recording, asker.person, at_utc_s, body.moment_s, body.text)
    return CommentShown(**asdict(written))


async def strike(
    recording: RecordingName, note_: Annotated[str, Path(alias="note", pattern=r"^[0-9a-f]{24}$")], asker: Asker,
    services: Ports, request: Request,
) -> list[CommentShown]:  # fmt: skip
    asker.need(Right.HEAR_RECORDINGS)
    await known(services, recording, asker)
    async with services.recordings.erasing.turn:
        written = await services.recordings.notes.notes(recording)
        if not any((each.note, each.by) == (note_, asker.person) for each in written):
            raise Problem(404, "there is no such note of yours")
        await note(services, request, asker, "note struck", recording, "")
        await services.recordings.notes.strike(recording, note_, asker.person)
    return await notes(recording, asker, services)


async def tag(
    recording: RecordingName, tag: TagName, asker: Asker, services: Ports, request: Request
) -> RecordingShown:
    asker.need(Right.HEAR_RECORDINGS)
    async with in_turn(services, recording, asker):
        has = await _tags(services, recording)
        if tag not in has and len(has) >= TAGS_MOST:
            raise Problem(409, f"{TAGS_MOST} tags are enough for one recording; take one away first")
        await note(services, request, asker, "tagged", recording, tag)
        await services.recordings.notes.tag(recording, tag, asker.person, services.now().timestamp())
    return await one(recording, asker, services)


async def untag(
    recording: RecordingName, tag: TagName, asker: Asker, services: Ports, request: Request
) -> RecordingShown:
    asker.need(Right.HEAR_RECORDINGS)
    await known(services, recording, asker)
    async with services.recordings.erasing.turn:
        if tag not in await _tags(services, recording):
            raise Problem(404, "the recording has no such tag")
        await note(services, request, asker, "untagged", recording, tag)
        await services.recordings.notes.untag(recording, tag)
    return await one(recording, asker, services)


async def _tags(services: Services, recording: str) -> Sequence[str]:
    return (await services.recordings.notes.tags([recording])).get(recording, ())
