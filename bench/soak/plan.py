"""What goes wrong when: from a seed alone, so that a run can be had again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

FIRST_AT_S = 12.0
"""Some callers are in talks and in line by then."""
BETWEEN_S = (8.0, 14.0)
LAST_BEFORE_END_S = 5.0

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault: `at_s` into the run it begins, and is undone `lasts_s` later; `dice` seeds its own choices."""

    at_s: float
    fault: str
    lasts_s: float
    dice: int


def plan(seed: int, run_s: float, lengths_s: Mapping[str, Span]) -> Sequence[Planned]:
    """Faults one after the other; each kind has had its turn before one comes again."""
    dice, planned, deck = Random(seed), list[Planned](), list[str]()
    at_s = FIRST_AT_S
    while True:
        if not deck:
            deck = dice.sample(sorted(lengths_s), len(lengths_s))
        fault = deck.pop()
        lasts_s = dice.uniform(*lengths_s[fault])
        if at_s + lasts_s + LAST_BEFORE_END_S > run_s:
            return planned
        planned.append(Planned(round(at_s, 1), fault, round(lasts_s, 1), dice.randrange(1 << 30)))
        at_s += lasts_s + dice.uniform(*BETWEEN_S)
