"""Who hears which talk, without being in it.

- Somebody may begin while one of ours speaks with the caller or keeps them on hold.
- It follows the caller: it goes on over hold, consult, conference and transfer, also while the caller waits again, and
  is over when the call leaves our people: at the hang-up, for a survey or message, and for a number outside.
- Who may hear one team alone hears no talk of another's: it is over as well when the caller is given to one of these.
- When the PBX is out of sight, or we were started anew, nobody can say that it goes on: then it is over, too.
- It changes nothing about the call.
"""

from __future__ import annotations

from core.commands import Beep, BeginListening, EndListening, WithdrawRing
from core.errors import Refused
from core.events import ListeningBegan, ListeningEnded, RequestGranted, RequestRefused
from core.ids import AgentId, CallId, ListeningId, NodeId, SeatId, own_offer
from core.inputs import Listen, ListenByPhone, StopListening
from core.recorded import ListeningRules
from core.states import CallState, OutboundState
from queueing import seats
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import ListeningRecord

AT_ONCE = 20
"""Listeners; each is two channels of the PBX for each voice."""
WITHIN_S = 3.0
_TALKS = (CallState.TALKING, CallState.HELD)
_OURS = (*_TALKS, CallState.WAITING, CallState.RESERVED, CallState.RINGING)


def begin(floor: Floor, draft: Draft, wish: Listen, by: str) -> ListeningId:
    """In a browser; the listening's id. Raises Refused."""
    record = make(floor, draft, wish, by)
    floor.state.listenings[record.id] = record
    silenced = wish.call in floor.state.pauses
    draft.tell(ListeningBegan(record.id, wish.call, by, wish.address, record.told))
    order = (draft.next_id(), draft.now_s + WITHIN_S, record.node, wish.call, record.id, silenced)
    draft.order(BeginListening(*order))
    beep(floor, draft, record)
    return record.id


def make(floor: Floor, draft: Draft, wish: Listen | ListenByPhone, by: str) -> ListeningRecord:
    """One that may begin, not kept yet. Raises Refused."""
    node = _node_of_talk(floor, wish.call)
    if not _may_hear(floor, wish.call, wish.team):
        raise Refused("An agent of another team speaks in this call. Ask a supervisor to listen.")
    if not floor.node(node).up:
        raise Refused("The PBX cannot be reached at the moment. The talk goes on; try again in a few seconds.")
    if len(floor.state.listenings) >= AT_ONCE:
        raise Refused(f"{AT_ONCE} people are listening already. Wait until one of them has ended.")
    told = _rules(floor).agents_see
    name = ListeningId(f"li-{draft.sequence}")
    return ListeningRecord(name, wish.call, node, by, told, draft.now_s, wish.address, team=wish.team)


def beep(floor: Floor, draft: Draft, record: ListeningRecord) -> None:
    """If the house wants it announced."""
    if _rules(floor).beep:
        draft.order(Beep(draft.next_id(), draft.now_s + WITHIN_S, record.node, record.call))


def _rules(floor: Floor) -> ListeningRules:
    return floor.state.house.listening if floor.state.house else ListeningRules()


def stop(floor: Floor, draft: Draft, wish: StopListening, by: str) -> None:
    """One that is over already stays so. Raises Refused."""
    record = floor.state.listenings.get(wish.listening)
    if record is not None and record.by != by:
        raise Refused(f"{record.by} is listening. Only they can end it.")
    if record is not None:
        end(floor, draft, record, "asked")


def settle(floor: Floor, draft: Draft) -> None:
    """End those that can hear nothing more."""
    for record in tuple(floor.state.listenings.values()):
        if not floor.node(record.node).up:
            end(floor, draft, record, "out_of_sight")
        elif not _is_ours(floor, record.call):
            end(floor, draft, record, "talk_over")
        elif not _may_hear(floor, record.call, record.team):
            end(floor, draft, record, "other_team")


def end(floor: Floor, draft: Draft, record: ListeningRecord, why: str) -> None:
    """It is over; one whose phone was not answered has never begun."""
    del floor.state.listenings[record.id]
    if record.channel is not None and record.seat is not None:
        _hang_up(floor, draft, record, record.channel, record.seat)
    if record.channel is None or record.heard:
        _tell_end(draft, record, why)
    if record.asked is not None:
        answer(floor, draft, record, "The listening is over.")
    if record.channel is None:
        _let_go(draft, record, why)


def taken_over(floor: Floor, draft: Draft, record: ListeningRecord) -> None:
    """Its line is a talk's from now on."""
    del floor.state.listenings[record.id]
    answer(floor, draft, record, "The listening is over.")
    _tell_end(draft, record, "taken_over")


def _tell_end(draft: Draft, record: ListeningRecord, why: str) -> None:
    lasted_s = draft.now_s - record.began_boot_s
    draft.tell(ListeningEnded(record.id, record.call, record.by, lasted_s, why, record.told))


def answer(floor: Floor, draft: Draft, record: ListeningRecord, refusal: str) -> None:
    """To whoever asked for another way of listening; "" grants it."""
    request, record.asked = record.asked, None
    if request is not None:
        floor.state.answers.keep(request, refusal)
        draft.tell(RequestRefused(request, refusal) if refusal else RequestGranted(request))


def _hang_up(floor: Floor, draft: Draft, record: ListeningRecord, channel: CallId, seat: SeatId) -> None:
    """Its line; while it takes the call over (queueing.taking) it may be known by either name."""
    until, names = draft.now_s + WITHIN_S, [(channel, own_offer(channel))]
    names += [(record.call, record.offer)] if record.offer is not None else []
    for call, offer in names:
        draft.order(WithdrawRing(draft.next_id(), until, record.node, call, offer, seat))
    seats.free(floor, seat)


def _let_go(draft: Draft, record: ListeningRecord, why: str) -> None:
    draft.order(EndListening(draft.next_id(), draft.now_s + WITHIN_S, record.node, record.call, record.id, why))


def _node_of_talk(floor: Floor, name: CallId) -> NodeId:
    """Where somebody of ours speaks with this caller now. Raises Refused."""
    call, outbound = floor.state.calls.get(name), floor.state.outbound.get(name)
    if call is not None and call.state in _TALKS:
        return call.node
    if outbound is not None and outbound.state is OutboundState.TALKING:
        return outbound.node
    raise Refused("Nobody speaks in this call now. Listen to one that is in a talk or on hold.")


def _may_hear(floor: Floor, name: CallId, team: tuple[AgentId, ...] | None) -> bool:
    """Callers who wait are every leader's."""
    call, outbound = floor.state.calls.get(name), floor.state.outbound.get(name)
    speaker = outbound.agent if outbound is not None else None
    if call is not None and call.state in _TALKS and call.talk is not None:
        speaker = call.talk.agent
    return team is None or speaker is None or speaker in team


def _is_ours(floor: Floor, name: CallId) -> bool:
    call, outbound = floor.state.calls.get(name), floor.state.outbound.get(name)
    if call is not None:
        return call.state in _OURS
    return outbound is not None and outbound.state is OutboundState.TALKING
