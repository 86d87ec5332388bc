"""Stored figures gathered into a report: by period, by what they are of, with totals and the last period. Pure.

Rates are fractions of 1 and None where there is nothing to divide by; durations are seconds. docs/figures.md has each
name with its formula.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from core.contacts import Contacts
from core.figures import Figures, ratio, satisfaction
from core.house import House
from core.mergeable import Mergeable, merged
from core.paths import NodeFigures, TrunkFigures
from core.periods import Grain, spans, starts
from core.rollup import BLOCK_S, KINDS, WHOLE, Row, covered
from core.states import MenuEnd
from core.stats import QUARTER_HOUR_S
from core.work import AgentFigures
from monitor.counted import Terms
from monitor.panels import HOUSE_SERVICE_LEVEL_S, Entry, rates

Subject = Literal["house", "hotline", "queue", "agent", "team", "shift", "flow", "node", "trunk"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
KIND_OF: Mapping[Subject, str] = {
    "house": "call", "hotline": "call", "queue": "call", "agent": "agent", "team": "agent",
    "shift": "agent", "flow": "node", "node": "node", "trunk": "trunk",
}  # fmt: skip
SHORT_S = 5.0
"""Who hangs up within so many seconds has not waited."""

DAYS: tuple[Grain, ...] = ("day", "week", "month", "all")

Pair = tuple[Row, Mergeable]
By = Grain | Literal["shift"]
Key = tuple[str, int]
"""Name, and the start of its period."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a report is of. `name` "" is each one apart; `threshold_s` None is the queue's own, else the house's.

    `flow` bounds a report of nodes to one flow.
    """

    of: Subject
    since_utc_s: int
    until_utc_s: int
    by: By = "all"
    name: str = ""
    hotline: str = ""
    flow: str = ""
    threshold_s: float | None = None
    short_s: float = SHORT_S


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one period; `name` is what they are of, "" the house."""

    name: str
    start_utc_s: int
    end_utc_s: int
    figures: Entry


def totals(pairs: Iterable[Pair], ask: Ask, house: House) -> list[Line]:
    """One line for each name, over the whole span."""
    return _totals(_gathered(_within(pairs, ask), ask, lambda _: ask.since_utc_s), ask, house)


def lines(pairs: Iterable[Pair], ask: Ask, house: House) -> list[Line]:
    """One line for each period and name, empty periods too, in the order of time.

    Raises:
        ValueError: the house's days have no bands.
    """
    if ask.by == "shift":
        return _shifts(pairs, ask, house)
    return _lines(_gathered(_within(pairs, ask), ask, _start_of(ask, house)), ask, house)


def lines_and_totals(pairs: Iterable[Pair], ask: Ask, house: House) -> tuple[list[Line], list[Line]]:
    """Both, gathered once; not for shifts, which have no totals. Raises as `lines`."""
    found = _gathered(_within(pairs, ask), ask, _start_of(ask, house))
    return _lines(found, ask, house), _totals(found, ask, house)


def _start_of(ask: Ask, house: House) -> Callable[[Row], int]:
    assert ask.by != "shift"
    start_of = starts(ask.by, ZoneInfo(house.time_zone), house.staffing.floor)
    return lambda row: start_of(_start(row, ask))


def _lines(found: Mapping[Key, Mergeable], ask: Ask, house: House) -> list[Line]:
    assert ask.by != "shift"
    start_of = starts(ask.by, ZoneInfo(house.time_zone), house.staffing.floor)
    periods = spans(start_of, ask.since_utc_s, ask.until_utc_s)
    names = sorted({name for name, _ in found} | ({ask.name} if ask.name or ask.of == "house" else set()))
    return [
        Line(name, first, last, told(found.get((name, start_of(first))) or empty(ask), ask, house, name))
        for first, last in periods
        for name in names
    ]


def _totals(found: Mapping[Key, Mergeable], ask: Ask, house: House) -> list[Line]:
    of_name: dict[str, list[Mergeable]] = {}
    for (name, _), state in found.items():
        of_name.setdefault(name, []).append(state)
    return [
        Line(name, ask.since_utc_s, ask.until_utc_s, told(_together(states), ask, house, name))
        for name, states in sorted(of_name.items())
    ]


