"""Nobody is left at night: the leaders' mobiles are rung, until one has heard it and pressed 1.

- One call at a time, whatever happens meanwhile. A trunk's fault is answered by the next trunk, everything else by the
  next leader; after the last of them a pause, then the next round.
- Whoever presses 1 ends it, and for a while nobody is rung again. After the last round an alarm says that nobody was
  reached.
- The notice itself is the dialplan's: it is spoken also when we die meanwhile.
"""

from __future__ import annotations

from core import calling
from core.commands import CallLeader, CancelFar
from core.events import Alarmed, LeaderCalled, LeaderCallEnded, LeaderSummoned
from core.ids import AgentId, CallId, NodeId, OfferId
from core.inputs import CommandDone, CommandFailed, FarAnswered, FarLegEnded, FarRang, NoticeUnderstood
from core.staff import NightCalls
from core.states import DutyState
from queueing import seats, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import SummonRecord

NIGHT = "night"
CALL_WITHIN_S = 2.0
SPARE_S = 10.0
"""Beyond the PBX's own limit of ringing, and for a call that nobody tells the end of."""
NOTICE_S = 60.0
_HERE = (DutyState.ON, DutyState.EARLY, DutyState.OVER, DutyState.EXTRA)


# --- beginning -------------------------------------------------------------------------------
def summon(floor: Floor, draft: Draft, why: str) -> None:
    """Alarm, and ring the first leader, unless somebody is being rung or has just understood."""
    draft.tell(Alarmed("night_without_agent", why))
    leaders = _leaders(floor)
    if not leaders or NIGHT in floor.state.summons:
        return
    draft.tell(LeaderSummoned(leaders[0], why))
    record = floor.state.summons[NIGHT] = SummonRecord(NIGHT, leaders)
    _call_next(floor, draft, record)


def _leaders(floor: Floor) -> list[AgentId]:
    """Those with a mobile: who is on duty before who is not, else in the house's order."""
    house = floor.state.house
    named = [agent.id for agent in house.agents if agent.role != "agent" and agent.mobile] if house else []
    return sorted(named, key=lambda name: floor.worktime(name).state not in _HERE)


def _rules(floor: Floor) -> NightCalls:
    return floor.staffing.night_calls


# --- one call after the other ------------------------------------------------------------------
def _call_next(floor: Floor, draft: Draft, record: SummonRecord) -> None:
    """The first of those left who can be called; with nobody left, the next round or the end. By day nobody is."""
    if not floor.state.watch.night:
        del floor.state.summons[record.id]
        return
    while record.left:
        if _call(floor, draft, record, record.left[0]):
            return
        del record.left[0]
        record.tried.clear()
    if record.round >= _rules(floor).rounds:
        del floor.state.summons[record.id]
        draft.tell(Alarmed("leader_not_reached", "No leader has answered and pressed 1. Nobody takes calls."))
    else:
        floor.due(record, draft.now_s + _rules(floor).gap_s)


def _call(floor: Floor, draft: Draft, record: SummonRecord, leader: AgentId) -> bool:
    """Ring this leader over the next trunk. False: gone from the house, no trunk left, no PBX in sight."""
    number = _mobile(floor, leader)
    trunk, node = trunks.choose(floor, draft, record.tried), _node(floor)
    if not number or trunk is None or node is None:
        return False
    ring_s, command = _rules(floor).ring_s, draft.next_id()
    call = draft.new_call(node, "sum")
    record.call, record.command, record.node, record.trunk = call, command, node, trunk
    floor.state.outbound_commands[command] = call
    record.rang = record.answered = False
    record.tried.append(trunk)
    trunks.count_dial(floor, draft, trunk)
    draft.tell(LeaderCalled(call, leader, trunk, record.round))
    draft.order(CallLeader(command, draft.now_s + CALL_WITHIN_S, node, call, trunk, number, ring_s))
    floor.due(record, draft.now_s + ring_s + SPARE_S)
    return True


