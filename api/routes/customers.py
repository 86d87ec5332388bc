"""/customers: the built-in table of who calls, and its import from CSV with a report line by line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import customer_csv, etags
from api.access import Asker, Ports, needs
from api.audited import PERSONAL, changed
from api.auth import Identity
from api.csv_lines import Line
from api.imports import LineTold, Partial, TryOnly, body, refuse_wrong
from api.once import once
from api.pops import CustomerShown
from api.problems import FieldProblem, Problem, documented
from api.rights import Right
from api.router import Router
from api.services import Services
from core.customers import (
    LONGEST_LINK,
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_NUMBERS,
    MOST_TAGS,
    Customer,
    Taken,
)
from core.errors import MovedOn, PeerFault, Refused
from core.numbers import normalised

MOST = 200
CustomerName = Annotated[str, Path(pattern=r"^c-[0-9a-f]{16}$", examples=["c-9f2c1b7a6d5e4f30"])]
CURSOR = r"^[^\x00-\x1f]{1,80}~c-[0-9a-f]{16}$"
OneLine = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]


class CustomerWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[OneLine, Field(min_length=1, max_length=LONGEST_NAME, examples=["王小明"])]
    numbers: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=40)]],
        Field(min_length=1, max_length=MOST_NUMBERS, examples=[["+8613800138000"]]),
    ]
    tags: Annotated[
        list[Annotated[OneLine, Field(min_length=1, max_length=LONGEST_TAG)]], Field(max_length=MOST_TAGS)
    ] = []
    note: Annotated[str, Field(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$", examples=["prefers the morning"])] = ""
    vip: bool = False
    reference: Annotated[OneLine, Field(max_length=LONGEST_NAME, examples=["crm-4711"])] = ""
    link: Annotated[
        str,
        Field(
            max_length=LONGEST_LINK, pattern=r"^(https?://[^\s\x00]+)?$", examples=["https://crm.example.com/c/4711"]
        ),
    ] = ""


class CustomerPage(BaseModel):
    """By name; give `next_after` as `after` for the next page, null on the last."""

    customers: list[CustomerShown]
    next_after: str | None = Field(examples=["王小明~c-9f2c1b7a6d5e4f30"])


class Imported(BaseModel):
    """The report: how many lines, and each of them."""

    added: int = Field(examples=[120])
    changed: int = Field(examples=[3])
    unchanged: int = Field(examples=[40])
    refused: int = Field(examples=[1])
    lines: list[LineTold]


def routes() -> Router:
    router, serving = once(tags=["customers"]), [needs(Right.SERVE), needs(Right.SEE_NUMBERS)]
    router.add_api_route(
        "/customers",
        search,
        dependencies=serving,
        openapi_extra=PERSONAL,
        response_model=CustomerPage,
        responses=documented(422, 503),
        summary="Customers, by name",
    )
    router.add_api_route(
        "/customers",
        add,
        dependencies=serving,
        methods=["POST"],
        status_code=201,
        response_model=CustomerShown,
        responses=documented(409, 422, 503),
        summary="Add a customer",
    )
    router.add_api_route(
        "/customers/import",
        take_in,
        dependencies=[needs(Right.LEAD)],
        methods=["POST"],
        response_model=Imported,
        responses=documented(409, 413, 422, 503),
        openapi_extra=body("numbers,name\n13800138000,王小明\n"),
        summary="Add and change many by a CSV file: all of it or nothing; the report names each line",
    )
    router.add_api_route(
        "/customers/{customer}",
        one,
        dependencies=serving,
        openapi_extra=PERSONAL,
        response_model=CustomerShown,
        responses=documented(404, 422, 503),
        summary="One customer; the version is the ETag",
    )
    router.add_api_route(
        "/customers/{customer}",
        change,
        dependencies=serving,
        methods=["PUT"],
        response_model=CustomerShown,
        responses=documented(404, 409, 412, 422, 428, 503),
        summary="Change a customer",
    )
    router.add_api_route(
        "/customers/{customer}",
        remove,
        dependencies=[needs(Right.LEAD)],
        methods=["DELETE"],
        status_code=204,
        responses=documented(404, 422, 503),
        summary="Forget a customer",
    )
    return router


async def search(
    services: Ports,
    text: Annotated[
        str,
        Query(max_length=80, pattern=r"^[^\x00]*$", description="in name or note, a reference, or the end of a number"),
    ] = "",
    number: Annotated[str, Query(max_length=40, description="whoever has this number")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    after: Annotated[str | None, Query(pattern=CURSOR, description="`next_after` of the page before")] = None,
) -> CustomerPage:
    if number:
        _, house = await services.house.current()
        found = await services.customers.find(normalised(number, house.number_plan) or number)
        return CustomerPage(customers=[_shown(found)] if found else [], next_after=None)
    name, _, id = (after or "").rpartition("~")
    rows = await services.customers.search(text, after=(name, id) if after else None, limit=limit)
    last = rows[-1] if len(rows) == limit else None
    return CustomerPage(customers=[_shown(row) for row in rows], next_after=f"{last.name}~{last.id}" if last else None)


async def one(customer: CustomerName, services: Ports, response: Response) -> CustomerShown:
    found = await services.customers.one(customer)
    if found is None:
        raise Problem(404, "there is no such customer")
    response.headers["ETag"] = etags.etag(found.version)
    return _shown(found)


async def add(body: CustomerWanted, asker: Asker, services: Ports, response: Response) -> CustomerShown:
    wanted = await _wanted(body, services)
    try:
        made = await services.customers.add(wanted, asker.person, services.now().timestamp())
    except Refused as refusal:
        raise _about_numbers(409, refusal) from refusal
    changed(None, asdict(made))
    services.customers_changed(made.numbers)
    response.headers["ETag"] = etags.etag(made.version)
    return _shown(made)


async def change(
    customer: CustomerName,
    body: CustomerWanted,
    asker: Asker,
    services: Ports,
    response: Response,
    if_match: etags.IfMatch = None,
) -> CustomerShown:
    before = await services.customers.one(customer)
    if before is None:
        raise Problem(404, "there is no such customer")
    wanted = await _wanted(body, services, customer, etags.expected(if_match))
    try:
        made = await services.customers.change(wanted, asker.person, services.now().timestamp())
    except MovedOn as error:
        raise Problem(412, str(error)) from error
    except Refused as refusal:
        raise _about_numbers(409, refusal) from refusal
    changed(asdict(before), asdict(made))
    services.customers_changed({*before.numbers, *made.numbers})
    response.headers["ETag"] = etags.etag(made.version)
    return _shown(made)


async def remove(customer: CustomerName, services: Ports) -> None:
    """For leaders: nobody loses a customer by a slip of the mouse."""
    before = await services.customers.one(customer)
    if before is None or not await services.customers.remove(customer):
        raise Problem(404, "there is no such customer")
    changed(asdict(before), None)
    services.customers_changed(before.numbers)


async def take_in(
    request: Request,
    asker: Asker,
    services: Ports,
    try_only: TryOnly = False,
    partial: Partial = False,
) -> Imported:
    """For leaders. Tried as a whole first; a customer whom somebody else adds meanwhile may still be refused."""
    _, house = await services.house.current()
    columns, lines = await asyncio.to_thread(customer_csv.read, await request.body(), house.number_plan)
    told = await _take_all(lines, columns, asker, services, keep=partial and not try_only)
    if not partial and not try_only:
        refuse_wrong(told)
        told = await _take_all(lines, columns, asker, services, keep=True)
    counts = {name: sum(line.outcome == name for line in told) for name in ("added", "changed", "unchanged", "refused")}
    changed(None, {} if try_only else counts)
    return Imported(**counts, lines=told)


async def _take_all(
    lines: Sequence[Line[Customer]], columns: Sequence[str], asker: Identity, services: Services, *, keep: bool
) -> list[LineTold]:
    good = [line.row for line in lines if line.row is not None]
    try:
        taken = await services.customers.take_in(good, columns, asker.person, services.now().timestamp(), keep=keep)
    except PeerFault:  # some may be written
        services.customers_changed({number for row in good for number in row.numbers})
        raise
    if keep:
        services.customers_changed({number for each in taken for number in each.numbers})
    outcomes = iter(taken)
    return [_told(line, next(outcomes) if line.row else Taken("refused", problem=line.problem)) for line in lines]


def _told(line: Line[Customer], taken: Taken) -> LineTold:
    name = line.row.name if line.row else ""
    return LineTold(line=line.number, name=name, outcome=taken.outcome, was=taken.was, problem=taken.problem)


async def _wanted(body: CustomerWanted, services: Services, id: str = "", version: int = 0) -> Customer:
    """Raises Problem: 422 for what is no number."""
    _, house = await services.house.current()
    try:
        numbers = customer_csv.numbers_of(body.numbers, house.number_plan)
    except Refused as refusal:
        raise _about_numbers(422, refusal) from refusal
    own = body.model_dump(exclude={"numbers", "tags"})
    return Customer(**own, numbers=numbers, tags=tuple(dict.fromkeys(body.tags)), id=id, version=version)


def _about_numbers(status: int, refusal: Refused) -> Problem:
    """Said of the field that it is about."""
    why = str(refusal)
    return Problem(status, f"body.numbers: {why}", errors=[FieldProblem(field="body.numbers", problem=why)])


def _shown(customer: Customer) -> CustomerShown:
    return CustomerShown.model_validate(asdict(customer))
