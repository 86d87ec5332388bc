"""/agents: who is where, and what agents ask for: their day, and what shall become of their caller."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.pops import Step, Written
from api.problems import Problem, documented
from api.router import Router
from core.ids import AgentId, QueueId, SeatId
from core.inputs import (
    AgentRequest,
    BecomeReady,
    Complete,
    Confer,
    Consult,
    ExtendWrapUp,
    HangUp,
    Hold,
    MarkAbusive,
    PauseRecording,
    PlaceCall,
    Resume,
    ResumeRecording,
    SignIn,
    SignOut,
    TakeBreak,
    Transfer,
)
from core.states import BreakReason

NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
AgentName = Annotated[str, Path(pattern=NAME, examples=["agent-01"])]


Override = Annotated[
    bool, Query(description="A leader lets it happen although the floor, the governor or the roster forbids it.")
]


class AgentShown(BaseModel):
    """One agent as the floor shows them; times are seconds since 1970."""

    id: str = Field(examples=["agent-01"])
    name: str = Field(examples=["话务员01"])
    status: str = Field(examples=["ready"], description="what the agent wants: signed_out, ready, on_break, away")
    state: str | None = Field(examples=["talking"], description="what the agent does; null when signed out")
    seat: str | None = Field(examples=["seat-01"])
    since_utc_s: float = Field(examples=[1795000500.0])
    duty: str | None = Field(examples=["on"], description="what the roster makes of it; null: the house has none")
    shift: str | None = Field(examples=["early"])
    withheld: str | None = Field(examples=[None], description="why no call is given: cool_down, occupancy, shift_end")
    break_queued: str | None = Field(examples=["meal"], description="a break that waits for a call's end or for cover")


class SeatWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seat: Annotated[str, Field(pattern=NAME, examples=["seat-01"])]


class BreakWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: BreakReason = Field(examples=["meal"])


NOTE = Field(
    default="",
    max_length=500,
    pattern=r"^[^\x00-\x1f\x7f]*$",
    examples=["wants a refund for order 4711"],
    description="why; the receiver sees it while the phone rings",
)


class ReceiverWanted(BaseModel):
    """Exactly one of `agent`, `queue` and `number`."""

    model_config = ConfigDict(extra="forbid")

    agent: Annotated[str | None, Field(pattern=NAME, examples=["agent-02"])] = None
    queue: Annotated[str | None, Field(pattern=NAME, examples=["complaints"])] = None
    number: Annotated[str | None, Field(pattern=r"^\+?[0-9*#]{1,20}$", examples=["+8613800138000"])] = None
    note: str = NOTE

    @model_validator(mode="after")
    def _one_of_them(self) -> ReceiverWanted:
        if [self.agent, self.queue, self.number].count(None) != 2:
            raise ValueError("name an agent, a queue or a number, one of them")
        return self


class CallCard(BaseModel):
    """What a receiver reads before speaking: the same as the floor's `call/<id>` entry; the caller is masked."""

    id: str = Field(examples=["a-1795000000.17"])
    caller: str = Field(examples=["**********1234"])
    language: str = Field(examples=["zh-CN"])
    hotline: str = Field(examples=["main"])
    queue: str | None = Field(default=None, examples=["presales"])
    state: str = Field(examples=["ringing"])
    entered_utc_s: float = Field(examples=[1795000500.0])
    path: list[Step] = []
    notes: list[Written] = []
    handled_by: list[str] = Field(
        default=[], examples=[["agent-01"]], description="agents who spoke with this caller before"
    )


class CallWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(min_length=1, max_length=40, examples=["+8613800138000"])]
    queue: Annotated[str | None, Field(pattern=NAME, examples=["presales"])] = None


