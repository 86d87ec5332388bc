"""Hold: the caller hears music, the agent's line is kept.

- The PBX parts the talk and says so (CallerHeld), or brings both together again (CallerJoined); only then anything
  changes here.
- After `hold_reminder_s`, and each time it passes again, agent and caller are reminded.
- A caller whose agent's phone is gone is told so, and then hears music.
- An agent who hangs up on a held caller has not ended the call: a colleague who was being consulted takes it, else it
  waits in front of its queue.
"""

from __future__ import annotations

from core.commands import Announce, HoldCall, JoinSeat, RemindSeat
from core.errors import Refused
from core.events import CallHeld, CallResumed, HoldReminded
from core.ids import CommandId, RequestId
from core.inputs import CallerHeld
from core.states import CallState
from queueing import agents, calls, consults, moves, outside_consults, talks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord, Reminder

PROMPT = "still-there"
LOST_PROMPT = "line-interrupted"


def ask(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId, *, is_lost: bool) -> bool:
    """The agent wants the caller on hold, or is lost to them. False: it is so already. Raises Refused."""
    call = moves.call_of(floor, agent)
    assert call.talk is not None
    call.talk.is_lost = is_lost
    if call.state is CallState.HELD:
        return False
    command = draft.next_id()
    moves.begin(floor, draft, call, request, "hold", command)
    until = draft.now_s + moves.ANSWER_WITHIN_S
    draft.order(HoldCall(command, until, call.node, call.id, call.talk.seat))
    return True


def held(floor: Floor, draft: Draft, fact: CallerHeld) -> None:
    """The caller's line is with us again and plays music."""
    call = floor.state.calls.get(fact.call)
    if call is None:
        return
    if call.state is CallState.TALKING:
        begin(floor, draft, call)
    elif call.state is CallState.LEAVING:
        calls.let_go(draft, call)  # the agent hung up while the talk was being parted
    elif call.state is CallState.OUTSIDE:
        outside_consults.line_held(floor, draft, call)
    elif call.resting:
        calls.rest_over(floor, call)


def begin(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The talk is on hold from now on."""
    talk = call.talk
    assert talk is not None
    calls.move(draft, call, "held")
    talk.held_since_boot_s, talk.command, call.due_boot_s = draft.now_s, None, None
    draft.tell(CallHeld(call.id, talk.seat, talk.agent))
    if talk.agent:
        state = "consult" if consults.is_on(floor, call.id) else "hold"
        agents.change(floor, draft, floor.state.agents[talk.agent], state, state=state)
    if talk.is_lost:
        until = draft.now_s + moves.ANSWER_WITHIN_S
        draft.order(Announce(draft.next_id(), until, call.node, call.id, call.language, LOST_PROMPT))
    remind_later(floor, draft, call)
    moves.grant(floor, draft, call.id, "hold")
    if consults.far_of(floor, call.id) is not None:
        moves.grant(floor, draft, call.id, "consult")  # a carrier may take longer than anybody waits for an answer


def ask_back(floor: Floor, draft: Draft, agent: AgentRecord, request: RequestId) -> None:
    """The agent wants to speak with the caller again; a consult ends with it. Raises Refused."""
    call = moves.call_of(floor, agent)
    if call.state is not CallState.HELD:
        raise Refused(f"{agent.id} has nobody on hold.")
    consults.withdraw(floor, draft, call)
    moves.begin(floor, draft, call, request, "resume", join(floor, draft, call))


def join(floor: Floor, draft: Draft, call: CallRecord) -> CommandId:
    """Order that the caller and whoever keeps them are brought together; the id of the order."""
    assert call.talk is not None
    command = call.talk.command = draft.next_id()
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    draft.order(JoinSeat(command, draft.now_s + moves.ANSWER_WITHIN_S, call.node, call.id, call.talk.seat))
    return command


def resumed(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Both hear each other again, and nobody else."""
    consults.over(floor, draft, call, "cancelled", withdraw=True)
    with_caller(floor, draft, call)


def with_caller(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Whoever keeps the caller speaks with them again."""
    talk = call.talk
    assert talk is not None and talk.held_since_boot_s is not None
    held_s = draft.now_s - talk.held_since_boot_s
    talk.held_s, talk.held_since_boot_s, talk.joined, talk.is_lost = talk.held_s + held_s, None, True, False
    floor.state.reminders.pop(call.id, None)
    calls.move(draft, call, "resumed")
    draft.tell(CallResumed(call.id, talk.seat, talk.agent, held_s))
    if talk.agent:
        agents.change(floor, draft, floor.state.agents[talk.agent], "resumed", state="resume")
    moves.grant(floor, draft, call.id, "resume", "complete", "take_over")


def remind(floor: Floor, draft: Draft, reminder: Reminder) -> None:
    """The hold has lasted: tell the caller, and the agent too unless they speak with a colleague."""
    call = floor.state.calls[reminder.id]
    talk = call.talk
    assert talk is not None and talk.held_since_boot_s is not None
    reminder.due_boot_s = None
    draft.tell(HoldReminded(call.id, talk.seat, talk.agent, draft.now_s - talk.held_since_boot_s))
    until = draft.now_s + moves.ANSWER_WITHIN_S
    if not consults.is_on(floor, call.id):
        draft.order(RemindSeat(draft.next_id(), until, call.node, call.id, talk.seat))
    draft.order(Announce(draft.next_id(), until, call.node, call.id, call.language, PROMPT))
    remind_later(floor, draft, call)


def keeper_left(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The agent is gone and nobody speaks with the caller: to the front of the queue."""
    assert call.queue is not None
    moves.grant(floor, draft, call.id, "hang_up")
    moves.refuse(floor, draft, call.id, "The agent has hung up. The caller waits in front of the queue.")
    talks.end(floor, draft, call, "agent")
    calls.move(draft, call, "queued")
    calls.to_queue(floor, draft, call, call.queue, "keeper_left", front=True)


def remind_later(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """Arm the next reminder, after what the queue, or else the house, says."""
    house, queue = floor.state.house, floor.queues.get(call.queue) if call.queue else None
    after_s = (queue.hold_reminder_s if queue else None) or (house.hold_reminder_s if house else 45.0)
    reminder = floor.state.reminders.setdefault(call.id, Reminder(call.id))
    floor.due(reminder, draft.now_s + after_s)
