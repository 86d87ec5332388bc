"""/cases: matters that outlive a call. Ours have a number, an owner and a history; of others we know who owns them.

Whoever owns a caller's open case is given the caller first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api import asking, etags
from api.access import Asker, Ports, needs
from api.asking import Granted, Key
from api.audited import PERSONAL
from api.auth import Identity
from api.etags import moved_on
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from api.routes.notes import LONGEST_TEXT
from api.services import Services
from core.ids import AgentId, CallId
from core.inputs import CASE_LASTS_S, ChangeCase, CloseCase, GiveCase, OpenCase, OwnCase, TakeCase
from core.numbers import masked
from core.states import CaseKind, CaseState
from queueing.desk import MOVED_ON
from store.records import CaseMoment as Moment
from store.records import CaseRow

MOST = 200
YEAR_S = 366 * 86_400
CaseName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["26000017"])]
CURSOR = r"^[0-9]{1,12}(\.[0-9]{1,12})?~[A-Za-z0-9._-]{1,40}$"
Written = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$", examples=["the pump leaks again"])]
Due = Annotated[
    float | None, Field(ge=60, le=YEAR_S, description="seconds from now until it is due; null: the house's time")
]


class Ownership(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: Annotated[str, Field(pattern=NAME, examples=["agent-01"])]
    caller: Annotated[
        str,
        Field(max_length=40, examples=["+8613800138000"], description="who calls from here is given the owner, too"),
    ] = ""
    lasts_s: Annotated[float, Field(gt=0, le=YEAR_S, description="seconds after which nobody owns it any more")] = (
        CASE_LASTS_S
    )


class CaseWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: CaseKind = Field(examples=["repair"])
    text: Annotated[Written, Field(min_length=1)]
    caller: Annotated[str, Field(max_length=40, examples=["+8613800138000"])] = ""
    call: Annotated[
        str,
        Field(pattern=r"^([A-Za-z0-9._-]{1,80})?$", examples=["a-1795000000.17"], description="in which it came up"),
    ] = ""
    owner: Annotated[str, Field(pattern=f"{NAME}|^$", examples=["agent-01"], description="takes it at once")] = ""
    due_s: Due = None


class CaseChange(BaseModel):
    """At least one of them."""

    model_config = ConfigDict(extra="forbid")

    state: CaseState | None = Field(default=None, examples=["waiting"])
    note: Written = ""
    due_s: Due = None


class CaseGiven(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(pattern=NAME, examples=["agent-02"])]
    note: Written = ""


class CaseShown(BaseModel):
    """One case; times are seconds since 1970 in UTC. "" means none, or nobody."""

    case: str = Field(examples=["26000017"], description="eight digits, which callers can type")
    kind: str = Field(examples=["repair"])
    text: str = Field(examples=["the pump leaks"])
    caller: str = Field(examples=["+8613800138000"], description="masked without the right see_numbers")
    call: str = Field(examples=["a-1795000000.17"])
    state: str = Field(examples=["in_work"], description="new, in_work, waiting, closed")
    owner: str = Field(examples=["agent-01"])
    note: str = Field(examples=["the part is ordered"], description="the last one written")
    overdue: bool
    opened_utc_s: float = Field(examples=[1795000500.0])
    opened_by: str = Field(examples=["agent-01"])
    due_utc_s: float = Field(examples=[1795086900.0])
    changed_utc_s: float = Field(examples=[1795000600.0], description="the last change; If-Match names it")
    closed_utc_s: float | None = Field(examples=[None])


class CaseMoment(BaseModel):
    """One line of a case's history."""

    at_utc_s: float = Field(examples=[1795000500.0])
    what: str = Field(examples=["taken"], description="opened, taken, noted, overdue, or the state that it came to")
    by: str = Field(examples=["agent-01"])
    owner: str = Field(examples=["agent-01"])
    note: str = Field(examples=[""])


class CaseWhole(CaseShown):
    history: list[CaseMoment]


class CasePage(BaseModel):
    """Cases, and what to give as `after` for the next page; null on the last."""

    cases: list[CaseShown]
    next_after: str | None = Field(examples=["1795086900.0~26000017"])


def routes() -> Router:
    router = Router(tags=["cases"], dependencies=[needs(Right.SERVE)])
    router.add_api_route(
        "/cases",
        listed,
        openapi_extra=PERSONAL,
        response_model=CasePage,
        responses=documented(422, 503),
        summary="Cases, those due soonest first",
    )
    router.add_api_route(
        "/cases/{case}",
        one,
        openapi_extra=PERSONAL,
        response_model=CaseWhole,
        responses=documented(404, 422, 503),
        summary="One, with its history; its last change is the ETag",
    )
    asked = documented(403, 409, 422, 503, 504)
    edited = documented(403, 409, 412, 422, 428, 503, 504)
    for method, path, route, answers, summary in (
        ("PATCH", "/{case}", change, edited, "Add a note, another state, or another time when it is due"),
        ("POST", "/{case}/give", give, edited, "Another agent owns it"),
        ("POST", "", open_one, asked, "Open a case; `result` is its number"),
        ("POST", "/{case}/take", take, asked, "Own it: whoever takes a case first has it"),
        ("PUT", "/{case}", own, asked, "Say who owns an open case of another system"),
        ("DELETE", "/{case}", close, asked, "Nobody owns a case of another system any more"),
    ):
        router.add_api_route(
            f"/cases{path}", route, methods=[method], response_model=Granted, responses=answers, summary=summary
        )
    return router


