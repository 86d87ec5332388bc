"""Consults outside: an agent asks somebody at a number outside the house, while the caller hears music.

- As a consult with a colleague (queueing.consults), but the agent's own leg dials, over one trunk after the other
  (queueing.far_end), and hears the carrier. Which numbers, and how often: as for a transfer (queueing.outside).
- Nobody reached, or the far end hangs up: the agent has the hold again, and OutsideEnded says why.
- Completed, or because the agent just hung up, the caller is brought together with the far end and is outside as after
  a blind transfer. One who hung up before that leaves the caller in front of the queue.
"""

from __future__ import annotations

from core.commands import JoinFar
from core.errors import Refused
from core.events import CallTransferred, OutsideAnswered, OutsideDialled
from core.ids import RequestId
from core.inputs import Consult
from core.states import CallState
from queueing import agents, calls, consults, far_end, moves, outside, talks, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, OutsideRecord


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId, wish: Consult) -> None:
    """Order the first dial from the agent's leg; the caller is put on hold by it, if not yet. Raises Refused."""
    call = moves.call_of(floor, agent)
    consults.check_nobody_asked(floor, call)
    number = outside.check(floor, draft, agent, wish.to_number)
    trunk = trunks.choose(floor, draft, ())
    assert trunk is not None and call.talk is not None and call.queue is not None
    what = (number, call.language, "consult", draft.now_s, call.offers)
    record = OutsideRecord(call.id, call.node, *what, asker=call.talk.seat, note=wish.note)
    floor.state.outside[call.id] = record
    draft.tell(OutsideDialled(call.id, call.queue, call.hotline, number, "consult", agent.id, wish.note))
    outside.dial(floor, draft, call, record, trunk)
    assert record.command is not None
    moves.begin(floor, draft, call, request, "consult", record.command)
    if call.state is CallState.HELD:
        agents.change(floor, draft, agent, "consult", state="consult")
        moves.grant(floor, draft, call.id, "consult")


def complete(floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord, request: RequestId) -> None:
    """The far end shall have the caller: the agent's leg ends, the rest follows from that. Raises Refused."""
    if record.answered_boot_s is None or not (call.state is CallState.HELD or record.confers):
        raise Refused("Nobody outside has answered yet. Wait for it, or go back to the caller.")
    moves.begin(floor, draft, call, request, "complete", draft.next_id())
    talks.hang_up_leg(draft, call)


def hand_over(floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord, how: str = "consulted") -> None:
    """The agent is gone: the far end, whose leg the PBX keeps for a moment, has the caller."""
    talk = call.talk
    assert talk is not None and call.queue is not None
    who = (call.id, call.queue, call.hotline)
    draft.tell(CallTransferred(*who, talk.seat, talk.agent, how, record.number, record.note))
    record.asker, record.awaits_caller, record.answered_boot_s = None, True, draft.now_s
    talks.end(floor, draft, call, "transfer")
    calls.move(draft, call, "given_out")
    draft.tell(OutsideAnswered(*who, record.number, record.trunk))


def join(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """Order that both are brought together; asked again when the caller's line comes round before it was done."""
    record.command = far_end.command_of(floor, draft, record)
    until = draft.now_s + moves.ANSWER_WITHIN_S
    draft.order(JoinFar(record.command, until, record.node, record.id, far_end.attempt_of(record)))
    floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)


def together(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """Caller and far end hear each other."""
    record.awaits_caller, record.due_boot_s = False, None
    floor.state.calls[record.id].changed_boot_s = draft.now_s
    moves.grant(floor, draft, record.id, "complete")


def line_held(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The caller's line is with us and plays music."""
    record = floor.state.outside.get(call.id)
    if record is not None and record.awaits_caller:
        join(floor, draft, record)
