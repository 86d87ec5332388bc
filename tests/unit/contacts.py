"""Small histories of callers who come again, or do not, and what first-contact resolution makes of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.contacts import Contacts
from core.events import CallAbandoned, CallMoved, CallNoted, Event, OutboundBegan, Outcome
from core.ids import AgentId, CallId, QueueId
from store.first_contact import ContactsWanted
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    ENDED,
    ENTERED,
    HOTLINE,
    NOON_UTC_S,
    OFFERED,
    OTHER_AGENT,
    OTHER_SEAT,
    SALES,
    SEAT,
    SERVICE,
    TALKED,
    journal,
)

DAY_S = 86400.0
NUMBER = ENTERED.caller
WANTED = ContactsWanted(NOON_UTC_S - DAY_S, NOON_UTC_S + 40 * DAY_S, NOON_UTC_S + 40 * DAY_S, 7)
TALK_S, LASTED_S = 60.0, 66.0
"""Of a call that `came` and was answered: the talk, and all of it."""
Moment = tuple[float, Event]


def came(
    name: str,
    at_s: float,
    *,
    caller: str = NUMBER,
    queue: QueueId = SALES,
    agent: AgentId = AGENT,
    answered: bool = True,
    ended: bool = True,
) -> list[Moment]:
    """A call: in the queue after a second, answered after six, or given up then."""
    call, seat = CallId(name), SEAT if agent == AGENT else OTHER_SEAT
    told: list[Moment] = [
        (0, replace(ENTERED, call=call, caller=caller)),
        (1, replace(OFFERED, call=call, queue=queue)),
    ]
    if answered:
        told.append((6, replace(ANSWERED, call=call, queue=queue, agent=agent, seat=seat, waited_s=5.0)))
        talked = replace(TALKED, call=call, queue=queue, agent=agent, seat=seat, talk_s=TALK_S)
        told += [(LASTED_S, talked)] if ended else []
    else:
        told.append((6, CallAbandoned(call, queue, HOTLINE, 5.0)))
    told += [(LASTED_S, replace(ENDED, call=call))] if ended else []
    return [(at_s + after_s, event) for after_s, event in told]


def noted(name: str, at_s: float, code: str, agent: AgentId = AGENT) -> Moment:
    return at_s, CallNoted(CallId(name), agent, "", code, ())


@dataclass(frozen=True)
class Case:
    """Calls, and the counts of the whole house, of queues and of agents (by name; those without any left out)."""

    moments: list[Moment]
    house: Contacts
    queues: Mapping[str, Contacts] = field(default_factory=dict)
    agents: Mapping[str, Contacts] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcomes(self) -> list[Outcome]:
        return journal(*sorted(self.moments, key=lambda moment: moment[0]))

    @property
    def wanted(self) -> ContactsWanted:
        return replace(WANTED, **self.asked)


def case(moments: list[Moment], house: Contacts, **asked: Any) -> Case:
    """One where all is of one queue and one agent."""
    return Case(moments, house, {SALES: house}, {AGENT: house}, asked)


def sent_on(name: str, at_s: float, queue: QueueId) -> Moment:
    """From the presales queue to this one, by somebody's decision."""
    return at_s, CallMoved(CallId(name), HOTLINE, SALES, queue, 0, "zh-CN", "moved", 0.0)


AGAIN, SOLVED, BOTH = Contacts(again=1), Contacts(solved=1), Contacts(solved=1, again=1)
OVER_S = LASTED_S + 7 * DAY_S
"""When the days of a call that began at 0 are over."""
MADE: Moment = (DAY_S, OutboundBegan(CallId("o"), AGENT, SEAT, NUMBER, SALES, "zh-CN", None))
CODES = {"codes": {"done": "yes", "open": "no"}}

