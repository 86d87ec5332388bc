"""What events do to the board's calls, and to the calls and callbacks that we make. Pure."""

from __future__ import annotations

from core.calling import price
from core.events import (
    CallAbandoned,
    CallAnswered,
    CallbackChanged,
    CallbackMade,
    CallEnded,
    CallEntered,
    CallFlowedOut,
    CallHeld,
    CallLeftMessage,
    CallLost,
    CallMoved,
    CallOffered,
    CallResumed,
    CallTransferred,
    CallTurnedIntoCallback,
    ConferenceBegan,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    Event,
    FlowBegan,
    FlowLeft,
    HoldReminded,
    ListeningBegan,
    ListeningEnded,
    MenuChosen,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    PriorityChanged,
    PromiseMade,
    RingBegan,
    RingEnded,
    SeatReserved,
    TalkBegan,
    TalkEnded,
)
from core.ids import CallId
from core.numbers import masked
from core.states import CallbackState, CallState, OutboundState, RingOutcome
from monitor import blanks, cards
from monitor.entries import Entries
from monitor.panels import Entry


def fold(board: Entries, event: Event) -> bool:
    """Whether it was one of a call or a callback."""
    return _on_the_way(board, event) or _talking(board, event) or _leaving(board, event) or _ours(board, event)


def _on_the_way(board: Entries, event: Event) -> bool:
    """From the first menu to a seat's ring."""
    match event:
        case CallEntered():
            _entered(board, event)
        case MenuChosen():
            board.call(event.call, menu=event.node_name, **cards.stepped(board.get(f"call/{event.call}"), event))
        case CallOffered():
            _offered(board, event)
        case PromiseMade():
            board.call(event.call, promise=_promise(board, event))
        case PriorityChanged():
            board.call(event.call, priority=event.priority)
        case CallMoved():
            board.stale.add(f"queue/{event.from_queue}")
            board.call(event.call, **cards.moved(event, board.utc_s, board.boot_s))
        case SeatReserved():
            board.call(event.call, **cards.reserved(board.get(f"call/{event.call}"), event))
            board.seat(event.seat, call=event.call)
        case RingBegan():
            board.call(event.call, **cards.rang(board.get(f"call/{event.call}"), event))
        case RingEnded():
            _ring_ended(board, event)
        case _:
            return False
    return True


def _talking(board: Entries, event: Event) -> bool:
    match event:
        case CallAnswered():
            answered = {"answered_utc_s": board.utc_s, "answered_boot_s": board.boot_s}
            board.call(event.call, state=CallState.TALKING, seat=event.seat, agent=event.agent, **answered)
            board.seat(event.seat, call=event.call)
        case TalkBegan():
            board.call(event.call, state=CallState.TALKING, seat=event.seat, agent=event.agent, **cards.NOT_HELD)
            board.seat(event.seat, call=event.call)
        case TalkEnded():
            board.call(event.call, **cards.talked(board.get(f"call/{event.call}"), event))
            board.free_seat(event.seat, event.call)
        case CallHeld():
            board.call(event.call, state=CallState.HELD, held_since_utc_s=board.utc_s, held_since_boot_s=board.boot_s)
        case HoldReminded():
            board.call(event.call, reminded_utc_s=board.utc_s)
        case CallResumed():
            board.call(event.call, state=CallState.TALKING, **cards.NOT_HELD)
        case ConsultBegan() | ConsultAnswered() | ConferenceBegan() | ConsultEnded():
            _consult(board, event)
        case CallTransferred():
            board.note(event.call, event.agent, event.note)
        case OutsideDialled() | OutsideAnswered() | OutsideEnded():
            board.call(event.call, **cards.outside(event, masked(event.number)))
            if isinstance(event, OutsideEnded):
                _spend(board, event.talk_s, price(event.number, board.house))
            if isinstance(event, OutsideDialled):
                board.note(event.call, event.agent, event.note)
        case ListeningBegan() | ListeningEnded():
            _listened(board, event)
        case _:
            return False
    return True


def _leaving(board: Entries, event: Event) -> bool:
    match event:
        case (
            CallAbandoned() | CallLost() | CallFlowedOut() | CallTurnedIntoCallback() | CallLeftMessage() | FlowBegan()
        ):
            board.call(event.call, state=CallState.LEAVING)
        case FlowLeft():
            board.call(event.call, state=CallState.WAITING)
        case CallEnded():
            _ended(board, event.call)
        case _:
            return False
    return True


def _ours(board: Entries, event: Event) -> bool:
    """What we dial, and have promised to."""
    match event:
        case OutboundBegan() | OutboundMoved() | OutboundEnded():
            _outbound(board, event)
        case CallbackMade():
            _callback_made(board, event)
        case CallbackChanged():
            _callback_changed(board, event)
        case _:
            return False
    return True


