"""One list of what has to be done for callers: messages, calls nobody answered, low marks, promised callbacks.

- Items are made from what this decision told, each once: one abandon a number, one low mark a call.
- Somebody who gave up and is answered later has been served: that closes the item. So does a message of that call, of
  which an engine that was replaced meanwhile tells late. A number that is promised a callback needs no other item. A
  callback's own item is closed when it is kept or taken back; one that was given up stays, for somebody to look into.
- An item is claimed by an agent, handed to another, done. Past its time an alarm says so, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, cast, get_args

from core.errors import Refused
from core.events import (
    Alarmed,
    CallAbandoned,
    CallAnswered,
    CallbackChanged,
    CallbackMade,
    MessageTaken,
    SurveyMarked,
    WorkClosed,
    WorkOpened,
    WorkOverdue,
    WorkTaken,
)
from core.ids import NO_QUEUE, AgentId, CallbackId, CallId, HotlineId, QueueId, WorkId
from core.inputs import ClaimWork, FinishWork, HandOverWork
from core.service import SurveyRules, WorkRules
from core.states import CallbackState, WorkKind
from queueing import agents
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.line import Need
from queueing.state import WorkRecord

ENGINE = "engine"
"""Who closes what nobody closed."""

_Mattering: TypeAlias = MessageTaken | CallAbandoned | SurveyMarked | CallbackMade | CallbackChanged | CallAnswered
_MATTERING = frozenset(get_args(_Mattering))
_OVER = {CallbackState.DONE: "kept", CallbackState.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An item about to be made; its fields are those of WorkOpened."""

    kind: WorkKind
    call: CallId
    number: str
    queue: QueueId
    hotline: HotlineId
    language: str
    about: str = ""
    file: str = ""
    lasted_s: float = 0.0
    mark: int = 0
    later_s: float = 0.0
    """Its time begins only then."""


# --- what becomes work -------------------------------------------------------------------------
def observe(floor: Floor, draft: Draft) -> None:
    """Make and close items by this decision's events."""
    mattering = [event for event in draft.events if type(event) in _MATTERING]
    if mattering:
        for event in cast(list[_Mattering], mattering):
            _take(floor, draft, event)


def _take(floor: Floor, draft: Draft, event: _Mattering) -> None:
    match event:
        case MessageTaken():
            _close_abandons(floor, draft, event.call, "message_left")
            who = (event.call, event.number or event.caller, _queue_of(floor, event), event.hotline, event.language)
            _open(floor, draft, _Wanted(WorkKind.MESSAGE, *who, event.topic, event.file, event.lasted_s))
        case CallAbandoned():
            _abandoned(floor, draft, event)
        case SurveyMarked():
            _marked(floor, draft, event)
        case CallbackMade():
            _close_abandons(floor, draft, event.number, "called_again")
            who = (event.call, event.number, event.queue, event.hotline, event.language)
            promise = floor.state.callbacks.get(event.callback)
            later_s = max(0.0, promise.since_boot_s - draft.now_s) if promise else 0.0
            _open(floor, draft, _Wanted(WorkKind.CALLBACK, *who, event.callback, later_s=later_s))
        case CallbackChanged(state=state) if state in _OVER:
            for item in _items(floor, event.callback):
                _close(floor, draft, item, _OVER[state], ENGINE)
        case CallAnswered(caller=caller) if caller:
            _close_abandons(floor, draft, caller, "called_again")


def _abandoned(floor: Floor, draft: Draft, event: CallAbandoned) -> None:
    if not event.caller or event.waited_s < _rules(floor).abandoned_after_s:
        return
    if any(item.kind in (WorkKind.ABANDONED, WorkKind.CALLBACK) for item in _items(floor, event.caller)):
        return
    who = (event.call, event.caller, event.queue, event.hotline, event.language)
    _open(floor, draft, _Wanted(WorkKind.ABANDONED, *who, lasted_s=event.waited_s))


def _marked(floor: Floor, draft: Draft, event: SurveyMarked) -> None:
    house, call = floor.state.house, floor.state.calls.get(event.call)
    if event.mark > (house.surveys if house else SurveyRules()).low_mark:
        return
    if any(item.kind is WorkKind.LOW_MARK for item in _items(floor, event.call)):
        return
    number, language = (call.caller, call.language) if call else ("", "")
    who = (event.call, number, event.queue, event.hotline, language)
    _open(floor, draft, _Wanted(WorkKind.LOW_MARK, *who, about=event.question, mark=event.mark))