async def listed(
    asker: Asker,
    services: Ports,
    state: Annotated[Literal["open", "closed"], Query(description="closed ones: newest first")] = "open",
    kind: Annotated[CaseKind | None, Query()] = None,
    owner: Annotated[str, Query(pattern=f"{NAME}|^$")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next_after` of the page before")] = None,
) -> CasePage:
    moment, _, case = (after or "").partition("~")
    place = (float(moment), case) if after else None
    wanted = {"kind": kind.value if kind else "", "owner": owner}
    rows: Sequence[CaseRow]
    if state == "open":
        rows = await services.cases.open_ones(after=place, limit=limit, **wanted)
    else:
        rows = await services.cases.closed_ones(before=place, limit=limit, **wanted)
    last = rows[-1] if len(rows) == limit else None
    place_of = f"{last.closed_utc_s or last.due_utc_s!r}~{last.case}" if last else None
    return CasePage(cases=[CaseShown(**shown(row, asker)) for row in rows], next_after=place_of)


async def one(case: CaseName, asker: Asker, services: Ports, response: Response) -> CaseWhole:
    row = await services.cases.one(case)
    if row is None:
        raise Problem(404, "there is no such case")
    history = [CaseMoment.model_validate(asdict(moment)) for moment in await services.cases.history(case)]
    response.headers["ETag"] = etags.etag(row.changed_utc_s)
    return CaseWhole(**shown(row, asker), history=history)


def shown(row: CaseRow, asker: Identity) -> dict[str, Any]:
    """A case as this reader may see it."""
    return asdict(row) | ({} if asker.may(Right.SEE_NUMBERS) else {"caller": masked(row.caller)})


async def open_one(body: CaseWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    if body.owner:
        asker.need_to_act_for(body.owner)
    wish = OpenCase(body.kind, body.text, body.caller, CallId(body.call), AgentId(body.owner), body.due_s)
    return await asking.ask(wish, asker, services, key)


async def take(case: CaseName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    """For oneself; a login that is no agent's is refused by the engine."""
    return await asking.ask(TakeCase(case, AgentId(asker.person)), asker, services, key)


async def give(
    case: CaseName,
    body: CaseGiven,
    asker: Asker,
    services: Ports,
    response: Response,
    key: Key = None,
    if_match: etags.IfMatch = None,
) -> Granted:
    await _mine(case, asker, services)
    seen_utc_s = etags.moment(if_match)
    return await _edit(GiveCase(case, AgentId(body.to), body.note, seen_utc_s), asker, services, key, response)


async def change(
    case: CaseName,
    body: CaseChange,
    asker: Asker,
    services: Ports,
    response: Response,
    key: Key = None,
    if_match: etags.IfMatch = None,
) -> Granted:
    """A note may be added by everybody who serves; state and time are the owner's and the leaders'.

    These want If-Match, and answer with what to name next. A note alone takes nothing away from what others wrote, and
    wants none; its answer names nothing, for others may have changed the case unseen.
    """
    if body.state is None and body.due_s is None and not body.note:
        raise Problem(422, "body: give a state, a note, or due_s")
    seen_utc_s = None
    if body.state is not None or body.due_s is not None:
        await _mine(case, asker, services)
        seen_utc_s = etags.moment(if_match)
    wish = ChangeCase(case, body.note, body.state, body.due_s, seen_utc_s)
    return await _edit(wish, asker, services, key, response)


async def _edit(
    wish: ChangeCase | GiveCase, asker: Identity, services: Services, key: str | None, response: Response
) -> Granted:
    """The engine compares; what it was that changed is in the history. Raises Problem."""
    try:
        granted = await asking.ask(wish, asker, services, key)
    except Problem as problem:
        if problem.detail != MOVED_ON:
            raise
        history = await services.cases.history(wish.case)
        since = [(moment.what, _told(moment)) for moment in history if moment.at_utc_s > (wish.seen_utc_s or 0.0)]
        raise moved_on(
            "Somebody else has changed this case meanwhile. Read it again and repeat your change.", since
        ) from problem
    if wish.seen_utc_s is not None:
        response.headers["ETag"] = etags.etag(granted.result)
    return granted


def _told(moment: Moment) -> str:
    return f"{datetime.fromtimestamp(moment.at_utc_s, UTC):%Y-%m-%d %H:%M:%S} UTC, by {moment.by or 'the clock'}"


async def _mine(case: str, asker: Identity, services: Services) -> None:
    """Raises Problem: 403 when somebody else owns it. The engine has the last word on what there is."""
    row = await services.cases.one(case)
    if row is not None and row.owner not in ("", asker.person):
        asker.need_lead_of(row.owner)


async def own(case: CaseName, body: Ownership, asker: Asker, services: Ports, key: Key = None) -> Granted:
    """Agents for themselves, and of what nobody else owns; leaders for their team, and of what is no other team's;
    programs with that right for everybody."""
    asker.need_to_act_for(body.agent)
    request = OwnCase(case, AgentId(body.agent), body.caller, body.lasts_s, *_whose(asker))
    return await asking.ask(request, asker, services, key)


async def close(case: CaseName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    """An agent's own; their team's for those who lead."""
    return await asking.ask(CloseCase(case, *_whose(asker)), asker, services, key)


def _whose(asker: Identity) -> tuple[AgentId | None, tuple[AgentId, ...] | None]:
    """Whose cases of another system this asker may take away: the `only_of` and the `team` of the request."""
    return (None, asker.led()) if asker.may(Right.LEAD) else (AgentId(asker.person), None)
