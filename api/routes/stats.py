"""/stats: the stored figures of a span, by period; docs/figures.md defines each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from api import first_contact as contacts
from api.access import Asker, Ports
from api.auth import Identity
from api.behind import opens
from api.ports import FigureRecords
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.services import Services
from core.house import House
from core.parts import Language
from core.periods import before, moment
from core.rollup import Row
from core.work import AgentFigures, ongoing, open_from_json
from ivr.script import shipped_flows
from monitor import reports, sheets, tables
from monitor.reports import KIND_OF, Ask, By, Line, Pair, Subject
from monitor.sheets import CSV_TYPE, XLSX_TYPE

MOST_LINES = 5000
LONGEST_SPAN_S = 800 * 86400
DAY_S = 86400
PERIODS_S: Mapping[str, int] = {
    "15min": 900, "30min": 1800, "hour": 3600, "day": DAY_S, "shift": DAY_S, "week": 7 * DAY_S, "month": 28 * DAY_S,
}  # fmt: skip
"""The shortest of each kind; shifts begin about once a day, bands as often as the house says."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,120}$"
Filter = Annotated[str | None, Query(pattern=NAME)]


class Period(BaseModel):
    """The figures of one period, by name as docs/figures.md has them; rates are fractions of 1, null: nothing yet."""

    name: str = Field(examples=["after-sales"], description='what they are of; "" is the whole house')
    start_utc_s: int = Field(examples=[1795000500])
    end_utc_s: int = Field(examples=[1795002300])
    figures: dict[str, Any] = Field(examples=[{"offered": 12, "answered": 11, "connection_rate": 0.9167}])


class Report(BaseModel):
    """`lines` by period, empty with by=all; `totals` of the span; `last` those of the period before it, when asked.

    Shifts overlap and are never summed: by=shift has no totals.
    """

    of: Subject
    by: By
    from_utc_s: int = Field(examples=[1795000500])
    to_utc_s: int = Field(examples=[1795086900])
    time_zone: str = Field(examples=["Asia/Shanghai"])
    lines: list[Period]
    totals: list[Period]
    last: list[Period] | None
    opens: list[str] = Field(
        examples=[["offered", "connection_rate"]], description="the figures whose calls /stats/calls lists"
    )


class Wanted(BaseModel):
    """What a report is asked for, as the query string gives it."""

    of: Subject | None
    names: dict[Subject, str]
    since: str
    until: str
    by: By
    compare: bool
    threshold_s: float | None
    short_s: float
    first_contact: bool


def wanted(
    since: Annotated[
        str, Query(alias="from", max_length=40, description="2026-11-20 or 2026-11-20T14:30, business time")
    ],
    until: Annotated[str, Query(alias="to", max_length=40, description="as from; a date is the end of that day")],
    by: By = "all",
    of: Annotated[Subject | None, Query(description="each of a kind apart, where no one of them is named")] = None,
    hotline: Filter = None,
    queue: Filter = None,
    agent: Filter = None,
    team: Annotated[str | None, Query(pattern=NAME, description="a group of agents")] = None,
    shift: Filter = None,
    flow: Filter = None,
    node: Annotated[str | None, Query(pattern=NAME, description="flow/node")] = None,
    trunk: Filter = None,
    compare: Annotated[bool, Query(description="with the last period of the same length")] = False,
    threshold_s: Annotated[float | None, Query(gt=0, le=600, description="of the service level")] = None,
    short_s: Annotated[float, Query(ge=0, le=600, description="of short abandons")] = reports.SHORT_S,
    first_contact: Annotated[
        bool,
        Query(
            description="with who called again, of a house, hotline, queue, agent or team; "
            "it is reckoned anew each time"
        ),
    ] = False,
) -> Wanted:
    given: dict[Subject, str | None] = {
        "queue": queue,
        "agent": agent,
        "team": team,
        "shift": shift,
        "flow": flow,
        "node": node,
        "trunk": trunk,
        "hotline": hotline,
    }
    names = {name: value for name, value in given.items() if value is not None}
    return Wanted(of=of, names=names, since=since, until=until, by=by, compare=compare,
                  threshold_s=threshold_s, short_s=short_s, first_contact=first_contact)  # fmt: skip


