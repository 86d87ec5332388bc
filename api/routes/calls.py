"""/calls: what became of calls, newest first, and one call's whole story. Callers' numbers are masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.audited import WRITTEN
from api.auth import Identity
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.services import Services
from core.events import CallAnswered, Outcome
from core.ids import CallId
from core.numbers import is_number, masked
from core.parts import Language
from core.reasons import PastOffer
from core.states import MenuEnd
from monitor import story as words
from store.call_search import CallSearch

MOST = 200
CallName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,80}$", examples=["a-1795000000.17"])]
NAME = r"^([A-Za-z0-9][A-Za-z0-9._-]{0,80})?$"
Filter = Annotated[str, Query(pattern=NAME)]
Outcomes = Literal[
    "answered", "abandoned", "callback", "message", "flowed_out", "lost",
    "talked", "missed", "caller_gone", "withdrawn", "rejected", "failed",
]  # fmt: skip
FROM_THEN_ON = (
    "from then on it asked for an agent; with queue: began to wait there; with agent: its ring or talk ended; "
    "with trunk: came; with flow or node: left it"
)
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
    outcome: str = Field(
        examples=["answered"],
        description="what became of the request for an agent, counted once: answered, abandoned, callback, message, "
        "flowed_out, lost; empty: none, or not yet",
    )


class Moment(BaseModel):
    """One thing that happened to the call; `fields` are the outcome's own."""

    sequence: int = Field(examples=[4711])
    ordinal: int = Field(examples=[0])
    at_utc_s: float = Field(examples=[1795000500.0])
    event: str = Field(examples=["CallOffered"])
    fields: dict[str, Any] = Field(
        examples=[{"queue": "presales", "priority": 0}], description="without what people wrote, and numbers masked"
    )


class Sentence(BaseModel):
    at_utc_s: float = Field(examples=[1795000500.0])
    text: str = Field(examples=["The phone at seat-01 rang."])


class Everybody(BaseModel):
    """One offer of the past: why each agent had it or had not, by replaying the journal up to it."""

    offer: str = Field(examples=["a-1795000000.17/1"])
    at_utc_s: float = Field(examples=[1795000512.0])
    seat: str = Field(examples=["seat-01"])
    agent: str = Field(examples=["agent-01"])
    agrees: bool = Field(description="the replay made the same offer; false: another version of the program made it")
    reasons: list[str] = Field(examples=[["agent-01 was chosen", "agent-02 is on a break"]])


class Why(BaseModel):
    """A call's story in plain words, and for one that waits at this moment why each agent does not have it."""

    story: list[Sentence]
    waits_because: list[str] = Field(examples=[["agent-01 is on a break"]])
    offers: list[Everybody] = Field(default=[], description="filled when everybody's reasons are asked for")


class CallPage(BaseModel):
    """Calls, and what to give as `before` for the next page; null on the last."""

    calls: list[Call]
    next_before: str | None = Field(examples=["1795000100.25~a-1795000000.17"])


def routes() -> Router:
    router = Router(tags=["calls"])
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
        responses=documented(404, 409, 422, 503),
        summary="One call's story in plain words",
    )
    return router


def searched(
    from_utc_s: Annotated[float | None, Query(ge=0, le=1e11, description=FROM_THEN_ON)] = None,
    to_utc_s: Annotated[float | None, Query(ge=0, le=1e11, description="before then, likewise")] = None,
    hotline: Filter = "",
    queue: Annotated[str, Query(pattern=NAME, description="waited in it")] = "",
    agent: Annotated[str, Query(pattern=NAME, description="rang, or talked with, this agent")] = "",
    trunk: Filter = "",
    flow: Annotated[str, Query(pattern=r"^[a-z0-9-]{0,40}$", description="went through it")] = "",
    node: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,40}/[A-Za-z0-9_./-]{1,120}$|^$", description="flow/node")] = "",
    reached: Annotated[MenuEnd | None, Query(description="what came of the way through the flow or the node")] = None,
    outcome: Annotated[
        Outcomes | None, Query(description="of the request for an agent; of an agent: talked, or of the rings")
    ] = None,
    within_s: Annotated[float | None, Query(ge=0, le=600, description="waited at most so long")] = None,
) -> CallSearch:
    """What is searched for. Exactly the calls that a figure counts are those of /stats/calls."""
    if reached and not (flow or node):
        raise Problem(422, "reached is of a flow or a node: name it, too")
    visited = node or (f"{flow}/" if flow else "")
    return CallSearch(
        from_utc_s, to_utc_s, hotline, queue, agent, trunk, visited, reached or "", outcome or "", within_s
    )


