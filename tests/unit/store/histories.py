"""Random histories of outcomes: few calls, seats and agents, so that they meet; any order, sensible or not."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, cast, get_args, get_type_hints

from hypothesis import strategies as st

from core.events import Event, Outcome
from core.ids import OfferId

_SMALL_S = st.integers(0, 500).map(lambda eighths: eighths / 8)
"""Sums of eighths are exact, in whatever order."""

_NAMES = {
    "call": st.sampled_from(["n-1.1", "n-1.2", "n\0-1.3"]),
    "offer": st.sampled_from(["1", "2"]),
    "seat": st.sampled_from(["s1", "s2", "s3"]),
    "agent": st.sampled_from(["a1", "a2", "a3"]),
    "item": st.sampled_from(["w-1.0", "w-2.0"]),
    "tries": st.integers(0, 9),
    "count": st.integers(0, 9),
    "caller": st.sampled_from(["", "+8613800000000", "\0'\"张三\\u0000"]),
}


def _events(kind: type) -> st.SearchStrategy[Event]:
    return st.builds(kind, **_parts(kind)).map(_with_an_offer_of_its_call)


def _parts(kind: type) -> dict[str, st.SearchStrategy[Any]]:
    hints = get_type_hints(kind)
    given: dict[str, st.SearchStrategy[Any]] = {name: strategy for name, strategy in _NAMES.items() if name in hints}
    given |= {
        name: st.builds(hint, **_parts(hint))
        for name, hint in hints.items()
        if isinstance(hint, type) and is_dataclass(hint)
    }
    given |= {name: st.integers(0, 9) for name, hint in hints.items() if hint is int}
    given |= {name: _SMALL_S for name, hint in hints.items() if hint is float}
    given |= {name: st.none() | _SMALL_S for name, hint in hints.items() if hint == float | None}
    return given


def _with_an_offer_of_its_call(event: Event) -> Event:
    """core.ids: an offer is named after its call."""
    given: Any = event
    if {"call", "offer"} <= {field.name for field in fields(event)}:
        return cast(Event, replace(given, offer=OfferId(f"{given.call}/{given.offer}")))
    return event


def any_story() -> st.SearchStrategy[Event]:
    """One event out of all classes."""
    return st.one_of([_events(kind) for kind in get_args(Event)])


def histories() -> st.SearchStrategy[list[Outcome]]:
    """One outcome an input, eight a second."""
    return st.lists(any_story(), max_size=60).map(
        lambda events: [Outcome(n, 0, n / 8, 1e9 + n / 8, event) for n, event in enumerate(events, 1)]
    )
