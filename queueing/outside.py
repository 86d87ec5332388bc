"""Callers given to a number outside the house: an agent's blind transfer, the overflow of a queue, or a menu's choice.

- The caller's own line dials, over one trunk after the other (queueing.far_end), and hears music meanwhile.
- Until somebody answers the call is what it was: one that overflows, or whom a menu gives away, is in line (W of
  docs/figures.md) and keeps its place, one that was given away by an agent is on its errand. With nobody reached it
  goes on there: the queue, or back to the sender.
- An answer that comes after we gave the attempt up begins no talk: the caller's line is tried on.
- In a consult outside (queueing.outside_consults) the agent's leg dials in the same way.
"""

from __future__ import annotations

from core import calling
from core.errors import Refused
from core.events import CallFlowedOut, OutsideAnswered, OutsideDialled
from core.house import Queue
from core.ids import CallId, OfferId, TrunkId
from core.inputs import CommandDone, CommandFailed, FarAnswered, FarLegEnded, FarProgressed, FarRang
from core.states import OutboundOutcome
from queueing import calls, consults, far_end, moves, outbound, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.outside_ends import cancel as cancel
from queueing.outside_ends import over as over
from queueing.state import AgentRecord, CallRecord, OutsideRecord

MENU = "menu"
"""Why: the caller chose it, of what the house's flow offers."""


# --- who may be called -----------------------------------------------------------------------
def check(floor: Floor, draft: Draft, agent: AgentRecord, written: str) -> str:
    """The inside form of the number to which this agent wants to give a caller; counted as a call of theirs.

    Raises Refused.
    """
    house = outbound.house_of(floor)
    try:
        number = calling.transferable(written, house)
    except Refused as refusal:
        raise Refused(f"number: {refusal}") from refusal
    if trunks.choose(floor, draft, ()) is None:
        raise Refused("No trunk takes another outgoing call now. Transfer the caller to an agent or a queue.")
    outbound.count_call(floor, draft, agent)
    return number


def overflow_number(floor: Floor, queue: Queue) -> str:
    """The number outside to which this queue overflows; "" for none, or one that the house allows no more."""
    return _allowed(floor, queue.overflow_number)


def chosen(floor: Floor, draft: Draft, call: CallRecord, written: str) -> bool:
    """Give a caller who has just asked to the number that the menu names. False: it cannot be dialled, or the house is
    being stopped; wait here."""
    number = "" if floor.state.drain.on else _allowed(floor, written)
    return bool(number) and begin(floor, draft, call, number, MENU)


def _allowed(floor: Floor, written: str) -> str:
    if not written or floor.state.house is None:
        return ""
    try:
        return calling.transferable(written, floor.state.house)
    except Refused:
        return ""


# --- dialling --------------------------------------------------------------------------------
def begin(floor: Floor, draft: Draft, call: CallRecord, number: str, why: str) -> bool:
    """Let this waiting caller's line dial. False: no trunk may be asked, and nothing was changed."""
    trunk = trunks.choose(floor, draft, ())
    if trunk is None or call.queue is None:
        return False
    record = _record(floor, draft, call, number, why)
    draft.tell(OutsideDialled(call.id, call.queue, call.hotline, number, why))
    dial(floor, draft, call, record, trunk)
    return True


def _record(floor: Floor, draft: Draft, call: CallRecord, number: str, why: str) -> OutsideRecord:
    floor.line.discard(call.id)
    call.due_boot_s, call.resting = None, False
    calls.move(draft, call, "given_out")
    record = OutsideRecord(call.id, call.node, number, call.language, why, draft.now_s, call.offers)
    floor.state.outside[call.id] = record
    return record


def dial(floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord, trunk: TrunkId) -> None:
    """One attempt."""
    far_end.dial(floor, draft, record, trunk, outbound.house_of(floor).outside.ring_s)
    call.offers, call.offers_before = record.attempt, call.offers_before + 1
    call.changed_boot_s = draft.now_s


