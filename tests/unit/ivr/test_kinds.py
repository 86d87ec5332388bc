"""Each kind of node on a scripted caller: digits, secrets, messages, callbacks, marks, look-ups, branches, hours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import pytest

from core.ids import QueueId
from core.inputs import CallArrived, CallQueued, Input, MenuNodeLeft, MessageLeft, SurveyAnswered, Tick
from core.staff import WEEKDAYS
from ivr.facts import Facts, QueueNow, hours_of, over_at
from ivr.flow import State, begin, choice, step
from ivr.line import HANG_UP, ScriptedLine
from ivr.parts import (
    HOLIDAY,
    OPENS_DAY,
    OPENS_TIME,
    Branch,
    Callback,
    Collect,
    Enqueue,
    Flow,
    Goodbye,
    Hours,
    LookUp,
    Menu,
    Message,
    Node,
    Rate,
    Say,
    Set,
    Span,
    Spoken,
)
from ivr.runner import Surroundings, run
from ivr.say import Kind, said
from ivr.steps import Play, Played, PromiseCallback, Started
from tests.unit.ivr.flows import ARRIVED, HOTLINE
from tests.unit.ivr.test_runner import Box, around

CASE = Collect(("case?",), "case", 4, 8, confirm=True, secret=False, wait_s=5.0, then="end")
TOP = Menu((), ("top",), {"1": "end"}, 5.0)
PIN = Collect(("pin?",), "pin", 4, 6, confirm=False, secret=True, wait_s=5.0, then="ask")


def flow(**nodes: Node) -> Flow:
    """Starts at the first node; `end` says goodbye, `person` is the queue."""
    ends: dict[str, Node] = {"end": Goodbye(("bye",)), "person": Enqueue(("hold",), None)}
    named = {name.replace("_", "-"): node for name, node in nodes.items()} | ends
    return Flow("f", ("zh-CN", "en"), next(iter(named)), "person", named)


async def heard(given: Flow, script: list[str], box: Box | None = None, **surroundings: object) -> list[str]:
    """What a caller with this script hears, by name."""
    line = ScriptedLine(ARRIVED.call, script)
    places: Surroundings = replace(around(box or Box()), **surroundings)  # type: ignore[arg-type]
    await run(line, given, HOTLINE, ARRIVED, places)
    return [Path(file).name for file in line.heard]


READ_BACK = ["you-typed", "say-yao", "say-2", "say-3", "say-4", "right-or-again"]


# --- digits ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "script", [["1234#", "1"], ["", "1", "2", "3", "4", "", "1"], ["9999*1234#1"], ["1234#", "", "1"]]
)
async def test_digits_are_read_back_and_confirmed(script: list[str]) -> None:
    said = await heard(flow(case=CASE), script)
    assert [name for name in said if name != "case?"] == [*READ_BACK, "bye"]


async def test_the_last_possible_digit_ends_the_entry() -> None:
    assert "you-typed" in await heard(flow(case=CASE), ["12345678", "1"])


async def test_two_in_the_confirmation_types_again() -> None:
    said = await heard(flow(case=CASE), ["9999#", "2", "1234#", "1"])
    assert said[-7:] == [*READ_BACK, "bye"]
    assert said.count("case?") == 2


async def test_digits_that_are_too_few_twice_reach_a_person() -> None:
    said = await heard(flow(case=CASE), ["12#", "3#"])
    assert said == ["case?", "wrong-key", "case?", "to-a-person", "hold"]


async def test_silence_twice_reaches_a_person() -> None:
    assert await heard(flow(case=CASE), []) == ["case?", "no-key", "case?", "to-a-person", "hold"]


async def test_a_doubtful_confirmation_reaches_a_person_as_zero_does() -> None:
    assert (await heard(flow(case=CASE), ["1234#", "7", "8"]))[-2:] == ["to-a-person", "hold"]
    assert (await heard(flow(case=CASE), ["1234#", "0"]))[-1] == "hold"


async def test_forty_digits_and_letters_are_bounded() -> None:
    said = await heard(flow(case=CASE), ["ABCD" * 10, "9" * 40])
    assert said[-1] in ("hold", "bye") and len(said) < 60


async def test_the_number_of_a_case_reaches_the_engine_where_the_queue_asks_for_it() -> None:
    box = Box()
    ask = replace(CASE, then="owner")
    await heard(flow(case=ask, owner=Enqueue(("hold",), None, case="case")), ["1234#", "1"], box)
    await heard(flow(case=ask, owner=Enqueue(("hold",), None, case="case")), ["0"] * 3, box)
    await heard(flow(case=ask, owner=Enqueue(("hold",), None)), ["1234#", "1"], box)
    assert [fact.case for fact in box.queued if isinstance(fact, CallQueued)] == ["1234", "", ""]


async def test_a_number_outside_is_told_with_the_queue_that_waits_for_its_unanswered_callers() -> None:
    box = Box()
    workshop = Enqueue(("hold",), QueueId("repairs"), outside="13700000002")
    assert await heard(flow(workshop=workshop), [], box) == ["hold"]
    (queued,) = box.queued
    assert isinstance(queued, CallQueued) and (queued.queue, queued.outside) == ("repairs", "13700000002")


# --- secrets ---------------------------------------------------------------------------------
async def test_a_secret_reaches_the_look_up_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[Mapping[str, str]] = []

    async def look_up(name: str, values: Mapping[str, str], wanted: tuple[str, ...]) -> tuple[str, Mapping[str, str]]:
        asked.append(dict(values))
        return "ok", {}

    box, line = Box(), ScriptedLine(ARRIVED.call, ["483921"])
    ask = LookUp((), "bank", ("pin",), (), {"ok": "end"}, "person")
    await run(line, flow(pin=PIN, ask=ask), HOTLINE, ARRIVED, replace(around(box), look_up=look_up))
    assert asked == [{"pin": "483921"}]
    traces = [repr(box.facts), repr(box.visits), repr(line.heard), repr(line.variables), caplog.text]
    assert not any("4839" in trace for trace in traces)


async def test_digits_typed_while_a_text_before_still_plays_are_all_of_the_number() -> None:
    told: list[str] = []

    async def look_up(name: str, values: Mapping[str, str], wanted: tuple[str, ...]) -> tuple[str, Mapping[str, str]]:
        told.append(values["pin"])
        return "", {}

    box = Box()
    ask = LookUp((), "bank", ("pin",), (), {"ok": "end"}, "end")
    given = flow(first=Say(("before",), {}, "next"), next=Set("", None, {}, "pin"), pin=PIN, ask=ask)
    assert (await heard(given, ["4839#"], box, look_up=look_up))[0] == "before"
    assert told == ["4839"]
    assert box.facts == [], "no digit of it is told as a choice"
    assert [visit.key for visit in box.visits if isinstance(visit, MenuNodeLeft)] == [""] * 5


TEXT, SECOND_TEXT = Say(("before",), {}, "behind"), Say(("second",), {"9": "end"}, "pin")
WEATHER = LookUp((), "weather", (), (), {"storm": "end"}, "known")


@pytest.mark.parametrize(
    ("key", "behind", "told", "typed"),
    [
        ("4", {"behind": SECOND_TEXT}, None, "4"),
        (
            "9",
            {"behind": SECOND_TEXT},
            None,
            "",
        ),  # that text knows it, and has to be heard; the caller may mean the number
        ("4", {"behind": Set("", None, {}, "second"), "second": SECOND_TEXT}, None, "4"),
        ("4", {"behind": WEATHER, "known": SECOND_TEXT}, None, ""),
        ("4", {"behind": WEATHER, "known": Branch("value", "of-it", {"yes": "pin"}, "end")}, None, ""),
        ("4", {"behind": replace(SECOND_TEXT, then="h"), "h": Hours((), "pin")}, None, "4"),
        ("4", {"behind": Say(("second",), {}, "top"), "top": TOP}, "4", ""),
        ("1", {"behind": Say(("second",), {}, "top"), "top": TOP}, "1", ""),  # the second text is heard first
        ("4", {"behind": Callback(("we-call",), None, "end")}, None, "4"),
        ("#", {"behind": SECOND_TEXT}, "#", ""),
    ],
)
def test_a_key_in_a_text_before_a_number_is_its_first_digit_and_no_choice(
    key: str, behind: dict[str, Node], told: str | None, typed: str
) -> None:
    state, _ = step(begin(flow(first=TEXT, **behind, pin=PIN), "zh-CN", 0, QueueId("q")), Started())
    assert choice(state, Played(key)) == told
    assert step(state, Played(key))[0].entry == typed


def test_a_callback_that_reads_out_the_number_it_sees_takes_no_key_before_it_was_heard() -> None:
    facts = Facts(caller="13800138000", spoken="13800138000")
    given = flow(first=TEXT, behind=Callback(("we-call",), None, "end"))
    state, _ = step(begin(given, "zh-CN", 0, QueueId("q")), Started(), facts)
    after, action = step(state, Played("1"), facts)
    assert (choice(state, Played("1")), after.checking, type(action)) == ("1", True, Play)


async def test_what_a_key_is_for_is_asked_of_the_hours_in_which_it_is_pressed() -> None:
    """A text that began before eight is over after it."""
    before, after = datetime(2026, 1, 5, 7, 59, 50), datetime(2026, 1, 5, 8, 0, 1)
    times = iter([before])
    hours = Hours((Span(WEEKDAYS, time(8), time(20), "pin"),), "end")
    box, pin = Box(), replace(PIN, then="end")

    def facts(arrived: CallArrived) -> Facts:
        return Facts(local=next(times, after))

    await heard(flow(first=replace(TEXT, then="h"), h=hours, pin=pin), ["4839#"], box, facts=facts)
    assert box.facts == [] and {visit.key for visit in box.visits if isinstance(visit, MenuNodeLeft)} == {""}


async def test_a_mark_given_while_a_text_before_it_still_plays_counts() -> None:
    box = Box()
    given = flow(thanks=Say(("thanks",), {}, "service"), service=Rate(("rate",), "service", 5.0, "end"))
    await heard(given, ["5"], box)
    assert [fact.mark for fact in box.facts if isinstance(fact, SurveyAnswered)] == [5]


def test_typed_digits_are_no_part_of_a_states_text() -> None:
    state = State(flow(pin=PIN), "pin", "en", 0, QueueId("q"), entry="483921", values={"pin": "483921"})
    assert "483921" not in repr(state)


# --- messages --------------------------------------------------------------------------------
NOTE = flow(note=Message(("topic",), "repair", 60.0, "", "end"))


async def test_a_message_is_told_with_caller_topic_number_and_length() -> None:
    box = Box()
    facts = Facts(caller="+8613800138000", spoken="13800138000")
    arrived = replace(ARRIVED, caller="+8613800138000")
    line = ScriptedLine(ARRIVED.call, ["", "12.5s"])
    await run(line, NOTE, HOTLINE, arrived, replace(around(box), facts=lambda _: facts, messages=Path("/m")))
    assert [fact for fact in box.facts if isinstance(fact, MessageLeft)] == [
        MessageLeft(
            ARRIVED.call, ARRIVED.hotline, "+8613800138000", "+8613800138000", "repair", "zh-CN",
            f"{ARRIVED.call}-100.wav", 12.5,
        )
    ]  # fmt: skip
    assert line.recorded == [f"/m/{ARRIVED.call}-100"]
    assert [Path(file).name for file in line.heard] == ["topic", "speak-now", "bye"]


async def test_a_caller_who_hangs_up_has_finished_the_message() -> None:
    box = Box()
    await heard(NOTE, ["", HANG_UP], box)
    assert [type(fact) for fact in box.facts] == [MessageLeft]


async def test_two_messages_of_one_call_are_two_files_whichever_flows_they_are_left_in() -> None:
    """One in the menu, and another by a waiting caller's key: the line is handed to a flow again then."""
    files = []
    for began_s in (100.5, 160.5):
        line = ScriptedLine(ARRIVED.call, ["", "9s"])
        await run(line, NOTE, HOTLINE, ARRIVED, replace(around(Box()), boot_s=lambda at_s=began_s: at_s))  # type: ignore[misc]
        files += line.recorded
    assert len(set(files)) == 2


