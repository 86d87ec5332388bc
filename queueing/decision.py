"""What one input leads to, and the sheet on which it is written down while being decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.commands import Command
from core.events import Event
from core.frozen import frozen
from core.ids import CallId, CommandId, NodeId


@frozen
class Decision:
    """Orders for the PBX and outcomes for everybody else, both in order."""

    commands: tuple[Command, ...]
    events: tuple[Event, ...]
    ages_s: tuple[float, ...] = ()
    """How long ago each event happened; empty: all now."""


@dataclass(slots=True)
class Draft:
    """A decision in the making. `now_s` is the boot-time clock; command ids are `<sequence>.<ordinal>`.

    `utc_s` is the same moment on the wall clock, for facts that come with their own time (see `at`).
    """

    sequence: int
    now_s: float
    utc_s: float = 0.0
    commands: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    ages_s: list[float] = field(default_factory=list)
    _age_s: float = 0.0

    @contextmanager
    def at(self, utc_s: float) -> Iterator[None]:
        """Decide as it was at this moment of the past; one in the future is now. Not within itself."""
        self._age_s = max(0.0, self.utc_s - utc_s)
        now_s, self.now_s = self.now_s, self.now_s - self._age_s
        try:
            yield
        finally:
            self.now_s, self._age_s = now_s, 0.0

    def next_id(self) -> CommandId:
        return CommandId(f"{self.sequence}.{len(self.commands)}")

    def new_call(self, node: NodeId, kind: str) -> CallId:
        """For one that we make, before it is ordered. Asterisk refuses a channel whose id is the beginning of a living
        one's (channelstorage_ao2_legacy.c, by_uniqueid_cb), so the ids of one decision are of one length."""
        return CallId(f"{node}-{kind}-{self.sequence}.{len(self.commands):04}")

    def order(self, command: Command) -> None:
        self.commands.append(command)

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self.ages_s.append(self._age_s)

    def done(self) -> Decision:
        return Decision(tuple(self.commands), tuple(self.events), tuple(self.ages_s) if any(self.ages_s) else ())