async def recent(
    asker: Asker,
    services: Ports,
    wanted: Annotated[CallSearch, Depends(searched)],
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> CallPage:
    """All calls for those who may see them, one's own for agents."""
    if not asker.may(Right.SEE_CALLS):
        asker.need(Right.SEE_OWN_CALLS)
        wanted = replace(wanted, answered_by=asker.person)
    rows = await services.calls.calls(before=place_of(before), limit=limit, wanted=wanted)
    last = rows[-1] if len(rows) == limit else None
    return CallPage(
        calls=[Call(**asdict(row) | {"caller": masked(row.caller)}) for row in rows],
        next_before=f"{last.entered_utc_s!r}~{last.call}" if last else None,
    )


def place_of(before: str | None) -> tuple[float, str] | None:
    entered, _, call = (before or "").partition("~")
    return (float(entered), call) if call else None


async def story(call: CallName, asker: Asker, services: Ports) -> list[Moment]:
    return [_moment(outcome) for outcome in await outcomes_of(services, asker, call)]


async def why(
    call: CallName,
    asker: Asker,
    services: Ports,
    language: Annotated[Language, Query(description="of the sentences")] = "en",
    everybody: Annotated[
        bool, Query(description="each agent's reason at each offer, recomputed from the journal; takes seconds")
    ] = False,
) -> Why:
    if everybody:
        asker.need(Right.SEE_CALLS)
    told = words.story(await outcomes_of(services, asker, call), language)
    waits = words.waiting_for(services.engine.obstacles(CallId(call)), language)
    offers = [_everybody(one, language) for one in await services.past.offers(call)] if everybody else []
    sentences = [Sentence(at_utc_s=one.at_utc_s, text=one.text) for one in told]
    return Why(story=sentences, waits_because=waits, offers=offers)


def _everybody(past: PastOffer, language: Language) -> Everybody:
    return Everybody(
        offer=past.offer,
        at_utc_s=past.at_utc_s,
        seat=past.seat,
        agent=past.agent,
        agrees=past.agrees,
        reasons=words.waiting_for(past.obstacles, language),
    )


async def outcomes_of(services: Services, asker: Identity, call: str) -> Sequence[Outcome]:
    """Without listeners of whom agents must not know, for those who may not listen themselves.

    Raises Problem: 404 too for somebody else's call, which one may not even know of.
    """
    if not asker.may(Right.SEE_CALLS):
        asker.need(Right.SEE_OWN_CALLS)
    outcomes = await services.calls.story(call)
    if not outcomes or not (asker.may(Right.SEE_CALLS) or _is_own(outcomes, asker.person)):
        raise Problem(404, "there is no such call")
    return [outcome for outcome in outcomes if asker.may(Right.LISTEN) or getattr(outcome.event, "told", True)]


def _is_own(outcomes: Sequence[Outcome], person: str) -> bool:
    return any(isinstance(one.event, CallAnswered) and one.event.agent == person for one in outcomes)


def _moment(outcome: Outcome) -> Moment:
    fields = asdict(outcome.event)
    for name in ("caller", "number", "to"):
        if name in fields and is_number(fields[name]):
            fields[name] = masked(fields[name])
    for name in WRITTEN & fields.keys():  # such a look is in the audit: /calls/{call}/notes, /cases
        fields[name] = f"{len(fields[name])} characters"
    return Moment(
        sequence=outcome.sequence,
        ordinal=outcome.ordinal,
        at_utc_s=outcome.at_utc_s,
        event=type(outcome.event).__name__,
        fields=fields,
    )
