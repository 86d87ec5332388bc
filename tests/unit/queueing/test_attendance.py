"""On duty, late, missing; the floor of the hour; handovers at 08, 09, 20 and 21 o'clock, to the second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from core.commands import RingSeat
from core.events import (
    AgentChanged,
    Alarmed,
    CallsResumed,
    CallsWithheld,
    DutyChanged,
    ItemOpened,
    Outcome,
    RequestGranted,
    RequestRefused,
    RuleOverridden,
    SeatReserved,
    ShiftHandedOver,
    StaffCounted,
)
from core.inputs import ClockStepped, CloseItem, OpenItem, Tick
from core.instants import Instant
from core.mergeable import merged
from core.staff import item_version
from core.states import AgentStatus, DutyState, Withheld
from core.work import AgentFigures, Work
from queueing.engine import Engine
from queueing.requests import ITEM_MOVED_ON, ITEMS_KEPT
from tests.unit.queueing.builders import MIDNIGHT, SALES, TestFloor, all_of, none, only, talking
from tests.unit.queueing.staffed import (
    EARLY,
    LATE,
    NIGHT,
    SEATS,
    SHIFTS,
    alarms,
    clock,
    opened_at,
    seat_of,
    staffed,
    until,
)


def duties(floor: TestFloor, *names: str) -> list[str]:
    found = floor.engine.snapshot().duties
    return [found[name].state.value for name in names]  # type: ignore[index]


def test_expected_late_missing_and_here() -> None:
    floor = opened_at("07:44")
    assert duties(floor, "a1", "a10") == ["off", "missing"]
    seen = {}
    for at in ("07:44:59", "07:45:00", "08:00:59", "08:01:00", "08:14:59", "08:15:00"):
        until(floor, at)
        seen[at] = duties(floor, "a1")[0]
    assert seen == {
        "07:44:59": "off",
        "07:45:00": "expected",
        "08:00:59": "expected",
        "08:01:00": "late",
        "08:14:59": "late",
        "08:15:00": "missing",
    }
    assert "a1 should be here" in "".join(event.text for event in floor.events if isinstance(event, Alarmed))
    assert only(DutyChanged, floor.sign_in("a1", "s1")).duty is DutyState.ON
    assert only(DutyChanged, floor.sign_out("a1", override=True)).duty is DutyState.LEFT


def test_the_figures_of_a_day_say_how_far_the_roster_was_kept() -> None:
    """Late by half an hour, away for an hour, an hour early off: 9.5 of 12 hours; a colleague never comes."""
    floor, work, counted = opened_at("07:30"), Work(), 0

    def count() -> None:
        nonlocal counted
        for event in floor.events[counted:]:
            work.apply(Outcome(counted, 0, floor.now_s, floor.utc_s(), event))
        counted = len(floor.events)

    for at in ("07:45", "08:00", "08:01", "08:15", "08:30"):
        until(floor, at)
        count()
    floor.sign_in("a1", "s1")
    acts: list[tuple[str, Callable[[], object]]] = [
        ("12:00", lambda: floor.sign_out("a1", override=True)),
        ("13:00", lambda: floor.sign_in("a1", "s1")),
        ("19:00", lambda: floor.sign_out("a1", override=True)),
        ("20:00", lambda: None),
    ]
    for at, act in acts:
        count()
        until(floor, at)
        count()
        act()
    count()
    of = {
        name: merged(AgentFigures(), (f for s, f in work.figures.items() if s.agent == name)) for name in ("a1", "a2")
    }
    assert (of["a1"].rostered_ms, of["a1"].kept_ms) == (12 * 3_600_000, int(9.5 * 3_600_000))
    assert of["a1"].lapses == {"late": 1, "missing": 1, "left": 2}
    assert (of["a2"].adherence, of["a2"].lapses) == (0.0, {"late": 1, "missing": 1})


def test_the_next_shift_may_come_a_quarter_of_an_hour_early() -> None:
    house = staffed(staffing={"floor": staffed().model_dump(mode="json")["staffing"]["floor"], "only_on_duty": True})
    floor = opened_at("19:44:59", house=house)
    assert "15 minutes before" in only(RequestRefused, floor.sign_in("a10", "s10")).reason
    until(floor, "19:45:00")
    assert only(DutyChanged, floor.sign_in("a10", "s10")).duty is DutyState.EARLY
    assert none(RequestRefused, floor.sign_in("l1", "s15"))  # leaders come when they are needed
    assert none(RequestRefused, floor.sign_in("a6", "s6"))
    assert none(RequestRefused, floor.sign_in("a1", "s1"))
    assert none(RequestRefused, floor.sign_in("a11", "s11"))


def test_who_has_no_shift_is_extra_and_who_stays_is_over() -> None:
    floor = opened_at("19:59", "a1", "a10", "l1")
    assert duties(floor, "a1", "a10", "l1") == ["on", "early", "extra"]
    until(floor, "20:00:00")
    assert duties(floor, "a1", "a10") == ["over", "on"]
    floor.sign_out("a1", override=True)
    assert duties(floor, "a1") == ["off"]


@pytest.mark.parametrize(
    ("at", "ended", "needed", "night"),
    [
        ("08:00", ["night"], 4, False),
        ("09:00", [], 8, False),
        ("20:00", ["early"], 4, False),
        ("21:00", ["late"], 2, True),
    ],
)
def test_each_boundary_is_kept_to_the_second(at: str, ended: list[str], needed: int, night: bool) -> None:
    hour = int(at[:2])
    floor = opened_at(f"{hour - 1}:30", *EARLY, *LATE, *NIGHT, day=1)
    before = until(floor, f"{hour - 1}:59:59", day=1)
    assert none(ShiftHandedOver, before)
    watch = floor.engine.snapshot().watch
    assert (watch.needed, watch.night) != (needed, night)
    at_once = until(floor, f"{at}:00", day=1)
    assert [event.shift for event in all_of(ShiftHandedOver, at_once)] == ended
    watch = floor.engine.snapshot().watch
    assert (watch.needed, watch.night) == (needed, night)
    assert watch.next_utc_s is not None
    counted = all_of(StaffCounted, at_once)
    assert [event.needed for event in counted] == [needed]


def test_a_handover_tells_what_is_open() -> None:
    floor = opened_at("19:50", "a1", "a10")
    talking(floor, "c1")
    talking(floor, "c2")
    floor.queue("c3")
    floor.ask(OpenItem("printer", "The printer of queue 2 is out of paper."))
    floor.ask(OpenItem("vip", "Mr Li is to be called back."))
    floor.ask(CloseItem("printer"))
    handed = only(ShiftHandedOver, until(floor, "20:00:00"))
    assert handed.shift == "early"
    assert handed.waiting == ((SALES, 1),)
    assert handed.still_talking == ("a1",)
    assert handed.missing == ("a11", "a12", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9")[:2] + LATE
    assert handed.items == (("vip", "Mr Li is to be called back."),)


def test_items_are_closed_once() -> None:
    floor = opened_at("12:00")
    assert "no open item printer" in only(RequestRefused, floor.ask(CloseItem("printer"))).reason


def test_a_shortage_alarms_before_it_happens_and_once() -> None:
    off = [{"date": "2026-01-06", "agent": name, "shift": "off"} for name in ("a1", "a6")]
    floor = opened_at("12:00", house=staffed(roster=off))
    told = [event.text for event in floor.events if isinstance(event, Alarmed) and event.name == "roster_short"]
    assert told == ["The roster has 7 of 8 agents from 2026-01-06 09:00 to 2026-01-06 20:00."]
    assert "roster_short" not in alarms(until(floor, "19:59", day=1))


def test_a_year_without_a_calendar_alarms_when_somebody_depends_on_it() -> None:
    office = {"id": "office", "name": {}, "start": "09:00", "end": "18:00", "days": "working_days"}
    year = {"year": 2026, "holidays": ["2026-01-01"]}
    assert "calendar_unknown" not in alarms(opened_at("12:00").events)
    assert alarms(opened_at("12:00", house=staffed(shifts=[*SHIFTS, office])).events).count("calendar_unknown") == 1
    floor = opened_at("12:00", house=staffed(shifts=[*SHIFTS, office], calendar=[year]))
    assert "calendar_unknown" not in alarms(floor.events)
    later = opened_at("12:00", house=staffed(shifts=[*SHIFTS, office], calendar=[year]), day=330).events
    text = next(event.text for event in later if isinstance(event, Alarmed) and event.name == "calendar_unknown")
    assert text.startswith("The public holidays of 2027")


def test_too_few_on_the_line_alarms_once() -> None:
    floor = opened_at("08:30", *EARLY)
    assert "below_floor" not in alarms(until(floor, "08:59:59"))
    assert alarms(until(floor, "09:00:00")).count("below_floor") == 1
    assert "below_floor" not in alarms(floor.sign_in("a6", "s6"))


def test_a_wall_clock_that_was_set_moves_the_shift() -> None:
    floor = opened_at("12:00", "a1")
    floor.now_s += 8 * 3600
    decision = floor.give(ClockStepped(8 * 3600))
    assert [event.shift for event in all_of(ShiftHandedOver, decision)] == ["early"]
    assert duties(floor, "a1") == ["over"]


# --- the end of a shift ------------------------------------------------------------------------------
def test_near_the_end_of_a_clock_that_was_set_no_call_is_given_either() -> None:
    floor = opened_at("18:59:30", "a1", "a10")
    floor.clock_set(3600.0)
    assert only(CallsWithheld, floor.after(0.0)).agent == "a1"


def test_near_the_end_no_call_is_given_that_would_outlive_the_shift() -> None:
    """Usual handling 180 s, grace 120 s: the last call is given 60 s before the end."""
    floor = opened_at("19:50", "a1", "a10")
    assert none(CallsWithheld, until(floor, "19:58:59"))
    held = only(CallsWithheld, until(floor, "19:59:00"))
    assert (held.agent, held.why) == ("a1", Withheld.SHIFT_END)
    assert only(RingSeat, floor.queue("c1")).seat == "s10"
    assert none(RingSeat, floor.queue("c2"))


@pytest.mark.parametrize(
    ("at", "day", "leaving", "staying", "floors"),
    [
        ("08:00", 1, NIGHT, EARLY, (2, 4)),
        ("20:00", 0, EARLY, (*LATE, *NIGHT), (8, 4)),
        ("21:00", 0, LATE, NIGHT, (4, 2)),
    ],
)
def test_at_each_handover_the_last_calls_go_to_who_stays_and_the_floor_changes_on_the_second(
    at: str, day: int, leaving: tuple[str, ...], staying: tuple[str, ...], floors: tuple[int, int]
) -> None:
    """A call usually takes 180 s and may outlive the shift by 120 s: the last one is given a minute before the end."""
    end_s = clock(at, day)
    floor = TestFloor(now_s=end_s - 300)
    floor.open(staffed(), reachable=SEATS)
    for name in (*leaving, *staying):  # who leaves has been idle for longest
        floor.sign_in(name, seat_of(name))
        floor.after(0.001)
    floor.after(end_s - 60.5 - floor.now_s)
    assert only(SeatReserved, floor.queue("before")).agent == leaving[0]
    floor.hang_up("before")
    floor.after(1.0)
    assert only(SeatReserved, floor.queue("after")).agent == staying[0]
    assert floor.engine.snapshot().watch.needed == floors[0]
    assert none(ShiftHandedOver, floor.after(end_s - 0.001 - floor.now_s))
    assert only(ShiftHandedOver, floor.after(0.002)).ended_utc_s == MIDNIGHT.timestamp() + end_s
    assert floor.engine.snapshot().watch.needed == floors[1]


def test_at_nine_the_floor_rises_on_the_second_and_nobody_leaves() -> None:
    floor = opened_at("08:50", *EARLY, *LATE)
    assert only(RequestGranted, floor.take_break("a1"))
    until(floor, "08:59:59")
    assert floor.engine.snapshot().watch.needed == 4
    decision = until(floor, "09:00:00")
    assert none(CallsWithheld, decision) and none(ShiftHandedOver, decision)
    assert floor.engine.snapshot().watch.needed == 8
    assert "8 agents must be on the line now" in only(RequestRefused, floor.take_break("a2")).reason


def test_an_agents_own_calls_say_when_the_last_one_is() -> None:
    floor = opened_at("19:30", "a1", "a10")
    floor.reach("s10", False)
    ring = talking(floor, "c1")
    floor.after(590)
    floor.leg_end(ring)  # 590 s of talk and 10 s of wrap-up
    floor.after(10)
    floor.reach("s10")
    assert none(CallsWithheld, until(floor, "19:51:59"))
    assert only(CallsWithheld, until(floor, "19:52:00")).agent == "a1"


def test_a_talk_is_never_cut_and_nothing_follows_it() -> None:
    floor = opened_at("19:55", "a1", "a10")
    ring = talking(floor, "c1")
    floor.after(3600)
    assert floor.engine.snapshot().agents["a1"].state == "talking"  # type: ignore[index]
    floor.leg_end(ring)
    floor.after(10)
    assert only(RingSeat, floor.queue("c2")).seat == "s10"
    assert none(RingSeat, floor.queue("c3"))


def test_the_last_one_of_a_queue_serves_on_until_the_next_shift_is_here() -> None:
    floor = opened_at("19:50", "a1")
    assert none(CallsWithheld, until(floor, "20:10:00"))
    assert only(RingSeat, floor.queue("c1")).seat == "s1"
    floor.hang_up("c1")
    assert only(CallsWithheld, floor.sign_in("a10", "s10")).agent == "a1"


def test_who_is_needed_again_is_given_back() -> None:
    floor = opened_at("19:50", "a1", "a10")
    until(floor, "20:00:00")
    back = floor.reach("s10", False)
    assert (only(CallsResumed, back).agent, only(CallsResumed, back).why) == ("a1", "needed")
    assert only(RingSeat, floor.queue("c1")).seat == "s1"
    floor.hang_up("c1")
    assert only(CallsWithheld, floor.reach("s10")).agent == "a1"


def test_a_queue_keeps_as_many_as_it_asks_for() -> None:
    document = staffed().model_dump(mode="json")
    document["queues"][0]["least_agents"] = 3
    house = type(staffed()).model_validate(document)
    floor = opened_at("19:50", "a1", "a2", "a3", "a10", house=house)
    until(floor, "20:00:00")
    held = [name for name, record in floor.engine.snapshot().agents.items() if record.withheld]
    assert held == ["a1"]


def test_a_changed_roster_gives_an_agent_another_end() -> None:
    floor = opened_at("19:59:30", "a1", "a10")
    assert floor.engine.snapshot().agents["a1"].withheld is Withheld.SHIFT_END  # type: ignore[index]
    longer = staffed(roster=[{"date": "2026-01-05", "agent": "a1", "shift": "late"}])
    freed = floor.configure(longer, 2)
    assert only(CallsResumed, freed).agent == "a1"
    assert clock("20:59") > floor.now_s
    assert only(CallsWithheld, until(floor, "20:59:00")).agent == "a1"


def test_who_stays_for_the_next_shift_gets_calls_at_the_end_of_their_own() -> None:
    """a10 works the night to the 6th, and then the day."""
    both = staffed(roster=[{"date": "2026-01-06", "agent": "a10", "shift": "early"}])
    floor = TestFloor(now_s=clock("07:50", 1))
    floor.open(both, reachable=SEATS)
    floor.sign_in("a10", "s10")
    floor.sign_in("a1", "s1")
    assert none(CallsWithheld, floor.after(clock("07:59:30", 1) - floor.now_s))
    assert only(CallsWithheld, floor.configure(staffed(), 2)).agent == "a10", "nothing follows the night any more"
    assert only(CallsResumed, floor.configure(both, 3)).agent == "a10"
    over_the_end = floor.after(clock("08:30", 1) - floor.now_s)
    assert none(CallsWithheld, over_the_end) and only(ShiftHandedOver, over_the_end).shift == "night"
    assert floor.engine.snapshot().duties["a10"].shift == "early"  # type: ignore[index]


def test_who_is_taken_off_the_roster_at_work_has_had_the_last_call() -> None:
    floor = opened_at("12:00", "a1", "a2", "a10")
    off = staffed(roster=[{"date": "2026-01-05", "agent": "a1", "shift": "off"}])
    assert only(CallsWithheld, floor.configure(off, 2)).agent == "a1"
    assert duties(floor, "a1", "a10") == ["over", "extra"]
    assert none(CallsResumed, until(floor, "12:30"))
    assert only(CallsResumed, floor.configure(staffed(), 3)).agent == "a1"


def test_an_engine_that_goes_on_from_an_older_ones_snapshot_knows_the_end_of_the_shift() -> None:
    """That one noted the end of this shift, and not of those that follow."""
    off = staffed(roster=[{"date": "2026-01-05", "agent": "a1", "shift": "off"}])
    for change in (None, off):
        floor = opened_at("19:50", "a1", "a2", "a10")
        state = floor.engine.snapshot()
        for duty in state.duties.values():
            duty.until_utc_s = None
        older = TestFloor(Engine.restore(state), floor.now_s)
        news = older.configure(change, 2) if change else until(older, "19:59:00")
        assert "a1" in [event.agent for event in all_of(CallsWithheld, news)]


def test_nobody_is_held_at_a_seat_they_left() -> None:
    floor = opened_at("19:59:30", "a1", "a10")
    floor.sign_out("a1", override=True)
    record = floor.engine.snapshot().agents["a1"]  # type: ignore[index]
    assert record.withheld is None
    assert seat_of("a1") == "s1"


def test_a_leader_may_let_somebody_sign_in_without_a_shift_and_that_is_recorded() -> None:
    hours = staffed().model_dump(mode="json")["staffing"]["floor"]
    floor = opened_at("12:00", house=staffed(staffing={"floor": hours, "only_on_duty": True}))
    assert only(RequestRefused, floor.sign_in("a10", "s10"))
    signed_in = floor.sign_in("a10", "s10", override=True)
    assert only(RuleOverridden, signed_in).what == "sign_in" and only(RequestGranted, signed_in)


def test_a_boundary_that_the_wall_clock_has_not_reached_yet_is_waited_for() -> None:
    """The boot clock and the wall clock may be a moment apart: the shift ends by the wall's."""
    floor = opened_at("19:59:50", "a1")
    floor.sequence += 1
    late = Instant(floor.now_s + 10.0, MIDNIGHT + timedelta(seconds=floor.now_s + 9.5))
    assert none(ShiftHandedOver, floor.engine.handle(Tick(), late, floor.sequence))
    assert [event.shift for event in all_of(ShiftHandedOver, floor.after(11.0))] == ["early"]


