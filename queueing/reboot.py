"""The machine was started anew: its boot-time clock counts from zero again, and so must everything remembered.

A moment that stayed on the old clock would lie in the future for as long as the machine had run before:
wrap-ups would not end, calls that are gone would count as fresh, and agents just free as longest idle.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from core.inputs import MachineRebooted
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import EngineState, Memory


def rebooted(floor: Floor, draft: Draft, fact: MachineRebooted) -> None:
    """Read every remembered moment on the new clock. Nothing is given to anybody before the PBX is seen again."""
    state = floor.state
    timed = (record for table in floor.timed.values() for record in table.values())
    for record in (*timed, *state.trunks.values(), *state.dials.values()):
        _move(record, fact.by_s)
    _forget_slots(state)
    for call in state.calls.values():
        for held in (call.ring, call.talk):
            if held is not None:
                _move(held, fact.by_s)
    _move_memory(state.gone, fact.by_s)
    _move_memory(state.early_hang_ups, fact.by_s)
    for part in (state.cases.young, state.cases.old):
        for name, case in part.items():
            part[name] = replace(case, until_boot_s=case.until_boot_s + fact.by_s)
    for record in (*state.returners.values(), *state.promised_a_day.values()):
        _move(record, fact.by_s)
    floor.index()


def _forget_slots(state: EngineState) -> None:
    """What was counted by slots of the old clock would be of the future."""
    for duty in state.duties.values():
        duty.busy.clear()
        duty.free.clear()
    for governor in state.governors.values():
        governor.minutes.clear()


def _move(record: Any, by_s: float) -> None:
    """All moments of a record; by house style their names end in `_boot_s`, and no other's."""
    for field in fields(record):
        if field.name.endswith("_boot_s") and (moment := getattr(record, field.name)) is not None:
            setattr(record, field.name, moment + by_s)


def _move_memory(memory: Memory[Any, float], by_s: float) -> None:
    for part in (memory.young, memory.old):
        for key in part:
            part[key] += by_s
