"""The state of the house after a start: the last snapshot, and the journal's tail folded onto it.

Replaying inputs gives the decisions that were made; their commands are not executed again. Outcomes
that were decided but did not reach the spool before a kill are appended now. What the engine could not
digest, or this version cannot read, is passed over: it must not keep every start from here on from succeeding.

A snapshot of an older version is read by STEPS (core.upgrades). The rule for a change of queueing.state or of
what the wallboard keeps: a new field has a default; one renamed, or with another meaning or unit, gets a step.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

from app.clock import Boot
from app.pump import decided
from core.decisions import stamped
from core.events import Outcome
from core.house import House
from core.inputs import ConfigurationChanged, MachineRebooted
from core.upgrades import Step, upgraded, version_of
from monitor.pops import Pops
from monitor.wallboard import Wallboard
from queueing.engine import Engine
from queueing.state import EngineState
from store.errors import UnknownRecord
from store.lines import InputLine, OutcomeLine
from store.spool import Spool

log = logging.getLogger(__name__)

ENGINE_STATE = TypeAdapter(EngineState)

STEPS: tuple[Step, ...] = ()
"""From the snapshot document of one version to that of the next; the first version's says no `format`."""


ONE_BEGINNING_S = 2.0
"""Two beginnings less apart than this are of one run of the machine: its wall clock was slewed meanwhile."""


@dataclass(slots=True)
class State:
    """Everything that is folded from the journal. `version` 0: there was none, and `house` is the seed."""

    engine: Engine
    wallboard: Wallboard
    house: House
    version: int
    sequence: int
    pops: Pops = field(default_factory=Pops)
    boot: Boot | None = None
    """Which boot-time clock the state counts by; None: it knows of no moment yet."""

    def reboot(self, boot: Boot) -> MachineRebooted | None:
        """The fact to begin with when the state is of another run of the machine than `boot`."""
        before, self.boot = self.boot, boot
        if before is None or before.id == boot.id:
            return None
        if not before.id and abs(before.began_utc_s - boot.began_utc_s) < ONE_BEGINNING_S:
            return None  # the line that has the id was lost (store.salvage)
        return MachineRebooted(before.began_utc_s - boot.began_utc_s)

    def document(self, boot: Boot) -> dict[str, Any]:
        """For the next snapshot, taken in this run of the machine."""
        return {
            "format": version_of(STEPS),
            "boot": asdict(boot),
            "engine": ENGINE_STATE.dump_python(self.engine.snapshot(), mode="json"),
            "wallboard": self.wallboard.to_json(),
            "pops": self.pops.to_json(),
            "house": self.house.model_dump(mode="json"),
            "version": self.version,
        }


def fresh(seed: House) -> State:
    """A house where nothing has happened yet."""
    return State(Engine(), Wallboard(seed), seed, 0, 0)


def from_document(document: dict[str, Any], sequence: int, *, strict: bool = False) -> State:
    """The state in a snapshot. `strict`: a field that this version does not know is an error, too.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: a later version wrote it, or it is not what its version says.
    """
    document = upgraded(document, document.get("format", 1), STEPS)
    house = House.model_validate(document["house"])
    wallboard = Wallboard.from_json(house, document["wallboard"])
    return State(
        Engine.restore(ENGINE_STATE.validate_python(document["engine"], extra="forbid" if strict else None)),
        wallboard,
        house,
        document["version"],
        sequence,
        Pops.from_json(document.get("pops", {})),
        Boot(document["boot"]["id"], document["boot"]["began_utc_s"]),
    )


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many inputs were folded, and how many are missing between them: the decisions after a hole may differ."""

    inputs: int
    missing: int


def replay(state: State, spool: Spool) -> Replayed:
    """Fold the journal behind `state.sequence` onto it."""
    lines = list(spool.read_from(state.sequence + 1))
    written = {(line.sequence, line.ordinal) for line in lines if isinstance(line, OutcomeLine)}
    inputs = [line for line in lines if isinstance(line, InputLine)]
    missing = inputs[-1].sequence - state.sequence - len(inputs) if inputs else 0
    for line in inputs:
        outcomes = _fold(state, line)
        spool.append_outcomes([outcome for outcome in outcomes if (outcome.sequence, outcome.ordinal) not in written])
    return Replayed(len(inputs), missing)


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
        state.pops.apply(outcome)
    return outcomes
