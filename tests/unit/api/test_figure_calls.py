"""GET /stats/calls and /calls/{call}/record: a figure's calls page by page, and one of them whole."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from api.rights import Role
from core.events import Outcome
from core.stats import QUARTER_HOUR_S, quarter_hour
from tests.unit.core.test_engine_counted import busy_hour
from tests.unit.doors import Behind, Doors, client_of
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    CALL,
    ENDED,
    ENTERED,
    HOTLINE,
    MISSED,
    OFFERED,
    RANG,
    SALES,
    TALKED,
    journal,
)
from tests.unit.monitor.test_stats import abandoned, answered, entered, offered

NUMBER = "+8613800001234"


def iso(utc_s: int) -> str:
    return datetime.fromtimestamp(utc_s, UTC).isoformat().replace("+00:00", "Z")


def span_of(outcomes: list[Outcome]) -> dict[str, str]:
    moments = [outcome.at_utc_s for outcome in outcomes]
    return {"from": iso(quarter_hour(min(moments))), "to": iso(quarter_hour(max(moments)) + QUARTER_HOUR_S)}


@pytest.fixture
def doors() -> Doors:
    """An answered call with a missed ring before, an abandoned one, and one that waits."""
    doors = Doors()
    first = (0, ENTERED), (1, OFFERED), (2, RANG), (17, MISSED), (18, RANG), (20, ANSWERED), (40, TALKED), (41, ENDED)
    others = [(50.0, entered(call)) for call in (CALL_2, CALL_3)] + [(51.0, offered(call)) for call in (CALL_2, CALL_3)]
    doors.figures.outcomes = journal(*first, *others, (60, abandoned(9.0, CALL_2)))
    doors.calls.moments = doors.figures.outcomes
    return doors


CALL_2, CALL_3 = type(CALL)("node-1.2"), type(CALL)("node-1.3")


async def pages(client: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    found, before = [], None
    while True:
        query = asked | {"limit": 1} | ({"before": before} if before else {})
        page = (await client.get(f"/stats/calls?{urlencode(query)}")).json()
        found.append(page)
        if (before := page["next_before"]) is None:
            return found


async def test_a_rate_lists_who_met_it_and_who_did_not(doors: Doors) -> None:
    asked = span_of(doors.figures.outcomes) | {"queue": SALES, "figure": "connection_rate"}
    async with client_of(doors) as client:
        listed = {
            which: [call["call"] for page in await pages(client, **asked, which=which) for call in page["calls"]]
            for which in ("all", "met", "missed")
        }
        (whole,) = (await client.get(f"/stats/calls?{urlencode(asked)}")).json()["calls"][1:]
        waiting = (await client.get(f"/stats/calls?{urlencode(asked | {'figure': 'waiting'})}")).json()
        rings = (await client.get(f"/stats/calls?{urlencode(asked | {'figure': 'three_rings.missed'})}")).json()
    assert listed == {"all": [CALL_2, CALL], "met": [CALL], "missed": [CALL_2]}  # who still waits is not counted yet
    assert (whole["times"], whole["met"], whole["caller"]) == (1, 1, "**********1234")
    assert ([call["call"] for call in waiting["calls"]], waiting["met"]) == ([CALL_3], None)
    assert [(call["call"], call["times"]) for call in rings["calls"]] == [(CALL, 1)]


async def test_what_was_decided_about_calls_is_read_beside_the_loop(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page looks at 2,000 calls and some 20,000 outcomes: the loop of the engine's process has callers to serve."""
    readers, known = list[threading.Thread](), Behind.outcomes

    def read(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        readers.append(threading.current_thread())
        yield from outcomes

    async def lazily(self: Behind, names: Sequence[str]) -> Mapping[str, Iterable[Outcome]]:
        return {call: read(outcomes) for call, outcomes in (await known(self, names)).items()}

    monkeypatch.setattr(Behind, "outcomes", lazily)
    query = urlencode(span_of(doors.figures.outcomes) | {"queue": SALES, "figure": "offered"})
    async with client_of(doors) as client:
        page = (await client.get(f"/stats/calls?{query}")).json()
    assert page["of"] == len(page["calls"]) == len(readers) == 3
    assert threading.main_thread() not in readers


async def test_every_figure_that_a_report_opens_lists_as_many_as_it_counts() -> None:
    doors = Doors()
    doors.figures.outcomes = busy_hour()
    span, looked_at = span_of(doors.figures.outcomes), 0
    async with client_of(doors) as client:
        for of in ("house", "hotline", "queue", "agent", "trunk"):
            report = (await client.get(f"/stats?{urlencode(span | {'of': of})}")).json()
            for line in report["totals"]:
                if not line["name"] and of != "house":
                    continue  # calls that we made have no hotline
                name = {of: line["name"]} if line["name"] else {}
                for figure in set(report["opens"]) - {"transfers", "failures"}:  # these are counts by key
                    query = urlencode(span | name | {"figure": figure, "limit": 200})
                    page = (await client.get(f"/stats/calls?{query}")).json()
                    assert sum(call["times"] for call in page["calls"]) == page["of"], (line["name"], figure)
                    assert sum(call["met"] or 0 for call in page["calls"]) == (page["met"] or 0), figure
                    looked_at += bool(page["of"])
    assert looked_at > 50


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"figure": "occupancy", "agent": AGENT}, 422, "counts no calls"),
        ({"figure": "blocked"}, 422, "counts no calls"),
        ({"figure": "nonsense"}, 422, "counts no calls"),
        ({"figure": "'; drop"}, 422, ""),
        ({"figure": "offered", "of": "queue"}, 422, "name one queue"),
        ({"figure": "offered", "queue": "nobody"}, 404, "there is no queue"),
        ({"figure": "offered", "queue": SALES, "before": "x"}, 422, ""),
        ({"figure": "transfers.blind", "agent": AGENT}, 200, ""),
        ({"figure": "keys.1", "agent": AGENT}, 422, "counts no calls"),
    ],
)
async def test_a_wrong_question_is_told_what_to_ask(doors: Doors, asked: Any, status: int, said: str) -> None:
    async with client_of(doors) as client:
        answer = await client.get(f"/stats/calls?{urlencode(span_of(doors.figures.outcomes) | asked)}")
    assert (answer.status_code, said in answer.text) == (status, True)


