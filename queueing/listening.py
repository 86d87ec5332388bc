"""Who hears which talk, without being in it.

- Somebody may begin while one of ours speaks with the caller or keeps them on hold.
- It follows the caller: it goes on over hold, consult, conference and transfer, also while the caller waits again, and
  is over when the call leaves our people: at the hang-up, for a survey or message, and for a number outside.
- When the PBX is out of sight, or we were started anew, nobody can say that it goes on: then it is over, too.
- It changes nothing about the call.
"""

from __future__ import annotations

from core.commands import BeginListening, EndListening
from core.errors import Refused
from core.events import ListeningBegan, ListeningEnded
from core.ids import CallId, ListeningId, NodeId
from core.inputs import Listen, StopListening
from core.states import CallState, OutboundState
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import ListeningRecord

AT_ONCE = 20
"""Listeners; each is two channels of the PBX for each voice."""
WITHIN_S = 3.0
_TALKS = (CallState.TALKING, CallState.HELD)
_OURS = (*_TALKS, CallState.WAITING, CallState.RESERVED, CallState.RINGING)


def begin(floor: Floor, draft: Draft, wish: Listen, by: str) -> ListeningId:
    """The listening's id. Raises Refused."""
    node = _node_of_talk(floor, wish.call)
    if not floor.node(node).up:
        raise Refused("The PBX cannot be reached at the moment. The talk goes on; try again in a few seconds.")
    if len(floor.state.listenings) >= AT_ONCE:
        raise Refused(f"{AT_ONCE} people are listening already. Wait until one of them has ended.")
    name = ListeningId(f"li-{draft.sequence}")
    told = floor.state.house is None or floor.state.house.listening.agents_see
    record = ListeningRecord(name, wish.call, node, by, told, draft.now_s)
    floor.state.listenings[name] = record
    draft.tell(ListeningBegan(name, wish.call, by, wish.address, told))
    silenced = wish.call in floor.state.pauses
    draft.order(BeginListening(draft.next_id(), draft.now_s + WITHIN_S, node, wish.call, name, silenced))
    return name


def stop(floor: Floor, draft: Draft, wish: StopListening) -> None:
    """One that is over already stays so."""
    if (record := floor.state.listenings.get(wish.listening)) is not None:
        _end(floor, draft, record, "asked")


def settle(floor: Floor, draft: Draft) -> None:
    """End those that can hear nothing more."""
    for record in tuple(floor.state.listenings.values()):
        if not floor.node(record.node).up:
            _end(floor, draft, record, "out_of_sight")
        elif not _is_ours(floor, record.call):
            _end(floor, draft, record, "talk_over")


def _end(floor: Floor, draft: Draft, record: ListeningRecord, why: str) -> None:
    del floor.state.listenings[record.id]
    lasted_s = draft.now_s - record.began_boot_s
    draft.tell(ListeningEnded(record.id, record.call, record.by, lasted_s, why, record.told))
    draft.order(EndListening(draft.next_id(), draft.now_s + WITHIN_S, record.node, record.call, record.id, why))


def _node_of_talk(floor: Floor, name: CallId) -> NodeId:
    """Where somebody of ours speaks with this caller now. Raises Refused."""
    call, outbound = floor.state.calls.get(name), floor.state.outbound.get(name)
    if call is not None and call.state in _TALKS:
        return call.node
    if outbound is not None and outbound.state is OutboundState.TALKING:
        return outbound.node
    raise Refused("Nobody speaks in this call now. Listen to one that is in a talk or on hold.")


def _is_ours(floor: Floor, name: CallId) -> bool:
    call, outbound = floor.state.calls.get(name), floor.state.outbound.get(name)
    if call is not None:
        return call.state in _OURS
    return outbound is not None and outbound.state is OutboundState.TALKING