async def test_a_message_is_not_lost_to_a_full_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.runner.OFFER_AGAIN_S", 0)
    told: list[Input] = []
    refusals = iter([False, False])

    def offer(fact: Input) -> bool:
        taken = next(refusals, True) if isinstance(fact, MessageLeft) else True
        told.extend([fact] if taken else [])
        return taken

    await heard(NOTE, ["", "9s"], offer=offer)
    assert sum(isinstance(fact, MessageLeft) for fact in told) == 1


async def test_two_empty_messages_reach_a_person() -> None:
    box = Box()
    assert (await heard(NOTE, ["", "", "", ""], box))[-3:] == ["speak-now", "to-a-person", "hold"]
    assert not any(isinstance(fact, MessageLeft) for fact in box.facts)


# --- callbacks -------------------------------------------------------------------------------
CALLBACK = flow(back=Callback(("we-call",), QueueId("sales"), "end"))


@pytest.mark.parametrize(
    ("caller", "script", "number"),
    [
        ("+8613800138000", ["1"], "+8613800138000"),
        ("+8613800138000", ["2", "01062345678#", "1"], "01062345678"),
        ("", ["01062345678#", "1"], "01062345678"),
        ("+8613800138000", ["7", "8"], None),
    ],
)
async def test_a_callback_is_promised_to_a_confirmed_number(caller: str, script: list[str], number: str | None) -> None:
    promised: list[PromiseCallback] = []

    def promise(arrived: CallArrived, wish: PromiseCallback) -> Input:
        promised.append(wish)
        return Tick()

    facts = Facts(caller=caller, spoken=caller.removeprefix("+86"))
    said = await heard(CALLBACK, script, promise=promise, facts=lambda _: facts)
    assert promised == ([] if number is None else [PromiseCallback(QueueId("sales"), number, 2, "zh-CN")])
    assert said[-1] == ("hold" if number is None else "bye")
    assert "say-8" in said or not caller
    assert "say-+" not in said


