"""What people ask for. A refusal is one plain sentence or two: why, and what to do.

The same request id again changes nothing and gets the same answer; with another request it is refused.
"""

from __future__ import annotations

import hashlib

from core.errors import MovedOn, Refused
from core.events import CallMarked, ItemClosed, ItemOpened, RequestGranted, RequestRefused
from core.ids import AgentId, RequestId
from core.inputs import (
    AcknowledgeAlarm,
    AskCallback,
    BecomeReady,
    CancelCallback,
    CancelDrain,
    ChangeCase,
    ChangeListening,
    ClaimWork,
    CloseCase,
    CloseItem,
    CloseQueue,
    Complete,
    Confer,
    Consult,
    Drain,
    ExtendWrapUp,
    FinishWork,
    GiveCase,
    HandOverWork,
    HangUp,
    Hold,
    Listen,
    ListenByPhone,
    MarkAbusive,
    MoveCall,
    NoteCall,
    OpenCase,
    OpenItem,
    OpenQueue,
    OwnCase,
    PauseRecording,
    PlaceCall,
    ReadDeskMessage,
    Requested,
    Resume,
    ResumeRecording,
    SetPriority,
    ShowPop,
    SignIn,
    SignOut,
    StopListening,
    TakeBreak,
    TakeCase,
    TakeFromListening,
    TakeOver,
    TellAgent,
    Transfer,
)
from core.staff import item_version
from core.states import AgentState, AgentStatus, Withheld
from queueing import (
    agents,
    alarms,
    attendance,
    breaks,
    callbacks,
    care,
    cases,
    closings,
    conferences,
    consults,
    desk,
    desk_messages,
    draining,
    hang_ups,
    listening,
    moves,
    outbound,
    outbound_lost,
    outside_consults,
    pauses,
    phone_listening,
    pops,
    rings,
    staffing,
    supervision,
    taking,
    transfers,
    work,
)
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord

ITEMS_KEPT = 200
ITEM_MOVED_ON = "somebody else has changed this item meanwhile"
KEY_REUSED = "This request has the id of another one."
_OUT_OF_CALL = (AgentState.IDLE, AgentState.WRAP_UP)


def requested(floor: Floor, draft: Draft, fact: Requested) -> None:
    """Grant or refuse."""
    asked = hashlib.blake2b(repr(fact.request).encode(), digest_size=8).hexdigest()
    if floor.state.asked.get(fact.id) not in (None, asked):
        draft.tell(RequestRefused(fact.id, KEY_REUSED))
        return
    floor.state.asked.keep(fact.id, asked)
    refusal = floor.state.answers.get(fact.id)
    if refusal is None:
        if (
            moves.is_asked(floor, fact.id)
            or pauses.is_asked(floor, fact.id)
            or phone_listening.is_asked(floor, fact.id)
            or (refusal := _decide(floor, draft, fact)) is None
        ):
            return  # the PBX has the word (queueing.moves)
        floor.state.answers.keep(fact.id, refusal)
    result = floor.state.results.get(fact.id) or ""
    draft.tell(RequestRefused(fact.id, refusal) if refusal else RequestGranted(fact.id, result))


