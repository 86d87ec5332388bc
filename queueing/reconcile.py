"""The PBX tells all it knows: what we believed of it is corrected, by this one path after every loss of sight.

- Another run of the PBX: the calls of the old one are lost, their agents free without wrap-up.
- Calls not seen any more have ended. Calls seen that we do not know are adopted.
- A PBX that does not come back keeps its calls until the moment that PbxLost gave; then they are lost.
- Answered legs are talks, whoever began them; waiting calls keep their place.
- Callers in the native fallback are taken back; the seats it rings are not free.

Collecting what the PBX knows takes a moment, and facts arrive meanwhile: a call that changed within the last `GRACE_S`,
and since the PBX was last out of sight, is not contradicted; the next resync would tell again. Our own orders are no
facts: one tried again at each resync would shield a call for ever.
"""

from __future__ import annotations

from core.commands import LetGo, TakeBack
from core.events import PbxChanged
from core.ids import NO_OFFER, NO_QUEUE, OfferId
from core.inputs import PbxLost, PbxResynced, SeenCall, SeenSeatLeg
from core.states import CallState, OutboundOutcome, RingOutcome
from queueing import (
    caller_facts,
    calls,
    closings,
    conferences,
    consults,
    draining,
    flows,
    holds,
    moves,
    outbound_seen,
    outside,
    outside_seen,
    returners,
    ring_ends,
    rings,
    seat_facts,
    seats,
    second_ring,
    talks,
    transfers,
)
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, Consulting, NodeRecord

GRACE_S = 1.0
ORPHAN_S = 5.0
"""A line still seen this long after its call has ended has no owner and is let go."""
TAKE_BACK_WITHIN_S = 5.0
SETTLE_S = 0.5
"""The dialplan tries the engine every 0.3 s; a Redirect takes a few milliseconds."""
LOOK_AGAIN_S = 0.1
SETTLE_MOST_S = 2.0
"""On a machine that is slow just now, callers who are known to be on their way are waited for as long as this."""

_OURS = (CallState.WAITING, CallState.RESERVED, CallState.RINGING)


def lost(floor: Floor, draft: Draft, fact: PbxLost) -> None:
    """Out of sight: no new ring is ordered there, calls stay as they are, for as long as they may still live."""
    node = floor.node(fact.node)
    if node.up:
        _lose_sight(floor, draft, node)
    if fact.calls_live_s is not None:
        over_boot_s = draft.now_s + fact.calls_live_s
        floor.due(node, over_boot_s if node.due_boot_s is None else min(over_boot_s, node.due_boot_s))


def _lose_sight(floor: Floor, draft: Draft, node: NodeRecord) -> None:
    node.up, node.mirror_stale, node.changed_boot_s = False, True, draft.now_s
    node.settling, node.due_boot_s = False, None
    draft.tell(PbxChanged(node.id, False))
    for call in floor.state.calls.values():
        if call.node == node.id:
            floor.line.discard(call.id)


def resynced(floor: Floor, draft: Draft, fact: PbxResynced) -> None:
    """Make our beliefs equal to what was seen."""
    node = floor.node(fact.node)
    was_up, restarted = node.up, node.started not in ("", fact.pbx_started)
    newer_boot_s = _newer_than_seen(draft, node)
    if restarted:
        _lose_old_calls(floor, draft, node, fact, newer_boot_s)
        outbound_seen.lose_old(floor, draft, fact)
    _see(draft, node, fact.pbx_started)
    _set_reachable(floor, draft, fact)
    for seen in fact.calls:
        _reconcile(floor, draft, node, seen, newer_boot_s, fact.dialling, recovering=restarted or not was_up)
    _end_unseen(floor, draft, fact, newer_boot_s)
    outbound_seen.reconcile(floor, draft, fact, newer_boot_s)
    if restarted or not was_up:
        _let_settle(floor, draft, node)
    for call in floor.state.calls.values():
        floor.enlist(call)
        if rings.is_on(call) and call.due_boot_s is None:
            floor.due(call, draft.now_s)  # its deadline passed while the PBX was out of sight
    if restarted or node.mirror_stale:
        node.mirror_stale = False
        seats.mirror_all(floor, draft, node)
        closings.mirror_all(floor, draft, node)
        draining.mirror(floor, draft, node)


def _let_settle(floor: Floor, draft: Draft, node: NodeRecord) -> None:
    """Callers come back one by one; the first to arrive is not the first in line."""
    calls_here = (call for call in floor.state.calls.values() if call.node == node.id)
    if any(call.state in (CallState.WAITING, CallState.FALLBACK) for call in calls_here):
        node.settling = True
        floor.due(node, draft.now_s + SETTLE_S)


