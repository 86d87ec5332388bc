"""/prompts: what callers hear, and whose voice says it; recordings that take the place of the synthetic one."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.access import Asker, Ports
from api.problems import FieldProblem, Problem, documented
from api.rights import Right
from api.router import Router
from core.parts import Language
from ivr.recordings import Judgement, Listed, Unusable

RECORDING = re.compile(r"/prompts/[^/]+/[^/]+/recording")
"""Paths whose body is sound."""

PromptName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["welcome-presales"])]
OCTETS = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}


class PromptShown(BaseModel):
    """One prompt in one language."""

    prompt: str = Field(examples=["welcome-presales"])
    language: str = Field(examples=["zh-CN"])
    text: str = Field(examples=["您好，这里是售前咨询热线。"])
    own_text: bool = Field(description="the house has a text of its own for this prompt")
    lasts_s: float = Field(examples=[3.2], description="with the silence around it; 0: nothing is there")
    voice: Literal["synthetic", "recording"]
    recorded_by: str = Field(examples=["admin"], description="who gave the recording; empty: nobody knows")
    recorded_utc_s: float | None = Field(examples=[1795000500.0], description="seconds since 1970 in UTC")


class RecordingJudged(BaseModel):
    """What the recording was like as it came; callers hear it levelled and without the silence around it."""

    lasts_s: float = Field(examples=[3.1], description="from the first to the last word")
    level_dbfs: float = Field(examples=[-24.5])
    peak_dbfs: float = Field(examples=[-6.2])


class CodeShown(BaseModel):
    """Dial the number on a seat's phone and type the code: then keys hear, record, and accept."""

    number: str = Field(examples=["700"])
    code: str = Field(examples=["493817"])
    expires_utc_s: float = Field(examples=[1795001100.0], description="or when a recording was accepted")
    text: str = Field(examples=["您好，这里是售前咨询热线。"], description="what to say")


def routes() -> Router:
    router = Router(tags=["prompts"])
    router.add_api_route("/prompts", listed, response_model=list[PromptShown], summary="Every prompt, and its voice")
    router.add_api_route(
        "/prompts/{language}/{prompt}/audio",
        audio,
        response_class=FileResponse,
        responses=documented(404, 409, 422),
        summary="What callers hear, as a WAV file",
    )
    router.add_api_route(
        "/prompts/{language}/{prompt}/recording",
        record,
        methods=["PUT"],
        response_model=RecordingJudged,
        responses=documented(409, 413, 422, 503),
        openapi_extra=OCTETS,
        summary="A recording takes the place of the voice: WAV, MP3, M4A, AAC, FLAC, OGG or WebM",
    )
    router.add_api_route(
        "/prompts/{language}/{prompt}/recording",
        give_back,
        methods=["DELETE"],
        status_code=204,
        responses=documented(409, 422, 503),
        summary="Back to the synthetic voice",
    )
    router.add_api_route(
        "/prompts/{language}/{prompt}/code",
        code,
        methods=["POST"],
        response_model=CodeShown,
        responses=documented(409, 422),
        summary="A code to record it by telephone",
    )
    return router


async def listed(
    services: Ports,
    voice: Literal["", "synthetic", "recording"] = "",
    language: Language | None = None,
) -> list[PromptShown]:
    rows = [shown(each) for each in await services.prompts.listed() if language in (None, each.language)]
    return [row for row in rows if voice in ("", row.voice)]


async def audio(language: Language, prompt: PromptName, services: Ports) -> FileResponse:
    file = services.prompts.file(prompt, language)
    if file is None:
        raise Problem(404, f"nothing is there for {prompt} in {language}")
    return FileResponse(file, media_type="audio/wav", headers={"Cache-Control": "no-store"})


async def record(
    language: Language, prompt: PromptName, asker: Asker, services: Ports, request: Request
) -> RecordingJudged:
    """The body is the file. It is judged first: one that callers should not hear is refused, and nothing changes."""
    asker.need(Right.EDIT_HOUSE)
    sound = await request.body()
    if not sound:
        raise Problem(422, "send the sound file as the body")
    try:
        return _judged(await services.prompts.take(prompt, language, sound, asker.person))
    except Unusable as refusal:
        faults = [FieldProblem(field="recording", problem=fault) for fault in refusal.faults]
        raise Problem(422, str(refusal), errors=faults) from refusal


async def code(language: Language, prompt: PromptName, asker: Asker, services: Ports) -> CodeShown:
    asker.need(Right.EDIT_HOUSE)
    return CodeShown(**asdict(services.prompts.issue(prompt, language, asker.person)))


async def give_back(language: Language, prompt: PromptName, asker: Asker, services: Ports) -> Response:
    asker.need(Right.EDIT_HOUSE)
    await services.prompts.give_back(prompt, language, asker.person)
    return Response(status_code=204)


def _judged(judgement: Judgement) -> RecordingJudged:
    return RecordingJudged(lasts_s=judgement.lasts_s, level_dbfs=judgement.level_dbfs, peak_dbfs=judgement.peak_dbfs)


def shown(row: Listed) -> PromptShown:
    """As the list and the command line have it."""
    recording = row.recording
    return PromptShown(
        prompt=row.prompt, language=row.language, text=row.text, own_text=row.own_text, lasts_s=row.lasts_s,
        voice="recording" if recording else "synthetic",
        recorded_by=recording.by if recording else "", recorded_utc_s=recording.at_utc_s if recording else None,
    )  # fmt: skip
