"""Outcomes of commands, figures beyond their bounds, the house and the clock."""

from __future__ import annotations

from core.frozen import frozen
from core.house import House
from core.ids import CommandId


@frozen
class AlarmNoticed:
    """A figure of `subject` has been beyond the bound of a rule for long enough. `text` names no caller."""

    rule: str
    subject: str
    severity: str
    value: float
    text: str


@frozen
class AlarmPassed:
    """It has been back inside for long enough, or there is no such rule or subject any more."""

    rule: str
    subject: str


@frozen
class CommandDone:
    """A command finished. `result` is the PBX's word (DIALSTATUS after a ring), never proof of a talk."""

    id: CommandId
    result: str = ""


LINE_GONE = "the line is gone"


NOT_HELD = "the line is not held"


@frozen
class CommandFailed:
    """A command could not be carried out, or came too late (`not_after`)."""

    id: CommandId
    reason: str


@frozen
class ConfigurationChanged:
    """A new version of the house takes effect."""

    version: int
    house: House


@frozen
class ClockStepped:
    """The wall clock jumped against the boot-time clock."""

    by_s: float


@frozen
class MachineRebooted:
    """The boot-time clock began anew: what it called `t` is `t + by_s` now."""

    by_s: float


@frozen
class HouseOpened:
    """A process of this `up` begins: its id tells one run from the next. Whoever starts one wants the house open."""

    up: str


@frozen
class Tick:
    """Time has passed; `next_deadline()` is due."""