def due(floor: Floor, draft: Draft, node: NodeRecord) -> None:
    """In sight: everybody who was coming is here. Out of sight: no call there can still live."""
    latest_boot_s = node.changed_boot_s + SETTLE_MOST_S
    if node.settling and draft.now_s < latest_boot_s and _some_are_on_their_way(floor, node):
        floor.due(node, min(draft.now_s + LOOK_AGAIN_S, latest_boot_s))
        return
    node.settling, node.due_boot_s = False, None
    if node.up:
        for call in floor.state.calls.values():
            floor.enlist(call)
        return
    for call in tuple(floor.state.calls.values()):
        if call.node == node.id:
            _lose(floor, draft, call)
    outbound_seen.lose(floor, draft, node.id)


def _some_are_on_their_way(floor: Floor, node: NodeRecord) -> bool:
    return any(call.node == node.id and call.state is CallState.FALLBACK for call in floor.state.calls.values())


def _see(draft: Draft, node: NodeRecord, started: str) -> None:
    node.started = started
    if not node.up:
        node.up, node.changed_boot_s, node.due_boot_s = True, draft.now_s, None
        draft.tell(PbxChanged(node.id, True))


def _lose_old_calls(floor: Floor, draft: Draft, node: NodeRecord, fact: PbxResynced, newer_boot_s: float) -> None:
    node.blocked.clear()
    seen = {call.call for call in fact.calls}
    for call in tuple(floor.state.calls.values()):
        of_the_new_run = call.id in seen or (
            not node.up and _is_newer(call, newer_boot_s) and call.entered_boot_s > node.changed_boot_s
        )
        if call.node == node.id and not of_the_new_run:
            _lose(floor, draft, call)


def _lose(floor: Floor, draft: Draft, call: CallRecord) -> None:
    if rings.is_on(call):
        rings.over(floor, draft, call, RingOutcome.WITHDRAWN)
    elif call.talk is not None:
        talks.end(floor, draft, call, "pbx", wrap_up=False)
    elif call.state is CallState.OUTSIDE:
        outside.over(floor, draft, call, OutboundOutcome.LOST)
    returners.expect(floor, draft, call)
    calls.lose(floor, draft, call)


def _set_reachable(floor: Floor, draft: Draft, fact: PbxResynced) -> None:
    for seat in sorted(fact.reachable_seats):
        seats.record_of(floor, seat)
    for record in floor.state.seats.values():
        seats.set_reachable(floor, draft, record, record.id in fact.reachable_seats)


def _end_unseen(floor: Floor, draft: Draft, fact: PbxResynced, newer_boot_s: float) -> None:
    """A caller's channel lives as long as the call: only one that has just come can be missing in the list."""
    seen = {call.call for call in fact.calls}
    for call in tuple(floor.state.calls.values()):
        if call.node == fact.node and call.id not in seen and call.entered_boot_s <= newer_boot_s:
            caller_facts.gone(floor, draft, call, talk_ended_by="pbx", fallback="fallback")


def _newer_than_seen(draft: Draft, node: NodeRecord) -> float:
    """What changed after this moment may be newer than what was collected. Nothing of before the PBX was lost is: an
    engine that is killed is back in less than the grace."""
    graced_boot_s = draft.now_s - GRACE_S
    return graced_boot_s if node.up else max(graced_boot_s, node.changed_boot_s)


def _is_newer(call: CallRecord, newer_boot_s: float) -> bool:
    return not call.resting and call.changed_boot_s > newer_boot_s


# --- one call seen ---------------------------------------------------------------------------
def _reconcile(
    floor: Floor,
    draft: Draft,
    node: NodeRecord,
    seen: SeenCall,
    newer_boot_s: float,
    dialling: frozenset[OfferId],
    *,
    recovering: bool,
) -> None:
    call = floor.state.calls.get(seen.call)
    if call is None:
        if seen.call in floor.state.gone:
            _let_orphan_go(floor, draft, node, seen)
            return
        with draft.at(_first_known_utc_s(draft, seen)):
            call = calls.enter(floor, draft, seen.call, node.id, seen.hotline, seen.trunk, seen.caller, seen.language)
    elif _is_newer(call, newer_boot_s):
        return
    if seen.state is CallState.OUTSIDE and call.state is CallState.MENU:
        _ask(floor, draft, call, seen)
        calls.move(draft, call, "queued")
    if (seen.far or call.id in floor.state.outside) and outside_seen.reconcile(floor, draft, call, seen):
        return
    answered = _answered_leg(call, seen)
    consult = floor.state.consults.get(call.id)
    if recovering and call.talk is not None and answered is not None:
        _forget_orders(floor, call, seen)
    if seen.state is CallState.HELD:
        _reconcile_hold(floor, draft, call, seen, answered)
    elif call.talk is not None and answered is None and seen.state is CallState.WAITING:
        _reconcile_fetched(floor, draft, call)
    elif consult is not None and consult.confers and answered is not None:
        _reconcile_conference(floor, draft, call, consult, seen)
    elif call.state is CallState.HELD:
        _reconcile_end_of_hold(floor, draft, call, answered)
    elif answered is not None:
        _reconcile_talk(floor, draft, call, seen, answered)
    elif call.state is CallState.TALKING:
        talks.agent_left(floor, draft, call)
    elif call.state is CallState.LEAVING:
        if not flows.is_running(call):
            calls.let_go(draft, call)
    elif seen.state is CallState.LEAVING and seen.answered_by:
        _reconcile_talk(floor, draft, call, seen, SeenSeatLeg(seen.answered_by, NO_OFFER, True))
        talks.agent_left(floor, draft, call)
    elif rings.is_on(call):
        _reconcile_ring(floor, draft, call, seen, dialling, recovering=recovering)
    else:
        _reconcile_waiting(floor, draft, call, seen)


