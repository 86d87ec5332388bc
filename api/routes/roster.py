"""/roster: who works when, and who is here; /items: what the next shift must know.

The roster is computed from the house; what became of it today is on the live board.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api import etags
from api.access import Asker, Ports
from api.asking import Granted, Key, ask
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.services import Services
from core.house import House
from core.inputs import CloseItem, OpenItem
from core.parts import Day, Shown
from core.staff import item_version
from queueing.requests import ITEM_MOVED_ON
from queueing.roster import Roster

MOST_DAYS = 31
VERSION = re.compile(r"[0-9a-f]{16}")
ItemName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["printer"])]


class RosterShown(BaseModel):
    """One agent's shift on one day; times are seconds since 1970. `duty` is of now, and only for the shift of now."""

    date: Annotated[date, Field(examples=["2026-11-26"])]
    agent: str = Field(examples=["agent-01"])
    name: str = Field(examples=["话务员01"])
    shift: str = Field(examples=["early"], description="empty: no shift on this day")
    start_utc_s: float | None = Field(examples=[1795000500.0])
    end_utc_s: float | None = Field(examples=[1795043700.0])
    duty: str | None = Field(
        examples=["late"], description="expected, early, on, late, missing, left, over, extra; null: not now"
    )
    seat: str | None = Field(examples=["seat-01"])


class StaffShown(BaseModel):
    """The floor of now: `present` are ready and serve a queue. null: the house has neither shifts nor a floor."""

    present: int | None = Field(examples=[8])
    needed: int | None = Field(examples=[8])
    rostered: int | None = Field(examples=[9])
    items: list[dict[str, Any]] = Field(
        examples=[[{"item": "printer", "text": "out of paper", "by": "leader-01", "version": "9f2c1b7a6d5e4f30"}]],
        description="`version` is what If-Match names in a change",
    )
    handovers: list[dict[str, Any]] = Field(examples=[[{"shift": "early", "ended_utc_s": 1795043700.0}]])


class ItemText(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[Shown, Field(min_length=1, examples=["The printer is out of paper."])]


def routes() -> Router:
    router = Router(tags=["roster"])
    router.add_api_route(
        "/roster", roster, response_model=list[RosterShown], responses=documented(422), summary="Who works when"
    )
    router.add_api_route("/staff", staff, response_model=StaffShown, summary="The floor, open items, handovers")
    for method, route, summary, more in (
        ("PUT", open_item, "Note something for the next shift", (412, 428)),
        ("DELETE", close_item, "It is done", ()),
    ):
        router.add_api_route(
            "/items/{item}",
            route,
            methods=[method],
            response_model=Granted,
            responses=documented(409, *more, 422, 503, 504),
            summary=summary,
        )
    return router


async def roster(
    services: Ports,
    day: Annotated[Day | None, Query(alias="date", description="none: today, in business time")] = None,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 1,
) -> list[RosterShown]:
    _, house = await services.house.current()
    _, _, board = await services.board.snapshot()
    now = services.now()
    first = day or now.astimezone(Roster(house).zone).date()
    return list(_shown(house, board, first, days, now))


def _shown(house: House, board: dict[str, Any], first: date, days: int, now: datetime) -> Iterator[RosterShown]:
    plan = Roster(house)
    for offset in range(days):
        for agent in house.agents:
            on = first + timedelta(days=offset)
            span = next(plan.spans(agent.id, on, 1), None)
            here = board.get(f"agent/{agent.id}", {})
            is_now = span is not None and here.get("shift_start_utc_s") == span.start_utc_s
            unplanned = span is None and on == now.astimezone(plan.zone).date() and here.get("duty") == "extra"
            yield RosterShown(
                date=on,
                agent=agent.id,
                name=agent.name,
                shift=span.shift if span else "",
                start_utc_s=span.start_utc_s if span else None,
                end_utc_s=span.end_utc_s if span else None,
                duty=here.get("duty") if is_now or unplanned else None,
                seat=here.get("seat") if is_now or unplanned else None,
            )


async def staff(services: Ports) -> StaffShown:
    _, _, board = await services.board.snapshot()
    counted: dict[str, Any] = board.get("staff", {})  # type: ignore[assignment]
    items: dict[str, Any] = board.get("items", {})  # type: ignore[assignment]
    handovers: dict[str, Any] = board.get("handovers", {})  # type: ignore[assignment]
    return StaffShown(
        **{name: counted.get(name) for name in ("present", "needed", "rostered")},
        items=[{**item, "version": item_version(item["text"])} for item in items.get("open", [])],
        handovers=handovers.get("last", []),
    )


async def open_item(
    item: ItemName,
    body: ItemText,
    asker: Asker,
    services: Ports,
    response: Response,
    key: Key = None,
    if_match: etags.IfMatch = None,
) -> Granted:
    """Something new; or, with If-Match, another text for what is noted already."""
    asker.need(Right.SERVE)
    seen = "" if if_match is None else etags.seen(if_match, VERSION)
    try:
        granted = await ask(OpenItem(item, body.text, seen), asker, services, key)
    except Problem as problem:
        if problem.detail != ITEM_MOVED_ON:
            raise
        raise await _moved_on(item, seen, services) from problem
    response.headers["ETag"] = etags.etag(item_version(body.text))
    return granted


async def _moved_on(item: str, seen: str, services: Services) -> Problem:
    if not seen:
        return Problem(428, f"{item} is noted already. Send If-Match with its version to change it.")
    _, _, board = await services.board.snapshot()
    noted: dict[str, Any] = board.get("items", {})  # type: ignore[assignment]
    now = next((each["text"] for each in noted.get("open", []) if each["item"] == item), "not on the list any more")
    return etags.moved_on(f"Somebody else has changed {item} meanwhile. Read it again.", [("text", now)])


async def close_item(item: ItemName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.SERVE)
    return await ask(CloseItem(item), asker, services, key)
