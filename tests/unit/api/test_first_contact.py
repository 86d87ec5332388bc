"""GET /stats?first_contact=true and the calls behind: who called again, reckoned when it is asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given

from api.rights import Role
from core.contacts import Contacts
from core.desk import DeskRules, WrapUpCode
from core.rollup import WHOLE, Row
from core.staff import Group
from store.first_contact import Per
from tests.unit.contacts import CASES, DAY_S, NUMBER, WANTED, Case, came, noted
from tests.unit.doors import Doors, client_of
from tests.unit.floor import AGENT, HOTLINE, NOON_UTC_S, OTHER_AGENT, SALES, SERVICE, journal
from tests.unit.monitor.test_stats import LIVES, history

DAYS = {"from": "2026-11-18", "to": "2026-12-05", "first_contact": "true"}
"""NOON_UTC_S is the evening of the first of them in Shanghai."""
MIDNIGHT_S = 1_795_017_600.0 - NOON_UTC_S
"""The next midnight there, from then on."""
CODES = (
    WrapUpCode(id="done", name={"en": "Done"}, solved="yes"), WrapUpCode(id="open", name={"en": "Open"}, solved="no"),
    WrapUpCode(id="invoice", name={"en": "Invoice"}),
)  # fmt: skip


@pytest.fixture
def doors() -> Doors:
    """A caller four times, once within the days of a call before, and one without a number; two codes that speak."""
    doors = Doors()
    doors.utc_s = NOON_UTC_S + 12 * DAY_S
    calls = [
        *came("a", 0), noted("a", 50, "done"), *came("b", DAY_S, agent=OTHER_AGENT), noted("b", DAY_S + 50, "open"),
        *came("c", 2 * DAY_S, queue=SERVICE), noted("c", 2 * DAY_S + 50, "invoice"),
        *came("d", 3 * DAY_S, caller=""), *came("e", 9 * DAY_S),
    ]  # fmt: skip
    doors.figures.outcomes = journal(*sorted(calls, key=lambda moment: moment[0]))
    doors.house.house = doors.house.house.model_copy(update={"desk": DeskRules(wrap_up_codes=CODES)})
    return doors


async def ask(doors: Doors, path: str = "/stats", **asked: Any) -> Any:
    doors.people.tokens_of.clear()
    async with client_of(doors) as client:
        return (await client.get(f"{path}?{urlencode(DAYS | asked)}")).json()


def told(line: dict[str, Any]) -> tuple[Any, ...]:
    names = ("first_contact", "contact_solved", "contact_again", "contact_pending", "contact_withheld")
    return tuple(line["figures"][name] for name in names)


@pytest.mark.parametrize("of", CASES.values(), ids=CASES)
async def test_of_small_histories(of: Case) -> None:
    """The rule of these tests; the databases are held to the same table (tests/integration/store)."""
    doors = Doors()
    doors.figures.outcomes = of.outcomes
    assert await counts(doors, of, "call") == ({HOTLINE: of.house} if of.house != Contacts() else {})
    assert await counts(doors, of, "queue") == of.queues
    assert await counts(doors, of, "agent") == of.agents


@given(LIVES)
async def test_every_answered_call_is_one_of_four(lives: list[tuple[float, int, float]]) -> None:
    doors = Doors()
    doors.figures.outcomes = history(lives)
    answered: dict[Row, int] = {}
    for row, state in await doors.figures.states("call", 0, 2**41, part=WHOLE):
        answered[row] = getattr(state, "answered", 0)
    for row, state in await doors.contacts.states(WANTED, "call"):
        assert answered.pop(row) == state.solved + state.again + state.pending + state.withheld
    assert not any(answered.values())


async def counts(doors: Doors, of: Case, per: Per) -> dict[str, Contacts]:
    found: dict[str, Contacts] = {}
    for row, state in await doors.contacts.states(of.wanted, per):
        found.setdefault(name_of(row, per), Contacts()).merge(state)
    return found


def name_of(row: Row, per: Per) -> str:
    return row.part if per == "queue" else row.name


async def test_a_report_has_them_when_it_is_asked_for_them(doors: Doors) -> None:
    (whole,) = (await ask(doors))["totals"]
    assert told(whole) == (2 / 3, 2, 1, 1, 1)
    assert (whole["figures"]["coded"], whole["figures"]["code_solved"]) == (2, 0.5)
    assert sum(told(whole)[1:]) == whole["figures"]["answered"]
    assert "first_contact" not in (await ask(doors, first_contact="false"))["totals"][0]["figures"]
    queues = {line["name"]: told(line) for line in (await ask(doors, of="queue"))["totals"]}
    assert queues == {SALES: (0.5, 1, 1, 1, 1), SERVICE: (1.0, 1, 0, 0, 0)}
    agents = {line["name"]: told(line) for line in (await ask(doors, of="agent"))["totals"]}
    assert agents == {AGENT: (0.5, 1, 1, 1, 1), OTHER_AGENT: (1.0, 1, 0, 0, 0)}
    hotlines = (await ask(doors, of="hotline"))["totals"]
    assert [(line["name"], told(line)) for line in hotlines] == [(HOTLINE, told(whole))]
    (of_both,) = (await ask(doors, queue=SERVICE, hotline=HOTLINE))["totals"]
    assert told(of_both) == queues[SERVICE]


async def test_nothing_to_divide_by_is_no_rate(doors: Doors) -> None:
    doors.utc_s = NOON_UTC_S + DAY_S
    (whole,) = (await ask(doors, to="2026-11-18"))["totals"]
    assert told(whole) == (None, 0, 0, 1, 0)
    assert (await ask(doors, of="agent", to="2026-11-17", **{"from": "2026-11-17"}))["totals"] == []


async def test_lines_are_of_the_day_on_which_the_caller_asked_for_an_agent(doors: Doors) -> None:
    doors.figures.outcomes = journal(*came("a", MIDNIGHT_S - 3), *came("b", MIDNIGHT_S + 4 * DAY_S))
    doors.utc_s = NOON_UTC_S + 30 * DAY_S
    report = await ask(doors, by="day", compare="true")
    days = [told(line) for line in report["lines"] if line["figures"]["contact_solved"] or told(line)[2]]
    assert (days, told(report["lines"][0])) == ([(0.0, 0, 1, 0, 0), (1.0, 1, 0, 0, 0)], (0.0, 0, 1, 0, 0))
    assert told(report["totals"][0]) == (0.5, 1, 1, 0, 0)
    before = await ask(doors, **{"from": "2026-11-20", "to": "2026-11-21"}, compare="true")
    assert [told(line) for line in before["last"]] == [(0.0, 0, 1, 0, 0)]


async def test_a_team_is_of_the_agents_who_were_in_it_then(doors: Doors) -> None:
    group = Group(id="red", name={"en": "Red"})
    doors.house.house = doors.house.house.model_copy(update={"groups": (group,)})
    doors.figures.groups = [(0.0, {AGENT: "red"}), (NOON_UTC_S + 1.5 * DAY_S, {OTHER_AGENT: "red"})]
    (team,) = (await ask(doors, team="red"))["totals"]
    assert told(team) == (0.0, 0, 1, 0, 0)
    page = await ask(doors, "/stats/calls", team="red", figure="first_contact")
    assert [call["call"] for call in page["calls"]] == ["a"]


async def test_the_days_are_those_of_the_house(doors: Doors) -> None:
    doors.house.house = doors.house.house.model_copy(update={"desk": DeskRules(first_contact_days=10)})
    assert told((await ask(doors))["totals"][0]) == (0.0, 0, 2, 2, 1)


@pytest.mark.parametrize(
    ("figure", "which", "calls", "met"),
    [
        ("first_contact", "all", ["c", "b", "a"], 2),
        ("first_contact", "met", ["c", "b"], 2),
        ("first_contact", "missed", ["a"], 2),
        ("contact_again", "all", ["a"], None),
        ("contact_again", "missed", [], None),
        ("contact_pending", "all", ["e"], None),
        ("contact_withheld", "all", ["d"], None),
        ("code_solved", "all", ["b", "a"], 1),
        ("code_solved", "missed", ["b"], 1),
        ("coded", "all", ["b", "a"], None),
    ],
)
async def test_a_figure_opens_its_calls(doors: Doors, figure: str, which: str, calls: list[str], met: Any) -> None:
    found, before, of = [], None, None
    while True:
        more: dict[str, str] = {"before": before} if before else {}
        page = await ask(doors, "/stats/calls", figure=figure, which=which, limit=2, **more)
        found += page["calls"]
        of = page["of"], page["met"]
        if (before := page["next_before"]) is None:
            break
    assert [call["call"] for call in found] == calls
    assert of == (len(calls) if which == "all" else of[0], met)
    assert all(call["times"] == 1 and NUMBER not in str(call) for call in found)


async def test_every_one_that_a_report_opens_lists_as_many_as_it_counts(doors: Doors) -> None:
    looked_at = 0
    for of in ("house", "hotline", "queue", "agent"):
        report = await ask(doors, of=of)
        for line in report["totals"]:
            for figure in report["opens"][-7:]:
                name = {of: line["name"]} if line["name"] else {}
                page = await ask(doors, "/stats/calls", figure=figure, **name)
                assert len(page["calls"]) == page["of"], (line["name"], figure)
                assert sum(call["met"] or 0 for call in page["calls"]) == (page["met"] or 0)
                looked_at += bool(page["of"])
    assert looked_at > 20


async def test_it_is_in_files_too(doors: Doors) -> None:
    async with client_of(doors) as client:
        csv = (await client.get(f"/stats/file?{urlencode(DAYS | {'of': 'queue', 'format': 'csv'})}")).text
    head, *rows = csv.splitlines()
    place = head.split(",").index("首次解决率")
    assert [row.split(",")[place] for row in rows] == ["1.0", "0.5"]


@pytest.mark.parametrize(
    "asked", [{"of": "flow"}, {"of": "trunk"}, {"shift": "day"}, {"agent": AGENT, "by": "shift"}, {"of": "node"}]
)
async def test_of_what_is_no_contact_they_are_refused(doors: Doors, asked: dict[str, str]) -> None:
    assert (await ask(doors, "/stats/calls", figure="first_contact", **asked))["status"] == 422
    assert "first-contact figures are of" in (await ask(doors, **asked))["detail"]


async def test_of_more_calls_than_can_be_looked_at_they_are_refused(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 800 days with 2,000 calls each they took 18 s, and the span before as long again."""
    monkeypatch.setattr("api.first_contact.MOST_CALLS", 5)
    assert "totals" in await ask(doors)
    monkeypatch.setattr("api.first_contact.MOST_CALLS", 4)
    for path, asked in (("/stats", {}), ("/stats/calls", {"figure": "first_contact"})):
        refused = await ask(doors, path, **asked)
        assert refused["status"] == 422 and "more than 4 answered calls" in refused["detail"]
    assert "totals" in await ask(doors, queue=SALES)


async def test_who_may_see_them_and_their_calls(doors: Doors) -> None:
    await doors.add_person(AGENT, Role.AGENT)
    token = await doors.token_of(AGENT)
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        for asked, status in (({"agent": AGENT}, 200), ({"agent": OTHER_AGENT}, 403), ({"team": "red"}, 403)):
            assert (await client.get(f"/stats?{urlencode(DAYS | asked)}")).status_code == status
        query = urlencode(DAYS | {"agent": AGENT, "figure": "first_contact"})
        assert (await client.get(f"/stats/calls?{query}")).status_code == 403


async def test_a_queue_that_nobody_knows_has_no_calls_behind(doors: Doors) -> None:
    assert (await ask(doors, "/stats/calls", figure="first_contact", queue="nobody"))["status"] == 404
