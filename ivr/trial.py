"""A flow tried without a telephone: what a caller meets who does one thing after the other. Pure.

What was done is told from the beginning each time, so nothing is kept between two questions. One word answers one
action: a key; "" for a caller who listens to the end, or waits, or speaks; SILENT for one who says nothing to a beep;
after a look-up, what the other system would answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.facts import Facts
from ivr.flow import State, step
from ivr.steps import (
    Action,
    Fetch,
    Fetched,
    HangUp,
    Happening,
    Key,
    Mark,
    Play,
    Played,
    PromiseCallback,
    Queue,
    Record,
    Recorded,
    Started,
    Told,
    WaitKey,
)

SILENT = "silent"
SPOKEN_S = 10.0
_TOLD_BY_US = PromiseCallback | Mark
_LAST = Queue | HangUp


@dataclass(frozen=True, slots=True)
class Moment:
    """What the caller got, the nodes that led there, in which language, and what the caller did; None: not yet."""

    entered: tuple[str, ...]
    node: str
    language: str
    action: Action
    done: str | None


def tried(state: State, deeds: Sequence[str], facts: Facts) -> list[Moment]:
    """Everything up to where the next deed is wanted, or to the end; what is done after that is passed over."""
    left, moments = list(deeds), list[Moment]()
    happening: Happening | None = Started()
    while happening is not None:
        state, action = step(state, happening, facts)
        done = None
        if isinstance(action, _TOLD_BY_US):
            happening = Told()
        elif isinstance(action, _LAST) or not left:
            happening = None
        else:
            done = left.pop(0)
            happening = _happening(action, done)
        moments.append(Moment(state.entered, state.node, state.language, action, done))
    return moments


def _happening(action: Play | WaitKey | Record | Fetch, done: str) -> Happening:
    """A key that nothing waits for is lost, as on the PBX."""
    match action:
        case Play(stop_on=stop_on):
            return Played(done if done and done in stop_on else "")
        case WaitKey():
            return Key(done)
        case Record(longest_s=longest_s):
            return Recorded(0.0 if done == SILENT else min(SPOKEN_S, longest_s))
        case _:
            return Fetched(done)