def _mobile(floor: Floor, leader: AgentId) -> str:
    """The house has only mobiles that may be called."""
    house = floor.state.house
    person = next((agent for agent in house.agents if agent.id == leader), None) if house else None
    return calling.allowed(person.mobile, house) if house and person and person.mobile else ""


def _node(floor: Floor) -> NodeId | None:
    return next((node.id for node in floor.state.nodes.values() if node.up), None)


# --- what happens on the line --------------------------------------------------------------------
def of(floor: Floor, call: CallId) -> SummonRecord | None:
    """The summons to which this call belongs, if it is the one under way."""
    record = floor.state.summons.get(NIGHT)
    return record if record is not None and record.call == call else None


def rang(floor: Floor, draft: Draft, fact: FarRang) -> None:
    floor.state.summons[NIGHT].rang = True


def answered(floor: Floor, draft: Draft, fact: FarAnswered) -> None:
    """The notice is spoken; it ends by itself."""
    record = floor.state.summons[NIGHT]
    if not record.answered:
        record.answered = True
        floor.due(record, draft.now_s + NOTICE_S)


def understood(floor: Floor, draft: Draft, fact: NoticeUnderstood) -> None:
    """Key 1: the leader knows. Pressed twice it is once."""
    if record := of(floor, fact.call):
        _tell_over(floor, draft, record, "understood")
        record.understood = True
        floor.due(record, draft.now_s + _rules(floor).quiet_s)


def ended(floor: Floor, draft: Draft, fact: FarLegEnded) -> None:
    record = floor.state.summons[NIGHT]
    _over(floor, draft, record, _outcome(record, fact.cause))


def _outcome(record: SummonRecord, cause: int) -> str:
    if record.answered:
        return "answered"
    if cause == 17:
        return "busy"
    return "no_answer" if record.rang or cause not in seats.UNREACHABLE_CAUSES else "failed"


def done(floor: Floor, draft: Draft, fact: CommandDone) -> None:
    """The PBX has begun; what becomes of the call its channel tells."""
    floor.state.outbound_commands.pop(fact.id)


def failed(floor: Floor, draft: Draft, fact: CommandFailed) -> None:
    """The order could not be carried out; should it have run all the same, that call is hung up."""
    floor.state.outbound_commands.pop(fact.id)
    record = floor.state.summons[NIGHT]
    _cancel(draft, record)
    _over(floor, draft, record, "failed")


def _over(floor: Floor, draft: Draft, record: SummonRecord, outcome: str) -> None:
    _tell_over(floor, draft, record, outcome)
    if outcome != "failed":
        del record.left[0]
        record.tried.clear()
    _call_next(floor, draft, record)


def _tell_over(floor: Floor, draft: Draft, record: SummonRecord, outcome: str) -> None:
    assert record.call is not None and record.command is not None
    draft.tell(LeaderCallEnded(record.call, record.left[0], outcome))
    floor.state.outbound_commands.pop(record.command, None)
    record.call = record.command = None


def due(floor: Floor, draft: Draft, record: SummonRecord) -> None:
    """A call that nobody told the end of, a pause between rounds, or the end of the quiet."""
    record.due_boot_s = None
    if record.call is not None:
        _cancel(draft, record)
        _over(floor, draft, record, "lost")
    elif record.understood:
        del floor.state.summons[record.id]
    else:
        record.round, record.left = record.round + 1, _leaders(floor)
        _call_next(floor, draft, record)


def _cancel(draft: Draft, record: SummonRecord) -> None:
    assert record.call is not None and record.node is not None
    until = draft.now_s + CALL_WITHIN_S
    draft.order(CancelFar(draft.next_id(), until, record.node, record.call, attempt_of(record.call)))


def attempt_of(call: CallId) -> OfferId:
    """The one attempt of such a call."""
    return OfferId(f"{call}/1")
