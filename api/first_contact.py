"""First-contact figures: put into a report when somebody asks for them, and opened to their calls.

They are the only figures of calls that are not kept by quarters of an hour (core.contacts says why).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from api.behind import Behind, Place, Which, times_and_met
from api.ports import ContactRecords
from api.problems import Problem
from core.contacts import Contacts
from core.desk import SaidSolved
from core.house import House
from core.mergeable import Mergeable
from core.rollup import Row
from core.stats import quarter_hour
from monitor import reports
from monitor.counted import of_contacts
from monitor.reports import Ask, Pair, Subject, Teams
from store.first_contact import Answered, Contact, ContactsWanted, Per

PER: Mapping[Subject, Per] = {"house": "call", "hotline": "call", "queue": "queue", "agent": "agent", "team": "agent"}
FIGURES = tuple(of_contacts(Contacts()))
ANY: tuple[SaidSolved, ...] = ("", "yes", "no")
ALL: tuple[Contact, ...] = ("solved", "again", "pending", "withheld")
KEPT: Mapping[str, Mapping[Which, tuple[tuple[Contact, ...], tuple[SaidSolved, ...]]]] = {
    "first_contact": {"all": (("solved", "again"), ANY), "met": (("solved",), ANY), "missed": (("again",), ANY)},
    "code_solved": {"all": (ALL, ("yes", "no")), "met": (ALL, ("yes",)), "missed": (ALL, ("no",))},
    "coded": {"all": (ALL, ("yes", "no"))},
    **{f"contact_{contact}": {"all": ((contact,), ANY)} for contact in ALL},
}
"""Which contacts, and which words of agents, a figure counts; what is no rate has neither met nor missed."""
ASKED_FOR = 200
"""Calls in one question to the records."""
MOST_CALLS = 400_000
"""In one report: each caller is looked for again. Of 2,000 a day it takes three seconds, of 800 days 18."""


def check(ask: Ask) -> None:
    """Raises Problem: such a report has none of these figures."""
    if ask.of not in PER or ask.by == "shift":
        raise Problem(422, f"first-contact figures are of a {', '.join(PER)}, and not by shifts")


async def pairs_of(records: ContactRecords, teams: Teams, now_utc_s: float, ask: Ask, house: House) -> list[Pair]:
    """The counts of which a report's figures are made. Raises Problem: of more calls than are looked at."""
    wanted = _wanted(ask, house, teams, now_utc_s)
    if await records.count(wanted, MOST_CALLS + 1) > MOST_CALLS:
        why = f"there are more than {MOST_CALLS:,} answered calls in this span, and first-contact figures look at each"
        raise Problem(422, f"{why}: ask for fewer days, or for one queue or agent")
    pairs: list[Pair] = list(await records.states(wanted, PER[ask.of]))
    return reports.by_team(pairs, teams) if ask.of == "team" else pairs


def share_of(state: Mergeable | None, figure: str) -> tuple[int, int | None]:
    """How many calls count in this figure, and how many met it; None is no calls."""
    return times_and_met(of_contacts(state if isinstance(state, Contacts) else Contacts())[figure])


async def behind(
    records: ContactRecords,
    now_utc_s: float,
    ask: Ask,
    house: House,
    teams: Teams,
    figure: str,
    which: Which,
    before: Place | None,
    limit: int,
) -> tuple[list[Behind], Place | None]:
    """One page, newest first, and where the next one begins; None: this was the last."""
    wanted, found = _wanted(ask, house, teams, now_utc_s), list[Behind]()
    while which in KEPT[figure]:
        some = await records.answered(wanted, *KEPT[figure][which], before, ASKED_FOR)
        for one in some:
            before = one.row.entered_utc_s, one.row.call
            if ask.of != "team" or _team_of(one, teams) == ask.name:
                found.append(Behind(one.row, *share_of(one.counts, figure)))
            if len(found) == limit:
                return found, before
        if len(some) < ASKED_FOR:
            break
    return found, None


def _team_of(one: Answered, teams: Teams) -> str:
    row = Row("agent", quarter_hour(one.row.offered_utc_s or 0.0), one.agent, "")
    return next((team.name for team, _ in reports.by_team([(row, one.counts)], teams)), "")


def _wanted(ask: Ask, house: House, teams: Teams, now_utc_s: float) -> ContactsWanted:
    agents: Collection[str] | None = None
    if ask.of == "agent" and ask.name:
        agents = (ask.name,)
    if ask.of == "team":
        agents = reports.members(teams, ask.name)
    return ContactsWanted(
        ask.since_utc_s, ask.until_utc_s, now_utc_s, house.desk.first_contact_days,
        hotline=ask.name if ask.of == "hotline" else ask.hotline, queue=ask.name if ask.of == "queue" else "",
        agents=agents, codes={code.id: code.solved for code in house.desk.wrap_up_codes if code.solved},
        own_codes=PER[ask.of] == "agent",
    )  # fmt: skip
