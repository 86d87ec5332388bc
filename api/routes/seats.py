"""/seats: places with a phone. Adding and removing one makes a new version of the house; lines are untouched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.access import Asker, Ports
from api.csv_lines import Form
from api.imports import MOST_LINES, LineMade, Made, Partial, TryOnly, body, refuse_wrong, report, sort
from api.once import once
from api.ports import PhoneLogin
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from api.services import Services
from core.errors import Refused
from core.house import House, Seat
from core.ids import SeatId
from core.parts import Shown
from store.errors import HouseMovedOn

BOARD_BEHIND_S = 0.25
TRIES = 3
"""Somebody else may be changing another part of the house at the same time."""

SeatName = Annotated[str, Path(pattern=NAME, examples=["seat-01"])]


class SeatShown(BaseModel):
    """One seat as the floor shows it; times are seconds since 1970."""

    id: str = Field(examples=["seat-01"])
    name: str = Field(examples=["坐席01"])
    reachable: bool = Field(examples=[True], description="its phone is registered and answers")
    agent: str | None = Field(examples=["agent-01"])
    status: str | None = Field(examples=["ready"])
    state: str | None = Field(examples=["idle"])
    call: str | None = Field(examples=[None])
    since_utc_s: float = Field(examples=[1795000500.0])


class SeatWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=NAME, examples=["seat-16"])]
    name: Annotated[Shown, Field(examples=["坐席16"])] = ""


class SeatMade(BaseModel):
    """The seat and what its phone logs in with. The password is shown this once."""

    id: str = Field(examples=["seat-16"])
    name: str = Field(examples=["坐席16"])
    username: str = Field(examples=["sq3v8n2m5tkd"])
    password: str = Field(examples=["…"])
    server: str = Field(examples=["127.0.0.1:20003"])


def routes() -> Router:
    router = once(tags=["seats"])
    router.add_api_route("/seats", seats, response_model=list[SeatShown], summary="All seats")
    router.add_api_route(
        "/seats",
        add,
        methods=["POST"],
        status_code=201,
        response_model=SeatMade,
        responses=documented(409, 422),
        summary="Add a seat; its phone's login is shown once",
    )
    router.add_api_route(
        "/seats/import",
        take_in,
        methods=["POST"],
        response_model=Made,
        responses=documented(409, 413, 422),
        openapi_extra=body("id,name\nseat-16,坐席16\n"),
        summary="Add many seats from a CSV file: all of it or nothing; the report shows each phone's login once",
    )
    router.add_api_route(
        "/seats/{seat}/login",
        renew_login,
        methods=["POST"],
        response_model=SeatMade,
        responses=documented(404, 503),
        summary="Give a seat's desk phone another password; its login is shown once",
    )
    router.add_api_route(
        "/seats/{seat}",
        remove,
        methods=["DELETE"],
        status_code=204,
        responses=documented(404, 409),
        summary="Remove a seat nobody sits at",
    )
    return router


async def seats(services: Ports) -> list[dict[str, Any]]:
    _, _, board = await services.board.snapshot()
    return [
        {field: entry.get(field) for field in SeatShown.model_fields}  # type: ignore[attr-defined]
        for key, entry in sorted(board.items())
        if key.startswith("seat/")
    ]


async def add(body: SeatWanted, asker: Asker, services: Ports) -> SeatMade:
    def with_seat(house: House) -> House:
        if any(seat.id == body.id for seat in house.seats):
            raise Problem(409, f"there is a seat {body.id} already")
        return house.model_copy(update={"seats": (*house.seats, Seat(id=SeatId(body.id), name=body.name))})

    await _change(with_seat, asker, services)
    return _shown(Seat(id=SeatId(body.id), name=body.name), await services.phones.issue(SeatId(body.id)))


async def renew_login(seat: SeatName, asker: Asker, services: Ports) -> SeatMade:
    """For a seat whose login nobody has seen, or too many have. A talk there goes on."""
    asker.need(Right.EDIT_HOUSE)
    _, house = await services.house.current()
    found = next((each for each in house.seats if each.id == seat), None)
    if found is None:
        raise Problem(404, f"there is no seat {seat}")
    return _shown(found, await services.phones.renew(found.id))


def _shown(seat: Seat, login: PhoneLogin) -> SeatMade:
    return SeatMade(id=seat.id, name=seat.name, username=login.username, password=login.password, server=login.server)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file: the seat's id, and what people call it."""

    name: str
    called: str

    def __str__(self) -> str:
        return self.called or self.name


