"""The PBX tells all it knows of the calls that we make: what we believed of them is corrected (see queueing.reconcile).

What a Dial came to while nobody watched is told by the agent's line when it comes round (`AgentLineHeld`).
"""

from __future__ import annotations

from collections.abc import Collection

from core.commands import WithdrawRing
from core.ids import CallId, NodeId, own_offer
from core.inputs import PbxResynced, SeenOutbound
from core.states import OutboundOutcome, OutboundState
from queueing import far_end, outbound, phone_listening, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import OutboundRecord

HANG_UP_WITHIN_S = 5.0


def lose_old(floor: Floor, draft: Draft, fact: PbxResynced) -> None:
    """Another run of the PBX: what it does not show went with the old one."""
    lose(floor, draft, fact.node, but={each.call for each in fact.outbound})


def lose(floor: Floor, draft: Draft, node: NodeId, but: Collection[CallId] = ()) -> None:
    """The PBX has ended with all of them, but those."""
    for record in tuple(floor.state.outbound.values()):
        if record.node == node and record.id not in but:
            outbound.lose(floor, draft, record)


def reconcile(floor: Floor, draft: Draft, fact: PbxResynced, newer_boot_s: float) -> None:
    """Make our beliefs equal to what was seen; a call that changed after that moment is not contradicted."""
    for trunk in floor.state.house.trunks if floor.state.house else ():
        trunks.set_reachable(floor, draft, trunk.id, trunk.id not in fact.unreachable_trunks)
    phone_listening.reconcile(floor, draft, fact, newer_boot_s)
    seen = {each.call: each for each in fact.outbound}
    for record in tuple(floor.state.outbound.values()):
        found = seen.pop(record.id, None)
        if record.node != fact.node or record.changed_boot_s > newer_boot_s:
            continue
        if found is None:
            outbound.lose(floor, draft, record)
        else:
            _correct(floor, draft, record, found)
    listening = {record.channel for record in floor.state.listenings.values()}
    for stray in (each for each in seen.values() if each.call not in listening):
        _hang_up_stray(draft, fact, stray)


def _correct(floor: Floor, draft: Draft, record: OutboundRecord, found: SeenOutbound) -> None:
    if found.answered:
        outbound.picked_up(floor, draft, record)
    talks = any(leg.answered for leg in found.far)
    if talks and record.state in (OutboundState.CONNECTING, OutboundState.CALLING):
        _adopt_talk(floor, draft, record, found)
    elif not talks and record.state is OutboundState.TALKING:
        outbound.leave(floor, draft, record, OutboundOutcome.REACHED, by="caller")
    elif not found.far and record.state is OutboundState.CALLING:
        record.leg_gone = True
    if record.due_boot_s is None and record.state is not OutboundState.TALKING:
        floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)  # its deadline passed out of sight


def _adopt_talk(floor: Floor, draft: Draft, record: OutboundRecord, found: SeenOutbound) -> None:
    leg = next(leg for leg in found.far if leg.answered)
    number = leg.attempt.rpartition("/")[2]
    record.trunk, record.attempt = leg.trunk, int(number) if number.isdecimal() else record.attempt
    outbound.answered(floor, draft, record)


def _hang_up_stray(draft: Draft, fact: PbxResynced, stray: SeenOutbound) -> None:
    """A call that we do not know has nobody to end it; a talk is left alone."""
    if not any(leg.answered for leg in stray.far):
        until = draft.now_s + HANG_UP_WITHIN_S
        draft.order(WithdrawRing(draft.next_id(), until, fact.node, stray.call, own_offer(stray.call), stray.seat))
