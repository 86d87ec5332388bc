"""What agents write about calls: saved as it is typed, with the code of the wrap-up and tags; and what they send along
with a call to whom they ask, or give it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.audited import PERSONAL
from api.auth import Identity
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME, AgentName
from api.routes.calls import CallName
from api.services import Services
from core.customers import LONGEST_TAG, MOST_TAGS
from core.events import (
    CallAnswered,
    CallTransferred,
    ConsultAnswered,
    ConsultBegan,
    OutboundBegan,
    Outcome,
    OutsideDialled,
    TalkBegan,
)
from core.ids import AgentId, CallId
from core.inputs import NoteCall
from core.numbers import is_number, masked

LONGEST_TEXT = 4000


class NoteWanted(BaseModel):
    """The whole note each time."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$", examples=["asked for an invoice"])]
    code: Annotated[str, Field(pattern=f"{NAME}|^$", examples=["invoice"], description="one of the house's codes")] = ""
    tags: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_TAG, pattern=r"^[^\x00-\x1f\x7f]*$")]],
        Field(max_length=MOST_TAGS, examples=[["urgent"]]),
    ] = []


class NoteShown(BaseModel):
    agent: str = Field(examples=["agent-01"])
    to: str = Field(examples=[""], description="the agent, queue or number these words went along to; empty: to nobody")
    text: str = Field(examples=["asked for an invoice"])
    code: str = Field(examples=["invoice"])
    tags: list[str] = Field(examples=[["urgent"]])
    at_utc_s: float = Field(examples=[1795000500.0])


def routes() -> Router:
    router = Router(tags=["notes"])
    router.add_api_route(
        "/agents/{agent}/calls/{call}/note",
        write,
        methods=["PUT"],
        response_model=Granted,
        responses=documented(404, 409, 422, 503, 504),
        summary="What this agent writes about a call so far; save some seconds after the last key",
    )
    router.add_api_route(
        "/calls/{call}/notes",
        read,
        openapi_extra=PERSONAL,
        response_model=list[NoteShown],
        responses=documented(404, 422, 503),
        summary="What each agent wrote about a call, and sent along with it",
    )
    return router


async def write(
    agent: AgentName, call: CallName, body: NoteWanted, asker: Asker, services: Ports, key: Key = None
) -> Granted:
    """On a call that is or was this agent's."""
    asker.need_to_act_for(agent)
    if not await _had(agent, call, services):
        raise Problem(404, f"{agent} has had no such call")
    wish = NoteCall(AgentId(agent), CallId(call), body.text, body.code, tuple(dict.fromkeys(body.tags)))
    return await ask(wish, asker, services, key)


async def read(call: CallName, asker: Asker, services: Ports) -> list[NoteShown]:
    """For those who may see the call: 404 else, as for the call itself."""
    if not asker.may(Right.SEE_CALLS):
        asker.need(Right.SEE_OWN_CALLS)
        if not await _had(asker.person, call, services):
            raise Problem(404, "there is no such call")
    notes = [NoteShown.model_validate(asdict(note) | {"to": ""}) for note in await services.cases.notes(call)]
    return sorted([*notes, *_sent(await services.calls.story(call), asker)], key=lambda note: note.at_utc_s)


def _sent(outcomes: Iterable[Outcome], asker: Identity) -> Iterator[NoteShown]:
    """A consult that is completed says once more what it began with: that is told once."""
    told: set[tuple[str, str, str]] = set()
    for outcome in outcomes:
        agent, to, text = words = _along(outcome.event)
        if text and words not in told:
            told.add(words)
            shown = masked(to) if is_number(to) and not asker.may(Right.SEE_NUMBERS) else to
            yield NoteShown(agent=agent, to=shown, text=text, code="", tags=[], at_utc_s=outcome.at_utc_s)


def _along(event: object) -> tuple[str, str, str]:
    """Who sends what words to whom."""
    match event:
        case ConsultBegan():
            return event.agent, event.to_agent, event.note
        case CallTransferred():
            return event.agent, event.to, event.note
        case OutsideDialled():
            return event.agent, event.number, event.note
    return "", "", ""


async def _had(agent: str, call: str, services: Services) -> bool:
    """What the window shows now, else what the database knows; that one is a moment behind."""
    _, _, pops = await services.pops.snapshot()
    entry: Any = pops.get(f"pop/{agent}") or {}
    return entry.get("call") == call or any(
        agent in _agents(outcome.event) for outcome in await services.calls.story(call)
    )


def _agents(event: object) -> tuple[str, ...]:
    match event:
        case CallAnswered() | TalkBegan() | OutboundBegan():
            return (event.agent,)
        case ConsultAnswered():
            return (event.to_agent,)
    return ()
