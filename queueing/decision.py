"""What one input leads to, and the sheet on which it is written down while being decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.commands import Command
from core.events import Event
from core.ids import CommandId


@dataclass(frozen=True, slots=True)
class Decision:
    """Orders for the PBX and outcomes for everybody else, both in order."""

    commands: tuple[Command, ...]
    events: tuple[Event, ...]


@dataclass(slots=True)
class Draft:
    """A decision in the making. `now_s` is the boot-time clock; command ids are `<sequence>.<ordinal>`."""

    sequence: int
    now_s: float
    commands: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def next_id(self) -> CommandId:
        return CommandId(f"{self.sequence}.{len(self.commands)}")

    def order(self, command: Command) -> None:
        self.commands.append(command)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def done(self) -> Decision:
        return Decision(tuple(self.commands), tuple(self.events))
