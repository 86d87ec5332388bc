"""The state of the house after a start: the last snapshot, and the journal's tail folded onto it.

Replaying inputs gives the decisions that were made; their commands are not executed again. Outcomes
that were decided but did not reach the spool before a kill are appended now. What the engine could not
digest, or this version cannot read, is passed over: it must not keep every start from here on from succeeding.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter

from app.clock import Boot
from app.pump import decided, stamped
from core.events import Outcome
from core.house import House
from core.inputs import ConfigurationChanged, MachineRebooted
from monitor.wallboard import Wallboard
from queueing.engine import Engine
from queueing.state import EngineState
from store.errors import UnknownRecord
from store.lines import InputLine, OutcomeLine
from store.spool import Spool

log = logging.getLogger(__name__)

ENGINE_STATE = TypeAdapter(EngineState)


@dataclass(slots=True)
class State:
    """Everything that is folded from the journal. `version` 0: there was none, and `house` is the seed."""

    engine: Engine
    wallboard: Wallboard
    house: House
    version: int
    sequence: int
    boot: Boot | None = None
    """Which boot-time clock the state counts by; None: it knows of no moment yet."""

    def reboot(self, boot: Boot) -> MachineRebooted | None:
        """The fact to begin with when the state is of another run of the machine than `boot`."""
        before, self.boot = self.boot, boot
        if before is None or before.id == boot.id:
            return None
        return MachineRebooted(before.began_utc_s - boot.began_utc_s)

    def document(self, boot: Boot) -> dict[str, Any]:
        """For the next snapshot, taken in this run of the machine."""
        return {
            "boot": asdict(boot),
            "engine": ENGINE_STATE.dump_python(self.engine.snapshot(), mode="json"),
            "wallboard": self.wallboard.to_json(),
            "house": self.house.model_dump(mode="json"),
            "version": self.version,
        }


def fresh(seed: House) -> State:
    """A house where nothing has happened yet."""
    return State(Engine(), Wallboard(seed), seed, 0, 0)


def from_document(document: dict[str, Any], sequence: int) -> State:
    """Raises KeyError or ValueError when another version of the program wrote it in another shape."""
    house = House.model_validate(document["house"])
    wallboard = Wallboard.from_json(house, document["wallboard"])
    return State(
        Engine.restore(ENGINE_STATE.validate_python(document["engine"])),
        wallboard,
        house,
        document["version"],
        sequence,
        Boot(document["boot"]["id"], document["boot"]["began_utc_s"]),
    )


def replay(state: State, spool: Spool) -> int:
    """Fold the journal behind `state.sequence` onto it; how many inputs there were."""
    lines = list(spool.read_from(state.sequence + 1))
    written = {(line.sequence, line.ordinal) for line in lines if isinstance(line, OutcomeLine)}
    inputs = [line for line in lines if isinstance(line, InputLine)]
    for line in inputs:
        outcomes = _fold(state, line)
        spool.append_outcomes([outcome for outcome in outcomes if (outcome.sequence, outcome.ordinal) not in written])
    return len(inputs)


def _fold(state: State, line: InputLine) -> list[Outcome]:
    """One input again; what it led to."""
    state.sequence, state.boot = line.sequence, Boot.at(line.boot, line.now)
    try:
        fact = line.fact()
    except UnknownRecord as error:
        log.error("input %d is passed over: %s", line.sequence, error)
        return []
    if isinstance(fact, ConfigurationChanged):
        state.house, state.version = fact.house, fact.version
        state.wallboard.furnish(fact.house)
    elif isinstance(fact, MachineRebooted):
        state.wallboard.move_clock(fact.by_s)
    decision = decided(state.engine, fact, line.now, line.sequence)
    outcomes = stamped(decision, line.sequence, line.now) if decision else []
    for outcome in outcomes:
        state.wallboard.apply(outcome)
    return outcomes