def with_contacts(lines: Sequence[Line], contacts: Iterable[Pair], ask: Ask, house: House) -> list[Line]:
    """The same lines with the first-contact figures of each; not by shifts. Totals are by "all"."""
    assert ask.by != "shift"
    start_of = starts(ask.by, ZoneInfo(house.time_zone), house.staffing.floor)
    found = _gathered(contacts, ask, lambda row: start_of(row.start_utc_s))
    keys = ((line.name, start_of(line.start_utc_s)) for line in lines)
    told = (_contacts(found.get(key) or Contacts()) for key in keys)
    return [replace(line, figures={**line.figures, **more}) for line, more in zip(lines, told, strict=True)]


def _shifts(pairs: Iterable[Pair], ask: Ask, house: House) -> list[Line]:
    """By the shift that was worked; it belongs to the day on which it starts, whenever the work was done.

    The end of a line is that of the last quarter of an hour worked.
    """
    kept = list(_within(pairs, ask))
    ends: dict[tuple[str, int], int] = {}
    for row, _ in kept:
        key = _name(row, ask) or "", _shift_start(row)
        ends[key] = max(ends.get(key, 0), row.start_utc_s + QUARTER_HOUR_S)
    found = sorted(_gathered(kept, ask, _shift_start).items(), key=lambda item: (item[0][1], item[0][0]))
    return [Line(name, start, ends[name, start], told(state, ask, house, name)) for (name, start), state in found]


def by_start(ask: Ask) -> bool:
    """Whether work counts when its shift began, and not when it was done: a night is of the day on which it starts.

    Shifts by the hour or by bands are told by when the work was done.
    """
    return ask.by == "shift" or (ask.of == "shift" and ask.by in DAYS)


def _within(pairs: Iterable[Pair], ask: Ask) -> Iterable[Pair]:
    return [pair for pair in pairs if _belongs(pair[0], ask)] if by_start(ask) else pairs


def _start(row: Row, ask: Ask) -> int:
    return _shift_start(row) if by_start(ask) else row.start_utc_s


def _shift_start(row: Row) -> int:
    """Work without a shift counts when it was done."""
    _, _, began = row.part.partition("@")
    return int(began) if began else row.start_utc_s


def names_of(pairs: Iterable[Pair], ask: Ask) -> set[str]:
    """What there are figures of."""
    found = {_name(row, ask) for row, _ in _within(pairs, ask)}
    return {name for name in found if name is not None and ask.name in ("", name)}


def _gathered(pairs: Iterable[Pair], ask: Ask, period: Callable[[Row], int]) -> dict[Key, Mergeable]:
    found: dict[Key, list[Mergeable]] = {}
    for row, state in pairs:
        if (name := _name(row, ask)) is not None and ask.name in ("", name):
            found.setdefault((name, period(row)), []).append(state)
    return {key: _together(states) for key, states in found.items()}


def _together(states: list[Mergeable]) -> Mergeable:
    """The states are also others' to read, and stay as they are."""
    return states[0] if len(states) == 1 else merged(type(states[0])(), states)


def _name(row: Row, ask: Ask) -> str | None:
    """Whose figure this row is, None: it does not belong here."""
    if row.kind == "call" and (row.part == WHOLE) is (ask.of == "queue"):
        return None
    if ask.hotline and ask.hotline != (row.part if row.kind == "node" else row.name):
        return None
    if ask.flow and not row.name.startswith(f"{ask.flow}/"):
        return None
    match ask.of:
        case "house":
            return ""
        case "flow":
            return row.name.partition("/")[0]
        case "queue":
            return row.part
        case "shift":
            return row.part.partition("@")[0]
        case _:
            return row.name


def part_of(of: Subject) -> str:
    """What alone of the rows is needed, "" where it is more than one part: whole calls are few beside their stays."""
    return WHOLE if of in ("house", "hotline") else ""


SHORT: tuple[By, ...] = ("15min", "30min", "hour", "shift")
"""Reports by these need quarters of an hour: a shift's line ends with the last one that was worked."""


def periods(ask: Ask, house: House) -> list[tuple[int, int]] | None:
    """What the span is told by, for rows that are longer than quarters; None: quarters are needed.

    Raises:
        ValueError: the house's days have no bands.
    """
    if ask.by in SHORT or by_start(ask):
        return None
    if ask.by == "all":
        return [(ask.since_utc_s, ask.until_utc_s)]
    assert ask.by != "shift"
    return spans(starts(ask.by, ZoneInfo(house.time_zone), house.staffing.floor), ask.since_utc_s, ask.until_utc_s)


Teams = Sequence[tuple[float, Mapping[str, str]]]