def _row(cells: Mapping[str, str]) -> Row:
    """Checked as the route for one seat does."""
    try:
        wanted = SeatWanted(id=cells["id"], name=cells.get("name", ""))
    except ValidationError as error:
        if error.errors()[0]["loc"][0] == "id":
            raise Refused("id: small letters, digits and hyphens, 40 at most, a letter or digit first") from error
        raise Refused("name: 80 printable characters at most") from error
    return Row(wanted.id, wanted.name)


FORM = Form(("id", "name"), ("id",), _row, MOST_LINES)


async def take_in(
    request: Request, asker: Asker, services: Ports, try_only: TryOnly = False, partial: Partial = False
) -> Made:
    """All new seats are one new version of the house."""
    asker.need(Right.EDIT_HOUSE)
    _, lines = await asyncio.to_thread(FORM.read, await request.body())
    _, now = await services.house.current()
    new, told = sort(lines, {seat.id: Row(seat.id, seat.name) for seat in now.seats})
    if try_only:
        return report([LineMade(line=number, outcome="added", name=row.name) for number, row in new], told)
    if not partial:
        refuse_wrong(told)

    def with_seats(house: House) -> House:
        taken = {seat.id for seat in house.seats}
        if there := next((row.name for _, row in new if row.name in taken), ""):
            raise Problem(409, f"there is a seat {there} already")
        seats = [Seat(id=SeatId(row.name), name=row.called) for _, row in new]
        return house.model_copy(update={"seats": (*house.seats, *seats)})

    if new:
        await _change(with_seats, asker, services)
    made = [await _made(number, row, services) for number, row in new]
    return report(made, told)


async def _made(number: int, row: Row, services: Services) -> LineMade:
    login = await services.phones.issue(SeatId(row.name))
    phone = {"username": login.username, "password": login.password, "server": login.server}
    return LineMade(line=number, outcome="added", name=row.name, **phone)


async def remove(seat: SeatName, asker: Asker, services: Ports) -> None:
    def without_seat(house: House) -> House:
        rest = tuple(item for item in house.seats if item.id != seat)
        if len(rest) == len(house.seats):
            raise Problem(404, f"there is no seat {seat}")
        return house.model_copy(update={"seats": rest})

    if asker.may(Right.EDIT_HOUSE) and (agent := await _sitting_at(seat, services)):
        raise Problem(409, f"{agent} sits at {seat}; sign them out first")
    await _change(without_seat, asker, services)


async def _sitting_at(seat: str, services: Ports) -> str | None:
    """Who sits there. The board is a moment behind a sign-out that has just been granted, so it is asked twice."""
    for pause_s in (BOARD_BEHIND_S, 0.0):
        _, _, board = await services.board.snapshot()
        entry: Any = board.get(f"seat/{seat}") or {}
        if not (agent := entry.get("agent")):
            return None
        await asyncio.sleep(pause_s)
    return str(agent)


async def _change(change: Callable[[House], House], asker: Asker, services: Ports) -> None:
    """Make a new version; when somebody else was faster, change theirs."""
    asker.need(Right.EDIT_HOUSE)
    for attempt in range(TRIES):
        version, house = await services.house.current()
        try:
            await services.house.put(change(house), asker.person, version)
            return
        except HouseMovedOn:
            if attempt == TRIES - 1:
                raise
