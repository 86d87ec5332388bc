"""Calls that we make: the agent's own phone first, then the far end over one trunk after the other.

- The agent is reserved in the step that decides the call. Nobody dials without a person who has picked up.
- One dial at a time: the next trunk is asked only when Dial of the one before has returned, its leg gone.
- The trunk's fault is answered by the next trunk (queueing.far_end); the far end's word (busy, declined, no answer)
  ends the call.
- Two calls to one number are never under way at once.
- The agent is free again when the agent's own leg is down: a phone still up must not be rung.
"""

from __future__ import annotations

from core import calling
from core.commands import CallAgent, LetGo, WithdrawRing
from core.errors import Refused
from core.events import OutboundBegan, OutboundEnded, OutboundMoved
from core.house import House
from core.ids import CallbackId, CallId, NodeId, OfferId, QueueId, TrunkId, own_offer
from core.inputs import (
    AgentLineHeld,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarLegEnded,
    FarProgressed,
    FarRang,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
)
from core.states import AgentState, OutboundOutcome, OutboundState, SeatState
from queueing import agents, far_end, lifecycles, moves, pauses, pops, seats, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.hours import night_lock
from queueing.state import AgentRecord, Hour, OutboundRecord

LINE_WITHIN_S = 5.0
"""From the agent's answer to the dialplan's AGI, a restart of the engine included."""
LET_GO_WITHIN_S = 5.0
NOT_AGAIN = "The line went with the page, and that call is over. Whoever spoke in it has been told so."
"""To a phone that wants the talk again which it has lost (queueing.outbound_lost)."""
_MAY_CALL = (AgentState.IDLE, AgentState.WRAP_UP)


# --- beginning -------------------------------------------------------------------------------
def place(floor: Floor, draft: Draft, agent: AgentRecord, written: str, queue: QueueId | None) -> CallId:
    """An agent asks for a call; its id. Raises Refused."""
    house = house_of(floor)
    if floor.state.drain.on:
        raise Refused("The house is being stopped; no call is begun. Call when it is open again.")
    number = calling.allowed(written, house)
    if lock := night_lock(house, draft.utc_s):
        raise Refused(f"Nobody is called from {lock.start:%H:%M} to {lock.end:%H:%M}. Call when these hours are over.")
    if queue and queue not in floor.queues:
        raise Refused(f"There is no queue {queue}.")
    if agent.state not in _MAY_CALL:
        raise Refused(f"{agent.id} is in a call. Call when it is over.")
    hour = _hour_with_room(floor, draft, agent)
    call = begin(floor, draft, agent, number, queue, house.languages[0])
    hour.count += 1
    return call