@pytest.mark.parametrize(
    ("caller", "script", "number"),
    [
        ("+447700900123", ["01062345678#", "1"], "01062345678"),
        ("", ["00447700900123#", "01062345678#", "1"], "01062345678"),
        ("", ["00447700900123#", "00447700900124#"], None),
    ],
)
async def test_no_callback_is_promised_to_a_number_that_may_not_be_called(
    caller: str, script: list[str], number: str | None
) -> None:
    promised: list[PromiseCallback] = []

    def promise(arrived: CallArrived, wish: PromiseCallback) -> Input:
        promised.append(wish)
        return Tick()

    facts = Facts(caller=caller, may_call=lambda number: not number.startswith(("+44", "0044")))
    said = await heard(CALLBACK, script, promise=promise, facts=lambda _: facts)
    assert [wish.number for wish in promised] == ([] if number is None else [number])
    assert said[-1] == ("hold" if number is None else "bye")
    assert ("number-not-called" in said) == any(each.startswith("0044") for each in script)


# --- marks -----------------------------------------------------------------------------------
SURVEY = flow(one=Rate(("q1",), "friendly", 5.0, "two"), two=Rate(("q2",), "solved", 5.0, "end"))


async def test_marks_are_told_and_nobody_is_kept_for_silence() -> None:
    box = Box()
    assert await heard(SURVEY, ["5", "2"], box) == ["q1", "q2", "bye"]
    assert box.facts == [SurveyAnswered(ARRIVED.call, "friendly", 5), SurveyAnswered(ARRIVED.call, "solved", 2)]
    assert await heard(SURVEY, ["9", "0"]) == ["q1", "q1", "q2", "q2", "bye"]


