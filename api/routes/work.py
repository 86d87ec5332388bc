"""/work: what has to be done for callers, who does it, and what came of it. Numbers are masked in the list."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from api import asking
from api.access import Asker, Ports
from api.asking import Granted, Key
from api.audited import PERSONAL
from api.auth import Identity
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from api.services import Services
from core.ids import AgentId, WorkId
from core.inputs import ClaimWork, FinishWork, HandOverWork
from core.numbers import masked
from core.states import WorkKind
from store.queries import work_place
from store.records import WorkItem

MOST = 200
ItemName = Annotated[str, Path(pattern=r"^w-[0-9]{1,20}\.[0-9]{1,9}$", examples=["w-4711.3"])]
CURSOR = r"^([01]~)?[0-9]{1,12}(\.[0-9]{1,12})?~w-[0-9.]{1,40}$"
NOTE = Field(default="", max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["called, the part is on its way"])


class Item(BaseModel):
    """One thing to do; times are seconds since 1970 in UTC. "" means none, or nobody."""

    item: str = Field(examples=["w-4711.3"])
    kind: str = Field(examples=["message"], description="message, abandoned, low_mark, callback")
    call: str = Field(examples=["a-1795000000.17"], description="its story: GET /calls/{call}")
    number: str = Field(examples=["**********8000"], description="whole in GET /work/{item}")
    queue: str = Field(examples=["presales"])
    hotline: str = Field(examples=["presales"])
    language: str = Field(examples=["zh-CN"])
    about: str = Field(examples=["repair"], description="a message's topic, a mark's question, a callback's id")
    file: str = Field(examples=["a-1795000000.17-1.wav"], description="GET /work/{item}/message")
    lasted_s: float = Field(examples=[12.4], description="of the message, or of the wait")
    mark: int = Field(examples=[0])
    busy: bool = Field(description="it came while callers waited or nobody was free")
    opened_utc_s: float = Field(examples=[1795000500.0])
    due_utc_s: float = Field(examples=[1795086900.0])
    state: str = Field(examples=["open"], description="open, claimed, closed")
    owner: str = Field(examples=["agent-01"])
    overdue: bool
    note: str = Field(examples=["called, the part is on its way"])
    closed_utc_s: float | None = Field(examples=[None])
    closed_by: str = Field(examples=[""])
    how: str = Field(examples=[""], description="done, called_again, message_left, kept, cancelled, dropped")


class WorkPage(BaseModel):
    """Items, and what to give as `after` for the next page; null on the last."""

    items: list[Item]
    next_after: str | None = Field(examples=["1~1795086900.0~w-4711.3"])


class Claim(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agent: Annotated[str, Field(pattern=NAME, examples=["agent-01"])]


class HandOver(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(pattern=NAME, examples=["agent-02"])]
    note: str = NOTE


class Done(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = NOTE


def routes() -> Router:
    router = Router(tags=["work"])
    router.add_api_route("/work", listed, response_model=WorkPage, responses=documented(422), summary="The work list")
    router.add_api_route(
        "/work/{work}",
        one,
        openapi_extra=PERSONAL,
        response_model=Item,
        responses=documented(404, 422),
        summary="One item; the number whole for those who may see numbers",
    )
    router.add_api_route(
        "/work/{work}/message",
        message,
        openapi_extra=PERSONAL,
        response_class=FileResponse,
        responses=documented(404, 422),
        summary="The caller's message as a WAV file",
    )
    asked = documented(404, 409, 422, 503, 504)
    for name, endpoint, summary in (
        ("claim", claim, "An agent does it"),
        ("hand-over", hand_over, "Another agent does it"),
        ("done", done, "It is done"),
    ):
        router.add_api_route(
            f"/work/{{work}}/{name}",
            endpoint,
            methods=["POST"],
            response_model=Granted,
            responses=asked,
            summary=summary,
        )
    return router


async def listed(
    asker: Asker,
    services: Ports,
    state: Annotated[Literal["open", "closed"], Query(description="closed ones: newest first")] = "open",
    kind: Annotated[WorkKind | None, Query()] = None,
    owner: Annotated[str, Query(pattern=f"{NAME}|^$")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next_after` of the page before")] = None,
) -> WorkPage:
    """Open items: messages of busy hours first, then what is due soonest."""
    asker.need(Right.SERVE)
    place = after.split("~") if after else None
    if place is not None and len(place) != (3 if state == "open" else 2):
        raise Problem(422, "`after` is of the other list")
    if state == "open":
        shown = (int(place[0]), float(place[1]), place[2]) if place else None
        rows = await services.work.work(after=shown, limit=limit, kind=kind or "", owner=owner)
    else:
        last = (float(place[0]), place[1]) if place else None
        rows = await services.work.work_done(before=last, limit=limit, kind=kind or "", owner=owner)
    items = [Item(**asdict(row) | {"number": masked(row.number)}) for row in rows]
    return WorkPage(items=items, next_after=_cursor(rows[-1]) if len(rows) == limit else None)


def _cursor(row: WorkItem) -> str:
    if row.closed_utc_s is not None:
        return f"{row.closed_utc_s!r}~{row.item}"
    first, due_utc_s, item = work_place(row)
    return f"{first}~{due_utc_s!r}~{item}"


async def one(work: ItemName, asker: Asker, services: Ports) -> Item:
    """The number is whole for those who may see numbers."""
    row = await _item(services, asker, work)
    number = row.number if asker.may(Right.SEE_NUMBERS) else masked(row.number)
    return Item(**asdict(row) | {"number": number})


async def message(work: ItemName, asker: Asker, services: Ports) -> FileResponse:
    """What the caller said."""
    row = await _item(services, asker, work)
    file = services.messages / row.file
    if not row.file or file.parent != services.messages or not file.is_file():
        raise Problem(404, "there is no message to this item")
    return FileResponse(file, media_type="audio/wav", headers={"Cache-Control": "no-store"})


async def _item(services: Services, asker: Identity, item: str) -> WorkItem:
    """Raises Problem: 404 too for somebody else's, which one who only serves may not look into."""
    asker.need(Right.SERVE)
    row = await services.work.work_item(item)
    if row is None or not (row.owner in ("", asker.person) or asker.leads(row.owner)):
        raise Problem(404, "there is no such item, or it is somebody else's")
    return row


async def claim(work: ItemName, body: Claim, asker: Asker, services: Ports, key: Key = None) -> Granted:
    _for(asker, body.agent)
    return await asking.ask(ClaimWork(WorkId(work), AgentId(body.agent)), asker, services, key)


async def hand_over(work: ItemName, body: HandOver, asker: Asker, services: Ports, key: Key = None) -> Granted:
    await _item(services, asker, work)
    return await asking.ask(HandOverWork(WorkId(work), AgentId(body.to), body.note), asker, services, key)


async def done(work: ItemName, body: Done, asker: Asker, services: Ports, key: Key = None) -> Granted:
    await _item(services, asker, work)
    return await asking.ask(FinishWork(WorkId(work), body.note), asker, services, key)


def _for(asker: Identity, agent: str) -> None:
    """Raises Problem: 403 when somebody who only serves claims for another."""
    asker.need(Right.SERVE)
    asker.need_to_act_for(agent)