def by_team(pairs: Iterable[Pair], teams: Teams) -> list[Pair]:
    """Work under the group that each agent was in when its interval began; that of agents without one is in no team.

    `teams`: from when on, and each agent's group, oldest first; what was before the first of them goes by it.
    """
    since, found = [at_utc_s for at_utc_s, _ in teams], list[Pair]()
    for row, state in pairs:
        groups = teams[max(0, bisect_right(since, row.start_utc_s) - 1)][1] if teams else {}
        if team := groups.get(row.name):
            found.append((row._replace(name=team), state))
    return found


def members(teams: Teams, name: str) -> tuple[str, ...]:
    """Whoever was in this team at any time; "" is any team."""
    return tuple(sorted({agent for _, groups in teams for agent, team in groups.items() if name in ("", team)}))


def empty(ask: Ask) -> Mergeable:
    """A state without anything of what a report is of."""
    return KINDS[KIND_OF[ask.of]]()


def of_one(pairs: Iterable[Pair], ask: Ask) -> Mergeable | None:
    """What these states come to in the one line that `ask` names; None: nothing."""
    return _gathered((pair for pair in pairs if _belongs(pair[0], ask)), ask, lambda _: 0).get((ask.name, 0))


def of_call(pairs: Iterable[Pair], ask: Ask, house: House, teams: Teams = ()) -> Mergeable | None:
    """The same of one call's states by quarters of an hour, of all kinds (core.rollup.folded)."""
    kept = [pair for pair in pairs if pair[0].kind == KIND_OF[ask.of]]
    return of_one(by_team(_as_read(kept, ask, house), teams) if ask.of == "team" else kept, ask)


def _belongs(row: Row, ask: Ask) -> bool:
    return ask.since_utc_s <= _start(row, ask) < ask.until_utc_s


def _as_read(pairs: list[Pair], ask: Ask, house: House) -> list[Pair]:
    """Under the starts of the rows from which the report was made: in which team somebody was goes by them."""
    if (known := periods(ask, house)) is None:
        return pairs
    blocks, _ = covered(known)
    return [(row._replace(start_utc_s=_block_of(row.start_utc_s, blocks)), state) for row, state in pairs]


def _block_of(start_utc_s: int, blocks: Sequence[tuple[int, int]]) -> int:
    within = any(first <= start_utc_s < end for first, end in blocks)
    return start_utc_s // BLOCK_S * BLOCK_S if within else start_utc_s


def window(ask: Ask) -> tuple[int, int]:
    """The quarters of an hour to read: work for a shift may be done before its start, and ends on the next day."""
    if by_start(ask):
        return ask.since_utc_s - 4 * 3600, ask.until_utc_s + 36 * 3600
    return ask.since_utc_s, ask.until_utc_s


def blocked_calls(pairs: Iterable[Pair]) -> Iterable[Pair]:
    """The refused calls of all trunks as figures of the house."""
    for row, state in pairs:
        if isinstance(state, TrunkFigures) and state.blocked:
            yield Row("call", row.start_utc_s, "", WHOLE), Figures(blocked=state.blocked)


# --- telling ---------------------------------------------------------------------------------------
def told(state: Mergeable, ask: Ask, house: House, name: str) -> Entry:
    """A state as a reader takes it."""
    match state:
        case AgentFigures():
            return _agent(state, house.cadence.budget_s)
        case NodeFigures():
            return _flow(state) if ask.of == "flow" else _node(state)
        case TrunkFigures():
            return _trunk(state)
    assert isinstance(state, Figures)
    return _calls(state, terms(ask, house, name))


def terms(ask: Ask, house: House, name: str) -> Terms:
    """By which the figures of this name are reckoned."""
    return Terms(_threshold_s(ask, house, name), ask.short_s, house.cadence.budget_s)


def _threshold_s(ask: Ask, house: House, name: str) -> float:
    if ask.threshold_s is not None:
        return ask.threshold_s
    queues = {str(queue.id): queue.service_level_s for queue in house.queues}
    return queues.get(name, HOUSE_SERVICE_LEVEL_S) if ask.of == "queue" else HOUSE_SERVICE_LEVEL_S