def _queue_of(floor: Floor, event: MessageTaken) -> QueueId:
    """Where the caller waited, else where the hotline leads."""
    call, house = floor.state.calls.get(event.call), floor.state.house
    waited = call.queue if call is not None and call.queue is not None else event.queue
    if waited is not None:
        return waited
    of_hotline = (each.queue for each in (house.hotlines if house else ()) if each.id == event.hotline)
    return next(of_hotline, NO_QUEUE)


def _open(floor: Floor, draft: Draft, wanted: _Wanted) -> None:
    _make_room(floor, draft)
    item = WorkId(f"w-{draft.sequence}.{len(draft.events)}")
    callback = CallbackId(wanted.about) if wanted.kind is WorkKind.CALLBACK else None
    floor.state.work[item] = record = WorkRecord(item, wanted.kind, wanted.call, wanted.number, callback)
    floor.know_work(record)
    due_s, busy = _rules(floor).due_s + wanted.later_s, is_busy(floor, wanted.queue, wanted.language)
    floor.due(record, draft.now_s + due_s)
    who = (wanted.call, wanted.number, wanted.queue, wanted.hotline, wanted.language, busy, due_s)
    what = (wanted.about, wanted.file, wanted.lasted_s, wanted.mark)
    draft.tell(WorkOpened(item, wanted.kind, *who, *what))


def is_busy(floor: Floor, queue: QueueId, language: str) -> bool:
    """Do callers wait, or has this queue people on duty of whom nobody is free?"""
    need = Need(queue, language)
    return len(floor.line) > 0 or (floor.duty.agents(need) > 0 and floor.idle.count(need) == 0)


def _make_room(floor: Floor, draft: Draft) -> None:
    """Beyond the house's limit the oldest abandon goes; where there is none, an alarm says so."""
    if len(floor.state.work) < _rules(floor).open:
        return
    oldest = next((item for item in floor.state.work.values() if item.kind is WorkKind.ABANDONED), None)
    if oldest is None:
        many = str(len(floor.state.work))
        draft.tell(Alarmed("work_full", f"{many} items of work are open.", (("open", many),)))
    else:
        _close(floor, draft, oldest, "dropped", ENGINE)


def _rules(floor: Floor) -> WorkRules:
    return floor.state.house.work if floor.state.house else WorkRules()


# --- what people do with it ----------------------------------------------------------------------
def ask(floor: Floor, draft: Draft, request: ClaimWork | HandOverWork | FinishWork, by: str) -> None:
    """Raises Refused."""
    item = floor.state.work.get(request.item)
    if item is None:
        raise Refused(f"There is no open item {request.item}. It may be done already.")
    match request:
        case ClaimWork():
            if item.owner and item.owner != request.agent:
                raise Refused(f"{item.owner} has {item.id}. Ask for it to be handed over.")
            _give(floor, draft, item, request.agent, by, "")
        case HandOverWork():
            _give(floor, draft, item, request.to, by, request.note)
        case _:
            _close(floor, draft, item, "done", by, request.note)


def _give(floor: Floor, draft: Draft, item: WorkRecord, agent: AgentId, by: str, note: str) -> None:
    agents.known(floor, agent)
    if item.owner != agent:
        was, item.owner = item.owner, agent
        draft.tell(WorkTaken(item.id, agent, was, by, note))


# --- time and ends -------------------------------------------------------------------------------
def due(floor: Floor, draft: Draft, item: WorkRecord) -> None:
    """It should be done by now."""
    item.due_boot_s, item.overdue = None, True
    draft.tell(WorkOverdue(item.id, item.kind, item.owner))
    whose = f"{item.owner} has it" if item.owner else "nobody has it"
    values = (("item", item.id), ("kind", item.kind.value))
    draft.tell(Alarmed("work_overdue", f"{item.id} ({item.kind}) is overdue; {whose}.", values))


def _close_abandons(floor: Floor, draft: Draft, of: str, how: str) -> None:
    """Whoever has this number, or made this call, is served, or will be."""
    for item in _items(floor, of):
        if item.kind is WorkKind.ABANDONED:
            _close(floor, draft, item, how, ENGINE)


def _items(floor: Floor, of: str) -> list[WorkRecord]:
    """Open items of this number, call or promise, the oldest first."""
    return [floor.state.work[item] for item in floor.work_of.get(of, ())]


def _close(floor: Floor, draft: Draft, item: WorkRecord, how: str, by: str, note: str = "") -> None:
    del floor.state.work[item.id]
    floor.forget_work(item)
    draft.tell(WorkClosed(item.id, item.kind, item.owner, how, by, note, item.overdue))