def _entered(board: Entries, event: CallEntered) -> None:
    board.call(
        event.call,
        hotline=event.hotline,
        trunk=event.trunk,
        caller=masked(event.caller),
        language=event.language,
        state=CallState.MENU,
        entered_utc_s=board.utc_s,
        entered_boot_s=board.boot_s,
    )


def _offered(board: Entries, event: CallOffered) -> None:
    board.call(
        event.call,
        hotline=event.hotline,
        queue=event.queue,
        priority=event.priority,
        language=event.language,
        state=CallState.WAITING,
        waiting_since_utc_s=board.utc_s - event.waited_s,
        waiting_since_boot_s=board.boot_s - event.waited_s,
    )


def _promise(board: Entries, event: PromiseMade) -> Entry:
    moment = {"at_utc_s": board.utc_s, "waited_s": event.waited_s}
    return {"low_s": event.low_s, "high_s": event.high_s, "overdue": event.overdue, **moment}


def _ring_ended(board: Entries, event: RingEnded) -> None:
    if event.outcome is RingOutcome.ANSWERED:
        return
    board.free_seat(event.seat, event.call)
    if change := cards.ring_over(board.get(f"call/{event.call}"), event):
        board.call(event.call, **change)


def _consult(board: Entries, event: ConsultBegan | ConsultAnswered | ConferenceBegan | ConsultEnded) -> None:
    """The colleague's screen shows the call from the moment they are asked."""
    number = masked(event.number) if isinstance(event, ConferenceBegan) and event.number else ""
    board.call(event.call, consult=cards.consulted(event, number))
    if not event.to_seat:
        return  # somebody outside
    if not isinstance(event, ConsultEnded):
        board.seat(event.to_seat, call=event.call)
    elif event.how != "completed":
        board.free_seat(event.to_seat, event.call)
    if isinstance(event, ConsultBegan):
        board.note(event.call, event.agent, event.note)


def _listened(board: Entries, event: ListeningBegan | ListeningEnded) -> None:
    """How many listeners the agents of this call may know of."""
    kind = "outbound" if board.get(f"outbound/{event.call}") else "call"
    if event.told and (old := board.get(f"{kind}/{event.call}")):
        more = 1 if isinstance(event, ListeningBegan) else -1
        board.put(f"{kind}/{event.call}", {**old, "listeners": max(0, old.get("listeners", 0) + more)})


def _ended(board: Entries, call: CallId) -> None:
    if not (entry := board.get(f"call/{call}")):
        return
    if entry["seat"]:
        board.free_seat(entry["seat"], call)
    board.sheet.drop(f"call/{call}")
    board.stale.add("lines")
    board.touch_waiting(entry)


def _outbound(board: Entries, event: OutboundBegan | OutboundMoved | OutboundEnded) -> None:
    """A call that we make, until its agent's leg is down; the seat shows it as its call."""
    key = f"outbound/{event.call}"
    if isinstance(event, OutboundBegan):
        began = {"began_utc_s": board.utc_s, "began_boot_s": board.boot_s}
        board.put(key, blanks.outbound(event) | began | {"price": price(event.number, board.house)})
        board.seat(event.seat, call=event.call)
    elif isinstance(event, OutboundEnded):
        _spend(board, event.talk_s, board.get(key).get("price", 1.0))
        board.sheet.drop(key)
        board.free_seat(event.seat, event.call)
    elif old := board.get(key):
        answered = {"answered_utc_s": board.utc_s, "answered_boot_s": board.boot_s}
        talks = event.state is OutboundState.TALKING
        board.put(key, {**old, "state": event.state, "trunk": event.trunk, **(answered if talks else {})})
    board.stale.add("lines")


def _spend(board: Entries, talk_s: float, a_minute: float) -> None:
    """On a talk that we have called for, on the day on which it ends."""
    if talk_s > 0:
        before = board.get("spend").get("ended", 0.0)
        board.put("spend", {"ended": before + talk_s / 60 * a_minute})


def _callback_made(board: Entries, event: CallbackMade) -> None:
    since = {"since_utc_s": board.utc_s - event.waited_s, "since_boot_s": board.boot_s - event.waited_s}
    entry = {
        "id": event.callback, "call": event.call, "number": masked(event.number), "queue": event.queue,
        "hotline": event.hotline, "language": event.language, "priority": event.priority,
        "state": CallbackState.WAITING, "reason": "", "tries": 0, "next_utc_s": None,
    }  # fmt: skip
    board.put(f"callback/{event.callback}", entry | since)


def _callback_changed(board: Entries, event: CallbackChanged) -> None:
    """An open promise; one that is over leaves the board."""
    key = f"callback/{event.callback}"
    if event.state in (CallbackState.DONE, CallbackState.GIVEN_UP, CallbackState.CANCELLED):
        board.sheet.drop(key)
    elif old := board.get(key):
        next_utc_s = None if event.next_s is None else board.utc_s + event.next_s
        news = {"state": event.state, "reason": event.reason, "tries": event.tries, "next_utc_s": next_utc_s}
        board.put(key, {**old, **news})