def test_open_items_are_bounded_and_the_text_of_one_may_change() -> None:
    floor = opened_at("12:00", "a1")
    for number in range(ITEMS_KEPT):
        floor.ask(OpenItem(f"item-{number}", "a lamp is broken"))
    assert "Close some first" in only(RequestRefused, floor.ask(OpenItem("one-more", "another"))).reason
    assert only(RequestGranted, floor.ask(OpenItem("item-0", "two lamps are broken")))


def test_an_item_is_changed_from_what_it_was_and_made_where_there_is_none() -> None:
    floor = opened_at("12:00", "a1")
    assert only(RequestGranted, floor.ask(OpenItem("printer", "out of paper", "")))
    assert only(RequestRefused, floor.ask(OpenItem("printer", "jammed", ""))).reason == ITEM_MOVED_ON
    assert only(RequestGranted, floor.ask(OpenItem("printer", "jammed", item_version("out of paper"))))
    late = floor.ask(OpenItem("printer", "on fire", item_version("out of paper")))
    assert only(RequestRefused, late).reason == ITEM_MOVED_ON and none(ItemOpened, late)
    floor.ask(CloseItem("printer"))
    assert only(RequestRefused, floor.ask(OpenItem("printer", "jammed", item_version("jammed"))))


def test_the_roster_asks_nothing_of_an_agent_whom_the_house_has_no_more() -> None:
    floor = opened_at("12:00", "a1")
    ring = talking(floor, "c1")
    house = floor.engine.snapshot().house
    assert house is not None
    floor.configure(house.model_copy(update={"agents": house.agents[1:]}), 2)
    floor.leg_end(ring)
    over = floor.after(60)
    assert only(AgentChanged, over).status is AgentStatus.SIGNED_OUT
    assert not [event for event in all_of(DutyChanged, over) if event.agent == "a1"]