def count_call(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    """One more call to the outside at this agent's wish. Raises Refused."""
    _hour_with_room(floor, draft, agent).count += 1


def _hour_with_room(floor: Floor, draft: Draft, agent: AgentRecord) -> Hour:
    hour, most = trunks.hour_of(floor, draft, f"agent {agent.id}"), house_of(floor).outbound.calls_per_agent_hour
    if hour.count >= most:
        raise Refused(f"{agent.id} has made {hour.count} calls within an hour, as many as the house allows.")
    return hour


def begin(
    floor: Floor,
    draft: Draft,
    agent: AgentRecord,
    number: str,
    queue: QueueId | None,
    language: str,
    callback: CallbackId | None = None,
) -> CallId:
    """Ring this agent's phone in order to call this number. Raises Refused; nothing was changed then."""
    node = _node(floor)
    if in_flight(floor, number):
        raise Refused("That number is being called already.")
    assert agent.seat is not None
    seat = floor.state.seats[agent.seat]
    if seat.state is SeatState.UNREACHABLE or seat.call is not None:
        raise Refused(f"The phone of {seat.id} is not free. Look whether it is registered.")
    call = draft.new_call(node, "out")
    record = OutboundRecord(call, node, agent.id, seat.id, number, queue, language, callback, draft.now_s, draft.now_s)
    floor.state.outbound[call] = record
    seat.call = agent.call = call
    pops.offered(draft, agent, own_offer(call))
    agent.due_boot_s = None
    record_it = floor.is_recorded(call, queue, agent.id)
    draft.tell(OutboundBegan(call, agent.id, seat.id, number, queue, language, callback, record_it))
    agents.change(floor, draft, agent, "outbound", state="reserve")
    _ring_agent(floor, draft, record)
    return call


def _ring_agent(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    record.command = far_end.command_of(floor, draft, record)
    until, ring_s = draft.now_s + seats.RING_WITHIN_S, floor.cadence.budget_s + seats.SPARE_DIAL_S
    offer = own_offer(record.id)
    draft.order(CallAgent(record.command, until, record.node, record.id, offer, record.seat, record.number, ring_s))
    floor.due(record, until)


def in_flight(floor: Floor, number: str) -> bool:
    return any(other.number == number for other in floor.state.outbound.values())


def house_of(floor: Floor) -> House:
    """Raises Refused."""
    if floor.state.house is None:
        raise Refused("The house is not known yet. Try again in a moment.")
    return floor.state.house


def _node(floor: Floor) -> NodeId:
    for node in floor.state.nodes.values():
        if node.up:
            return node.id
    raise Refused("The PBX is out of sight. Try again in a moment.")


# --- the agent's own leg ---------------------------------------------------------------------
def agent_rang(floor: Floor, draft: Draft, fact: SeatRang) -> None:
    record = floor.state.outbound[fact.call]
    if record.state is OutboundState.CALLING_AGENT and not record.agent_rang:
        record.agent_rang, record.changed_boot_s = True, draft.now_s
        floor.state.seats[record.seat].failures = 0
        floor.due(record, draft.now_s + floor.cadence.budget_s)
        agents.change(floor, draft, floor.state.agents[record.agent], "rang", state="rang")


def agent_answered(floor: Floor, draft: Draft, fact: SeatAnswered) -> None:
    picked_up(floor, draft, floor.state.outbound[fact.call])


def picked_up(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """The agent has picked up; the dialplan brings the line to us. Doubled, it changes nothing."""
    if record.state is not OutboundState.CALLING_AGENT:
        return
    agent = floor.state.agents[record.agent]
    agent.misses = 0
    move(draft, record, "agent_answered")
    floor.due(record, draft.now_s + LINE_WITHIN_S)
    agents.change(floor, draft, agent, "picked_up", state="dial")


def agent_leg_ended(floor: Floor, draft: Draft, fact: SeatLegEnded) -> None:
    """Before the answer the agent did not want to, or the phone could not be rung; afterwards the agent hung up."""
    record = floor.state.outbound[fact.call]
    if record.state is not OutboundState.CALLING_AGENT:
        end(floor, draft, record, OutboundOutcome.AGENT_LEFT, by="agent")
    elif fact.cause in seats.UNREACHABLE_CAUSES and not record.agent_rang:
        seats.set_reachable(floor, draft, floor.state.seats[record.seat], False)
        _agent_failed(floor, draft, record)
    else:
        _agent_missed(floor, draft, record)


def _agent_missed(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """Only a call that somebody else's matter brought counts as a miss."""
    if record.callback:
        agents.missed(draft, floor.state.agents[record.agent])
    end(floor, draft, record, OutboundOutcome.AGENT_MISSED)


def agent_lost(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """The agent's phone cannot be picked up any more: its leg is taken back."""
    hang_up_agent(draft, record)
    _agent_failed(floor, draft, record)


def _agent_failed(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    seat = floor.state.seats[record.seat]
    end(floor, draft, record, OutboundOutcome.AGENT_MISSED)
    seats.rest(floor, draft, seat)


def hang_up_agent(draft: Draft, record: OutboundRecord) -> None:
    """The end of the agent's own leg, and with it of the call."""
    until = draft.now_s + LET_GO_WITHIN_S
    draft.order(WithdrawRing(draft.next_id(), until, record.node, record.id, own_offer(record.id), record.seat))


# --- the agent's line, and the far end -------------------------------------------------------
def line_held(floor: Floor, draft: Draft, fact: AgentLineHeld) -> None:
    """The agent's line is ours, for the first time or because the dialplan came round with it.

    Only a line that dials nothing can come; told twice, it would be dialled on twice.
    """
    record = floor.state.outbound.get(fact.call)
    if record is None:
        draft.order(LetGo(draft.next_id(), draft.now_s + LET_GO_WITHIN_S, fact.node, fact.call))
        return
    if record.held_boot_s is not None and fact.held_boot_s <= record.held_boot_s:
        return
    record.held_boot_s = fact.held_boot_s
    picked_up(floor, draft, record)
    trunk, _, result = fact.dialled.partition("/")
    if record.state is OutboundState.LEAVING:
        _let_go(draft, record)
    elif record.state is OutboundState.CALLING and trunk != record.trunk:
        move(draft, record, "failed")
        record.tried.pop()  # the order died with the engine that gave it: nothing was dialled
        dial_next(floor, draft, record)
    elif record.state is OutboundState.CALLING:
        attempt_over(floor, draft, record, result)
    elif record.state is OutboundState.CONNECTING:
        dial_next(floor, draft, record)


def dial_next(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """Ask the next trunk; with none left nobody was reached."""
    trunk = trunks.choose(floor, draft, record.tried)
    if trunk is None:
        leave(floor, draft, record, OutboundOutcome.NO_TRUNK)
        return
    move(draft, record, "dialled", trunk)
    far_end.dial(floor, draft, record, trunk, house_of(floor).outbound.ring_s)


def far_rang(floor: Floor, draft: Draft, fact: FarRang) -> None:
    if record := _attempt(floor, fact.call, fact.attempt):
        far_end.rang(floor, record)


def far_progressed(floor: Floor, draft: Draft, fact: FarProgressed) -> None:
    if record := _attempt(floor, fact.call, fact.attempt):
        far_end.progressed(floor, draft, record)


def far_answered(floor: Floor, draft: Draft, fact: FarAnswered) -> None:
    if record := _attempt(floor, fact.call, fact.attempt):
        answered(floor, draft, record)


def answered(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """A promise is kept by it, unless the agent is lost to the call, or has hung up: then its end says what it was."""
    record.answered_boot_s, record.due_boot_s = draft.now_s, None
    if record.is_lost or record.id in floor.state.moves:
        record.unheard = True
    else:
        _news(floor, record, OutboundOutcome.REACHED)
    move(draft, record, "answered")
    agents.change(floor, draft, floor.state.agents[record.agent], "reached", state="answer")


def far_ended(floor: Floor, draft: Draft, fact: FarLegEnded) -> None:
    """A talk is over. An attempt is over only when its Dial has returned; that word has a moment to come."""
    record = floor.state.outbound.get(fact.call)
    if record is None or fact.attempt != far_end.attempt_of(record):
        return
    if record.state is OutboundState.TALKING:
        leave(floor, draft, record, OutboundOutcome.REACHED, by="caller")
    elif record.state is OutboundState.CALLING:
        record.leg_gone = True
        floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)


def attempt_over(floor: Floor, draft: Draft, record: OutboundRecord, result: str) -> None:
    """Dial has returned. `result` is `<DIALSTATUS>/<cause>[/<SIP status>]`."""
    outcome = far_end.outcome_of(record, result)
    if outcome is None:
        far_end.blame_trunk(floor, draft, record, result)
        move(draft, record, "failed")
        dial_next(floor, draft, record)
    else:
        leave(floor, draft, record, outcome)


def _attempt(floor: Floor, call: CallId, attempt: OfferId) -> OutboundRecord | None:
    """The call, if this is its present attempt, and not answered."""
    record = floor.state.outbound.get(call)
    if record is None or record.state is not OutboundState.CALLING:
        return None
    return record if attempt == far_end.attempt_of(record) else None


# --- outcomes of our orders, and time --------------------------------------------------------
def done(floor: Floor, draft: Draft, fact: CommandDone) -> None:
    record = _of_command(floor, fact)
    if fact.id == record.asked:
        if record.state is OutboundState.CALLING:
            far_end.trunk_said(floor, draft, record, fact.result)
    elif fact.id == record.command and record.state is OutboundState.CALLING:
        attempt_over(floor, draft, record, fact.result)
    elif record.state is OutboundState.TALKING and fact.id == record.excuse:
        leave(floor, draft, record, OutboundOutcome.REACHED, by="agent")
    elif fact.id == record.command and record.state is OutboundState.TALKING:
        floor.due(record, draft.now_s + far_end.DIAL_OVER_S)


def failed(floor: Floor, draft: Draft, fact: CommandFailed) -> None:
    record = _of_command(floor, fact)
    if fact.id == record.excuse and record.state is OutboundState.TALKING:
        hang_up_agent(draft, record)  # a line that is cut is better than one that is silent
    if fact.id != record.command:
        return
    if record.state is OutboundState.CALLING_AGENT:
        agent_lost(floor, draft, record)  # an action whose answer did not come may have run
    elif record.state is OutboundState.CALLING:
        record.leg_gone = True
        floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)


def _of_command(floor: Floor, fact: CommandDone | CommandFailed) -> OutboundRecord:
    return floor.state.outbound[floor.state.outbound_commands.pop(fact.id)]


def due(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """While its PBX is out of sight a deadline means nothing; the next resync looks at it."""
    record.due_boot_s = None
    if not floor.node(record.node).up:
        return
    match record.state:
        case OutboundState.CALLING_AGENT:
            hang_up_agent(draft, record)
            (_agent_missed if record.agent_rang else _agent_failed)(floor, draft, record)
        case OutboundState.CALLING if not far_end.is_overdue(record):
            far_end.due(floor, draft, record)
        case OutboundState.TALKING if record.excuse:
            hang_up_agent(draft, record)
            end(floor, draft, record, OutboundOutcome.REACHED, by="agent")
        case OutboundState.TALKING:
            leave(floor, draft, record, OutboundOutcome.REACHED, by="caller")
        case _:
            hang_up_agent(draft, record)
            end(floor, draft, record, OutboundOutcome.LOST)


# --- ending ----------------------------------------------------------------------------------
def leave(floor: Floor, draft: Draft, record: OutboundRecord, outcome: OutboundOutcome, by: str = "") -> None:
    """The far end is gone, or was never reached: told now; the agent's line goes back to the dialplan."""
    _tell_ended(floor, draft, record, outcome, by)
    move(draft, record, "left")
    _let_go(draft, record)
    floor.due(record, draft.now_s + LET_GO_WITHIN_S)


def _let_go(draft: Draft, record: OutboundRecord) -> None:
    draft.order(LetGo(draft.next_id(), draft.now_s + LET_GO_WITHIN_S, record.node, record.id))


def lose(floor: Floor, draft: Draft, record: OutboundRecord) -> None:
    """The PBX has lost it, or its seat is in another call."""
    end(floor, draft, record, OutboundOutcome.LOST, by="pbx")


def end(floor: Floor, draft: Draft, record: OutboundRecord, outcome: OutboundOutcome, by: str = "") -> None:
    """The agent's leg is down: agent and seat are free."""
    reached = record.answered_boot_s is not None
    moves.grant(floor, draft, record.id, "hang_up")
    moves.refuse(floor, draft, record.id, NOT_AGAIN)
    if record.state is not OutboundState.LEAVING:
        _tell_ended(floor, draft, record, OutboundOutcome.REACHED if reached else outcome, by)
    move(draft, record, "ended")
    del floor.state.outbound[record.id]
    for command in record.commands:
        floor.state.outbound_commands.pop(command, None)
    floor.state.seats[record.seat].call = None
    agent = floor.state.agents[record.agent]
    queue = floor.queues.get(record.queue) if record.queue else None
    if reached:
        agents.after_talk(floor, draft, agent, queue.wrap_up_s if queue and by != "pbx" else 0.0)
    else:
        agents.release(floor, draft, agent, f"outbound_{outcome.value}")
    floor.refresh_seat(floor.state.seats[record.seat])


def _news(floor: Floor, record: OutboundRecord, outcome: OutboundOutcome) -> None:
    if record.callback is not None:
        floor.callback_news.append((record.callback, outcome, record.agent))


def back(floor: Floor, record: OutboundRecord) -> None:
    """The agent who was lost to this call is there again; whoever has answered meanwhile is heard from now on."""
    record.is_lost = False
    if record.unheard:
        record.unheard = False
        _news(floor, record, OutboundOutcome.REACHED)


def _tell_ended(floor: Floor, draft: Draft, record: OutboundRecord, outcome: OutboundOutcome, by: str) -> None:
    pauses.talk_over(floor, draft, record.id)
    talk_s = 0.0 if record.answered_boot_s is None else draft.now_s - record.answered_boot_s
    if record.answered_boot_s is None:
        _news(floor, record, outcome)
    elif record.unheard:
        stayed = not record.is_lost and talk_s > LET_GO_WITHIN_S  # the agent's leg could not be ended, and they spoke
        _news(floor, record, OutboundOutcome.REACHED if stayed else OutboundOutcome.AGENT_LEFT)
    trunk = record.trunk if outcome is OutboundOutcome.REACHED else None
    lasted_s = draft.now_s - record.began_boot_s
    draft.tell(OutboundEnded(record.id, record.agent, record.seat, record.queue, trunk, outcome, talk_s, lasted_s, by))


def move(draft: Draft, record: OutboundRecord, event: str, trunk: TrunkId | None = None) -> None:
    """Advance its life cycle.

    Raises:
        IllegalTransition: the life cycle does not know the event; nothing was changed.
    """
    record.state = lifecycles.advance(lifecycles.OUTBOUND, record.state, event)
    record.changed_boot_s = draft.now_s
    if record.state is not OutboundState.ENDED:
        draft.tell(OutboundMoved(record.id, record.state, trunk or record.trunk))