def routes() -> Router:
    router = Router(tags=["agents"])
    router.add_api_route("/agents", agents, response_model=list[AgentShown], summary="All agents of the house")
    router.add_api_route(
        "/agents/{agent}/call",
        present_call,
        response_model=CallCard,
        responses=documented(404, 422),
        summary="The call this agent is rung for, speaks in, or is consulted about: who, why, and the way so far",
    )
    for path, route, summary in (
        ("sign-in", sign_in, "Take a seat"),
        ("sign-out", sign_out, "Leave the seat; a talk goes on to its end"),
        ("break", take_break, "Go on a break, after the talk if there is one"),
        ("wrap-up", extend_wrap_up, "Extend the wrap-up, once"),
        ("ready", become_ready, "Come back from a break, from away, or early from wrap-up"),
        ("abusive", mark_abusive, "Say that the call, or the last one, was abusive"),
        ("call", place_call, "Call a number: the agent's own phone rings first; `result` is the call"),
        ("hold", hold, "Put the caller on hold: music, and a reminder after a while"),
        ("recording/pause", pause_recording, "Silence in the recording while the caller gives card data; has a limit"),
        ("recording/resume", resume_recording, "Record the talk again"),
        ("resume", resume, "Back to the caller on hold; a consult ends with it"),
        ("transfer", transfer, "Give the caller to another agent, a queue or an outside number, unannounced"),
        ("consult", consult, "Speak with a colleague or an outside number while the caller hears music"),
        ("complete", complete, "End a consult by giving the caller to whoever was asked"),
        ("confer", confer, "In a consult: caller, agent and colleague speak together"),
        ("hang-up", hang_up, "End one's part of the call, as if the receiver were put down"),
    ):
        router.add_api_route(
            f"/agents/{{agent}}/{path}",
            route,
            methods=["POST"],
            response_model=Granted,
            responses=documented(409, 422, 503, 504),
            summary=summary,
        )
    return router


async def agents(services: Ports) -> list[dict[str, Any]]:
    _, _, board = await services.board.snapshot()
    return [_shown(entry) for key, entry in sorted(board.items()) if key.startswith("agent/")]


def _shown(entry: Any) -> dict[str, Any]:
    return {field: entry.get(field) for field in AgentShown.model_fields}


async def present_call(agent: AgentName, asker: Asker, services: Ports) -> dict[str, Any]:
    """Its notes are for this agent and for whoever leads."""
    _, _, board = await services.board.snapshot()
    person: Any = board.get(f"agent/{agent}") or {}
    seat: Any = board.get(f"seat/{person.get('seat')}") or {}
    call: Any = board.get(f"call/{seat.get('call')}")
    if call is None:
        raise Problem(404, "this agent has no call now")
    hidden = set() if asker.may_act_for(agent) else {"notes"}
    return {field: call[field] for field in CallCard.model_fields if field in call and field not in hidden}


async def sign_in(
    agent: AgentName, body: SeatWanted, asker: Asker, services: Ports, key: Key = None, override: Override = False
) -> Granted:
    return await _asked(SignIn(AgentId(agent), SeatId(body.seat), override), asker, services, key)


async def sign_out(
    agent: AgentName, asker: Asker, services: Ports, key: Key = None, override: Override = False
) -> Granted:
    return await _asked(SignOut(AgentId(agent), override), asker, services, key)


async def take_break(
    agent: AgentName, body: BreakWanted, asker: Asker, services: Ports, key: Key = None, override: Override = False
) -> Granted:
    return await _asked(TakeBreak(AgentId(agent), body.reason, override), asker, services, key)


async def become_ready(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(BecomeReady(AgentId(agent)), asker, services, key)


async def place_call(agent: AgentName, body: CallWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(PlaceCall(AgentId(agent), body.number, _queue(body.queue)), asker, services, key)


async def extend_wrap_up(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(ExtendWrapUp(AgentId(agent)), asker, services, key)


async def pause_recording(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(PauseRecording(AgentId(agent)), asker, services, key)


async def resume_recording(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(ResumeRecording(AgentId(agent)), asker, services, key)


async def hold(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(Hold(AgentId(agent)), asker, services, key)


async def resume(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(Resume(AgentId(agent)), asker, services, key)


async def transfer(agent: AgentName, body: ReceiverWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    wish = Transfer(AgentId(agent), _agent(body.agent), _queue(body.queue), body.number or "", body.note)
    return await _asked(wish, asker, services, key)


async def consult(agent: AgentName, body: ReceiverWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    wish = Consult(AgentId(agent), _agent(body.agent), _queue(body.queue), body.note, body.number or "")
    return await _asked(wish, asker, services, key)


async def complete(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(Complete(AgentId(agent)), asker, services, key)


async def confer(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(Confer(AgentId(agent)), asker, services, key)


async def hang_up(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(HangUp(AgentId(agent)), asker, services, key)


def _agent(name: str | None) -> AgentId | None:
    return AgentId(name) if name is not None else None


def _queue(name: str | None) -> QueueId | None:
    return QueueId(name) if name is not None else None


async def mark_abusive(agent: AgentName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await _asked(MarkAbusive(AgentId(agent)), asker, services, key)


async def _asked(request: AgentRequest, asker: Asker, services: Ports, key: str | None) -> Granted:
    """Agents ask for themselves, leaders for their team; against the rules only leaders, which is recorded."""
    asker.need_to_act_for(request.agent)
    if getattr(request, "override", False):
        asker.need_lead_of(request.agent)
    return await ask(request, asker, services, key)
