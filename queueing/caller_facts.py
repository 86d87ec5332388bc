"""What happens on a caller's line, and what the engine makes of it."""

from __future__ import annotations

from core.events import BlockedCounted, MenuChosen, MenuNodeVisited
from core.ids import CallId
from core.inputs import (
    CallArrived,
    CallerHungUp,
    CallQueued,
    CallsBlocked,
    MenuKeyPressed,
    MenuNodeLeft,
)
from core.states import CallState, RingOutcome
from queueing import calls, closings, configuration, outside, patience, preferred, returners, rings, talks, transfers
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord


def arrived(floor: Floor, draft: Draft, fact: CallArrived) -> None:
    """A call reaches us; doubled and late ones are ignored."""
    if _is_known(floor, fact.call):
        return
    call = calls.enter(floor, draft, fact.call, fact.node, fact.hotline, fact.trunk, fact.caller, fact.language)
    if floor.state.early_hang_ups.get(call.id) is not None:
        calls.end(floor, draft, call, "menu")


def key_pressed(floor: Floor, draft: Draft, fact: MenuKeyPressed) -> None:
    if fact.call in floor.state.calls:
        draft.tell(MenuChosen(fact.call, fact.node_name, fact.key))


def node_left(floor: Floor, draft: Draft, fact: MenuNodeLeft) -> None:
    """Counted also for a call that has ended meanwhile: the hang-up is what the last node is judged by."""
    draft.tell(
        MenuNodeVisited(
            fact.call,
            fact.hotline,
            fact.flow,
            fact.node_name,
            fact.to,
            fact.how,
            fact.wrong,
            fact.silent,
            fact.lasted_s,
            fact.key,
            fact.again,
            fact.reached,
        )
    )


def queued(floor: Floor, draft: Draft, fact: CallQueued) -> None:
    """A call asks for an agent, for the first time or because the dialplan came round with it."""
    call = floor.state.calls.get(fact.call)
    if call is None:
        if fact.call in floor.state.gone:
            return
        call = calls.enter(floor, draft, fact.call, fact.node, fact.hotline, fact.trunk, fact.caller, fact.language)
    if call.state is CallState.MENU:
        _ask(floor, draft, call, fact)
    elif call.state is CallState.FALLBACK:
        calls.drop_holds(floor, call)
        calls.move(draft, call, "queued")
        if fact.waiting_since_boot_s is not None and call.old_place_boot_s is None:  # else it is not of this queue
            call.since_boot_s = min(call.since_boot_s, fact.waiting_since_boot_s)
        floor.enlist(call)
    elif call.resting and fact.waiting_since_boot_s is not None:
        calls.rest_over(floor, call)
    elif call.errand is not None and call.talk is not None:
        transfers.caller_fetched(floor, draft, call)
    elif call.state is CallState.LEAVING and call.flow:
        closings.come_back(floor, draft, call, fact)
    elif call.state is CallState.LEAVING:
        calls.let_go(draft, call)  # its last order went to a session that is gone
    elif call.state is CallState.OUTSIDE and fact.waiting_since_boot_s is not None:
        outside.line_came_round(floor, draft, call)


def _ask(floor: Floor, draft: Draft, call: CallRecord, fact: CallQueued) -> None:
    returners.recall(floor, draft, call)
    priority = floor.priorities.of(fact.priority, call.caller, fact.language)
    queue = configuration.queue_for(floor, draft, fact.queue, call.hotline)
    calls.ask(draft, call, queue, priority, fact.language, fact.waiting_since_boot_s)
    calls.move(draft, call, "queued")
    if floor.state.early_hang_ups.get(call.id) is not None:
        returners.expect(floor, draft, call)
        calls.abandon(floor, draft, call)
        return
    patience.begin(floor, draft, call)
    call.case = fact.case
    preferred.choose(floor, draft, call)
    if outside.chosen(floor, draft, call, fact.outside):
        return
    floor.newcomers[call.id] = None
    floor.enlist(call)


def hung_up(floor: Floor, draft: Draft, fact: CallerHungUp) -> None:
    """The caller is gone, whatever phase the call is in."""
    call = floor.state.calls.get(fact.call)
    if call is not None:
        if call.talk is not None and fact.cause in returners.CUT_OFF_CAUSES:
            returners.expect(floor, draft, call)
        gone(floor, draft, call)
    elif fact.call not in floor.state.gone:
        floor.state.early_hang_ups.keep(fact.call, draft.now_s)


def gone(
    floor: Floor, draft: Draft, call: CallRecord, talk_ended_by: str = "caller", fallback: str = "abandoned"
) -> None:
    """End a call whose channel is gone; no phone goes on ringing for it.

    `talk_ended_by` and `fallback` say what a talk's end, and a call last seen in the native fallback, count as.
    """
    if rings.is_on(call):
        rings.over(floor, draft, call, RingOutcome.CALLER_GONE, withdraw=True)
    match call.state:
        case CallState.WAITING:
            returners.expect(floor, draft, call)
            calls.abandon(floor, draft, call)
        case CallState.OUTSIDE:
            _left_outside(floor, draft, call)
        case CallState.FALLBACK:
            if fallback == "abandoned":
                returners.expect(floor, draft, call)
            calls.abandon(floor, draft, call, fallback)
        case CallState.TALKING | CallState.HELD:
            talks.hang_up_leg(draft, call)
            talks.end(floor, draft, call, talk_ended_by)
            calls.end(floor, draft, call, "caller")
        case CallState.LEAVING if call.offered:
            returners.expect(floor, draft, call)
            calls.abandon(floor, draft, call)
        case CallState.LEAVING:
            calls.end(floor, draft, call, _how_it_left(call))
        case _:
            calls.end(floor, draft, call, "callback" if call.callback else "menu")


def _how_it_left(call: CallRecord) -> str:
    if call.callback:
        return "callback"
    if call.left_message:
        return "message"
    return "closed" if call.dismissed else "outside" if call.was_outside else "agent"


def _left_outside(floor: Floor, draft: Draft, call: CallRecord) -> None:
    if outside.caller_left(floor, draft, call):
        calls.end(floor, draft, call, "caller")
    else:
        returners.expect(floor, draft, call)
        calls.abandon(floor, draft, call)


def blocked(floor: Floor, draft: Draft, fact: CallsBlocked) -> None:
    """The PBX counts from its own start: a smaller total means that it began anew."""
    counters = floor.node(fact.node).blocked
    before = counters.get(fact.trunk, 0)
    count = fact.total - before if fact.total >= before else fact.total
    counters[fact.trunk] = fact.total
    if count > 0:
        draft.tell(BlockedCounted(fact.node, fact.trunk, count))


def _is_known(floor: Floor, call: CallId) -> bool:
    return call in floor.state.calls or call in floor.state.gone
