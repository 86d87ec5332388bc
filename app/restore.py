"""The state of the house after a start: the last snapshot, and the journal's tail folded onto it.

Replaying inputs gives the decisions that were made; their commands are not executed again. Outcomes
that were decided but did not reach the spool before a kill are appended now.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from app.pump import stamped
from core.house import House
from core.inputs import ConfigurationChanged
from monitor.wallboard import Wallboard
from queueing.engine import Engine
from queueing.state import EngineState
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

    def document(self) -> dict[str, Any]:
        """For the next snapshot."""
        return {
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
    )


def replay(state: State, spool: Spool) -> int:
    """Fold the journal behind `state.sequence` onto it; how many inputs there were."""
    lines = list(spool.read_from(state.sequence + 1))
    written = {line.sequence for line in lines if isinstance(line, OutcomeLine)}
    inputs = [line for line in lines if isinstance(line, InputLine)]
    for line in inputs:
        _fold(state, line, spool if line.sequence not in written else None)
    return len(inputs)


def _fold(state: State, line: InputLine, spool: Spool | None) -> None:
    """One input again; `spool` is given when its outcomes are missing there."""
    fact = line.fact()
    if isinstance(fact, ConfigurationChanged):
        state.house, state.version = fact.house, fact.version
        state.wallboard.furnish(fact.house)
    outcomes = stamped(state.engine.handle(fact, line.now, line.sequence), line.sequence, line.now)
    if spool is not None:
        spool.append_outcomes(outcomes)
    for outcome in outcomes:
        state.wallboard.apply(outcome)
    state.sequence = line.sequence
