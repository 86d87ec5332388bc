"""A caller's line handed back to a flow: a message instead of waiting, a closed queue, a survey after the talk.

- Who leaves a message is out of the line, and goes on being counted as waiting until it is left (M of docs/figures.md);
  who hangs up before has given up. A flow that leads to a person brings the caller back to the old place.
- A survey follows a talk that the agent ended, of at least `least_talk_s`; nobody waits for it but the caller. It is
  ordered once, and again on the next session when the engine that ordered it was killed before it began.
"""

from __future__ import annotations

from core.commands import LetGo, RunFlow
from core.events import CallLeftMessage, FlowBegan, FlowLeft, MessageTaken, SurveyMarked
from core.ids import NO_QUEUE, NOBODY
from core.inputs import LINE_GONE, NOT_HELD, CallerBack, CallQueued, MessageLeft, SurveyAnswered
from core.service import SurveyRules
from core.states import CallState
from queueing import calls, closed, configuration
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord

NOBODY_THERE = "nobody-there"
"""What a message is about that was left in the dialplan's own box."""


# --- a message instead of waiting ------------------------------------------------------------
def leave_message(floor: Floor, draft: Draft, call: CallRecord, flow: str) -> None:
    """The caller leaves the line for this flow, with the place kept until the message is left."""
    floor.line.discard(call.id)
    call.due_boot_s, call.resting = None, False
    calls.move(draft, call, "left")
    _run(floor, draft, call, flow)


def message_left(floor: Floor, draft: Draft, fact: MessageLeft) -> None:
    """Kept whether its call is known or not: somebody said something to us."""
    call = floor.state.calls.get(fact.call)
    if call is not None and call.state is CallState.LEAVING and call.flow:
        _tell_left(draft, call)
    who = (fact.call, fact.hotline, fact.caller, fact.number)
    draft.tell(MessageTaken(*who, fact.topic, fact.language, fact.file, fact.lasted_s, fact.queue))


def left_alone(draft: Draft, call: CallRecord, lasted_s: float) -> None:
    """What the dialplan recorded while no engine was there (asterisk-conf/pbx/extensions.conf.j2, nobody)."""
    _tell_left(draft, call)
    whose = (call.id, call.hotline, call.caller, "", NOBODY_THERE, call.language)
    draft.tell(MessageTaken(*whose, f"{call.id}.wav", lasted_s))


def _tell_left(draft: Draft, call: CallRecord) -> None:
    call.left_message = True
    if call.offered:
        call.offered = False
        waited_s = draft.now_s - call.since_boot_s
        draft.tell(CallLeftMessage(call.id, call.queue or NO_QUEUE, call.hotline, waited_s))


def back_in_line(floor: Floor, draft: Draft, call: CallRecord, fact: CallQueued) -> None:
    """The flow led to a person, or the engine died during it: at the old place, whatever was said."""
    calls.move(draft, call, "queued")
    call.flow, call.flow_command, call.left_message, call.dismissed = "", None, False, False
    if call.offered:
        _back(floor, draft, call)
        return
    queue = configuration.queue_for(floor, draft, fact.queue, call.hotline)
    calls.to_queue(floor, draft, call, queue, "asked_again")


def _back(floor: Floor, draft: Draft, call: CallRecord) -> None:
    draft.tell(FlowLeft(call.id, call.queue or NO_QUEUE))
    floor.enlist(call)


def tell_closed(floor: Floor, draft: Draft, call: CallRecord) -> None:
    """The queue of this caller is closed, and nobody else takes them."""
    _run(floor, draft, call, closed.flow_of(floor, call.queue))


# --- a survey after a talk ---------------------------------------------------------------------
def after_talk(floor: Floor, draft: Draft, call: CallRecord, talk_s: float) -> None:
    """The agent is gone: ask the caller, or let the dialplan say goodbye."""
    flow = survey_of(floor, call)
    if flow and talk_s >= _rules(floor).least_talk_s:
        _run(floor, draft, call, flow, survey=True)
    else:
        calls.let_go(draft, call)


def survey_of(floor: Floor, call: CallRecord) -> str:
    """Its queue's survey, else its hotline's; "" for none."""
    queue, house = floor.queues.get(call.queue) if call.queue else None, floor.state.house
    hotlines = house.hotlines if house else ()
    of_hotline = next((hotline.survey for hotline in hotlines if hotline.id == call.hotline), "")
    return (queue.survey if queue else "") or of_hotline


def _rules(floor: Floor) -> SurveyRules:
    return floor.state.house.surveys if floor.state.house else SurveyRules()


def back(floor: Floor, draft: Draft, fact: CallerBack) -> None:
    """The line of a talk that is over has come to us anew: the order before, if any, went to a session that is gone."""
    call = floor.state.calls.get(fact.call)
    if call is None:
        draft.order(LetGo(draft.next_id(), draft.now_s + calls.LET_GO_WITHIN_S, fact.node, fact.call))
    elif call.state is CallState.LEAVING and call.flow:
        _run(floor, draft, call, call.flow)
    elif call.state is CallState.LEAVING:
        calls.let_go(draft, call)  # else that the agent's leg has ended is told in a moment


def survey_answered(floor: Floor, draft: Draft, fact: SurveyAnswered) -> None:
    call = floor.state.calls.get(fact.call)
    if call is None:
        draft.tell(SurveyMarked(fact.call, fact.question, fact.mark))
        return
    whose = call.queue or NO_QUEUE, call.hotline, call.served_by
    draft.tell(SurveyMarked(fact.call, fact.question, fact.mark, *whose, first=not call.marked))
    call.marked = True


# --- the order -----------------------------------------------------------------------------------
def _run(floor: Floor, draft: Draft, call: CallRecord, flow: str, *, survey: bool = False) -> None:
    """Whom a closed queue sends away is told when it opens."""
    opens_utc_s = closed.opens_utc_s(floor, call.queue) if call.dismissed and call.queue else None
    command = draft.next_id()
    call.flow, call.flow_command = flow, command
    call.commands.append(command)
    floor.state.ring_commands[command] = call.id
    who, until = (call.hotline, call.trunk, call.caller, call.language), draft.now_s + calls.LET_GO_WITHIN_S
    asked = call.served_by if survey else NOBODY
    draft.tell(FlowBegan(call.id, call.queue or NO_QUEUE, call.hotline, flow, survey, asked))
    draft.order(RunFlow(command, until, call.node, call.id, flow, *who, opens_utc_s, call.queue))


def is_running(call: CallRecord) -> bool:
    """Is the line a flow's at this moment, as far as we know?"""
    return call.flow_command is not None


def not_run(floor: Floor, draft: Draft, call: CallRecord, reason: str) -> None:
    """A line that is gone is another's by now: the dialplan comes round with it, or the caller has hung up."""
    call.flow_command = None
    if call.state is not CallState.LEAVING or reason in (LINE_GONE, NOT_HELD):
        return
    if call.offered:
        calls.move(draft, call, "queued")
        _back(floor, draft, call)
    elif call.dismissed:
        calls.say_goodbye(draft, call, calls.CLOSED)
    else:
        calls.let_go(draft, call)
