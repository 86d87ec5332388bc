"""What each figure of a report counts, so that it can name its calls: how many things, or how many of how many. Pure.

The shares are those from which the rates themselves are made (core.figures). A mean names what it is the mean of, a sum
of durations what lasted. `a.b` is `b` within `a` (service_level.v1, three_rings.missed, keys.1). Shares of one call's
states add up to that of the report, because all of them are sums. Figures of time at work, of the roster, of refused
calls and of a trunk's lines count no calls, and are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.contacts import Contacts
from core.figures import Figures, Share, ring_share, top_two
from core.mergeable import Mergeable
from core.paths import NodeFigures, TrunkFigures
from core.states import MenuEnd
from core.work import AgentFigures

Counted = Mapping[str, int | Share]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed: when a service level is kept, what a short wait is, and how long three rings last."""

    threshold_s: float
    short_s: float
    budget_s: float


def counted(state: Mergeable, terms: Terms, *, ways: bool = False) -> Counted:
    """Every figure of this state that counts something of calls; `ways`: of a whole flow, not of a node."""
    match state:
        case Figures():
            return _of_calls(state, terms)
        case AgentFigures():
            return _of_agent(state, terms)
        case NodeFigures():
            return _of_node(state, state.calls if ways else state.visits)
        case TrunkFigures():
            return _of_trunk(state)
    raise TypeError(f"{type(state).__name__} counts no calls")


_OF_CALLS = (
    "entered", "offered", "answered", "abandoned", "callbacks", "callbacks_in_time", "messages", "flowed_out", "lost",
    "waiting", "first_ring", "talks", "transferred", "outbound", "outbound_reached",
)  # fmt: skip


def _of_calls(figures: Figures, terms: Terms) -> Counted:
    levels = figures.served_within(terms.threshold_s, terms.short_s)
    rings = figures.three_rings(terms.budget_s)
    return {
        **{name: getattr(figures, name) for name in _OF_CALLS},
        "short_abandons": figures.short_abandons(terms.short_s),
        "connection_rate": figures.connected,
        "connection_rate_with_callbacks": figures.connected_or_called_back,
        "connection_rate_without_short": figures.connected_without_short(terms.short_s),
        "abandonment": figures.given_up,
        "first_ring_rate": figures.picked_up_at_first,
        "transfer_rate": figures.given_away,
        "service_level": levels["v3"],
        **_within("service_level", levels),
        "three_ring_rate": ring_share(rings),
        **_within("three_rings", rings),
        "asa_s": figures.answered,
        "longest_wait_s": figures.finished - figures.lost,
        **dict.fromkeys(("talk_s", "held_s", "wrap_up_s", "aht_s"), figures.talks),
        "outbound_talk_s": figures.outbound_reached,
        "promise_score": figures.promises_met,
        "promises.made": figures.promises,
        "promises.kept": figures.promises_kept,
        "promises.early": figures.promises_early,
        "promises.overrun": figures.promises_overrun,
        "promises.abandoned": figures.promises_abandoned,
        **_survey(figures),
    }


def _of_agent(work: AgentFigures, terms: Terms) -> Counted:
    rings = work.three_rings(terms.budget_s)
    return {
        "answered": work.answered,
        **dict.fromkeys(("talks", "talk_s", "held_s", "aht_s"), work.talks),
        "three_ring_rate": ring_share(rings),
        **_within("three_rings", rings),
        "transferred": work.given_away.met,
        "transfer_rate": work.given_away,
        **_within("transfers", work.transfers),
        "consults": work.consults,
        **_survey(work),
        "outbound": work.outbound,
        **dict.fromkeys(("outbound_reached", "outbound_talk_s"), work.outbound_reached),
    }


def _survey(state: Figures | AgentFigures) -> Counted:
    marks = top_two(state.marks)
    return {
        "satisfaction.top_two": marks,
        **dict.fromkeys(("satisfaction.marks", "satisfaction.mean"), marks.of),
        "satisfaction.asked": state.surveys,
        "satisfaction.answered": state.surveys_answered,
        "satisfaction.response_rate": Share(state.surveys_answered, state.surveys),
    }


def _of_node(node: NodeFigures, lasting: int) -> Counted:
    return {
        **dict.fromkeys(("lasted_s", "mean_s"), lasting),
        "visits": node.visits,
        "calls": node.calls,
        "callers": node.visits - node.again,
        "wrong": node.wrong,
        "silent": node.silent,
        "hung_up": node.left.get("hung_up", 0),
        "gave_up": node.left.get("gave_up", 0),
        "without_agent": Share(node.reached.get(MenuEnd.SERVED, 0), node.calls),
        **_within("left", node.left),
        **_within("to", node.to),
        **_within("keys", node.keys),
        **_within("reached", node.reached),
    }


def _of_trunk(trunk: TrunkFigures) -> Counted:
    return {
        "entered": trunk.entered,
        "outbound": trunk.outbound,
        "outbound_reached": trunk.outbound_reached,
        **_within("failures", trunk.failures),
    }


def of_contacts(contacts: Contacts) -> Counted:
    """Likewise, of the figures that a report has when they are asked for (api.first_contact)."""
    return {
        "first_contact": contacts.at_first,
        "contact_solved": contacts.solved,
        "contact_again": contacts.again,
        "contact_pending": contacts.pending,
        "contact_withheld": contacts.withheld,
        "code_solved": contacts.by_code,
        "coded": contacts.by_code.of,
    }


def _within(name: str, parts: Mapping[str, int] | Mapping[str, Share]) -> Counted:
    return {f"{name}.{part}": count for part, count in parts.items()}
