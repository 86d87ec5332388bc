"""What each agent's desktop shows: the pop of the last offer, from the offer to the end of the wrap-up. Pure.

Folded from outcomes, `pop/<agent>`, and `told/<agent>`: what leaders wrote to the agent, and when it was read. The
caller's number is whole here: whoever gives a pop out masks it by what the reader may see. Times are seconds since
1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.events import (
    AgentChanged,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallHeld,
    CallMoved,
    CallNoted,
    CallOffered,
    CallResumed,
    CallTransferred,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    DeskMessageRead,
    DeskMessageSent,
    HouseApplied,
    MenuChosen,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    PopShown,
    RingBegan,
    RingEnded,
    SeatReserved,
    TalkBegan,
    TalkEnded,
)
from core.ids import AgentId, CallId
from core.recordings import RecordingPaused, RecordingResumed
from core.states import AgentState, AgentStatus, OutboundState, RingOutcome
from core.traces import Trace
from monitor import cards
from monitor.panels import Entry
from monitor.sheet import Sheet

MESSAGES_KEPT = 20
"""Of each agent: all unread ones (queueing.desk_messages bounds them), and the last that were read."""
OVER = "wrap_up"
"""The state of a pop whose talk is over; it goes when the wrap-up does."""


class Pops:
    """Fold outcomes with `apply`, then take `diff()` or `snapshot()`."""

    def __init__(self) -> None:
        self._cards: dict[str, Entry] = {}
        self._sheet = Sheet()

    # --- out -----------------------------------------------------------------------------------------
    def diff(self) -> dict[str, object]:
        """What changed since the last call, as a merge patch."""
        return self._sheet.diff()

    def snapshot(self) -> dict[str, object]:
        return self._sheet.snapshot()

    def of(self, agent: AgentId) -> Entry | None:
        """This agent's pop."""
        return self._sheet.entries.get(f"pop/{agent}")

    def to_json(self) -> dict[str, Any]:
        """All that is needed to go on after a restart, as a JSON document."""
        return {"cards": dict(self._cards), "pops": dict(self._sheet.entries)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Pops:
        """The inverse of `to_json`; {} is an empty one. Raises TypeError or ValueError."""
        pops = cls()
        pops._cards = dict(document.get("cards", {}))
        pops._sheet = Sheet(dict(document.get("pops", {})))
        return pops

    def show(self, number: str, about: Entry) -> None:
        """What is known of whoever has this number, found elsewhere."""
        for call, card in self._cards.items():
            if card.get("caller") == number:
                self._cards[call] = {**card, "about": about}
        for key in self._sheet.keys_of("pop/"):
            pop = self._sheet.entries[key]
            if pop["caller"] == number:
                self._sheet.put(key, {**pop, "about": about})

    # --- in ------------------------------------------------------------------------------------------
    def apply(self, outcome: Outcome) -> None:
        """Fold one outcome; one of an unknown call is no error."""
        at_utc_s = outcome.at_utc_s
        match outcome.event:
            case CallEntered() as event:
                who = {"caller": event.caller, "hotline": event.hotline, "language": event.language}
                self._card(event.call, **who, entered_utc_s=at_utc_s)
            case MenuChosen() as event:
                self._card(event.call, **cards.stepped(self._cards.get(event.call, {}), event))
            case CallOffered() as event:
                place = {"queue": event.queue, "hotline": event.hotline, "language": event.language}
                self._card(event.call, **place, waiting_since_utc_s=at_utc_s - event.waited_s)
            case CallMoved() as event:
                since = {} if event.from_line else {"waiting_since_utc_s": at_utc_s}
                self._card(event.call, queue=event.queue, **since)
            case CallTransferred() as event if event.note:
                self._note(event.call, event.agent, event.note, at_utc_s)
            case CallEnded() as event:
                self._cards.pop(event.call, None)
            case HouseApplied() as event:
                self._keep_only({f"{kind}/{agent}" for kind in ("pop", "told") for agent, _ in event.agents})
            case DeskMessageSent() | DeskMessageRead() as event:
                self._told(event, at_utc_s)
            case _:
                self._of_an_agent(outcome.event, at_utc_s)

    def _of_an_agent(self, event: object, at_utc_s: float) -> None:
        match event:
            case SeatReserved():
                why = _why(event.trace, event.considered)
                self._open(event.agent, event.call, at_utc_s, id=event.offer, seat=event.seat, why=why)
            case ConsultBegan():
                if event.note:
                    self._note(event.call, event.agent, event.note, at_utc_s)
                asked = {"id": event.offer, "seat": event.to_seat, "kind": "consult", "asked_by": event.agent}
                self._open(event.to_agent, event.call, at_utc_s, **asked)
            case OutboundBegan():
                self._open(event.agent, event.call, at_utc_s, **_made(event))
            case CallNoted():
                self._noted(event, at_utc_s)
            case PopShown():
                self._change(event.agent, event.call, desktop=event.desktop)
            case RingBegan():
                self._change(event.agent, event.call, state="ringing")
            case RingEnded() if event.outcome is not RingOutcome.ANSWERED:
                self._close(event.agent, event.offer)
            case CallAnswered() | TalkBegan():
                self._talks(event.agent, event.call, event.seat, at_utc_s)
            case ConsultAnswered():
                self._change(event.to_agent, event.call, state="talking", answered_utc_s=at_utc_s)
            case ConsultEnded() if event.how != "completed":
                self._close(event.to_agent, event.offer)
            case OutboundMoved() | OutboundEnded():
                self._made_call_moved(event, at_utc_s)
            case CallHeld():
                self._change(event.agent, event.call, state="held")
            case CallResumed():
                self._change(event.agent, event.call, state="talking")
            case RecordingPaused() | RecordingResumed():
                self._change(event.agent, event.call, recording_paused=isinstance(event, RecordingPaused) or None)
            case TalkEnded():
                self._card(event.call, **cards.talked(self._cards.get(event.call, {}), event))
                self._change(event.agent, event.call, state=OVER, ended_utc_s=at_utc_s)
            case AgentChanged():
                self._agent_changed(event)

    def _agent_changed(self, event: AgentChanged) -> None:
        pop = self.of(event.agent)
        over = pop is not None and pop["state"] == OVER and event.state is not AgentState.WRAP_UP
        if over or event.status is AgentStatus.SIGNED_OUT:
            self._close(event.agent)

    def _made_call_moved(self, event: OutboundMoved | OutboundEnded, at_utc_s: float) -> None:
        """A call that we make; these two do not all name its agent."""
        pops = (self._sheet.entries[key] for key in self._sheet.keys_of("pop/"))
        agent = next((pop["agent"] for pop in pops if pop["call"] == event.call), None)
        if agent is None:
            return
        if isinstance(event, OutboundEnded):
            self._change(agent, event.call, state=OVER, ended_utc_s=at_utc_s)
        elif event.state is OutboundState.TALKING:
            self._talks(agent, event.call, None, at_utc_s)
        elif event.state is OutboundState.CALLING:
            self._change(agent, event.call, state="calling")

    def _told(self, event: DeskMessageSent | DeskMessageRead, at_utc_s: float) -> None:
        """Newest last; of those that were read the oldest go first."""
        key = f"told/{event.agent}"
        messages: list[Entry] = list(self._sheet.entries.get(key, {}).get("messages", ()))
        if isinstance(event, DeskMessageSent):
            new = {"message": event.message, "text": event.text, "by": event.by, "sent_utc_s": at_utc_s}
            messages.append(new | {"read_utc_s": None})
        else:
            read = {"read_utc_s": at_utc_s}
            messages = [one | read if one["message"] == event.message else one for one in messages]
        while len(messages) > MESSAGES_KEPT and (done := next((one for one in messages if one["read_utc_s"]), None)):
            messages.remove(done)
        self._sheet.put(key, {"messages": messages})

    # --- entries -------------------------------------------------------------------------------------
    def _card(self, call: CallId, **news: object) -> None:
        self._cards[call] = {**self._cards.get(call, {}), **news}

    def _note(self, call: CallId, agent: AgentId, text: str, at_utc_s: float) -> None:
        self._card(call, **cards.noted(self._cards.get(call, {}), agent, text, at_utc_s))

    def _noted(self, event: CallNoted, at_utc_s: float) -> None:
        """The agent's own window has it again after a reload, and whoever has the call next reads it."""
        own = {"text": event.text, "code": event.code, "tags": list(event.tags)}
        self._change(event.agent, event.call, note=own)
        if event.call in self._cards:
            others = [note for note in self._cards[event.call].get("notes", ()) if note.get("typed") != event.agent]
            typed = {"agent": event.agent, "text": event.text, "at_utc_s": at_utc_s, "typed": event.agent}
            self._card(event.call, notes=[*others, typed] if event.text else others)

    def _open(self, agent: AgentId, call: CallId, at_utc_s: float, **more: object) -> None:
        """A new pop takes the place of the last."""
        new = {"call": call, "agent": agent, "kind": "call", "state": "offered", "offered_utc_s": at_utc_s}
        self._sheet.put(f"pop/{agent}", {**_BLANK, **self._cards.get(call, {}), **new, **more})

    def _change(self, agent: AgentId, call: CallId, **news: object) -> None:
        """If this call is what the agent's desktop shows."""
        pop = self.of(agent)
        if pop is not None and pop["call"] == call:
            self._sheet.put(f"pop/{agent}", {**pop, **news})

    def _talks(self, agent: AgentId, call: CallId, seat: str | None, at_utc_s: float) -> None:
        """A talk that nobody was rung for was found on the PBX: its pop is named by the call."""
        if not agent:
            return
        pop = self.of(agent)
        if pop is None or pop["call"] != call:
            self._open(agent, call, at_utc_s, id=call, seat=seat)
        self._change(agent, call, state="talking", answered_utc_s=at_utc_s)

    def _close(self, agent: AgentId, pop: str = "") -> None:
        """Take it away; only if it is this one, where one is named."""
        shown = self.of(agent)
        if shown is not None and pop in ("", shown["id"]):
            self._sheet.drop(f"pop/{agent}")

    def _keep_only(self, keys: set[str]) -> None:
        for key in self._sheet.entries.keys() - keys:
            self._sheet.drop(key)


_BLANK: Entry = {
    "caller": "", "hotline": "", "queue": None, "language": "", "entered_utc_s": None, "waiting_since_utc_s": None,
    "path": [], "notes": [], "handled_by": [], "why": None, "asked_by": None, "callback": None, "desktop": "",
    "answered_utc_s": None, "ended_utc_s": None, "recording_paused": None, "about": None, "note": None,
}  # fmt: skip


def _made(event: OutboundBegan) -> Entry:
    kind = "callback" if event.callback else "outbound"
    place = {"queue": event.queue, "language": event.language, "callback": event.callback}
    return {"id": f"{event.call}/0", "seat": event.seat, "kind": kind, "caller": event.number, **place}


def _why(trace: Trace | None, considered: int) -> Entry:
    """Why this agent: the rule, how far it had relaxed, out of how many."""
    told = asdict(trace) if trace else {"strategy": "chosen", "step": 0, "forgiving": False, "waited_s": 0.0}
    return {name: told[name] for name in ("strategy", "step", "forgiving", "waited_s")} | {"considered": considered}
