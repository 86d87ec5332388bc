"""What the running house gives to flows: promises to call back, facts of a call, answers of other systems."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.call_facts import Contacts, facts_of, spoken
from app.current_house import with_shipped_flows
from app.look_ups import read_answer
from app.menus import Beside, Menus, callback_of
from core.commands import RunFlow
from core.events import CallAnswered, Outcome
from core.house import CallerList, House, Vip
from core.house_text import from_yaml
from core.ids import AgentId, CallId, CommandId, HotlineId, NodeId, QueueId, SeatId, TrunkId
from core.inputs import CallArrived, CallQueued, Input, MessageLeft
from core.instants import Instant
from core.staff import CalendarYear
from cti.lines import Arrival
from ivr.facts import QueueNow
from ivr.line import ScriptedLine
from ivr.runner import Surroundings
from ivr.script import shipped_flows
from ivr.steps import PromiseCallback
from tests.unit.ivr.test_kinds import NOTE

NOW = Instant(100.0, datetime(2026, 11, 26, 4, 0, tzinfo=UTC))
MOBILE = "+8613800138000"


@pytest.fixture(scope="module")
def house() -> House:
    seed = Path(__file__).resolve().parents[3] / "house.yaml"
    return from_yaml(seed.read_text(encoding="utf-8"), "house.yaml")


def arrived(caller: str = MOBILE) -> CallArrived:
    return CallArrived(CallId("c1"), NodeId("n"), HotlineId("presales"), TrunkId("a"), caller, "zh-CN")


def test_a_promise_names_call_number_queue_priority_and_language() -> None:
    fact = callback_of(arrived(), PromiseCallback(QueueId("presales"), "01062345678", 3, "en"))
    assert (fact.call, fact.caller, fact.number) == ("c1", MOBILE, "01062345678")
    assert (fact.queue, fact.priority, fact.language) == ("presales", 3, "en")


def test_the_facts_of_a_call(house: House) -> None:
    changes = {
        "vips": (Vip(number="13800138000", priority=5),),
        "caller_lists": (CallerList(id="abroad", numbers=("+1*",)),),
    }
    contacts = Contacts()
    seat, agent = SeatId("seat-01"), AgentId("agent-01")
    answered = CallAnswered(CallId("c0"), QueueId("after-sales"), HotlineId("presales"), seat, agent, 1.0, 1, MOBILE)
    utc_s = NOW.wall.timestamp() - 86_400
    contacts.take([Outcome(1, 0, 0.0, utc_s, answered)], NOW)
    people = {"agent-01": ("ready", "idle"), "agent-04": ("ready", "talking"), "agent-05": ("on_break", "idle")}
    facts = facts_of(house.model_copy(update=changes), contacts, lambda: people, lambda: NOW)
    known = facts(arrived())
    assert known.local is not None and f"{known.local:%H:%M}" == "12:00"
    assert (known.lists, known.earlier, known.spoken) == (("vip",), "after-sales", "13800138000")
    assert known.queues[QueueId("presales")] is QueueNow.FREE
    assert known.queues[QueueId("complaints")] is QueueNow.BUSY
    other = facts(arrived("+12025550123"))
    assert (other.lists, other.earlier) == (("abroad",), None)
    assert facts(arrived("")).lists == ()


def test_what_the_store_knows_of_earlier_contacts_is_older_than_what_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.call_facts.CALLERS_KEPT", 3)
    contacts, now_utc_s = Contacts(), NOW.wall.timestamp()
    contacts.remember("+1", QueueId("sales"), now_utc_s)
    stored = {caller: (QueueId("repairs"), now_utc_s - 60.0) for caller in ("+4", "+1", "+2", "+3")}
    contacts.learn(stored)
    known = {caller: contacts.earlier(caller, now_utc_s) for caller in ("+1", "+2", "+3", "+4")}
    assert known == {"+1": "sales", "+2": "repairs", "+3": "repairs", "+4": None}, "the oldest of too many is gone"
    assert contacts.earlier("+2", now_utc_s + 8 * 86_400) is None


@pytest.mark.parametrize(
    ("utc", "on"),
    [
        ("2026-11-26T00:30", ("early",)),
        ("2026-11-26T04:00", ("early", "late")),
        ("2026-11-26T12:30", ("late", "night")),
        ("2026-11-26T20:00", ("night",)),
    ],
)
def test_the_shifts_that_are_on_a_night_began_yesterday(house: House, utc: str, on: tuple[str, ...]) -> None:
    moment = Instant(0.0, datetime.fromisoformat(utc).replace(tzinfo=UTC))
    assert facts_of(house, Contacts(), dict, lambda: moment)(arrived()).shifts == on


def test_nobody_on_duty_is_an_empty_queue(house: House) -> None:
    known = facts_of(house, Contacts(), dict, lambda: NOW)(arrived())
    assert known.queues[QueueId("presales")] is QueueNow.EMPTY


@pytest.mark.parametrize(
    ("utc", "holiday"), [("2026-09-30T15:59", False), ("2026-09-30T16:00", True), ("2026-11-28T04:00", False)]
)
def test_a_holiday_begins_at_midnight_of_business_time_and_a_weekend_is_none(
    house: House, utc: str, holiday: bool
) -> None:
    moment = Instant(0.0, datetime.fromisoformat(utc).replace(tzinfo=UTC))
    facts = facts_of(house, Contacts(), dict, lambda: moment)(arrived())
    assert facts.local is not None and facts.is_holiday(facts.local.date()) is holiday


@pytest.mark.parametrize(("utc", "made_up"), [("2026-02-13T16:00", True), ("2026-02-20T16:00", False)])
def test_a_weekend_day_that_the_calendar_has_worked_is_told(house: House, utc: str, made_up: bool) -> None:
    moment = Instant(0.0, datetime.fromisoformat(utc).replace(tzinfo=UTC))
    year = CalendarYear(year=2026, holidays=(date(2026, 2, 17),), working_days=(date(2026, 2, 14),))
    facts = facts_of(house.model_copy(update={"calendar": (year,)}), Contacts(), dict, lambda: moment)(arrived())
    assert facts.local is not None and facts.is_made_up(facts.local.date()) is made_up


@pytest.mark.parametrize(
    ("number", "said"),
    [(MOBILE, "13800138000"), ("+861062345678", "01062345678"), ("+12025550123", "12025550123"), ("95588", "95588")],
)
def test_numbers_are_said_as_people_say_them(number: str, said: str) -> None:
    assert spoken(number, "86") == said


def test_a_new_house_begins_with_the_shipped_flows_and_keeps_its_own(house: House) -> None:
    own = house.model_copy(update={"flows": {"presales": "mine"}})
    assert with_shipped_flows(own).flows == {**shipped_flows(), "presales": "mine"}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"answer": "ready", "values": {"price": 12.5, "pin": "1234"}}, ("ready", {"price": "12.5"})),
        ({"answer": "ready"}, ("ready", {})),
        ({"answer": "ready", "values": {"price": "9" * 65}}, ("ready", {})),
        ({"answer": "ready", "values": {"price": "\ud800"}}, ("ready", {})),  # what no journal can write
        ({"answer": "ready", "values": {"price": "1\x002"}}, ("ready", {})),
        ({"answer": "ready", "values": {"price": "1\t2\r\n"}}, ("ready", {"price": "1 2"})),
        ({"answer": "ready", "values": {"price": "王\u3000明"}}, ("ready", {"price": "王\u3000明"})),
        ({"answer": "ready", "values": {"price": "12\xa0345"}}, ("ready", {"price": "12\xa0345"})),
    ],
)
def test_an_answer_gives_only_what_was_wanted(body: object, answer: object) -> None:
    assert read_answer(body, ("price",)) == answer


@pytest.mark.parametrize("body", [None, [], {"answer": 1}, {"answer": "x", "values": []}])
def test_an_answer_of_another_shape_is_none(body: object) -> None:
    with pytest.raises(ValueError):
        read_answer(body, ("price",))


def test_a_callback_is_offered_to_whom_the_engine_may_promise_one(house: House) -> None:
    asked: list[tuple[str, str, float]] = []

    def may_promise(*who: str | float) -> bool:
        asked.append(who)  # type: ignore[arg-type]
        return who[0] == MOBILE

    facts = facts_of(house, Contacts(), dict, lambda: NOW, may_promise)(arrived())
    assert (facts.may_call(MOBILE), facts.may_call("+8613900139000"), facts.may_call("110")) == (True, False, False)
    assert asked == [(number, arrived().caller, NOW.boot_s) for number in (MOBILE, "+8613900139000")]


# --- who comes back ------------------------------------------------------------------------------------
async def comes_back(house: House, **remembered: str) -> tuple[CallQueued, dict[str, str]]:
    """A caller whom the dialplan served alone; what is offered, and what their channel remembers from then on."""
    box: list[Input] = []

    def offer(fact: Input) -> bool:
        box.append(fact)
        return True

    around = Surroundings(offer, lambda: 1000.0, "this boot", Path("sounds"))
    beside = Beside(Path("secrets"), (), Contacts(), dict)
    line = ScriptedLine(CallId("c1"), ())
    named = {f"THIRDRING_{name}": value for name, value in remembered.items()}
    menus = Menus.opened(house, {}, NodeId("n"), around, beside)
    assert await menus.take(line, Arrival(CallId("c1"), MOBILE, {"THIRDRING_HOTLINE": "presales"} | named))  # type: ignore[arg-type]
    (queued,) = box
    assert isinstance(queued, CallQueued)
    return queued, line.variables


async def test_a_message_of_somebody_who_waits_says_where(house: House) -> None:
    told: list[Input] = []
    around = Surroundings(lambda fact: told.append(fact) or True, lambda: 1000.0, "this boot", Path("sounds"))  # type: ignore[func-returns-value]
    menus = Menus.opened(house, {"note": NOTE}, NodeId("n"), around, Beside(Path("secrets"), (), Contacts(), dict))
    who = (CallId("c1"), "note", HotlineId("presales"), TrunkId("a"), MOBILE, "zh-CN")
    order = RunFlow(CommandId("1.0"), 2000.0, NodeId("n"), *who, queue=QueueId("complaints"))
    await menus.hand(ScriptedLine(CallId("c1"), ["", "9s"]), order)  # type: ignore[arg-type]
    assert [fact.queue for fact in told if isinstance(fact, MessageLeft)] == ["complaints"]


async def test_who_comes_out_of_the_fallback_keeps_the_language_and_the_queue_of_the_menu(house: House) -> None:
    """Both were chosen before the engine was killed; the channel has no place of this run of the machine."""
    queued, kept = await comes_back(house, STAGE="waiting", FALLBACK="1.0", QUEUE="complaints", LANGUAGE="en")
    assert (queued.queue, queued.language, kept["THIRDRING_QUEUE"]) == ("complaints", "en", "complaints")
    hotline = next(one for one in house.hotlines if one.id == "presales")
    assert queued.priority == hotline.priority, "none was remembered"


async def test_a_place_of_another_run_of_the_machine_keeps_all_but_its_moment(house: House) -> None:
    place = {"SINCE": "5.0", "BOOT": "another", "PRIORITY": "7", "QUEUE": "after-sales", "LANGUAGE": "en"}
    queued, _ = await comes_back(house, STAGE="waiting", FALLBACK="1.0", **place)
    assert (queued.queue, queued.priority, queued.language) == ("after-sales", 7, "en")
    assert queued.waiting_since_boot_s is not None and queued.waiting_since_boot_s != 5.0
