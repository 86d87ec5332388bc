"""/calls: what became of calls, newest first, and one call's whole story. Callers' numbers are masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.auth import Identity
from api.problems import Problem, documented
from api.rights import Right
from api.services import Services
from core.events import CallAnswered, Outcome
from core.ids import CallId
from core.parts import Language
from monitor import story as words
from monitor.wallboard import masked

MOST = 200
CallName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,80}$", examples=["a-1795000000.17"])]
CURSOR = r"^[0-9]{1,12}(\.[0-9]{1,12})?~[A-Za-z0-9._-]{1,80}$"


class Call(BaseModel):
    """One call; times are seconds since 1970 in UTC, null: not yet. "" means none."""

    call: str = Field(examples=["a-1795000000.17"])
    hotline: str = Field(examples=["main"])
    trunk: str = Field(examples=["trunk-a"])
    caller: str = Field(examples=["**********1234"])
    language: str = Field(examples=["zh-CN"])
    queue: str = Field(examples=["presales"])
    entered_utc_s: float = Field(examples=[1795000500.0])
    offered_utc_s: float | None = Field(examples=[1795000512.0])
    answered_utc_s: float | None = Field(examples=[1795000520.2])
    ended_utc_s: float | None = Field(examples=[1795000620.0])
    waited_s: float = Field(examples=[8.2])
    talk_s: float = Field(examples=[95.0])
    tries: int = Field(examples=[1])
    how: str = Field(
        examples=["caller"],
        description="menu, abandoned, callback, caller, agent, pbx_lost, fallback; of a call that we made: reached, "
        "busy, declined, no_answer, wrong_number, no_trunk, no_line, agent_missed, agent_left, lost; empty: not ended",
    )
    agent: str = Field(examples=["agent-01"])
    seat: str = Field(examples=["seat-01"])


class Moment(BaseModel):
    """One thing that happened to the call; `fields` are the outcome's own."""

    sequence: int = Field(examples=[4711])
    ordinal: int = Field(examples=[0])
    at_utc_s: float = Field(examples=[1795000500.0])
    event: str = Field(examples=["CallOffered"])
    fields: dict[str, Any] = Field(examples=[{"queue": "presales", "priority": 0}])


class Sentence(BaseModel):
    at_utc_s: float = Field(examples=[1795000500.0])
    text: str = Field(examples=["The phone at seat-01 rang."])


class Why(BaseModel):
    """A call's story in plain words, and for one that waits at this moment why each agent does not have it."""

    story: list[Sentence]
    waits_because: list[str] = Field(examples=[["agent-01 is on a break"]])


class CallPage(BaseModel):
    """Calls, and what to give as `before` for the next page; null on the last."""

    calls: list[Call]
    next_before: str | None = Field(examples=["1795000100.25~a-1795000000.17"])


def routes() -> APIRouter:
    router = APIRouter(tags=["calls"])
    router.add_api_route(
        "/calls", recent, response_model=CallPage, responses=documented(422), summary="Calls, newest first"
    )
    router.add_api_route(
        "/calls/{call}",
        story,
        response_model=list[Moment],
        responses=documented(404, 422),
        summary="Everything that happened to one call",
    )
    router.add_api_route(
        "/calls/{call}/why",
        why,
        response_model=Why,
        responses=documented(404, 422),
        summary="One call's story in plain words",
    )
    return router


async def recent(
    asker: Asker,
    services: Ports,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> CallPage:
    """All calls for those who may see them, one's own for agents."""
    if not asker.may(Right.SEE_CALLS):
        asker.need(Right.SEE_OWN_CALLS)
    whose = "" if asker.may(Right.SEE_CALLS) else asker.person
    rows = await services.calls.calls(before=_place(before), limit=limit, agent=whose)
    last = rows[-1] if len(rows) == limit else None
    return CallPage(
        calls=[Call(**asdict(row) | {"caller": masked(row.caller)}) for row in rows],
        next_before=f"{last.entered_utc_s!r}~{last.call}" if last else None,
    )


def _place(before: str | None) -> tuple[float, str] | None:
    entered, _, call = (before or "").partition("~")
    return (float(entered), call) if call else None


async def story(call: CallName, asker: Asker, services: Ports) -> list[Moment]:
    return [_moment(outcome) for outcome in await _outcomes(services, asker, call)]


async def why(
    call: CallName,
    asker: Asker,
    services: Ports,
    language: Annotated[Language, Query(description="of the sentences")] = "en",
) -> Why:
    told = words.story(await _outcomes(services, asker, call), language)
    waits = words.waiting_for(services.engine.obstacles(CallId(call)), language)
    return Why(story=[Sentence(at_utc_s=one.at_utc_s, text=one.text) for one in told], waits_because=waits)


async def _outcomes(services: Services, asker: Identity, call: str) -> Sequence[Outcome]:
    """Raises Problem: 404 too for somebody else's call, which one may not even know of."""
    if not asker.may(Right.SEE_CALLS):
        asker.need(Right.SEE_OWN_CALLS)
    outcomes = await services.calls.story(call)
    if not outcomes or not (asker.may(Right.SEE_CALLS) or _is_own(outcomes, asker.person)):
        raise Problem(404, "there is no such call")
    return outcomes


def _is_own(outcomes: Sequence[Outcome], person: str) -> bool:
    return any(isinstance(one.event, CallAnswered) and one.event.agent == person for one in outcomes)


def _moment(outcome: Outcome) -> Moment:
    fields = asdict(outcome.event)
    for name in ("caller", "number"):
        if name in fields:
            fields[name] = masked(fields[name])
    return Moment(
        sequence=outcome.sequence,
        ordinal=outcome.ordinal,
        at_utc_s=outcome.at_utc_s,
        event=type(outcome.event).__name__,
        fields=fields,
    )
