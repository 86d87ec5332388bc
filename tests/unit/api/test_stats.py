"""GET /stats: spans, periods, names, comparison, who may see what, and wrong questions told apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import time
from typing import Any
from urllib.parse import urlencode

import pytest

from api.rights import Role
from api.routes import stats
from core.events import AgentChanged, DutyChanged, MenuNodeVisited
from core.ids import CallId
from core.staff import FloorHours, Group, Staffing
from core.states import AgentState, AgentStatus, DutyState
from tests.unit.doors import Doors, client_of
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    ENDED,
    ENTERED,
    HOTLINE,
    NOON_UTC_S,
    OFFERED,
    RANG,
    SALES,
    SEAT,
    SERVICE,
    TALKED,
    journal,
)
from tests.unit.monitor.test_stats import entered, offered

DAY = {"from": "2026-11-18", "to": "2026-11-18"}
"""NOON_UTC_S is the evening of that day in Shanghai."""


@pytest.fixture
def doors() -> Doors:
    doors = Doors()
    calls = (0, ENTERED), (1, OFFERED), (2, RANG), (9, ANSWERED), (29, TALKED), (30, ENDED)
    doors.figures.outcomes = journal(*calls, (1000, entered()), (1001, offered()))
    return doors


async def ask(doors: Doors, **asked: Any) -> Any:
    doors.people.tokens_of.clear()
    async with client_of(doors) as client:
        return (await client.get(f"/stats?{urlencode(DAY | asked)}")).json()


async def test_a_span_is_told_by_period_with_totals(doors: Doors) -> None:
    report = await ask(doors, queue=SALES, by="30min")
    assert (report["of"], report["by"], report["time_zone"]) == ("queue", "30min", "Asia/Shanghai")
    assert len(report["lines"]) == 48
    told = [line for line in report["lines"] if line["figures"]["offered"]]
    assert [(line["figures"]["answered"], line["figures"]["waiting"]) for line in told] == [(1, 0), (0, 1)]
    assert {line["name"] for line in told} == {SALES}
    (total,) = report["totals"]
    assert total["figures"]["connection_rate"] == 1.0
    assert total["figures"]["service_level"] == dict.fromkeys(("v1", "v2", "v3", "v4", "v5", "strict"), 1.0)
    assert report["last"] is None


async def test_the_house_is_asked_when_nothing_is_named(doors: Doors) -> None:
    report = await ask(doors)
    assert (report["of"], report["lines"], len(report["totals"])) == ("house", [], 1)
    assert (await ask(doors, of="hotline"))["totals"][0]["name"] == HOTLINE


def visit(node: str, to: str, how: str, reached: str = "", flow: str = "menu", call: str = "c1") -> MenuNodeVisited:
    return MenuNodeVisited(CallId(call), HOTLINE, flow, node, to, how, 0, 0, 2.0, reached=reached)


async def test_a_flow_and_its_nodes_are_told_and_a_flow_nobody_called_is_empty(doors: Doors) -> None:
    doors.house.house = doors.house.house.model_copy(update={"flows": {"quiet": "…"}})
    doors.figures.outcomes += journal(
        (0, visit("top", "about", "went_on")), (1, visit("about", "", "hung_up", "served")),
        (2, visit("top", "", "ended", "agent", call="c2")), (3, visit("top", "", "hung_up", "left", "other", "c3")),
    )  # fmt: skip
    assert [line["name"] for line in (await ask(doors, of="flow"))["totals"]] == ["menu", "other"]
    (menu,) = (await ask(doors, flow="menu", hotline=HOTLINE))["totals"]
    assert (menu["figures"]["calls"], menu["figures"]["without_agent"]) == (2, 0.5)
    nodes = (await ask(doors, of="node", flow="menu"))["totals"]
    assert [(line["name"], line["figures"]["callers"]) for line in nodes] == [("menu/about", 1), ("menu/top", 2)]
    assert (await ask(doors, flow="menu", hotline="nobody"))["status"] == 404
    assert (await ask(doors, flow="quiet"))["totals"] == []
    assert (await ask(doors, flow="nothing"))["detail"].startswith("there is no flow 'nothing'")
    assert (await ask(doors, flow="menu", queue=SALES))["status"] == 422


async def test_the_last_period_stands_beside(doors: Doors) -> None:
    report = await ask(doors, **{"from": "2026-11-19", "to": "2026-11-19"}, queue=SALES, compare="true")
    assert report["totals"] == []
    assert report["last"][0]["figures"]["offered"] == 2


async def test_an_agents_present_state_counts_until_now(doors: Doors) -> None:
    out, ready, idle = AgentStatus.SIGNED_OUT, AgentStatus.READY, AgentState.IDLE
    signed_in = AgentChanged(AGENT, SEAT, out, idle, ready, idle, "", 0.0)
    duty = DutyChanged(AGENT, DutyState.ON, "day", NOON_UTC_S, NOON_UTC_S + 100)
    doors.figures.outcomes = journal((0, duty), (0, signed_in))
    doors.utc_s = NOON_UTC_S + 500
    (total,) = (await ask(doors, agent=AGENT))["totals"]
    assert total["figures"]["available_s"] == 500.0
    report = await ask(doors, shift="day", by="shift")
    assert report["lines"][0]["start_utc_s"] == int(NOON_UTC_S)
    assert report["totals"] == []
    by_day = await ask(doors, shift="day", by="day")
    assert [line["figures"]["available_s"] for line in (*by_day["lines"], *by_day["totals"])] == [500.0, 500.0]
    before = await ask(doors, **{"from": "2026-11-17", "to": "2026-11-17"}, shift="day")
    assert before["status"] == 404, "read for the day and a half behind the span, and not counted in it"


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"queue": "nobody"}, 404, "no queue 'nobody'"),
        ({"from": "18.11.2026"}, 422, "from: write 2026-11-20"),
        ({"to": "2026-11-18T10:07"}, 422, "quarters of an hour"),
        ({"from": "2026-11-19"}, 422, "from must be before to"),
        ({"from": "2020-01-01"}, 422, "days at most"),
        ({"from": "2026-01-01", "by": "15min"}, 422, "periods"),
        ({"by": "shift"}, 422, "shifts overlap"),
        ({"by": "band"}, 422, "staffing.floor"),
        ({"by": "fortnight"}, 422, ""),
        ({"queue": SALES, "agent": AGENT}, 422, "agent cannot be given with queue"),
        ({"queue": "a'; drop table"}, 422, ""),
        ({"threshold_s": "0"}, 422, ""),
    ],
)
async def test_a_wrong_question_is_told_what_to_do(doors: Doors, asked: dict[str, str], status: int, said: str) -> None:
    problem = await ask(doors, **asked)
    assert (problem["status"], said in problem["detail"]) == (status, True)


async def test_more_lines_than_anybody_reads_are_refused(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.stats.MOST_LINES", 100)
    assert (await ask(doors, of="queue", by="15min"))["lines"]
    doors.figures.outcomes += journal((0, offered(CallId("other"), SERVICE)))
    assert "ask for one queue, or for longer periods" in (await ask(doors, of="queue", by="15min"))["detail"]
    assert (await ask(doors, queue=SERVICE, by="15min"))["lines"]


@pytest.mark.parametrize(("by", "since"), [("day", "2026-08-12"), ("week", "2024-12-19")])
async def test_so_are_those_of_days_and_weeks(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, by: str, since: str
) -> None:
    """Two years of forty agents by day are 32,000 lines: seconds of work."""
    monkeypatch.setattr("api.routes.stats.MOST_LINES", 100)
    doors.figures.outcomes += journal((0, offered(CallId("other"), SERVICE)))
    assert "longer periods" in (await ask(doors, **{"from": since}, of="queue", by=by))["detail"]
    assert (await ask(doors, **{"from": since}, queue=SALES, by=by))["lines"]


async def test_bands_are_as_many_as_the_house_has(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = tuple(FloorHours(start=time(hour), end=time(hour + 12 - 24 * (hour > 8)), agents=1) for hour in (8, 20))
    doors.house.house = doors.house.house.model_copy(update={"staffing": Staffing(floor=floor)})
    monkeypatch.setattr("api.routes.stats.MOST_LINES", 3)
    assert len((await ask(doors, queue=SALES, by="band"))["lines"]) == 3, (
        "a day from midnight: a night's end, day, night"
    )
    assert "more than 3 periods" in (await ask(doors, **{"from": "2026-11-17"}, queue=SALES, by="band"))["detail"]


async def test_a_report_is_told_beside_the_loop(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop is the engine's, which is killed when it does not beat for three seconds."""
    threads: list[int] = []

    def noted(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> Any:
            threads.append(threading.get_ident())
            return real(*args)

        return called

    for name in ("_told", "_lines_and_totals"):
        monkeypatch.setattr(stats, name, noted(getattr(stats, name)))
    assert (await ask(doors, queue=SALES, by="hour", compare="true"))["last"] is not None
    assert len(threads) == 4 and threading.get_ident() not in threads


async def test_an_empty_span_of_a_known_queue_is_no_mistake(doors: Doors) -> None:
    report = await ask(doors, **{"from": "2026-01-01", "to": "2026-01-01"}, queue=SALES, by="day")
    assert [line["figures"]["offered"] for line in report["lines"]] == [0]


@pytest.mark.parametrize(
    ("asked", "status"), [({"agent": AGENT}, 200), ({"agent": "agent-02"}, 403), ({"of": "agent"}, 403), ({}, 200)]
)
async def test_agents_see_their_own_work_only(doors: Doors, asked: dict[str, str], status: int) -> None:
    await doors.add_person(AGENT, Role.AGENT)
    token = await doors.token_of(AGENT)
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get(f"/stats?{urlencode(DAY | asked)}")).status_code == status