def routes() -> Router:
    router = Router(tags=["stats"])
    router.add_api_route(
        "/stats", stats, response_model=Report, responses=documented(404, 422), summary="Figures of a span, by period"
    )
    router.add_api_route(
        "/stats/file", stats_file, responses=documented(404, 422) | {200: {"content": {CSV_TYPE: {}, XLSX_TYPE: {}}}},
        response_class=Response, summary="The same as CSV, or as a workbook with a chart",
    )  # fmt: skip
    return router


async def stats_file(
    asked: Annotated[Wanted, Depends(wanted)],
    services: Ports,
    identity: Asker,
    shape: Annotated[Literal["csv", "xlsx"], Query(alias="format")] = "xlsx",
    language: Annotated[Language, Query(description="of the titles")] = "zh-CN",
) -> Response:
    report, ask, house = await _report(asked, services, identity)
    write = sheets.as_csv if shape == "csv" else sheets.as_xlsx
    body = await asyncio.to_thread(
        lambda: write(tables.table(ask, house, language, report.lines, report.totals, report.last or ()))
    )
    name = f"{ask.of}-{asked.since[:10]}-{asked.until[:10]}.{shape}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=CSV_TYPE if shape == "csv" else XLSX_TYPE, headers=headers)


async def stats(asked: Annotated[Wanted, Depends(wanted)], services: Ports, identity: Asker) -> Response:
    """Figures of a span, by period."""
    found, ask, house = await _report(asked, services, identity)
    more = contacts.FIGURES if asked.first_contact else ()
    # Beside the loop, which has calls to serve while thousands of lines become text.
    return Response(await asyncio.to_thread(_written, found, ask, house, more), media_type="application/json")


def _written(found: Gathered, ask: Ask, house: House, more: Iterable[str]) -> str:
    last = None if found.last is None else _told(found.last)
    return Report(
        of=ask.of, by=ask.by, from_utc_s=ask.since_utc_s, to_utc_s=ask.until_utc_s, time_zone=house.time_zone,
        lines=_told(found.lines), totals=_told(found.totals), last=last, opens=[*opens(ask, house), *more],
    ).model_dump_json()  # fmt: skip


async def asked_of(asked: Wanted, services: Services, identity: Identity) -> tuple[Ask, House]:
    """Raises Problem."""
    _, house = await services.house.current()
    ask = _ask(asked, house)
    _allow(identity, ask)
    return ask, house


async def _report(asked: Wanted, services: Services, identity: Identity) -> tuple[Gathered, Ask, House]:
    """Raises Problem."""
    ask, house = await asked_of(asked, services, identity)
    if asked.first_contact:
        contacts.check(ask)
    found = await gathered(services.figures, services.now().timestamp(), ask, house, compare=asked.compare)
    if not found.known:
        await need_known(ask, house)
    return await _with_contacts(found, services, ask, house) if asked.first_contact else found, ask, house


async def _with_contacts(found: Gathered, services: Services, ask: Ask, house: House) -> Gathered:
    """The same report with its first-contact figures, which are read once for its lines and its totals."""

    async def added(ask: Ask, *parts: tuple[By, list[Line]]) -> list[list[Line]]:
        pairs = await contact_pairs(services, ask, house)
        return [
            await asyncio.to_thread(reports.with_contacts, lines, pairs, replace(ask, by=by), house)
            for by, lines in parts
        ]

    lines, totals = await added(ask, (ask.by, found.lines), ("all", found.totals))
    if found.last is None:
        return replace(found, lines=lines, totals=totals)
    (last,) = await added(_earlier(ask, house), ("all", found.last))
    return replace(found, lines=lines, totals=totals, last=last)


async def contact_pairs(services: Services, ask: Ask, house: House) -> list[Pair]:
    """The counts of first contacts in the span of this report."""
    teams = await services.figures.teams(ask.since_utc_s, ask.until_utc_s) if ask.of == "team" else ()
    return await contacts.pairs_of(services.contacts, teams, services.now().timestamp(), ask, house)


async def need_known(ask: Ask, house: House) -> None:
    """Raises Problem: there were no figures of it, and the house has no such thing either."""
    if ask.name and not await asyncio.to_thread(_known, ask, house):
        raise Problem(404, f"there is no {ask.of} {ask.name!r}, and none had a figure in this span")


@dataclass(frozen=True, slots=True)
class Gathered:
    """A report before it is told. `known`: there was a figure of what it names."""

    lines: list[Line]
    totals: list[Line]
    last: list[Line] | None
    known: bool


