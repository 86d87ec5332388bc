"""The work list and the cases."""

from __future__ import annotations

from dataclasses import dataclass

from core.ids import NOBODY, AgentId, CallbackId, CallId, WorkId
from core.states import CaseKind, CaseState, WorkKind


@dataclass(frozen=True, slots=True)
class Case:
    """An open case: its owner until then, and the caller's number, "" unknown."""

    agent: AgentId
    caller: str
    until_boot_s: float


@dataclass(slots=True)
class CaseRecord:
    """An open case of our own; `due_boot_s` is when it becomes overdue. Its words are in the journal.

    `changed_utc_s` is None where a snapshot does not tell it: of before there was one.
    """

    id: str
    kind: CaseKind
    caller: str
    owner: AgentId = NOBODY
    state: CaseState = CaseState.NEW
    overdue: bool = False
    due_boot_s: float | None = None
    changed_utc_s: float | None = None


@dataclass(slots=True)
class WorkRecord:
    """Something open that somebody has to do; `due_boot_s` is when it becomes overdue."""

    id: WorkId
    kind: WorkKind
    call: CallId
    number: str
    callback: CallbackId | None = None
    owner: AgentId = NOBODY
    overdue: bool = False
    due_boot_s: float | None = None
