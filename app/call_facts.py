"""What flows may know of a call: business time, lists, who is on duty, and where the caller has been before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from core import calling
from core.errors import Refused
from core.events import CallAnswered, Outcome
from core.house import House, Queue, suffice
from core.ids import CallId, HotlineId, NodeId, QueueId, TrunkId
from core.inputs import CallArrived
from core.instants import Instant
from core.states import AgentState, AgentStatus
from ivr.facts import Facts, QueueNow
from queueing.calendar import Calendar
from queueing.priorities import Priorities
from queueing.shifts import span_of

VIP = "vip"
"""The list of callers whom the house gives a priority."""

EARLIER_WITHIN_S = 7 * 86_400.0
CALLERS_KEPT = 20_000

People = Callable[[], Mapping[str, tuple[str, str]]]
"""Agent -> status and state."""
MayPromise = Callable[[str, str, float], bool]
"""May a callback to a number be promised to a caller ("": theirs is withheld) at this moment of the boot-time clock?"""


def freely(number: str, caller: str, now_boot_s: float) -> bool:
    """Everybody is promised one."""
    return True


@dataclass(slots=True)
class Contacts:
    """The queue in which each caller was last answered; the oldest callers are forgotten first.

    It is kept from outcomes; what was before this process is learnt from the store, once it has everything
    (app.back_office). Until then such a caller hears the usual menu: no call waits for the store.
    """

    _last: dict[str, tuple[QueueId, float]] = field(default_factory=dict)

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Subscriber of the pump."""
        for outcome in outcomes:
            match outcome.event:
                case CallAnswered(caller=caller, queue=queue) if caller and queue:
                    self.remember(caller, queue, outcome.at_utc_s)

    def remember(self, caller: str, queue: QueueId, at_utc_s: float) -> None:
        self._last.pop(caller, None)
        self._last[caller] = queue, at_utc_s
        if len(self._last) > CALLERS_KEPT:
            del self._last[next(iter(self._last))]

    def learn(self, before: Mapping[str, tuple[QueueId, float]]) -> None:
        """What the store knows, oldest first; what we have seen ourselves is newer."""
        self._last = {caller: last for caller, last in before.items() if caller not in self._last} | self._last
        while len(self._last) > CALLERS_KEPT:
            del self._last[next(iter(self._last))]

    def earlier(self, caller: str, now_utc_s: float) -> QueueId | None:
        queue, at_utc_s = self._last.get(caller, (None, 0.0))
        return queue if now_utc_s - at_utc_s < EARLIER_WITHIN_S else None


@dataclass(frozen=True, slots=True)
class Duty(Mapping[QueueId, QueueNow]):
    """Queue -> what somebody who joins it meets; worked out only for the queue that is asked about."""

    house: House
    people: People

    def __getitem__(self, queue: QueueId) -> QueueNow:
        wanted = next(each for each in self.house.queues if each.id == queue)
        states = list(self._able(wanted))
        if AgentState.IDLE in states:
            return QueueNow.FREE
        return QueueNow.BUSY if states else QueueNow.EMPTY

    def _able(self, queue: Queue) -> Iterator[str]:
        """States of the agents on duty who have this queue's skills."""
        people = self.people()
        for agent in self.house.agents:
            status, state = people.get(agent.id, ("", ""))
            if status == AgentStatus.READY and suffice(agent.skills, queue.skills):
                yield state

    def __iter__(self) -> Iterator[QueueId]:
        return (queue.id for queue in self.house.queues)

    def __len__(self) -> int:
        return len(self.house.queues)


def facts_of(
    house: House,
    contacts: Contacts,
    people: People,
    now: Callable[[], Instant],
    may_promise: MayPromise = freely,
) -> Callable[[CallArrived], Facts]:
    """The facts of each call of this house, as they are when asked. `may_promise`: is there room for a callback?"""
    calendar = Calendar(house.calendar, house.country_code)
    zone, duty, priorities = ZoneInfo(house.time_zone), Duty(house, people), Priorities(house)

    def may_call(caller: str, number: str) -> bool:
        try:
            calling.allowed(number, house)
        except Refused:
            return False
        return may_promise(number, caller, now().boot_s)

    def facts(arrived: CallArrived) -> Facts:
        wall = now().wall
        local = wall.astimezone(zone)
        return Facts(
            local=local,
            is_holiday=calendar.is_holiday,
            is_made_up=calendar.is_made_up,
            caller=arrived.caller,
            spoken=spoken(arrived.caller, house.country_code),
            shifts=shifts_on(house, calendar, wall),
            lists=lists_of(house, priorities, arrived.caller),
            earlier=contacts.earlier(arrived.caller, wall.timestamp()),
            queues=duty,
            may_call=partial(may_call, arrived.caller),
        )

    return facts


def facts_at(house: House, caller: str, at: datetime, met: QueueNow) -> Facts:
    """For a flow that is tried: who calls, when, and what they meet in every queue."""
    arrived = CallArrived(CallId("tried"), NodeId("-"), HotlineId("-"), TrunkId("-"), caller, "")
    facts = facts_of(house, Contacts(), dict, lambda: Instant(0.0, at))(arrived)
    return replace(facts, queues={queue.id: met for queue in house.queues})


def shifts_on(house: House, calendar: Calendar, wall: datetime) -> tuple[str, ...]:
    """The shifts during which this moment is, in the house's order; a night began yesterday."""
    zone = ZoneInfo(house.time_zone)
    today = wall.astimezone(zone).date()
    spans = (
        span_of(shift, day, zone)
        for shift in house.shifts
        for day in (today - timedelta(days=1), today)
        if shift.days == "every_day" or calendar.is_working_day(day)
    )
    return tuple(span.shift for span in spans if span.start_utc_s <= wall.timestamp() < span.end_utc_s)


def spoken(caller: str, country_code: str) -> str:
    """A number as people of this country say it: +8613800138000 is 13800138000, +861062345678 is 01062345678."""
    home = caller.removeprefix(f"+{country_code}")
    if home == caller:
        return caller.removeprefix("+")
    return home if country_code == "86" and home.startswith("1") and len(home) == 11 else f"0{home}"


def lists_of(house: House, priorities: Priorities, caller: str) -> tuple[str, ...]:
    """The lists this caller is on; a withheld number is on none."""
    vip = (VIP,) if priorities.of(0, caller, "") else ()
    return (*vip, *(each.id for each in house.caller_lists if caller and any(_fits(it, caller) for it in each.numbers)))


def _fits(number: str, caller: str) -> bool:
    return caller.startswith(number[:-1]) if number.endswith("*") else caller == number