async def gathered(figures: FigureRecords, now_utc_s: float, ask: Ask, house: House, *, compare: bool) -> Gathered:
    """Read and merge; also for reports that are mailed (app.report_mail). Raises Problem: too many lines."""
    pairs = await read_pairs(figures, now_utc_s, ask, house)
    names = await asyncio.to_thread(reports.names_of, pairs, ask)
    _check_size(len(names), ask, house)
    lines, totals = await asyncio.to_thread(_lines_and_totals, pairs, ask, house)
    last = await _last(figures, now_utc_s, ask, house) if compare else None
    return Gathered(lines, totals, last, bool(names))


def _lines_and_totals(pairs: list[Pair], ask: Ask, house: House) -> tuple[list[Line], list[Line]]:
    if ask.by == "all":
        return [], reports.totals(pairs, ask, house)
    if ask.by == "shift":
        return reports.lines(pairs, ask, house), []
    return reports.lines_and_totals(pairs, ask, house)


async def _last(figures: FigureRecords, now_utc_s: float, ask: Ask, house: House) -> list[Line]:
    earlier = _earlier(ask, house)
    return await asyncio.to_thread(reports.totals, await read_pairs(figures, now_utc_s, earlier, house), earlier, house)


def _earlier(ask: Ask, house: House) -> Ask:
    since_utc_s, until_utc_s = before(ask.since_utc_s, ask.until_utc_s, ZoneInfo(house.time_zone))
    by = ask.by if ask.by == "shift" else "all"  # its totals alone are told
    return replace(ask, since_utc_s=since_utc_s, until_utc_s=until_utc_s, by=by)


# --- what is asked -----------------------------------------------------------------------------
def _ask(asked: Wanted, house: House) -> Ask:
    """Raises Problem: 422, with what is wrong and what to do."""
    of: Subject = asked.of or [*asked.names, "house"][0]
    if stray := [name for name in asked.names if name != of and (name, of) not in WITHIN]:
        raise Problem(422, f"{stray[0]} cannot be given with {of}: ask for one of them")
    if asked.by == "shift" and of not in ("agent", "shift"):
        raise Problem(422, "shifts overlap, so that calls would count twice: by=shift is for agents and shifts")
    zone = ZoneInfo(house.time_zone)
    since_utc_s, until_utc_s = _moment("from", asked.since, zone), _moment("to", asked.until, zone, end=True)
    _check_span(since_utc_s, until_utc_s, asked.by, house)
    if asked.by == "band" and not house.staffing.floor:
        raise Problem(422, "this house has no hours in staffing.floor, so its days have no bands")
    return Ask(
        of=of, since_utc_s=since_utc_s, until_utc_s=until_utc_s, by=asked.by, name=asked.names.get(of, ""),
        hotline="" if of == "hotline" else asked.names.get("hotline", ""),
        flow="" if of == "flow" else asked.names.get("flow", ""),
        threshold_s=asked.threshold_s, short_s=asked.short_s,
    )  # fmt: skip


WITHIN = {("hotline", "queue"), ("hotline", "node"), ("hotline", "flow"), ("flow", "node")}
"""What may be asked within what: the calls of one hotline in a queue, the nodes of one flow."""


def _moment(name: str, text: str, zone: ZoneInfo, *, end: bool = False) -> int:
    try:
        return moment(text, zone, end=end)
    except (ValueError, OverflowError) as error:
        why = str(error) if "quarters" in str(error) else "write 2026-11-20 or 2026-11-20T14:30"
        raise Problem(422, f"{name}: {why}") from error


def _check_span(since_utc_s: int, until_utc_s: int, by: By, house: House) -> None:
    if since_utc_s >= until_utc_s:
        raise Problem(422, "from must be before to")
    if until_utc_s - since_utc_s > LONGEST_SPAN_S:
        raise Problem(422, f"the span may have {LONGEST_SPAN_S // 86400} days at most")
    if _periods(since_utc_s, until_utc_s, by, house) > MOST_LINES:
        raise Problem(422, f"more than {MOST_LINES} periods: ask for a shorter span or longer periods")


def _periods(since_utc_s: int, until_utc_s: int, by: By, house: House) -> int:
    """About how many lines a name has; 0: no periods are asked for."""
    lasts_s = DAY_S // max(1, len(house.staffing.floor)) if by == "band" else PERIODS_S.get(by)
    return (until_utc_s - since_utc_s) // lasts_s if lasts_s else 0


