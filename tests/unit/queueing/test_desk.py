"""Notes on calls, and cases of our own: first taken, first owned; due once; closed for good."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands import RingSeat
from core.events import (
    Alarmed,
    CallNoted,
    CaseChanged,
    CaseClosed,
    CaseOpened,
    CaseOverdue,
    CaseOwned,
    CaseTaken,
    RequestGranted,
    RequestRefused,
)
from core.ids import AgentId, CallId
from core.inputs import ChangeCase, CloseCase, GiveCase, NoteCall, OpenCase, OwnCase, TakeCase
from core.states import CaseKind, CaseState
from queueing.decision import Decision
from queueing.desk import MOVED_ON
from queueing.engine import Engine
from queueing.requests import KEY_REUSED
from tests.unit.queueing.builders import TestFloor, all_of, none, only, opened

MOBILE = "+8613800138000"
DAY_S = 86_400.0
CODES = {"wrap_up_codes": [{"id": "invoice", "name": {"en": "Invoice"}}]}


def desk(**rules: Any) -> TestFloor:
    return opened(("a1", "s1"), ("a2", "s2"), wrap_up_s=0.0, sales={"preferred_agent_s": 20}, desk=CODES | rules)


def opens(floor: TestFloor, text: str = "leaks", **more: Any) -> Decision:
    return floor.ask(OpenCase(CaseKind.REPAIR, text, **more))


def takes(floor: TestFloor, agent: str, case: str) -> Decision:
    return floor.ask(TakeCase(case, AgentId(agent)))


def becomes(floor: TestFloor, case: str, state: CaseState, **more: Any) -> Decision:
    return floor.ask(ChangeCase(case, state=state, **more))


def refused(decision: Decision) -> str:
    return only(RequestRefused, decision).reason


# --- notes -----------------------------------------------------------------------------------------
def test_a_note_is_told_whole_each_time() -> None:
    floor = desk()
    for text in ("as", "asked for an invoice"):
        noted = only(CallNoted, floor.ask(NoteCall(AgentId("a1"), CallId("c1"), text, "invoice", ("urgent",))))
        assert (noted.call, noted.agent, noted.text, noted.code, noted.tags) == (
            "c1", "a1", text, "invoice", ("urgent",),
        )  # fmt: skip


def test_an_unknown_code_or_agent_is_refused() -> None:
    floor = desk()
    assert "knows: invoice" in refused(floor.ask(NoteCall(AgentId("a1"), CallId("c1"), "x", "refund")))
    assert "no agent" in refused(floor.ask(NoteCall(AgentId("zz"), CallId("c1"), "x")))


# --- cases -----------------------------------------------------------------------------------------
def test_a_case_gets_a_number_that_callers_can_type_and_is_due_in_a_day() -> None:
    floor = desk()
    first = opens(floor, caller="138 0013 8000", call=CallId("c1"))
    told = only(CaseOpened, first)
    assert (told.case, told.kind, told.caller, told.call, told.by) == ("26000001", "repair", MOBILE, "c1", "test")
    assert (told.due_s, only(RequestGranted, first).result) == (DAY_S, "26000001")
    assert only(CaseOpened, opens(floor, due_s=60.0)).case == "26000002"


def test_numbers_begin_anew_with_the_year_of_the_house() -> None:
    floor = desk()
    opens(floor)
    floor.now_s = 361 * DAY_S - 8 * 3600 - 1  # the clock starts on January 5; in Shanghai the last second of the year
    assert only(CaseOpened, opens(floor)).case == "26000002"
    floor.now_s += 2
    assert only(CaseOpened, opens(floor)).case == "27000001"


def test_whoever_takes_it_first_owns_it_and_is_preferred_for_its_caller() -> None:
    floor = desk()
    opens(floor, caller=MOBILE)
    taken = takes(floor, "a2", "26000001")
    assert (only(CaseTaken, taken).owner, only(CaseTaken, taken).was) == ("a2", "")
    assert only(CaseChanged, taken).state is CaseState.IN_WORK
    assert only(CaseOwned, taken).agent == "a2"
    assert "a2 owns 26000001" in refused(takes(floor, "a1", "26000001"))
    assert none(CaseTaken, takes(floor, "a2", "26000001"))
    assert only(RingSeat, floor.queue("c1", caller=MOBILE)).seat == "s2"


def test_it_may_be_opened_with_an_owner_and_given_on() -> None:
    floor = desk()
    assert only(CaseTaken, opens(floor, owner=AgentId("a1"))).owner == "a1"
    given = only(CaseTaken, floor.ask(GiveCase("26000001", AgentId("a2"), "knows pumps")))
    assert (given.was, given.owner, given.note) == ("a1", "a2", "knows pumps")
    assert "no agent" in refused(floor.ask(GiveCase("26000001", AgentId("zz"))))


def test_it_becomes_overdue_once_and_can_be_given_more_time() -> None:
    floor = desk()
    opens(floor, owner=AgentId("a1"), due_s=600.0)
    late = floor.after(601.0)
    assert only(CaseOverdue, late).owner == "a1"
    assert [alarm.name for alarm in all_of(Alarmed, late)] == ["case_overdue"]
    assert none(CaseOverdue, floor.after(DAY_S))
    assert only(CaseChanged, floor.ask(ChangeCase("26000001", "the part comes", due_s=60.0))).due_s == 60.0
    assert only(CaseOverdue, floor.after(61.0))


def test_a_closed_case_stays_closed_and_nobody_is_preferred_any_more() -> None:
    floor = desk()
    opens(floor, caller=MOBILE, owner=AgentId("a2"))
    closed = becomes(floor, "26000001", CaseState.CLOSED, note="repaired")
    assert (only(CaseChanged, closed).was, only(CaseChanged, closed).note) == (CaseState.IN_WORK, "repaired")
    assert only(CaseClosed, closed).case == "26000001"
    assert none(CaseOverdue, floor.after(2 * DAY_S))
    assert "no open case" in refused(becomes(floor, "26000001", CaseState.IN_WORK))
    assert only(RingSeat, floor.queue("c1", caller=MOBILE)).seat == "s1"


def test_every_way_is_in_the_table() -> None:
    floor = desk()
    opens(floor)
    becomes(floor, "26000001", CaseState.WAITING)
    assert "cannot become new" in refused(becomes(floor, "26000001", CaseState.NEW))
    assert only(CaseChanged, becomes(floor, "26000001", CaseState.IN_WORK)).was is CaseState.WAITING


def test_what_is_wrong_is_refused_and_changes_nothing() -> None:
    floor = desk(cases_open=10)
    assert "no telephone number" in refused(opens(floor, caller="call me"))
    assert "no agent" in refused(opens(floor, owner=AgentId("zz")))
    for _ in range(10):
        assert only(CaseOpened, opens(floor))
    assert "10 cases are open" in refused(opens(floor))
    assert floor.engine.snapshot().cases_of_year == 10


def test_a_change_is_made_from_the_state_that_was_seen() -> None:
    floor = desk()
    opens(floor)
    opened_utc_s = changed(floor)
    floor.after(5.0)
    assert only(RequestGranted, becomes(floor, "26000001", CaseState.WAITING, seen_utc_s=opened_utc_s)).result == repr(
        changed(floor)
    )
    late = becomes(floor, "26000001", CaseState.CLOSED, seen_utc_s=opened_utc_s)
    assert (refused(late), list(all_of(CaseChanged, late))) == (MOVED_ON, [])
    given = floor.ask(GiveCase("26000001", AgentId("a2"), seen_utc_s=opened_utc_s))
    assert (refused(given), list(all_of(CaseTaken, given))) == (MOVED_ON, [])
    floor.after(5.0)
    for request in (
        GiveCase("26000001", AgentId("a2"), seen_utc_s=changed(floor)),
        ChangeCase("26000001", "whatever it was", due_s=600.0),
        ChangeCase("26000001", state=CaseState.CLOSED, seen_utc_s=None),
    ):
        only(RequestGranted, floor.ask(request))


def test_becoming_overdue_is_a_change_and_a_case_of_before_there_was_a_moment_takes_any() -> None:
    floor = desk()
    opens(floor, due_s=60.0)
    seen_utc_s = changed(floor)
    floor.after(61.0)
    assert refused(becomes(floor, "26000001", CaseState.WAITING, seen_utc_s=seen_utc_s)) == MOVED_ON
    state = floor.engine.snapshot()
    state.open_cases["26000001"].changed_utc_s = None
    older = TestFloor(Engine.restore(state), floor.now_s)
    only(RequestGranted, becomes(older, "26000001", CaseState.WAITING, seen_utc_s=seen_utc_s))


def test_an_id_is_one_requests_also_after_a_restart() -> None:
    floor = desk()
    wish = OpenCase(CaseKind.REPAIR, "leaks")
    first = only(RequestGranted, floor.ask(wish, "admin:k"))
    restored = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    restored.sequence = floor.sequence
    again = restored.ask(wish, "admin:k")
    assert only(RequestGranted, again).result == first.result
    assert none(CaseOpened, again)
    assert refused(restored.ask(OpenCase(CaseKind.REPAIR, "drips"), "admin:k")) == KEY_REUSED


def changed(floor: TestFloor) -> float | None:
    return floor.engine.snapshot().open_cases["26000001"].changed_utc_s


def test_cases_survive_a_restart() -> None:
    floor = desk()
    opens(floor, due_s=600.0)
    restored = TestFloor(Engine.restore(floor.engine.snapshot()), floor.now_s)
    restored.sequence = floor.sequence
    assert only(CaseOverdue, restored.after(601.0)).case == "26000001"
    assert only(CaseOpened, opens(restored)).case == "26000002"


@pytest.mark.parametrize("note", ["", "a word"])
def test_a_note_changes_no_state(note: str) -> None:
    floor = desk()
    opens(floor)
    changed = only(CaseChanged, floor.ask(ChangeCase("26000001", note)))
    assert (changed.was, changed.state, changed.note) == (CaseState.NEW, CaseState.NEW, note)


def test_a_case_of_ours_is_given_and_closed_as_such_and_not_as_another_systems() -> None:
    """Its callers would be somebody else's, though the case and its owner stayed as they are."""
    floor = desk()
    opens(floor)
    assert "case of ours" in refused(floor.ask(CloseCase("26000001"))), "nor one that nobody owns"
    case = only(CaseOpened, opens(floor, caller=MOBILE, owner=AgentId("a1"))).case
    for wish in (OwnCase(case, AgentId("a2")), CloseCase(case)):
        answer = floor.ask(wish)
        assert "case of ours" in refused(answer) and none(CaseOwned, answer) and none(CaseClosed, answer)
    assert only(CaseOwned, floor.ask(OwnCase("crm-7", AgentId("a2"), MOBILE))).agent == "a2"