def _calls(figures: Figures, agreed: Terms) -> Entry:
    return {
        **rates(figures, agreed.threshold_s, agreed.budget_s),
        "service_level": figures.service_levels(agreed.threshold_s, agreed.short_s),
        "service_level_s": agreed.threshold_s,
        "short_abandons": figures.short_abandons(agreed.short_s),
        "connection_rate_without_short": figures.connected_without_short(agreed.short_s).rate,
        "abandonment": figures.abandonment,
        "blocked": figures.blocked,
        "blocked_rate": figures.blocked_rate,
        "first_ring": figures.first_ring,
        "first_ring_rate": figures.picked_up_at_first.rate,
        "transfer_rate": figures.given_away.rate,
        "talks": figures.talks,
        "talk_s": figures.talk_ms / 1000,
        "held_s": figures.held_ms / 1000,
        "wrap_up_s": figures.wrap_up_ms / 1000,
        "aht_s": figures.aht_s,
    }


def _agent(work: AgentFigures, budget_s: float) -> Entry:
    times = ("available", "ringing", "talking", "holding", "consulting", "dialling", "wrap_up", "away")
    return {
        "signed_in_s": work.signed_in_ms / 1000,
        **{f"{name}_s": getattr(work, f"{name}_ms") / 1000 for name in times},
        "break_s": work.break_ms / 1000,
        "breaks_s": {reason: lasted_ms / 1000 for reason, lasted_ms in sorted(work.breaks.items())},
        "rostered_s": work.rostered_ms / 1000,
        "kept_s": work.kept_ms / 1000,
        "adherence": work.adherence,
        **{name: work.lapses.get(name, 0) for name in ("late", "missing", "left")},
        "occupancy": work.occupancy,
        "utilisation": work.utilisation,
        "answered": work.answered,
        "talks": work.talks,
        "talk_s": work.talk_ms / 1000,
        "held_s": work.held_ms / 1000,
        "aht_s": work.aht_s,
        "three_ring_rate": work.three_ring_rate(budget_s),
        "three_rings": work.three_rings(budget_s),
        "transferred": work.given_away.met,
        "transfer_rate": work.given_away.rate,
        "transfers": dict(sorted(work.transfers.items())),
        "consults": work.consults,
        "satisfaction": satisfaction(work.marks, work.surveys, work.surveys_answered),
        "outbound": work.outbound,
        "outbound_reached": work.outbound_reached,
        "outbound_talk_s": work.outbound_talk_ms / 1000,
    }


def _contacts(contacts: Mergeable) -> Entry:
    assert isinstance(contacts, Contacts)
    return {
        "first_contact": contacts.at_first.rate,
        "contact_solved": contacts.solved,
        "contact_again": contacts.again,
        "contact_pending": contacts.pending,
        "contact_withheld": contacts.withheld,
        "code_solved": contacts.by_code.rate,
        "coded": contacts.by_code.of,
    }


def _flow(flow: NodeFigures) -> Entry:
    """All nodes of a flow together: what came of the ways through it."""
    found = {end.value: flow.reached.get(end, 0) for end in MenuEnd}
    return {
        "calls": flow.calls,
        "reached": found,
        "rates": {name: ratio(count, flow.calls) for name, count in found.items()},
        "without_agent": ratio(found[MenuEnd.SERVED], flow.calls),
        "visits": flow.visits,
        "wrong": flow.wrong,
        "silent": flow.silent,
        "gave_up": flow.left.get("gave_up", 0),
        "lasted_s": flow.lasted_ms / 1000,
        "mean_s": flow.lasted_ms / flow.calls / 1000 if flow.calls else None,
    }


def _node(node: NodeFigures) -> Entry:
    return {
        "visits": node.visits,
        "callers": node.visits - node.again,
        "wrong": node.wrong,
        "silent": node.silent,
        "lasted_s": node.lasted_ms / 1000,
        "mean_s": node.lasted_ms / node.visits / 1000 if node.visits else None,
        "left": dict(sorted(node.left.items())),
        "hung_up": node.left.get("hung_up", 0),
        "to": dict(sorted(node.to.items())),
        "keys": dict(sorted(node.keys.items())),
        "reached": dict(sorted(node.reached.items())),
    }


def _trunk(trunk: TrunkFigures) -> Entry:
    calls = trunk.blocked + trunk.entered
    return {
        "entered": trunk.entered,
        "blocked": trunk.blocked,
        "blocked_rate": trunk.blocked / calls if calls else None,
        "outbound": trunk.outbound,
        "outbound_reached": trunk.outbound_reached,
        "failures": dict(sorted(trunk.failures.items())),
        "line_s": trunk.line_ms / 1000,
        "down_s": trunk.down_ms / 1000,
    }