def _check_size(names: int, ask: Ask, house: House) -> None:
    """Raises Problem: more lines than a page or a program wants at once."""
    periods = _periods(ask.since_utc_s, ask.until_utc_s, ask.by, house)
    if (count := periods * max(1, names)) > MOST_LINES:
        raise Problem(422, f"{count} lines are more than {MOST_LINES}: ask for one {ask.of}, or for longer periods")


def _allow(identity: Identity, ask: Ask) -> None:
    """Other people's work is for those who may see their calls; what is nobody's own is for everybody."""
    if ask.of in ("agent", "team", "shift") and not identity.may(Right.SEE_CALLS):
        if (ask.of, ask.name) != ("agent", identity.person):
            raise Problem(403, "you may see your own figures: give agent with your own id")


def _known(ask: Ask, house: House) -> bool:
    """Whether the house has it: then a span without any figure is an empty report, no mistake.

    Of a node its flow is known: what stood in it in that span nobody remembers.
    """
    if ask.of in ("flow", "node"):
        return ask.name.partition("/")[0] in {*house.flows, *shipped_flows()}
    parts = {
        "hotline": "hotlines",
        "queue": "queues",
        "agent": "agents",
        "team": "groups",
        "shift": "shifts",
        "trunk": "trunks",
    }
    return ask.of in parts and ask.name in {part.id for part in getattr(house, parts[ask.of])}


# --- what is there -----------------------------------------------------------------------------
async def read_pairs(figures: FigureRecords, now_utc_s: float, ask: Ask, house: House) -> list[Pair]:
    """The stored states that a report needs, and what agents are doing now."""
    kind, (since_utc_s, until_utc_s) = KIND_OF[ask.of], reports.window(ask)
    name = ask.name if ask.of in ("hotline", "agent", "node", "trunk") else ask.hotline
    part = ask.name if ask.of == "queue" else reports.part_of(ask.of)
    if kind == "node" and ask.of != "node":
        name, part = "", ask.hotline
    periods = reports.periods(ask, house)
    if reports.by_start(ask):
        return [*await _shifts(figures, ask, name or None), *await _ongoing(figures, now_utc_s, ask)]
    found = await figures.states(kind, since_utc_s, until_utc_s, name=name or None, part=part or None, periods=periods)
    pairs = await asyncio.to_thread(list, found)
    if ask.of == "house":
        refused = await figures.states("trunk", since_utc_s, until_utc_s, periods=periods)
        pairs += await asyncio.to_thread(lambda: list(reports.blocked_calls(refused)))
    if kind == "agent":
        pairs += await _ongoing(figures, now_utc_s, ask)
    if ask.of != "team":
        return pairs
    return await asyncio.to_thread(reports.by_team, pairs, await figures.teams(since_utc_s, until_utc_s))


async def _shifts(figures: FigureRecords, ask: Ask, name: str | None) -> list[Pair]:
    """Work of a shift by blocks, and its last quarters, which end the lines; work without a shift by quarters."""
    window = reports.window(ask)
    worked = await figures.states("agent", *window, name=name, periods=[window])
    found = [pair for pair in await asyncio.to_thread(list, worked) if pair[0].part]
    found += await asyncio.to_thread(list, await figures.states("agent", *window, name=name, part=""))
    return found + [(row, AgentFigures()) for row in await figures.last_quarters("agent", *window, name=name)]


async def _ongoing(records: FigureRecords, now_utc_s: float, ask: Ask) -> list[Pair]:
    """What agents have been doing since their state began, as far as it lies in the span."""
    since_utc_s, until_utc_s = reports.window(ask)
    if not since_utc_s <= now_utc_s:
        return []
    open_work = await records.open_work()
    found: list[Pair] = []
    for agent, document in open_work.items():
        for slot, figures in ongoing(agent, open_from_json(document), now_utc_s).items():
            if since_utc_s <= slot.start_utc_s < until_utc_s:
                found.append((Row("agent", *slot), figures))
    return found


def _told(lines: Iterable[Line]) -> list[Period]:
    return [
        Period(name=line.name, start_utc_s=line.start_utc_s, end_utc_s=line.end_utc_s, figures=line.figures)
        for line in lines
    ]