async def test_agents_do_not_list_calls_of_others(doors: Doors) -> None:
    await doors.add_person(AGENT, Role.AGENT)
    token = await doors.token_of(AGENT)
    query = urlencode(span_of(doors.figures.outcomes) | {"agent": AGENT, "figure": "answered"})
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get(f"/stats/calls?{query}")).status_code == 403


@pytest.mark.parametrize(("role", "number"), [(Role.LEADER, NUMBER), (Role.OPERATIONS, "**********1234")])
async def test_one_call_is_told_whole_with_its_number_by_role(doors: Doors, role: Role, number: str) -> None:
    await doors.add_person("somebody", role)
    token = await doors.token_of("somebody")
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        kept = (await client.get(f"/calls/{CALL}/record")).json()
        assert (await client.get("/calls/nobody/record")).status_code == 404
    assert (kept["call"]["caller"], kept["call"]["hotline"], kept["call"]["outcome"]) == (number, HOTLINE, "answered")
    assert [each["kind"] for each in kept["stretches"]] == ["wait", "ring", "talk"]
    assert [row.what for row in doors.audit.rows] == ["GET /calls/{call}/record"]


async def test_an_agent_sees_the_record_of_an_own_call_only(doors: Doors) -> None:
    doors.calls.moments += journal((70, answered(19.0, CALL_3)))
    await doors.add_person("agent-02", Role.AGENT)
    for person, status in ((AGENT, 200), ("agent-02", 404)):
        if person == AGENT:
            await doors.add_person(AGENT, Role.AGENT)
        async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(person)}") as client:
            assert (await client.get(f"/calls/{CALL}/record")).status_code == status
