"""/recordings/{recording}/quality and /quality: talks judged by the house's form, seen and answered by their agents.

Whoever leads judges, never their own talks. An agent sees the own marks, and answers each once. Judging and answering
name the mark that was seen (If-Match): its moment, 0 while there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from api import etags
from api.access import Asker, Ports
from api.etags import moved_on
from api.once import once
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.calls import place_of
from api.routes.recordings import RecordingName, in_turn, known, note, there
from core.parts import Day
from core.periods import midnight
from core.quality import Judged, Mark, QualityQuestion, score

LONGEST_SPAN = timedelta(days=400)
USUAL_SPAN = timedelta(days=30)
MOST = 200
CURSOR = r"^[0-9]{1,12}(\.[0-9]{1,12})?~[a-z2-7]{26}$"
TEXT = r"^[^\x00]*$"


class MarkWanted(BaseModel):
    """Points for every question of the form; null: it did not come up."""

    model_config = ConfigDict(extra="forbid")

    points: dict[str, Annotated[int, Field(ge=0, le=10)] | None] = Field(examples=[{"greeting": 5, "identity": None}])
    comment: Annotated[str, Field(max_length=2000, pattern=TEXT, examples=["Clear and calm."])] = ""


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=2000, pattern=TEXT, examples=["The line was bad."])]


class JudgedShown(BaseModel):
    """A question as it stood when the mark was given."""

    question: QualityQuestion
    points: int | None = Field(examples=[4])


class MarkShown(BaseModel):
    recording: str = Field(examples=["273xis6eftlcselagp4pbzz2nh"])
    call: str = Field(examples=["a-1795000000.17"])
    agent: str = Field(examples=["agent-01"])
    queue: str = Field(examples=["presales"])
    by: str = Field(examples=["leader-01"])
    at_utc_s: float = Field(examples=[1795000900.0], description="If-Match names it")
    score: float = Field(examples=[86.7], description="0 to 100, by the questions' weights")
    judged: list[JudgedShown]
    comment: str = Field(examples=["Clear and calm."])
    reply: str = Field(examples=[""])
    replied_utc_s: float | None = Field(examples=[None], description="null: the agent has not answered")


class FormShown(BaseModel):
    """The house's questions now, and what was said of this talk by the questions of then."""

    questions: list[QualityQuestion]
    mark: MarkShown | None


class MeanShown(BaseModel):
    agent: str = Field(examples=["agent-01"])
    marks: int = Field(examples=[12])
    mean: float = Field(examples=[84.2])


class MarkPage(BaseModel):
    """Marks of a span, newest first, and each agent's mean over all of it."""

    marks: list[MarkShown]
    means: list[MeanShown]
    next_before: str | None = Field(
        examples=["1795000900.0~273xis6eftlcselagp4pbzz2nh"], description="`before` of the next page; null on the last"
    )


def routes() -> Router:
    router, one = once(tags=["recordings"]), "/recordings/{recording}/quality"
    read, edited = documented(403, 404, 422, 503), documented(403, 404, 409, 412, 422, 428, 503)
    for method, path, route, answer, wrong, summary in (
        ("GET", one, form, FormShown, read, "The form, and how this talk was judged; the mark's moment is the ETag"),
        ("PUT", one, give, MarkShown, edited, "Judge a talk, or judge it anew while its agent has not answered"),
        ("POST", f"{one}/reply", reply, MarkShown, edited, "The agent's answer to a mark of their own; once"),
        (
            "GET",
            "/quality",
            marks,
            MarkPage,
            read,
            "Marks given in a span of days: one's own; leaders see all",
        ),
    ):
        router.add_api_route(path, route, methods=[method], response_model=answer, responses=wrong, summary=summary)
    return router


async def form(recording: RecordingName, asker: Asker, services: Ports, response: Response) -> FormShown:
    asker.need(Right.LEAD)
    await known(services, recording, asker)
    _, house = await services.house.current()
    found = await services.quality.of_recording(recording)
    response.headers["ETag"] = etags.etag(found.at_utc_s if found else 0)
    return FormShown(questions=list(house.quality.questions), mark=_shown(found) if found else None)


async def give(
    recording: RecordingName,
    body: MarkWanted,
    asker: Asker,
    services: Ports,
    request: Request,
    response: Response,
    if_match: etags.IfMatch = None,
) -> MarkShown:
    asker.need(Right.LEAD)
    row = await there(services, recording, asker)
    seen_utc_s = etags.moment(if_match)
    if row.agent == asker.person:
        raise Problem(409, "Nobody judges a talk of their own. Ask a colleague.")
    _, house = await services.house.current()
    judged = _judged(house.quality.questions, body.points)
    reached = score(judged)
    if reached is None:
        raise Problem(422, "Give points for at least one question.")
    _refuse_other(await services.quality.of_recording(recording), seen_utc_s)
    at_utc_s = services.now().timestamp()
    mark = Mark(
        recording, row.call, row.agent, row.queue, asker.person, at_utc_s, reached, judged, body.comment.strip()
    )
    async with in_turn(services, recording, asker):
        _refuse_other(await services.quality.of_recording(recording), seen_utc_s)
        await note(services, request, asker, "judged", recording, f"{reached:g}")
        if not await services.quality.give(mark, seen_utc_s):
            raise _other(await services.quality.of_recording(recording))
    response.headers["ETag"] = etags.etag(at_utc_s)
    return _shown(mark)