def _decide(floor: Floor, draft: Draft, fact: Requested) -> str | None:
    """ "" when granted, None when the PBX has to do it first, else the reason of a refusal."""
    request, by = fact.request, fact.by
    try:
        match request:
            case SignIn():
                _sign_in(floor, draft, request, by)
            case SignOut():
                _sign_out(floor, draft, _present(floor, request.agent), request, by)
            case TakeBreak():
                breaks.ask(floor, draft, _present(floor, request.agent), request, by)
            case BecomeReady():
                agents.become_ready(floor, draft, _present(floor, request.agent))
            case ExtendWrapUp():
                agents.extend_wrap_up(floor, draft, _present(floor, request.agent))
            case MarkAbusive():
                _mark_abusive(floor, draft, _present(floor, request.agent))
            case OpenItem():
                _open_item(floor, draft, request, by)
            case CloseItem():
                _close_item(floor, draft, request, by)
            case OwnCase() | CloseCase():
                cases.ask(floor, draft, request)
            case NoteCall():
                desk.note(floor, draft, agents.known(floor, request.agent), request)
            case TellAgent():
                agents.known(floor, request.agent)
                floor.state.results.keep(fact.id, desk_messages.send(floor, draft, request, by))
            case ReadDeskMessage():
                desk_messages.read(floor, draft, request, by)
            case OpenCase():
                floor.state.results.keep(fact.id, desk.open_case(floor, draft, request, by))
            case TakeCase() | GiveCase() | ChangeCase():
                floor.state.results.keep(fact.id, desk.ask(floor, draft, request, by))
            case AcknowledgeAlarm():
                alarms.acknowledge(floor, draft, request, by)
            case ClaimWork() | HandOverWork() | FinishWork():
                work.ask(floor, draft, request, by)
            case ShowPop():
                pops.show(draft, _present(floor, request.agent), request)
                rings.desktop_shows(floor, draft, request)
            case PauseRecording() | ResumeRecording():
                return pauses.ask(floor, draft, _present(floor, request.agent), fact.id, by, request)
            case Listen():
                floor.state.results.keep(fact.id, listening.begin(floor, draft, request, by))
            case ListenByPhone():
                floor.state.results.keep(fact.id, phone_listening.ask(floor, draft, request, by))
            case ChangeListening():
                return phone_listening.change(floor, draft, fact.id, request, by)
            case TakeFromListening():
                taking.ask(floor, draft, fact.id, request, by)
                return None
            case StopListening():
                listening.stop(floor, draft, request, by)
            case PlaceCall() | AskCallback() | CancelCallback():
                floor.state.results.keep(fact.id, _call_out(floor, draft, request))
            case TakeOver() | MoveCall() | SetPriority() | CloseQueue() | OpenQueue():
                return _supervise(floor, draft, fact, request)
            case Drain():
                draining.begin(floor, draft, by, request)
            case CancelDrain():
                draining.cancel(floor, draft, by)
            case _:
                return _move(floor, draft, fact.id, request)
    except Refused as refusal:
        return str(refusal)
    return ""


def _call_out(floor: Floor, draft: Draft, request: PlaceCall | AskCallback | CancelCallback) -> str:
    """The id of what was made, "" for nothing. Raises Refused."""
    match request:
        case PlaceCall():
            return outbound.place(floor, draft, _present(floor, request.agent), request.number, request.queue)
        case AskCallback():
            return callbacks.ask(floor, draft, request)
        case _:
            callbacks.cancel(floor, draft, request.callback)
            return ""


def _move(
    floor: Floor,
    draft: Draft,
    asked: RequestId,
    request: Hold | Resume | Transfer | Consult | Complete | Confer | HangUp,
) -> str | None:
    """What is asked about the caller of an agent. Raises Refused."""
    agent = _present(floor, request.agent)
    made = outbound_lost.call_of(floor, agent)
    match request:
        case Hold(is_lost=True) if made is not None:
            made.is_lost = True
            return ""
        case Resume() if made is not None and made.is_lost:
            moves.check(floor, made)
            outbound.back(floor, made)
            return ""
        case Transfer() if request.to_agent == agent.id and hang_ups.cannot_come_back(floor, agent):
            hang_ups.ask(floor, draft, agent, asked, moves.AGAIN)
        case Hold():
            return None if conferences.ask_hold(floor, draft, agent, asked, is_lost=request.is_lost) else ""
        case Resume():
            return None if conferences.ask_back(floor, draft, agent, asked) else ""
        case Transfer():
            transfers.ask(floor, draft, agent, asked, request)
        case Consult():
            ask = outside_consults.ask if request.to_number else consults.ask
            ask(floor, draft, agent, asked, request)
        case Complete():
            transfers.complete(floor, draft, agent, asked)
        case Confer():
            conferences.ask(floor, draft, agent, asked)
        case _:
            hang_ups.ask(floor, draft, agent, asked)
    return None


