"""The house is being stopped: what it has goes on to its end, nothing new begins.

- No seat is offered a caller. Who waits, who comes out of a menu, and whose ring nobody answers hears the closing flow,
  which offers a callback or a message: both are kept by the next process. Every queue is closed for it, whatever
  anybody has closed or opened (queueing.closings).
- Talks go on, with hold, consult and transfer to a person. Nobody calls out, promises rest.
- Callers who come now are refused by the dialplan before it answers, so that the carrier may take them elsewhere; the
  PBX is told at each resync, too, and refuses them also while no engine runs.
- It is over when no call and no wrap-up is left, or when its limit has come. It is told again to a process that was
  killed as it ended. A new `up` in this home ends it: whoever starts the house wants it open.
"""

from __future__ import annotations

from typing import NamedTuple

from core.commands import RefuseCallers
from core.errors import Refused
from core.events import DrainBegan, DrainEnded, HouseDrained
from core.inputs import Drain, HouseOpened
from core.states import AgentState
from queueing import callbacks, closings, seats, work
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import NodeRecord


class Left(NamedTuple):
    """What the house waits for."""

    calls: int
    wrap_ups: int


def begin(floor: Floor, draft: Draft, by: str, wish: Drain) -> None:
    """Nothing new from here on; or, when it is so already, another limit."""
    record = floor.state.drain
    began, record.on = record.on, True
    floor.due(record, draft.now_s + wish.within_s)
    draft.tell(DrainBegan(by, wish.within_s))
    if not began:
        _changed(floor, draft)


def cancel(floor: Floor, draft: Draft, by: str) -> None:
    """Raises Refused."""
    record = floor.state.drain
    if not record.on or record.over:
        raise Refused("The house is not being stopped.")
    _end(floor, draft, by)


def opened(floor: Floor, draft: Draft, fact: HouseOpened) -> None:
    """A process begins: of the same `up` as before, or of one that was started since."""
    record = floor.state.drain
    is_new, record.up = record.up != fact.up, fact.up
    if record.on and is_new:
        _end(floor, draft, work.ENGINE)
    elif record.over:
        draft.tell(HouseDrained(_left(floor).calls))


def _end(floor: Floor, draft: Draft, by: str) -> None:
    record = floor.state.drain
    record.on, record.over, record.due_boot_s = False, False, None
    draft.tell(DrainEnded(by))
    _changed(floor, draft)


def _changed(floor: Floor, draft: Draft) -> None:
    """Every queue has closed, or is as before."""
    for node in floor.state.nodes.values():
        if node.up:
            mirror(floor, draft, node)
            closings.mirror_all(floor, draft, node)
    floor.relist()
    callbacks.look_again(floor, draft)


def mirror(floor: Floor, draft: Draft, node: NodeRecord) -> None:
    """Tell a PBX whether it may take callers in."""
    command = draft.next_id()
    floor.state.mirror_commands.keep(command, node.id)
    draft.order(RefuseCallers(command, draft.now_s + seats.MIRROR_WITHIN_S, node.id, floor.state.drain.on))


def due(floor: Floor, draft: Draft) -> None:
    """Its limit: what is left ends with the house."""
    _over(floor, draft)


def settle(floor: Floor, draft: Draft) -> None:
    """Last of a decision: is anything left?"""
    if floor.state.drain.on and not floor.state.drain.over and not any(_left(floor)):
        _over(floor, draft)


def _over(floor: Floor, draft: Draft) -> None:
    record = floor.state.drain
    record.over, record.due_boot_s = True, None
    draft.tell(HouseDrained(_left(floor).calls))


def left(floor: Floor) -> Left | None:
    """None: the house is not being stopped."""
    return _left(floor) if floor.state.drain.on else None


def _left(floor: Floor) -> Left:
    state = floor.state
    wrap_ups = sum(agent.state is AgentState.WRAP_UP for agent in state.agents.values())
    return Left(len(state.calls) + len(state.outbound), wrap_ups)
