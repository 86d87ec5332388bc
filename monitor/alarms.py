"""Rules held against readings, with durations and hysteresis. Pure: what stands already is an argument.

A rule's condition must hold for `for_s` before anybody is told, and be gone, `margin` inside the bound, for
`clear_after_s` before it counts as over. A figure without a reading is inside: nobody is told of what is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from core.alarms import AlarmRule
from core.inputs import AlarmNoticed, AlarmPassed
from monitor.readings import Reading

Key = tuple[str, str]
"""Rule and subject."""

RATES = ("connection_rate", "service_level", "disk_free", "recording_coverage")


@dataclass(slots=True)
class AlarmWatch:
    """`since` is when a condition began to hold, or to be gone, on the boot clock; forgotten by a restart."""

    beyond_since: dict[Key, float] = field(default_factory=dict)
    inside_since: dict[Key, float] = field(default_factory=dict)

    def step(
        self,
        rules: Iterable[AlarmRule],
        readings: Mapping[Reading, float | None],
        targets: Mapping[Reading, float],
        standing: Iterable[Key],
        now_s: float,
    ) -> list[AlarmNoticed | AlarmPassed]:
        """What is new. `standing` are the alarms that are raised or acknowledged."""
        stands, seen = set(standing), set[Key]()
        news: list[AlarmNoticed | AlarmPassed] = []
        for rule in (rule for rule in rules if rule.enabled):
            for subject, value in _values(rule, readings):
                key = rule.id, subject
                seen.add(key)
                bound = _bound(rule, targets.get((rule.figure, subject)))
                if key in stands:
                    news += self._stands(rule, subject, value, bound, now_s)
                else:
                    news += self._quiet(rule, subject, value, bound, now_s)
        return news + [self._gone(key) for key in sorted(stands - seen)]

    def _quiet(
        self, rule: AlarmRule, subject: str, value: float | None, bound: float | None, now_s: float
    ) -> Iterator[AlarmNoticed]:
        key = rule.id, subject
        self.inside_since.pop(key, None)
        if value is None or bound is None or not _is_beyond(rule, value, bound):
            self.beyond_since.pop(key, None)
        elif now_s - self.beyond_since.setdefault(key, now_s) >= rule.for_s:
            yield AlarmNoticed(rule.id, subject, rule.severity, value, _text(rule, subject, value, bound))

    def _stands(
        self, rule: AlarmRule, subject: str, value: float | None, bound: float | None, now_s: float
    ) -> Iterator[AlarmPassed]:
        key = rule.id, subject
        self.beyond_since.pop(key, None)
        if value is not None and bound is not None and _is_beyond(rule, value, bound, rule.margin):
            self.inside_since.pop(key, None)
        elif now_s - self.inside_since.setdefault(key, now_s) >= rule.clear_after_s:
            yield self._gone(key)

    def _gone(self, key: Key) -> AlarmPassed:
        self.inside_since.pop(key, None)
        return AlarmPassed(*key)


def _values(rule: AlarmRule, readings: Mapping[Reading, float | None]) -> Iterator[tuple[str, float | None]]:
    for (figure, subject), value in readings.items():
        if figure == rule.figure and rule.of in ("", subject):
            yield subject, value


def _bound(rule: AlarmRule, target: float | None) -> float | None:
    return target if rule.below == "target" else rule.above if rule.below is None else rule.below


def _is_beyond(rule: AlarmRule, value: float, bound: float, margin: float = 0.0) -> bool:
    """An alarm that stands goes on until the value is better than the bound by `margin`."""
    return value > bound - margin if rule.above is not None else value < bound + margin


def _text(rule: AlarmRule, subject: str, value: float, bound: float) -> str:
    side = "above" if rule.above is not None else "below"
    return f"{rule.figure} of {subject} is {_shown(rule, value)}, {side} {_shown(rule, bound)}"


def _shown(rule: AlarmRule, value: float) -> str:
    if rule.figure == "recording_coverage":
        return f"{math.floor(value * 10_000) / 100:.2f} %"  # what is nearly all is not all
    if rule.figure in RATES:
        return f"{value * 100:.1f} %"
    return f"{value:.0f} s" if rule.figure.endswith("_s") else f"{value:g}"