async def reply(
    recording: RecordingName,
    body: Reply,
    asker: Asker,
    services: Ports,
    request: Request,
    if_match: etags.IfMatch = None,
) -> MarkShown:
    asker.need(Right.SEE_OWN_CALLS)
    found = await services.quality.of_recording(recording)
    if found is None or found.agent != asker.person:
        raise Problem(404, "There is no such mark of yours.")
    seen_utc_s = etags.moment(if_match)
    _refuse_other(found, seen_utc_s)
    text, at_utc_s = body.text.strip(), services.now().timestamp()
    async with in_turn(services, recording, asker):
        _refuse_other(await services.quality.of_recording(recording), seen_utc_s)
        await note(services, request, asker, "mark answered", recording, "")
        if not await services.quality.reply(recording, text, at_utc_s, seen_utc_s):
            raise _other(await services.quality.of_recording(recording))
    return _shown(replace(found, reply=text, replied_utc_s=at_utc_s))


def _refuse_other(mark: Mark | None, seen_utc_s: float) -> None:
    """Raises Problem: it is not the one that was seen, or it has been answered."""
    is_answered = mark is not None and mark.replied_utc_s is not None
    if is_answered or seen_utc_s != (mark.at_utc_s if mark else 0.0):
        raise _other(mark)


def _other(mark: Mark | None) -> Problem:
    """What stands in the way is the mark that is there now."""
    if mark is not None and mark.replied_utc_s is not None:
        return Problem(409, "This mark has been answered, so it stands.")
    now = [("score", f"is {mark.score:g} now, by {mark.by}")] if mark else []
    return moved_on("This talk was judged anew meanwhile. Read the mark again first.", now)


async def marks(
    asker: Asker,
    services: Ports,
    agent: Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,80}$", description="none: everybody one may see")] = "",
    first: Annotated[Day | None, Query(alias="from", description="none: a month before the last day")] = None,
    last: Annotated[Day | None, Query(alias="to", description="none: today, in business time")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> MarkPage:
    asker.need(Right.SEE_OWN_CALLS)
    whose = asker.team if asker.may(Right.LEAD) else frozenset({asker.person})
    if agent and whose is not None and agent not in whose:
        raise Problem(403, "You may see your own marks only, or those of the team that you lead.")
    agents = frozenset({agent}) if agent else whose
    _, house = await services.house.current()
    zone = ZoneInfo(house.time_zone)
    until = last or services.now().astimezone(zone).date()
    since = first or until - USUAL_SPAN
    if not timedelta() <= until - since <= LONGEST_SPAN:
        raise Problem(422, "from: must not lie after to, nor more than 400 days before it")
    span = midnight(since, zone), midnight(until + timedelta(days=1), zone)
    means = await services.quality.means(agents, *span)
    found = await services.quality.newest(agents, *span, before=place_of(before), limit=limit)
    oldest = found[-1] if len(found) == limit else None
    return MarkPage(
        marks=[_shown(each) for each in found],
        means=[MeanShown(agent=name, marks=many, mean=round(mean, 1)) for name, (many, mean) in means.items()],
        next_before=f"{oldest.at_utc_s!r}~{oldest.recording}" if oldest else None,
    )


def _judged(questions: tuple[QualityQuestion, ...], points: Mapping[str, int | None]) -> tuple[Judged, ...]:
    """Raises Problem: the points are not those of this form."""
    if not questions:
        raise Problem(409, "The house has no quality form yet. An administrator can write one under quality.questions.")
    ids = {question.id for question in questions}
    if ids != points.keys():
        raise Problem(409, f"The form has changed: it asks for {', '.join(sorted(ids))}. Load it again.")
    for question in questions:
        if (points[question.id] or 0) > question.most:
            raise Problem(422, f"{question.id}: {question.most} points at most")
    return tuple(Judged(question, points[question.id]) for question in questions)


def _shown(mark: Mark) -> MarkShown:
    judged = [JudgedShown(question=each.question, points=each.points) for each in mark.judged]
    names = [name for name in MarkShown.model_fields if name != "judged"]
    return MarkShown(judged=judged, **{name: getattr(mark, name) for name in names})