def _supervise(
    floor: Floor, draft: Draft, fact: Requested, request: TakeOver | MoveCall | SetPriority | CloseQueue | OpenQueue
) -> str | None:
    """What is asked about calls and queues as such. Raises Refused."""
    fetched = False
    match request:
        case TakeOver():
            fetched = supervision.take_over(floor, draft, _present(floor, request.agent), fact.id, request)
        case MoveCall():
            fetched = supervision.move(floor, draft, fact.id, request)
        case SetPriority():
            supervision.set_priority(floor, draft, request)
        case CloseQueue():
            closings.close(floor, draft, fact.by, request)
            callbacks.look_again(floor, draft)
        case _:
            closings.open_again(floor, draft, fact.by, request)
            callbacks.look_again(floor, draft)
    return None if fetched else ""


def _present(floor: Floor, agent: AgentId) -> AgentRecord:
    record = agents.known(floor, agent)
    if record.status is AgentStatus.SIGNED_OUT:
        raise Refused(f"{agent} is not signed in. Sign in at a seat first.")
    return record


def _sign_in(floor: Floor, draft: Draft, request: SignIn, by: str) -> None:
    agent, seat = agents.known(floor, request.agent), floor.state.seats.get(request.seat)
    if seat is None or not seat.in_house:
        raise Refused(f"There is no seat {request.seat}. Choose another, or ask an administrator to add it.")
    if agent.seat == seat.id:
        return
    if agent.seat is not None:
        raise Refused(f"{agent.id} is signed in at {agent.seat}. Sign out there first.")
    if seat.agent is not None:
        raise Refused(f"{seat.agent} is signed in at {seat.id}. Choose another seat.")
    if seat.call is not None:
        raise Refused(f"The phone of {seat.id} is in a call. Sign in when it is over.")
    attendance.check_sign_in(floor, draft, agent, request, by)
    seat.agent, agent.seat = agent.id, seat.id
    agent.misses, agent.idle_since_boot_s = 0, draft.now_s
    agent.busy_s = agent.free_s = 0.0
    agents.change(floor, draft, agent, "sign_in", status="sign_in")


def _sign_out(floor: Floor, draft: Draft, agent: AgentRecord, request: SignOut, by: str) -> None:
    if agent.state not in _OUT_OF_CALL:
        raise Refused(f"{agent.id} is in a call. Sign out when it is over.")
    staffing.check_sign_out(floor, draft, agent, by, override=request.override)
    agents.forget_break(floor, draft, agent)
    agent.due_boot_s = None
    wrapping_up = agent.state is AgentState.WRAP_UP
    agents.change(floor, draft, agent, "sign_out", status="sign_out", state="release" if wrapping_up else "")


def _mark_abusive(floor: Floor, draft: Draft, agent: AgentRecord) -> None:
    record = floor.worktime(agent.id)
    if record.last_call is None:
        raise Refused(f"{agent.id} has had no call yet.")
    draft.tell(CallMarked(record.last_call, agent.id, "abusive"))
    if agent.state is not AgentState.IDLE:
        record.abused = True
    elif agent.status is AgentStatus.READY:
        care.rest(floor, draft, agent, Withheld.COOL_DOWN, floor.group_of(agent.id).cool_down_s)


def _open_item(floor: Floor, draft: Draft, request: OpenItem, by: str) -> None:
    """Raises Refused; MovedOn when it is not what the change was made from."""
    there = floor.state.items.get(request.item)
    if request.seen not in (None, "" if there is None else item_version(there)):
        raise MovedOn(ITEM_MOVED_ON)
    if request.item not in floor.state.items and len(floor.state.items) >= ITEMS_KEPT:
        raise Refused(f"{ITEMS_KEPT} items are open. Close some first.")
    floor.state.items[request.item] = request.text
    draft.tell(ItemOpened(request.item, request.text, by))


def _close_item(floor: Floor, draft: Draft, request: CloseItem, by: str) -> None:
    if floor.state.items.pop(request.item, None) is None:
        raise Refused(f"There is no open item {request.item}.")
    draft.tell(ItemClosed(request.item, by))
