"""Calls: from entering to the final word. Each CallEntered has exactly one CallEnded.

A call asks for an agent once (CallOffered) and then is answered, abandoned, lost, or still waiting:
O = A + B + X + W at every moment. An agent or supervisor may let it wait in a queue again (CallMoved):
that queue counts a segment of its own, the whole call stays one. Ended calls are remembered for a while, so
that late and doubled facts find no ghost to wake.
"""

from __future__ import annotations

from core.commands import Dismiss, LetGo, RememberPlace
from core.events import CallAbandoned, CallEnded, CallEntered, CallLost, CallMoved, CallOffered
from core.ids import NO_QUEUE, CallId, HotlineId, NodeId, QueueId, TrunkId
from core.states import CallState
from queueing import lifecycles, moves, patience, seats
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord

LET_GO_WITHIN_S = 10.0
DISMISS_WITHIN_S = 30.0
CLOSED = "queue-closed"
"""The prompt of a closed queue, in the dialplan's fallback too."""
FRONT_PRIORITY = 9
"""The house's highest: with the time it has been with us, a call that was answered before is first in line."""


def enter(
    floor: Floor,
    draft: Draft,
    call: CallId,
    node: NodeId,
    hotline: HotlineId,
    trunk: TrunkId,
    caller: str,
    language: str,
) -> CallRecord:
    """A call reaches us."""
    floor.state.arrivals += 1
    moments = (floor.state.arrivals, draft.now_s, draft.now_s)
    record = CallRecord(call, node, hotline, trunk, language, *moments, caller=caller)
    floor.node(node)
    floor.state.calls[call] = record
    draft.tell(CallEntered(call, hotline, trunk, caller, language))
    return record


def move(draft: Draft, call: CallRecord, event: str) -> None:
    """Advance the call's life cycle.

    Raises:
        IllegalTransition: the life cycle does not know the event; nothing was changed.
    """
    call.state = lifecycles.advance(lifecycles.CALL, call.state, event)
    call.changed_boot_s = draft.now_s


def ask(
    draft: Draft, call: CallRecord, queue: QueueId, priority: int, language: str, since_boot_s: float | None
) -> None:
    """The call asks for an agent; its place counts from `since_boot_s`, None meaning now."""
    call.queue, call.priority, call.language = queue, priority, language
    call.since_boot_s = draft.now_s if since_boot_s is None else min(since_boot_s, draft.now_s)
    call.offered = True
    draft.tell(CallOffered(call.id, queue, call.hotline, priority, language, draft.now_s - call.since_boot_s))


def to_queue(floor: Floor, draft: Draft, call: CallRecord, queue: QueueId, why: str, *, front: bool = False) -> None:
    """Let it wait in `queue` by somebody's decision: with the time it has waited already, or before everybody."""
    before, from_line = call.queue if call.queue is not None else NO_QUEUE, call.offered
    stayed_s = draft.now_s - call.since_boot_s if from_line else 0.0
    call.priority = FRONT_PRIORITY if front else call.priority
    call.old_place_boot_s, call.since_boot_s = call.came_boot_s, draft.now_s
    call.queue, call.offered, call.offers_before = queue, True, call.offers
    floor.line.discard(call.id)
    promised_boot_s = call.promised_until_boot_s if from_line else None
    patience.begin(floor, draft, call)
    call.promised_until_boot_s = promised_boot_s  # what was announced does not rise because the caller was sent on
    waited_s = draft.now_s - call.came_boot_s
    what = (call.id, call.hotline, before, queue, call.priority, call.language, why, waited_s, from_line, stayed_s)
    draft.tell(CallMoved(*what))
    place = (call.node, call.id, queue, call.came_boot_s, call.priority, call.language)
    draft.order(RememberPlace(draft.next_id(), draft.now_s + LET_GO_WITHIN_S, *place))
    floor.enlist(call)


def rest_over(floor: Floor, call: CallRecord) -> None:
    """A line that refused our order, or was on its way back to us, may be tried again."""
    call.resting, call.due_boot_s = False, None
    floor.enlist(call)


def let_go(draft: Draft, call: CallRecord) -> None:
    """Give the line back to the dialplan, which says goodbye."""
    draft.order(LetGo(draft.next_id(), draft.now_s + LET_GO_WITHIN_S, call.node, call.id))


def say_goodbye(draft: Draft, call: CallRecord, prompt: str) -> None:
    """Play this prompt, and give the line back."""
    until = draft.now_s + DISMISS_WITHIN_S
    draft.order(Dismiss(draft.next_id(), until, call.node, call.id, call.language, prompt))


def abandon(floor: Floor, draft: Draft, call: CallRecord, how: str = "abandoned") -> None:
    """The caller left before anybody answered; one whom an agent gave away asked nobody: no B of docs/figures.md."""
    assert call.queue is not None
    if not call.offered:
        end(floor, draft, call, "transfer")
        return
    waited_s = draft.now_s - call.since_boot_s
    draft.tell(CallAbandoned(call.id, call.queue, call.hotline, waited_s, call.caller, call.language))
    end(floor, draft, call, how)


def lose(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The PBX died with this call on it. Only a call nobody had answered counts as X."""
    asking = (CallState.WAITING, CallState.FALLBACK, CallState.OUTSIDE, CallState.LEAVING)
    waiting = call.state in asking and call.offered
    draft.tell(CallLost(call.id, call.queue if waiting else None, call.hotline, "PBX_LOST"))
    end(floor, draft, call, "pbx_lost")


def end(floor: Floor, draft: Draft, call: CallRecord, how: str) -> None:
    """The final word. Rings and talks are finished before."""
    moves.refuse(floor, draft, call.id, "The call has ended.")
    move(draft, call, "ended")
    draft.tell(CallEnded(call.id, call.hotline, how, draft.now_s - call.entered_boot_s))
    drop_holds(floor, call)
    floor.line.discard(call.id)
    for command in call.commands:
        floor.state.ring_commands.pop(command, None)
    del floor.state.calls[call.id]
    floor.state.gone.keep(call.id, draft.now_s)


def drop_holds(floor: Floor, call: CallRecord) -> None:
    """Free the seats which the native fallback was ringing for this call."""
    for seat in call.held_seats:
        seats.free(floor, seat)
    call.held_seats.clear()