def _answered_leg(call: CallRecord, seen: SeenCall) -> SeenSeatLeg | None:
    """The leg that speaks with the caller, or keeps them: the one we know of, if it is there; a colleague's is not."""
    answered = [leg for leg in seen.legs if leg.answered]
    known = [leg for leg in answered if call.talk is not None and leg.seat == call.talk.seat]
    return next(iter([*known, *answered]), None)


def _forget_orders(floor: Floor, call: CallRecord, seen: SeenCall) -> None:
    """The agent is still there: what was ordered of the talk before we lost sight, or were killed, was never done."""
    call.errand = None
    if seen.state is CallState.HELD:
        conferences.not_joined(floor, call.id)


# --- a call on hold ---------------------------------------------------------------------------
def _reconcile_hold(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall, keeper: SeenSeatLeg | None) -> None:
    """The caller hears music in a talk: with the agent we know, with one that we adopt, or with nobody any more."""
    _reconcile_consult(floor, draft, call, seen)
    if call.talk is None and keeper is not None:
        _reconcile_talk(floor, draft, call, seen, keeper)
    if call.talk is not None:
        if call.state is CallState.TALKING:
            holds.begin(floor, draft, call)
        if keeper is None or keeper.seat != call.talk.seat:
            transfers.keeper_left(floor, draft, call)
    elif call.state is CallState.MENU:
        _ask(floor, draft, call, seen)
        calls.move(draft, call, "queued")
    elif call.state is CallState.LEAVING:
        calls.let_go(draft, call)


def _reconcile_consult(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall) -> None:
    """A colleague's leg that is gone, or was answered, unseen."""
    consult = floor.state.consults.get(call.id)
    if consult is None:
        return
    leg = next((leg for leg in seen.legs if (leg.seat, leg.offer) == (consult.seat, consult.offer)), None)
    if leg is None:
        consults.over(floor, draft, call, "withdrawn")
    elif leg.answered:
        consults.answered(floor, draft, consult)


def _reconcile_end_of_hold(floor: Floor, draft: Draft, call: CallRecord, answered: SeenSeatLeg | None) -> None:
    """The caller speaks again, with whoever kept them or with the colleague, or the talk is over."""
    assert call.talk is not None
    if answered is None:
        talks.agent_left(floor, draft, call)
    elif answered.seat == call.talk.seat:
        holds.resumed(floor, draft, call)
    elif (consult := floor.state.consults.get(call.id)) is not None and consult.seat == answered.seat:
        consults.answered(floor, draft, consult)  # perhaps unseen
        transfers.hand_over(floor, draft, call, consult)
        holds.resumed(floor, draft, call)
    else:
        moves.refuse(floor, draft, call.id, "The colleague has the caller.")
        talks.end(floor, draft, call, "transfer")
        calls.move(draft, call, "queued")
        talks.adopt(floor, draft, call, answered.seat, answered.offer)