def rang(floor: Floor, draft: Draft, fact: FarRang) -> None:
    if record := _attempt(floor, fact.call, fact.attempt):
        far_end.rang(floor, record)


def progressed(floor: Floor, draft: Draft, fact: FarProgressed) -> None:
    if record := _attempt(floor, fact.call, fact.attempt):
        far_end.progressed(floor, draft, record)


def answered(floor: Floor, draft: Draft, fact: FarAnswered) -> None:
    record = _attempt(floor, fact.call, fact.attempt)
    if record is not None and not record.given_up:
        spoken(floor, draft, record)


def spoken(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """Somebody has answered: to the caller, or to the agent who consults."""
    if record.asker is None:
        talk_began(floor, draft, record)
    else:
        consults.far_answered(floor, draft, record)


def talk_began(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """Somebody has the caller; whatever else was planned for the call is over."""
    call = floor.state.calls[record.id]
    assert call.queue is not None
    record.answered_boot_s, record.due_boot_s = draft.now_s, None
    call.errand, call.changed_boot_s = None, draft.now_s
    if call.offered:
        call.offered = False
        waited_s = draft.now_s - call.since_boot_s
        draft.tell(CallFlowedOut(call.id, call.queue, call.hotline, waited_s, record.why))
    draft.tell(OutsideAnswered(call.id, call.queue, call.hotline, record.number, record.trunk))


def far_ended(floor: Floor, draft: Draft, fact: FarLegEnded) -> None:
    """A talk is over. An attempt is over only when its Dial has returned; that word has a moment to come."""
    record = floor.state.outside[fact.call]
    if fact.attempt != far_end.attempt_of(record):
        return
    if record.answered_boot_s is not None:
        talk_over(floor, draft, record)
    else:
        _await_return(floor, draft, record)


def _await_return(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    record.leg_gone = True
    floor.due(record, draft.now_s + far_end.RETURN_WITHIN_S)


def _attempt(floor: Floor, call: CallId, attempt: OfferId) -> OutsideRecord | None:
    """The record, if this is its present attempt, and not answered."""
    record = floor.state.outside.get(call)
    if record is None or record.answered_boot_s is not None:
        return None
    return record if attempt == far_end.attempt_of(record) else None


# --- outcomes of our orders, and time --------------------------------------------------------
def done(floor: Floor, draft: Draft, fact: CommandDone) -> None:
    record = _of_command(floor, fact)
    if fact.id == record.asked:
        if record.answered_boot_s is None:
            far_end.trunk_said(floor, draft, record, fact.result)
    elif fact.id == record.command and record.answered_boot_s is None:
        _attempt_over(floor, draft, record, fact.result)
    elif fact.id == record.command:
        floor.due(record, draft.now_s + far_end.DIAL_OVER_S)


def failed(floor: Floor, draft: Draft, fact: CommandFailed) -> None:
    record = _of_command(floor, fact)
    if fact.id != record.command or record.answered_boot_s is not None:
        return
    if record.asker is None:
        _await_return(floor, draft, record)
    else:  # the agent's leg was not even sent to dial
        moves.refuse(floor, draft, record.id, f"The PBX could not do it: {fact.reason}.")
        not_reached(floor, draft, record, OutboundOutcome.LOST)


def _of_command(floor: Floor, fact: CommandDone | CommandFailed) -> OutsideRecord:
    return floor.state.outside[floor.state.outbound_commands.pop(fact.id)]


def due(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """While its PBX is out of sight a deadline means nothing; the next resync looks at it."""
    record.due_boot_s = None
    if not floor.node(record.node).up:
        return
    if record.answered_boot_s is not None:
        talk_over(floor, draft, record)
    elif far_end.is_overdue(record):
        cancel(draft, record)
        not_reached(floor, draft, record, OutboundOutcome.LOST)
    else:
        far_end.due(floor, draft, record)


def _attempt_over(floor: Floor, draft: Draft, record: OutsideRecord, result: str) -> None:
    outcome = far_end.outcome_of(record, result)
    if outcome is OutboundOutcome.REACHED and record.given_up:
        outcome = OutboundOutcome.NO_ANSWER if record.rang else None
    if outcome is OutboundOutcome.REACHED:
        spoken(floor, draft, record)
        talk_over(floor, draft, record)
    elif outcome is not None:
        not_reached(floor, draft, record, outcome)
    else:
        far_end.blame_trunk(floor, draft, record, result)
        _dial_next(floor, draft, record)


def _dial_next(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    trunk = trunks.choose(floor, draft, record.tried)
    if trunk is None:
        not_reached(floor, draft, record, OutboundOutcome.NO_TRUNK)
    else:
        dial(floor, draft, floor.state.calls[record.id], record, trunk)


# --- ending ----------------------------------------------------------------------------------
def not_reached(floor: Floor, draft: Draft, record: OutsideRecord, outcome: OutboundOutcome) -> None:
    """Back to where it was: to the sender, into the queue with the place it had, or on hold."""
    call = floor.state.calls[record.id]
    if record.asker is not None:
        consults.over(floor, draft, call, outcome.value)
        return
    over(floor, draft, call, outcome)
    calls.move(draft, call, "queued")
    floor.enlist(call)


def line_came_round(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The dialplan brings the caller's line back as one that waits: whatever it dialled is over, and we were away."""
    record = floor.state.outside[call.id]
    if record.answered_boot_s is None:
        cancel(draft, record)
        not_reached(floor, draft, record, OutboundOutcome.NO_ANSWER)


def talk_over(floor: Floor, draft: Draft, record: OutsideRecord) -> None:
    """Whoever spoke with the caller has hung up; the dialplan says goodbye."""
    call = floor.state.calls[record.id]
    if record.asker is not None:
        consults.over(floor, draft, call, OutboundOutcome.REACHED.value)
        return
    if record.awaits_caller:
        _left_before(floor, draft, call, record)
        return
    over(floor, draft, call, OutboundOutcome.REACHED)
    call.was_outside = True
    calls.move(draft, call, "left")
    calls.let_go(draft, call)


def _left_before(floor: Floor, draft: Draft, call: CallRecord, record: OutsideRecord) -> None:
    """Consulted, and gone before the caller was there: to the front of the queue."""
    assert call.queue is not None
    moves.refuse(floor, draft, call.id, "They have hung up. The caller waits in front of the queue.")
    cancel(draft, record)
    over(floor, draft, call, OutboundOutcome.REACHED)
    calls.move(draft, call, "queued")
    calls.to_queue(floor, draft, call, call.queue, "keeper_left", front=True)


def caller_left(floor: Floor, draft: Draft, call: CallRecord) -> bool:
    """The caller hung up; the PBX ends the far leg with its line. True: out of a talk."""
    record = floor.state.outside[call.id]
    talked = record.answered_boot_s is not None
    if record.awaits_caller:
        cancel(draft, record)
    over(floor, draft, call, OutboundOutcome.REACHED if talked else OutboundOutcome.CALLER_LEFT)
    return talked


# --- what the PBX tells of it at a resync ------------------------------------------------------
def adopt(floor: Floor, draft: Draft, call: CallRecord, trunk: TrunkId, attempt: OfferId) -> None:
    """A waiting caller of ours speaks with somebody outside, whom we did not know of."""
    record = _record(floor, draft, call, "", "found")
    meet(floor, draft, record, trunk, attempt)


def meet(floor: Floor, draft: Draft, record: OutsideRecord, trunk: TrunkId, attempt: OfferId) -> None:
    """They speak, over this trunk; heard of once."""
    if record.answered_boot_s is None:
        number = attempt.rpartition("/")[2]
        record.trunk, record.attempt = trunk, int(number) if number.isdecimal() else record.attempt
        spoken(floor, draft, record)