# --- look-ups --------------------------------------------------------------------------------
ASK = LookUp(("moment",), "repair", ("case",), ("price",), {"ready": "told"}, "person")


def answering(answer: str, values: Mapping[str, str], after_s: float = 0.0) -> object:
    async def look_up(name: str, sent: Mapping[str, str], wanted: tuple[str, ...]) -> tuple[str, Mapping[str, str]]:
        await asyncio.sleep(after_s)
        return answer, values

    return look_up


async def test_an_answer_chooses_and_its_values_are_said() -> None:
    given = flow(ask=ASK, told=Menu((), ("price", Spoken("money", "price")), {"1": "end"}, 5.0))
    said = await heard(given, ["", "1"], look_up=answering("ready", {"price": "12.50"}))
    assert said == ["moment", "price", "say-ten", "say-2", "say-yuan", "say-5", "say-jiao", "bye"]


async def test_no_answer_goes_on_otherwise() -> None:
    assert await heard(flow(ask=ASK, told=Goodbye(("x",))), []) == ["moment", "hold"]


async def test_a_slow_answer_is_waited_for_with_music(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.runner.MUSIC_AFTER_S", 0.01)
    switched: list[bool] = []

    class Listening(ScriptedLine):
        async def music(self, on: bool) -> None:
            switched.append(on)
            await super().music(on)

    line = Listening(ARRIVED.call, [])
    given = flow(ask=ASK, told=Goodbye(("x",)))
    await run(line, given, HOTLINE, ARRIVED, replace(around(Box()), look_up=answering("ready", {}, 0.05)))  # type: ignore[arg-type]
    assert switched == [True, False]
    assert [Path(file).name for file in line.heard] == ["moment", "x"]


# --- branches, hours, set --------------------------------------------------------------------
def branch(on: str, of: str = "", **cases: str) -> Flow:
    return flow(b=Branch(on, of, {name.replace("_", "-"): node for name, node in cases.items()}, "person"))


@pytest.mark.parametrize(
    ("given", "facts", "end"),
    [
        (branch("list", "vip", yes="end"), Facts(lists=("vip",)), "bye"),
        (branch("list", "vip", yes="end"), Facts(), "hold"),
        (branch("language", en="end"), Facts(), "hold"),
        (branch("queue", "sales", busy="end"), Facts(queues={QueueId("sales"): QueueNow.BUSY}), "bye"),
        (branch("queue", busy="end"), Facts(queues={HOTLINE.queue: QueueNow.BUSY}), "bye"),
        (branch("queue", "sales", busy="end"), Facts(), "hold"),
        (branch("earlier", sales="end"), Facts(earlier=QueueId("sales")), "bye"),
        (branch("shift", night="end"), Facts(shifts=("late", "night")), "bye"),
        (branch("shift", night="end"), Facts(shifts=("early",)), "hold"),
        (branch("value", "v", x="end"), Facts(), "hold"),
        (flow(s=Set("en", 7, {"v": "x"}, "b"), b=Branch("value", "v", {"x": "end"}, "person")), Facts(), "bye"),
    ],
)
async def test_a_branch_goes_on_by_its_fact(given: Flow, facts: Facts, end: str) -> None:
    assert (await heard(given, [], facts=lambda _: facts))[-1] == end


async def test_set_changes_language_and_priority_of_what_follows() -> None:
    line = ScriptedLine(ARRIVED.call, [])
    queued = await run(line, flow(s=Set("en", 7, {}, "person")), HOTLINE, ARRIVED, around(Box()))
    assert isinstance(queued, CallQueued) and (queued.language, queued.priority) == ("en", 7)


OPEN = Hours(
    (
        Span(("mon", "tue", "wed", "thu", "fri"), time(8), time(20), "end"),
        Span(("sat", "holiday"), time(0), time(0), "end"),
    ),
    "person",
)


@pytest.mark.parametrize(
    ("local", "holiday", "end"),
    [
        ("2026-11-26T08:00", False, "bye"),
        ("2026-11-26T07:59", False, "hold"),
        ("2026-11-26T20:00", False, "hold"),
        ("2026-11-28T23:59", False, "bye"),
        ("2026-11-29T12:00", False, "hold"),
        ("2026-11-29T12:00", True, "bye"),
        ("2026-11-26T12:00", True, "bye"),
    ],
)
async def test_hours_hold_by_day_and_time_and_a_holiday_is_no_other_day(local: str, holiday: bool, end: str) -> None:
    facts = Facts(local=datetime.fromisoformat(local), is_holiday=lambda day: holiday)
    assert (await heard(flow(h=OPEN), [], facts=lambda _: facts))[-1] == end


@pytest.mark.parametrize(("local", "end"), [("2026-02-14T12:00", "bye"), ("2026-02-14T21:00", "hold")])
async def test_a_saturday_worked_for_a_holiday_has_the_hours_of_monday_to_friday(local: str, end: str) -> None:
    """The 14th of February 2026 is one; this house is shut on other Saturdays."""
    working, saturday = (*WEEKDAYS[:5], HOLIDAY), Span(("sat",), time(0), time(0), "shut")
    hours, shut = Hours((Span(working, time(8), time(20), "end"), saturday), "person"), Goodbye(("shut",))
    facts = Facts(local=datetime.fromisoformat(local), is_made_up=lambda day: day.day == 14)
    assert (await heard(flow(h=hours, shut=shut), [], facts=lambda _: facts))[-1] == end


@pytest.mark.parametrize(
    ("local", "holidays", "over"),
    [
        ("2026-11-26T21:00", (), "2026-11-27T08:00"),  # a Thursday's night
        ("2026-11-27T07:59:30", (), "2026-11-27T08:00"),
        ("2026-11-27T21:00", (), "2026-11-28T00:00"),  # Saturdays are open all day
        ("2026-11-28T12:00", (), "2026-11-29T00:00"),
        ("2026-11-29T12:00", ("2026-11-30", "2026-12-01"), "2026-11-30T00:00"),
        ("2026-11-26T12:00", (), "2026-11-26T20:00"),
    ],
)
def test_when_the_hours_that_hold_are_over(local: str, holidays: tuple[str, ...], over: str) -> None:
    facts = Facts(local=datetime.fromisoformat(local), is_holiday=lambda day: day.isoformat() in holidays)
    assert over_at(OPEN, facts) == datetime.fromisoformat(over)


def test_hours_that_never_change_are_never_over() -> None:
    always = Hours((Span((*WEEKDAYS, HOLIDAY), time(0), time(0), "end"),), "end")
    assert over_at(always, Facts(local=datetime.fromisoformat("2026-11-26T12:00"))) is None


@pytest.mark.parametrize(
    ("local", "told"),
    [
        ("2026-11-26T06:30", [("time", "08:00")]),
        ("2026-11-26T21:00", [("date", "2026-11-27"), ("time", "08:00")]),
    ],
)
async def test_callers_hear_when_it_opens(local: str, told: list[tuple[Kind, str]]) -> None:
    closed = Say(("closed", Spoken("date", OPENS_DAY), Spoken("time", OPENS_TIME)), {}, "end")
    hours = Hours((Span(("mon", "tue", "wed", "thu", "fri"), time(8), time(20), "person"),), "closed")
    facts = Facts(local=datetime.fromisoformat(local))
    expected = [part for one in told for part in said(*one, "zh-CN")]
    assert (await heard(flow(h=hours, closed=closed), [], facts=lambda _: facts))[:-1] == ["closed", *expected]


@pytest.mark.parametrize(
    ("local", "told"),
    [
        ("2026-10-01T12:00", [("date", "2026-10-05"), ("time", "08:00")]),  # not the midnight when the holiday is over
        ("2026-09-30T21:00", [("date", "2026-10-05"), ("time", "08:00")]),  # nor the one when it begins
        ("2026-10-05T12:30", [("time", "13:00")]),
    ],
)
async def test_other_hours_that_are_closed_too_are_no_opening(local: str, told: list[tuple[Kind, str]]) -> None:
    when = (Spoken("date", OPENS_DAY), Spoken("time", OPENS_TIME))
    holiday, closed = Say(("holiday",), {}, "who"), Say(("closed", *when), {}, "end")
    days = ("mon", "tue", "wed", "thu", "fri")
    spans = (Span((HOLIDAY,), time(0), time(0), "holiday"), Span(days, time(12), time(13), "lunch"))
    hours = Hours((*spans, Span(days, time(8), time(20), "early")), "closed")
    early = Hours((Span(days, time(7), time(9), "closed"),), "open")  # tells of itself
    lunch, opened = Set("", None, {}, "closed"), Menu((), ("top",), {"1": "closed", "2": "person"}, 5.0)
    given = flow(h=hours, closed=closed, holiday=holiday, when=Say(when, {}, "end"), lunch=lunch, early=early)
    given = replace(given, nodes={**given.nodes, "open": opened, "who": Branch("list", "vip", {"yes": "end"}, "when")})
    facts = Facts(local=datetime.fromisoformat(local), is_holiday=lambda day: day.month == 10 and day.day < 5)
    expected = [part for one in told for part in said(*one, "zh-CN")]
    assert (await heard(given, [], facts=lambda _: facts))[1:-1] == expected


WHEN = (Spoken("date", OPENS_DAY), Spoken("time", OPENS_TIME))


@pytest.mark.parametrize(
    "opened",
    [
        Branch("queue", "", {"empty": "closed"}, "top"),
        Branch("shift", "", {"day": "person"}, "closed"),
        Say(("we-are-here-until", Spoken("time", OPENS_TIME)), {}, "top"),
    ],
)
async def test_a_way_on_which_some_are_told_that_it_is_closed_is_an_opening_all_the_same(opened: Node) -> None:
    hours = Hours((Span(("mon", "tue", "wed", "thu", "fri"), time(8), time(20), "opened"),), "closed")
    given = flow(h=hours, closed=Say(("closed", *WHEN), {}, "end"), opened=opened, top=TOP)
    facts = Facts(local=datetime.fromisoformat("2026-11-26T21:00"))
    expected = [*said("date", "2026-11-27", "zh-CN"), *said("time", "08:00", "zh-CN")]
    assert (await heard(given, [], facts=lambda _: facts))[1:-1] == expected


async def test_a_closed_way_that_leads_through_a_look_up_is_no_opening() -> None:
    spans = Span(("thu",), time(21), time(22), "asked"), Span(("fri",), time(8), time(20), "top")
    asked = LookUp((), "weather", (), (), {"storm": "end"}, "closed")
    given = flow(h=Hours(spans, "closed"), closed=Say(("closed", *WHEN), {}, "end"), asked=asked, top=TOP)
    facts = Facts(local=datetime.fromisoformat("2026-11-26T20:30"))
    expected = [*said("date", "2026-11-27", "zh-CN"), *said("time", "08:00", "zh-CN")]
    assert (await heard(given, [], facts=lambda _: facts))[1:-1] == expected


# --- counting --------------------------------------------------------------------------------
async def test_each_visit_to_a_node_is_counted_once_with_its_tries() -> None:
    times = iter(range(100))
    given = flow(top=Menu((), ("top",), {"1": "low", "3": "person"}, 5.0), low=Menu((), ("low",), {"1": "end"}, 5.0))

    async def visits(script: list[str]) -> list[tuple[str, str, str, int, int]]:
        box = Box()
        await heard(given, script, box, boot_s=lambda: float(next(times)))
        return [(it.node_name, it.to, it.how, it.wrong, it.silent) for it in box.visits if isinstance(it, MenuNodeLeft)]

    assert await visits(["1", "1"]) == [
        ("top", "low", "went_on", 0, 0), ("low", "end", "went_on", 0, 0), ("end", "", "ended", 0, 0)
    ]  # fmt: skip
    assert await visits(["7", "", "3"]) == [("top", "person", "went_on", 1, 0), ("person", "", "ended", 0, 0)]
    assert await visits(["0"]) == [("top", "person", "person", 0, 0), ("person", "", "ended", 0, 0)]
    assert await visits(["7", "8"]) == [("top", "person", "gave_up", 2, 0), ("person", "", "ended", 0, 0)]
    assert await visits([]) == [("top", "person", "gave_up", 0, 2), ("person", "", "ended", 0, 0)]
    assert await visits(["1", HANG_UP]) == [("top", "low", "went_on", 0, 0), ("low", "", "hung_up", 0, 0)]


ANSWER = Menu((), ("top",), {"1": "answer", "2": "note", "3": "call", "4": "workshop", "5": "again"}, 5.0)


def hotline() -> Flow:
    """Every way in which a caller can leave a flow."""
    return flow(
        top=ANSWER,
        again=Set("", None, {}, "top"),
        answer=Say(("answer",), {}, "solved", answers=True),
        solved=Menu((), ("solved?",), {"1": "end", "2": "person"}, 5.0),
        note=Message((), "repair", 60.0, "", "end"),
        call=Callback((), None, "end"),
        workshop=Enqueue((), None, outside="13700000002"),
    )


@pytest.mark.parametrize(
    ("script", "reached"),
    [
        (["0"], "agent"),
        (["7", "8"], "agent"),
        (["1", "", "2"], "agent"),
        (["4"], "outside"),
        (["1", "", "1"], "served"),
        (["1", "", HANG_UP], "served"),
        (["1", HANG_UP], "left"),
        (["7", HANG_UP], "left"),
        ([HANG_UP], "left"),
        (["2", "", "5s"], "message"),
        (["2", "", HANG_UP], "message"),
        (["2", "", "", "", "5s"], "message"),
        (["3", "13800138000#", "1"], "callback"),
        (["3", "13800138000#", HANG_UP], "left"),
    ],
)
async def test_what_came_of_the_way_is_told_once_with_its_last_node(script: list[str], reached: str) -> None:
    box = Box()
    await heard(hotline(), script, box, promise=lambda arrived, wish: Tick())
    told = [visit.reached for visit in box.visits if isinstance(visit, MenuNodeLeft)]
    assert told[-1] == reached and set(told[:-1]) <= {""}


async def test_the_key_that_led_on_is_told_and_who_comes_back_is_no_new_caller() -> None:
    box = Box()
    await heard(hotline(), ["5", "1", "", "2"], box)
    visits = [visit for visit in box.visits if isinstance(visit, MenuNodeLeft)]
    assert [(visit.node_name, visit.key, visit.again) for visit in visits] == [
        ("top", "5", False), ("again", "", False), ("top", "1", True), ("answer", "", False),
        ("solved", "2", False), ("person", "", False),
    ]  # fmt: skip


async def test_typed_digits_are_no_choices() -> None:
    box = Box()
    await heard(flow(pin=PIN, ask=Enqueue((), None)), ["471147"], box)
    assert {visit.key for visit in box.visits if isinstance(visit, MenuNodeLeft)} == {""}


def test_without_a_clock_business_time_is_over_and_nothing_says_when_it_begins() -> None:
    node = Hours(spans=(), otherwise="closed")
    assert hours_of(node, Facts()) == "closed" and over_at(node, Facts()) is None