def _reconcile_fetched(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The caller was sent out of the talk to wait, and we were not there when the line came: on with the errand, or,
    where that counts as failed, to the front of the queue."""
    if call.errand is not None:
        transfers.sender_left(floor, draft, call)
    else:
        holds.keeper_left(floor, draft, call)


def _reconcile_conference(floor: Floor, draft: Draft, call: CallRecord, consult: Consulting, seen: SeenCall) -> None:
    """Agent and colleague are with the caller, both or one of them."""
    assert call.talk is not None
    here, keeper = {leg.seat for leg in seen.legs if leg.answered}, call.talk.seat
    for seat in (keeper, consult.seat):
        if seat in here:
            conferences.joined(floor, draft, call, consult, seat)
    if consult.seat not in here:
        consults.over(floor, draft, call, "colleague_left")
    if keeper not in here:
        seat_facts.talk_leg_ended(floor, draft, call)


def _let_orphan_go(floor: Floor, draft: Draft, node: NodeRecord, seen: SeenCall) -> None:
    """A channel that outlived its call by more than a race has nobody to end it."""
    ended_boot_s = floor.state.gone.get(seen.call)
    if ended_boot_s is not None and draft.now_s - ended_boot_s > ORPHAN_S:
        draft.order(LetGo(draft.next_id(), draft.now_s + calls.LET_GO_WITHIN_S, node.id, seen.call))


def _ask(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall) -> None:
    """The channel says that the call asked for an agent, and we had not heard of it."""
    queue = NO_QUEUE if seen.queue is None else seen.queue
    with draft.at(_first_known_utc_s(draft, seen)):
        returners.recall(floor, draft, call)
        priority = floor.priorities.of(seen.priority, call.caller, seen.language)
        calls.ask(draft, call, queue, priority, seen.language, seen.waiting_since_boot_s)


def _first_known_utc_s(draft: Draft, seen: SeenCall) -> float:
    """The earliest moment that the channel remembers of this call; now, when it remembers none."""
    return min(seen.fallback_utc_s or draft.utc_s, seen.answered_utc_s or draft.utc_s)


def _reconcile_talk(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall, leg: SeenSeatLeg) -> None:
    if call.state is CallState.MENU:
        _ask(floor, draft, call, seen)
        calls.move(draft, call, "queued")
    with draft.at(seen.answered_utc_s or draft.utc_s):
        _begin_talk(floor, draft, call, leg)


def _begin_talk(floor: Floor, draft: Draft, call: CallRecord, leg: SeenSeatLeg) -> None:
    if call.ring is not None and (call.ring.seat, call.ring.offer) == (leg.seat, leg.offer or call.ring.offer):
        talks.ring_answered(floor, draft, call, second_ring.lost(floor, draft, call))
    elif second := second_ring.of(floor, call.id, leg.offer):
        talks.ring_answered(floor, draft, call, second_ring.takes_over(floor, draft, call, second))
    elif call.state not in (CallState.TALKING, CallState.LEAVING):
        talks.adopt(floor, draft, call, leg.seat, leg.offer)


def _reconcile_ring(
    floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall, dialling: frozenset[OfferId], *, recovering: bool
) -> None:
    """A ring whose leg is still there goes on, and one that is just being dialled; else it ended unseen."""
    ring = call.ring
    assert ring is not None
    found = {leg.offer for leg in seen.legs} if seen.state is not CallState.FALLBACK else set()
    known = found | dialling
    second_ring.seen(floor, draft, call, known)
    if ring.offer not in known and found and rings.gone_unseen(floor, draft, call):
        return
    if ring.offer in known:
        if recovering and ring.rang_boot_s is None and ring.offer in found:
            rings.began(floor, draft, call, ring.reserved_boot_s)
        elif ring.rang_boot_s is not None:
            floor.due(call, max(draft.now_s, ring.rang_boot_s + floor.cadence.budget_s))
        return
    rings.over(floor, draft, call, RingOutcome.WITHDRAWN)
    _reconcile_waiting(floor, draft, call, seen)


def _reconcile_waiting(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall) -> None:
    """A call in the menu, in line, or in the native fallback, with no leg answered."""
    if seen.state is CallState.FALLBACK:
        _take_back(floor, draft, call, seen)
        return
    for leg in seen.legs:
        ring_ends.withdraw_offer(draft, call, leg.offer, leg.seat)
    if seen.state in _OURS:
        if call.state is CallState.MENU:
            _ask(floor, draft, call, seen)
        if call.state is not CallState.WAITING:
            calls.drop_holds(floor, call)
            calls.move(draft, call, "queued")
    elif call.state is CallState.MENU and seen.state in (CallState.TALKING, CallState.LEAVING):
        calls.move(draft, call, "left")
        calls.let_go(draft, call)


def _take_back(floor: Floor, draft: Draft, call: CallRecord, seen: SeenCall) -> None:
    if call.state is CallState.MENU:
        _ask(floor, draft, call, seen)
    if call.state is not CallState.FALLBACK:
        floor.line.discard(call.id)
        calls.move(draft, call, "fell_back")
    call.resting, call.due_boot_s = False, None
    calls.drop_holds(floor, call)
    for leg in seen.legs:
        seat_facts.hold(floor, call, leg.seat)
    draft.order(TakeBack(draft.next_id(), draft.now_s + TAKE_BACK_WITHIN_S, call.node, call.id))