async def test_calls_are_searched_for_by_the_names_of_the_figures(doors: Doors) -> None:
    async with client_of(doors) as client:
        answer = await client.get(f"/calls?queue={SALES}&from_utc_s=1&to_utc_s=900&outcome=answered&within_s=15")
        assert answer.status_code == 200
        wanted = doors.calls.asked
        assert (wanted.queue, wanted.since_utc_s, wanted.until_utc_s) == (SALES, 1.0, 900.0)
        assert (wanted.outcome, wanted.within_s) == ("answered", 15.0)
        for wrong in (
            "outcome=lucky",
            "reached=served",
            "flow=a&reached=lucky",
            "queue=a%27b",
            "within_s=-1",
            "node=menu",
        ):
            assert (await client.get(f"/calls?{wrong}")).status_code == 422


async def test_a_shipped_flow_that_nobody_came_to_is_an_empty_report_and_no_mistake(doors: Doors) -> None:
    """A house without a text of its own runs the shipped ones, which stand in no house."""
    report = await ask(doors, flow="presales")
    assert (report["totals"], report["lines"]) == ([], [])
    assert (await ask(doors, flow="nobodys"))["status"] == 404
    assert (await ask(doors, node="presales/menu"))["totals"] == []


@pytest.mark.parametrize(("shape", "begins"), [("csv", b"\xef\xbb\xbfperiod,name,offered"), ("xlsx", b"PK")])
async def test_the_same_report_as_a_file(doors: Doors, shape: str, begins: bytes) -> None:
    async with client_of(doors) as client:
        query = urlencode(DAY | {"queue": SALES, "by": "hour", "format": shape, "language": "en"})
        answer = await client.get(f"/stats/file?{query}")
        assert answer.status_code == 200 and answer.content.startswith(begins)
        name = f"queue-2026-11-18-2026-11-18.{shape}"
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert (await client.get("/stats/file?from=2026-11-19&to=2026-11-18")).status_code == 422
        assert (await client.get("/stats/file?from=20261118%E4%B8%8014:30&to=2026-11-18")).status_code == 422
        assert (await client.get(f"/stats/file?{urlencode(DAY)}&format=ods")).status_code == 422
        assert (await client.get(f"/stats/file?{urlencode(DAY)}&queue=nobody")).status_code == 404


async def test_agents_take_home_their_own_work_only(doors: Doors) -> None:
    await doors.add_person(AGENT, Role.AGENT)
    token = await doors.token_of(AGENT)
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get(f"/stats/file?{urlencode(DAY | {'agent': AGENT})}")).status_code == 200
        assert (await client.get(f"/stats/file?{urlencode(DAY | {'of': 'agent'})}")).status_code == 403


async def test_a_team_is_the_group_of_its_agents(doors: Doors) -> None:
    person = doors.house.house.agents[0]
    grouped = person.model_copy(update={"group": "day-team"})
    team = Group(id="day-team", name={"en": "Day team"})
    agents = (grouped, *doors.house.house.agents[1:])
    doors.house.house = doors.house.house.model_copy(update={"agents": agents, "groups": (team,)})
    doors.figures.groups = [(0.0, {str(person.id): "day-team"})]
    (total,) = (await ask(doors, of="team"))["totals"]
    assert (total["name"], total["figures"]["answered"]) == ("day-team", 1)
    assert (await ask(doors, team="day-team"))["totals"][0]["figures"]["talks"] == 1
    assert (await ask(doors, team="nobody"))["status"] == 404
