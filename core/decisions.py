"""What a decision is to those who carry it on, and how it stands in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.commands import Command
from core.events import Event, Outcome
from core.instants import Instant


class Decision(Protocol):
    @property
    def commands(self) -> Sequence[Command]: ...
    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def ages_s(self) -> Sequence[float]: ...


def stamped(decision: Decision, sequence: int, now: Instant) -> list[Outcome]:
    """Events with their place in the journal and their time, which may lie in the past."""
    at = now.wall.timestamp()
    ages_s = decision.ages_s or (0.0,) * len(decision.events)
    return [
        Outcome(sequence, ordinal, now.boot_s - age_s, at - age_s, event)
        for ordinal, (event, age_s) in enumerate(zip(decision.events, ages_s, strict=True))
    ]
