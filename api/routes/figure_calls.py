"""/stats/calls: exactly the calls that a figure of /stats counts, which met it and which did not, by pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from api import first_contact
from api.access import Asker, Ports, needs
from api.behind import Behind, Which, behind, is_counted, share_of
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.calls import CURSOR, Call, place_of
from api.routes.stats import Wanted, asked_of, contact_pairs, need_known, read_pairs, wanted
from api.services import Services
from core.house import House
from core.numbers import masked
from monitor import reports
from monitor.reports import Ask

MOST = 200
FIGURE = r"^[a-z][a-z0-9_]{0,40}(\.[A-Za-z0-9_*#./ -]{1,120})?$"


class CountedCall(Call):
    """A call and what it adds to the figure: several rings or visits may be of one call."""

    times: int = Field(examples=[1], description="how often it counts")
    met: int | None = Field(examples=[1], description="how often it met what the figure is a rate of; null: no rate")


class FigureCalls(BaseModel):
    """`of` and `met` are those of the figure itself: the calls of all pages add up to them.

    A page may have fewer calls than asked for, and a next one all the same.
    """

    figure: str = Field(examples=["connection_rate"])
    of: int = Field(examples=[40])
    met: int | None = Field(examples=[37])
    calls: list[CountedCall]
    next_before: str | None = Field(examples=["1795000100.25~a-1795000000.17"])


def routes() -> Router:
    router = Router(tags=["stats"])
    router.add_api_route(
        "/stats/calls", calls_of, response_model=FigureCalls, responses=documented(404, 422),
        summary="The calls behind a figure, newest first", dependencies=[needs(Right.SEE_CALLS)],
    )  # fmt: skip
    return router


async def calls_of(
    asked: Annotated[Wanted, Depends(wanted)],
    asker: Asker,
    services: Ports,
    figure: Annotated[str, Query(pattern=FIGURE, description="by its name in docs/figures.md; parts as a.b")],
    which: Annotated[Which, Query(description="of a rate: the calls that met it, or those that did not")] = "all",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> FigureCalls:
    """`from`, `to`, `by` and the name are those of the line in the report."""
    ask, house = await asked_of(asked, services, asker)
    _check(ask, house, figure)
    of, met = await _figure(services, ask, house, figure)
    teams = await services.figures.teams(ask.since_utc_s, ask.until_utc_s) if ask.of == "team" else ()
    page = ask, house, teams, figure, which, place_of(before), limit
    if figure in first_contact.FIGURES:
        found, place = await first_contact.behind(services.contacts, services.now().timestamp(), *page)
    else:
        found, place = await behind(services.behind, *page)
    return FigureCalls(
        figure=figure, of=of, met=met, calls=[_shown(one) for one in found],
        next_before=f"{place[0]!r}~{place[1]}" if place else None,
    )  # fmt: skip


def _check(ask: Ask, house: House, figure: str) -> None:
    """Raises Problem: 422, with what to ask instead."""
    if ask.of != "house" and not ask.name:
        raise Problem(422, f"name one {ask.of}: a figure belongs to one line of a report")
    if figure in first_contact.FIGURES:
        first_contact.check(ask)
    elif not is_counted(ask, house, figure):
        raise Problem(422, f"{figure} of a {ask.of} counts no calls: it has none behind it")


async def _figure(services: Services, ask: Ask, house: House, figure: str) -> tuple[int, int | None]:
    """The figure as the report has it. Raises Problem: 404 for what nobody knows."""
    if figure in first_contact.FIGURES:
        contacts = reports.of_one(await contact_pairs(services, ask, house), ask)
        if contacts is None:
            await need_known(ask, house)
        return first_contact.share_of(contacts, figure)
    pairs = await read_pairs(services.figures, services.now().timestamp(), ask, house)
    state = reports.of_one(pairs, ask)
    if state is None:
        await need_known(ask, house)
    return share_of(state or reports.empty(ask), ask, house, figure)


def _shown(one: Behind) -> CountedCall:
    row = asdict(one.row) | {"caller": masked(one.row.caller)}
    return CountedCall(**row, times=one.times, met=one.met)