CASES = {
    "nobody came": Case([], Contacts()),
    "once": case(came("a", 0), SOLVED),
    "again within the days": case([*came("a", 0), *came("b", 3 * DAY_S)], BOTH),
    "again at the last moment": case([*came("a", 0), *came("b", OVER_S)], BOTH),
    "again after it": case([*came("a", 0), *came("b", OVER_S + 1)], Contacts(solved=2)),
    "within fewer days": case([*came("a", 0), *came("b", 3 * DAY_S)], Contacts(solved=2), days=2),
    "whoever gives up has come again": case([*came("a", 0), *came("b", DAY_S, answered=False)], AGAIN),
    "whoever gave up first was no contact": case([*came("a", 0, answered=False), *came("b", DAY_S)], SOLVED),
    "in the menu alone": case([*came("a", 0), (DAY_S, replace(ENTERED, call=CallId("b")))], SOLVED),
    "another number": case([*came("a", 0), *came("b", DAY_S, caller="+8613800005678")], Contacts(solved=2)),
    "withheld": case([*came("a", 0, caller=""), *came("b", DAY_S, caller="")], Contacts(withheld=2)),
    "we called": case([*came("a", 0), MADE], SOLVED),
    "beside each other": case([*came("a", 0), *came("b", 10)], Contacts(solved=2)),
    "not over": case(came("a", 0), Contacts(pending=1), now_utc_s=NOON_UTC_S + OVER_S - 1),
    "just over": case(came("a", 0), SOLVED, now_utc_s=NOON_UTC_S + OVER_S),
    "again, and not over": case(
        [*came("a", 0), *came("b", DAY_S)], Contacts(pending=2), now_utc_s=NOON_UTC_S + 2 * DAY_S
    ),
    "still talking": case(came("a", 0, ended=False), Contacts(pending=1)),
    "outside the span": case([*came("a", 0), *came("b", DAY_S)], AGAIN, until_utc_s=NOON_UTC_S + DAY_S),
    "another queue": Case(
        [*came("a", 0), *came("b", DAY_S, queue=SERVICE)], Contacts(solved=2), {SALES: SOLVED, SERVICE: SOLVED},
        {AGENT: Contacts(solved=2)},
    ),
    "sent on to another queue, after asking here": Case(
        [*came("a", 0), *came("b", DAY_S, queue=SERVICE)[:1], (DAY_S + 1, replace(OFFERED, call=CallId("b"))),
         sent_on("b", DAY_S + 3, SERVICE), *came("b", DAY_S, queue=SERVICE)[2:]],
        BOTH, {SALES: AGAIN, SERVICE: SOLVED}, {AGENT: BOTH},
    ),
    "given away by the agent": Case(
        [*came("a", 0)[:3], sent_on("a", 30, SERVICE),
         (40, replace(ANSWERED, call=CallId("a"), queue=SERVICE, agent=OTHER_AGENT, seat=OTHER_SEAT)),
         *came("a", 0, queue=SERVICE, agent=OTHER_AGENT)[3:]],
        SOLVED, {SALES: SOLVED}, {AGENT: SOLVED},
    ),
    "two agents": Case(
        [*came("a", 0), *came("b", DAY_S, agent=OTHER_AGENT)], BOTH, {SALES: BOTH}, {AGENT: AGAIN, OTHER_AGENT: SOLVED}
    ),
    "one agent of two": Case(
        [*came("a", 0), *came("b", DAY_S, agent=OTHER_AGENT)], AGAIN, {SALES: AGAIN}, {AGENT: AGAIN},
        {"agents": [AGENT]},
    ),
    "one queue of two": Case(
        [*came("a", 0), *came("b", DAY_S, queue=SERVICE)], SOLVED, {SERVICE: SOLVED}, {AGENT: SOLVED},
        {"queue": SERVICE},
    ),
    "a code says so": case(
        [*came("a", 0), noted("a", 50, "done"), *came("b", 8 * DAY_S), noted("b", 8 * DAY_S + 50, "open"),
         *came("c", 16 * DAY_S), noted("c", 16 * DAY_S + 50, "invoice")],
        Contacts(solved=3, code_yes=1, code_no=1), **CODES,
    ),
    "the last word counts": case(
        [*came("a", 0), noted("a", 50, "open"), noted("a", 60, "done", OTHER_AGENT)], Contacts(solved=1, code_yes=1),
        **CODES,
    ),
    "an agent's own word": case(
        [*came("a", 0), noted("a", 50, "open"), noted("a", 60, "done", OTHER_AGENT)], Contacts(solved=1, code_no=1),
        own_codes=True, **CODES,
    ),
    "of a withheld number, too": case(
        [*came("a", 0, caller=""), noted("a", 50, "done")], Contacts(withheld=1, code_yes=1), **CODES
    ),
}  # fmt: skip
