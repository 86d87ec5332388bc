"""The floor as one document, folded from outcomes. Pure.

The document is flat: `call/<id>`, `outbound/<id>` (calls that we make), `callback/<id>` (open promises), `seat/<id>`,
`agent/<id>`, `queue/<id>`, `hotline/<id>`, `trunk/<id>`, `pbx/<node>`, `lines`, `house`, `closed`, `drain`, `clock`,
`alarm/<rule>/<subject>` (those that stand now), `alarms` (what was told lately), and what monitor.staff adds. A diff is
a JSON merge patch; a member without a value is absent.

Ages are never sent; entries carry the moment they count from, on both clocks, and `clock` says what
time the board has.

Callers' numbers are masked here, at the source: no reader of the board needs them whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from core.events import (
    AgentChanged,
    AlarmChanged,
    Alarmed,
    BlockedCounted,
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
    DrainBegan,
    DrainEnded,
    Event,
    FlowBegan,
    FlowLeft,
    HoldReminded,
    HouseApplied,
    ListeningBegan,
    ListeningEnded,
    MenuChosen,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    Outcome,
    OutsideAnswered,
    OutsideDialled,
    OutsideEnded,
    PbxChanged,
    PriorityChanged,
    PromiseMade,
    QueueClosed,
    QueueOpened,
    RingBegan,
    RingEnded,
    SeatChanged,
    SeatReserved,
    TalkBegan,
    TalkEnded,
    TrunkChanged,
)
from core.figures import Figures
from core.house import House
from core.ids import CallId, HotlineId, QueueId, SeatId
from core.numbers import masked
from core.periods import business_day
from core.recordings import RecordingPaused, RecordingResumed
from core.states import AgentStatus, AlarmState, CallbackState, CallState, OutboundState, RingOutcome
from core.stats import Stats, from_json, to_json
from monitor import blanks, cards, staff
from monitor.panels import Entry, hotline_panel, house_panel, lines_panel, queue_panel
from monitor.sheet import Sheet

ALARMS_KEPT = 50


class Wallboard:
    """Fold outcomes with `apply`, then take `diff()` (what changed since the last one) or `snapshot()`."""

    def __init__(self, house: House) -> None:
        self._sheet = Sheet({"alarms": {"last": []}})
        self._stale: set[str] = set()
        self._boot_s = 0.0
        self._utc_s = 0.0
        self._broken_since: int | None = None
        self._stats = Stats(business_day(house.time_zone))
        self.furnish(house)

    # --- in --------------------------------------------------------------------------------------
    def furnish(self, house: House) -> None:
        """Take names, thresholds and the business time zone from this house; counts are kept."""
        self._house = house
        self._stats.interval_of = business_day(house.time_zone)
        self._stale |= {"house", "lines"}
        self._keep_only("hotline/", {str(hotline.id) for hotline in house.hotlines})
        self._stale |= {f"queue/{queue.id}" for queue in house.queues}
        self._stale |= {f"hotline/{hotline.id}" for hotline in house.hotlines}

    def apply(self, outcome: Outcome) -> None:
        """Fold one outcome; unknown calls and seats are added, never an error."""
        self.pulse(outcome.boot_s, outcome.at_utc_s)
        self._stats.apply(outcome)
        self._touch_figures(outcome.event)
        self._apply(outcome.event)

    def pulse(self, boot_s: float, utc_s: float) -> None:
        """The engine was alive at this moment. A new business day begins the figures anew."""
        if self._stats.interval_of(self._utc_s) != self._stats.interval_of(utc_s):
            self._stats.forget_before(self._stats.interval_of(utc_s))
            self._stale |= {"lines", *self._sheet.keys_of("queue/", "hotline/")}
        self._boot_s, self._utc_s = boot_s, utc_s
        self._stale.add("clock")

    def move_clock(self, by_s: float) -> None:
        """The boot-time clock began anew: read every moment on it `by_s` later."""
        self._boot_s += by_s
        for key, entry in self._sheet.entries.items():
            moments = {name: at + by_s for name, at in entry.items() if name.endswith("_boot_s") and at is not None}
            if moments:
                self._sheet.put(key, {**entry, **moments})

    def alarm(self, name: str, text: str, values: Mapping[str, str] | None = None) -> None:
        """Put an alarm on the board; the last 50 are kept, newest first. `values` are those that `text` is made of."""
        told = {"name": name, "text": text, "at_utc_s": self._utc_s} | ({"values": dict(values)} if values else {})
        last = [told, *self._sheet.entries["alarms"]["last"]]
        self._sheet.put("alarms", {"last": last[:ALARMS_KEPT]})

    # --- out ---------------------------------------------------------------------------------------
    def snapshot(self) -> dict[str, object]:
        """The whole document; what changed is forgotten, so a following `diff()` starts here."""
        self._compute()
        return self._sheet.snapshot()

    def diff(self) -> dict[str, object]:
        """What changed since the last call, as a merge patch; empty when nothing did."""
        self._compute()
        return self._sheet.diff()

    def document(self) -> dict[str, object]:
        """The whole document as it stands, for a look aside: what readers have not seen is still told by `diff`."""
        self._compute()
        return self._sheet.document()

    def _compute(self) -> None:
        self._check_conservation()
        for key in self._stale:
            if compute := self._computed(key):
                self._sheet.put(key, compute())
        self._stale.clear()

    def to_json(self) -> dict[str, Any]:
        """All that is needed to go on after a restart, as a JSON document."""
        return {
            "entries": dict(self._sheet.entries),
            "changed": sorted(self._stale),
            "stats": to_json(self._stats),
            "boot_s": self._boot_s,
            "utc_s": self._utc_s,
            "broken_since": self._broken_since,
        }

    @classmethod
    def from_json(cls, house: House, document: Mapping[str, Any]) -> Wallboard:
        """The inverse of `to_json`; entries of an older version get what they lack. Raises KeyError or ValueError."""
        board = cls(house)
        board._sheet = Sheet({key: blanks.entry(key) | entry for key, entry in document["entries"].items()})
        board._stats = from_json(document["stats"], board._stats.interval_of)
        board._boot_s, board._utc_s = document["boot_s"], document["utc_s"]
        board._broken_since = document["broken_since"]
        board._stale = {*board._sheet.entries, *document["changed"]}
        return board

    def figures_of(self, queue: QueueId) -> Figures:
        """Today's figures of one queue."""
        return self._stats.of_queue(queue, self._today())

    def agents(self) -> dict[str, tuple[str, str]]:
        """Agent -> status and state, of everybody who was on duty at any time."""
        return {
            key.removeprefix("agent/"): (entry["status"], entry["state"])
            for key, entry in self._sheet.entries.items()
            if key.startswith("agent/") and "status" in entry
        }

    # --- one event ---------------------------------------------------------------------------------
    def _apply(self, event: Event) -> None:
        match event:
            case CallEntered():
                self._call_entered(event)
            case MenuChosen():
                self._call(event.call, menu=event.node_name, **cards.stepped(self._card(event.call), event))
            case CallOffered():
                self._call_offered(event)
            case PromiseMade():
                self._call(event.call, promise=self._promise(event))
            case SeatReserved():
                self._call(event.call, **cards.reserved(self._card(event.call), event))
                self._seat(event.seat, call=event.call)
            case RingBegan():
                self._call(event.call, **cards.rang(self._card(event.call), event))
            case RingEnded():
                self._ring_ended(event)
            case CallAnswered():
                self._call_answered(event)
            case TalkEnded():
                self._talk_ended(event)
            case TalkBegan():
                self._call(event.call, state=CallState.TALKING, seat=event.seat, agent=event.agent, **cards.NOT_HELD)
                self._seat(event.seat, call=event.call)
            case CallHeld():
                self._call(
                    event.call, state=CallState.HELD, held_since_utc_s=self._utc_s, held_since_boot_s=self._boot_s
                )
            case HoldReminded():
                self._call(event.call, reminded_utc_s=self._utc_s)
            case CallResumed():
                self._call(event.call, state=CallState.TALKING, **cards.NOT_HELD)
            case ListeningBegan() | ListeningEnded():
                self._listened(event)
            case RecordingPaused():
                self._seat(event.seat, recording_paused_utc_s=self._utc_s)
            case RecordingResumed():
                self._seat(event.seat, recording_paused_utc_s=None)
            case ConsultBegan() | ConsultAnswered() | ConferenceBegan() | ConsultEnded():
                self._consult(event)
            case CallTransferred():
                self._note(event.call, event.agent, event.note)
            case OutsideDialled() | OutsideAnswered() | OutsideEnded():
                self._call(event.call, **cards.outside(event, masked(event.number)))
                if isinstance(event, OutsideDialled):
                    self._note(event.call, event.agent, event.note)
            case CallMoved():
                self._call_moved(event)
            case PriorityChanged():
                self._call(event.call, priority=event.priority)
            case QueueClosed():
                how = {"to": event.to, "message": event.message, "until_utc_s": event.until_utc_s}
                self._closing(event.queue, {**how, "by": event.by, "since_utc_s": self._utc_s})
            case QueueOpened():
                self._closing(event.queue, None)
            case DrainBegan():
                until = {"until_utc_s": self._utc_s + event.within_s, "until_boot_s": self._boot_s + event.within_s}
                self._sheet.put("drain", {"by": event.by, **self._since(), **until})
            case DrainEnded():
                self._sheet.drop("drain")
            case (
                CallAbandoned()
                | CallLost()
                | CallFlowedOut()
                | CallTurnedIntoCallback()
                | CallLeftMessage()
                | FlowBegan()
            ):
                self._call(event.call, state=CallState.LEAVING)
            case FlowLeft():
                self._call(event.call, state=CallState.WAITING)
            case CallEnded():
                self._call_ended(event.call)
            case OutboundBegan() | OutboundMoved() | OutboundEnded():
                self._outbound(event)
            case CallbackMade():
                self._callback_made(event)
            case CallbackChanged():
                self._callback_changed(event)
            case TrunkChanged():
                self._sheet.put(
                    f"trunk/{event.trunk}", {"id": event.trunk, "reachable": event.reachable, **self._since()}
                )
                self._stale.add("lines")
            case AgentChanged():
                self._agent_changed(event)
            case SeatChanged():
                self._seat(event.seat, reachable=event.reachable)
            case PbxChanged():
                self._sheet.put(f"pbx/{event.node}", {"id": event.node, "up": event.up, "since_utc_s": self._utc_s})
            case HouseApplied():
                self._house_applied(event)
            case AlarmChanged():
                self._alarm_changed(event)
            case Alarmed():
                self.alarm(event.name, event.text, dict(event.values))
            case _:
                self._staff_changed(event)

    def _staff_changed(self, event: Event) -> None:
        if change := staff.change(event, lambda key: self._sheet.entries.get(key, {}), self._utc_s):
            self._sheet.put(*change)
        if alarm := staff.alarm(event):
            self.alarm(*alarm)

    def _alarm_changed(self, event: AlarmChanged) -> None:
        """What stands now; what is over leaves the board, and stays in the history."""
        key = f"alarm/{event.rule}/{event.subject}"
        if event.state is AlarmState.CLEARED:
            self._sheet.drop(key)
        else:
            since = {name: at for name, at in self._sheet.entries.get(key, {}).items() if name.startswith("since_")}
            self._sheet.put(key, asdict(event) | {"id": f"{event.rule}/{event.subject}"} | (since or self._since()))

    def _call_entered(self, event: CallEntered) -> None:
        self._call(
            event.call,
            hotline=event.hotline,
            trunk=event.trunk,
            caller=masked(event.caller),
            language=event.language,
            state=CallState.MENU,
            entered_utc_s=self._utc_s,
            entered_boot_s=self._boot_s,
        )

    def _call_offered(self, event: CallOffered) -> None:
        self._call(
            event.call,
            hotline=event.hotline,
            queue=event.queue,
            priority=event.priority,
            language=event.language,
            state=CallState.WAITING,
            waiting_since_utc_s=self._utc_s - event.waited_s,
            waiting_since_boot_s=self._boot_s - event.waited_s,
        )

    def _promise(self, event: PromiseMade) -> Entry:
        moment = {"at_utc_s": self._utc_s, "waited_s": event.waited_s}
        return {"low_s": event.low_s, "high_s": event.high_s, "overdue": event.overdue, **moment}

    def _card(self, call: CallId) -> Entry:
        """What the board holds of this call; empty when it never heard of it."""
        return self._sheet.entries.get(f"call/{call}", {})

    def _note(self, call: CallId, agent: str, text: str) -> None:
        if text:
            self._call(call, **cards.noted(self._card(call), agent, text, self._utc_s))

    def _listened(self, event: ListeningBegan | ListeningEnded) -> None:
        """How many listeners the agents of this call may know of."""
        kind = "outbound" if f"outbound/{event.call}" in self._sheet.entries else "call"
        if event.told and (old := self._sheet.entries.get(f"{kind}/{event.call}")):
            more = 1 if isinstance(event, ListeningBegan) else -1
            self._sheet.put(f"{kind}/{event.call}", {**old, "listeners": max(0, old.get("listeners", 0) + more)})

    def _talk_ended(self, event: TalkEnded) -> None:
        self._call(event.call, **cards.talked(self._card(event.call), event))
        self._free_seat(event.seat, event.call)

    def _consult(self, event: ConsultBegan | ConsultAnswered | ConferenceBegan | ConsultEnded) -> None:
        """The colleague's screen shows the call from the moment they are asked."""
        number = masked(event.number) if isinstance(event, ConferenceBegan) and event.number else ""
        self._call(event.call, consult=cards.consulted(event, number))
        if not event.to_seat:
            return  # somebody outside
        if not isinstance(event, ConsultEnded):
            self._seat(event.to_seat, call=event.call)
        elif event.how != "completed":
            self._free_seat(event.to_seat, event.call)
        if isinstance(event, ConsultBegan):
            self._note(event.call, event.agent, event.note)

    def _closing(self, queue: QueueId, closing: Entry | None) -> None:
        """Which queues are closed, by whom, since when, and where their calls go ("": a closing message)."""
        others = {name: entry for name, entry in self._sheet.entries.get("closed", {}).items() if name != queue}
        self._sheet.put("closed", others | ({queue: closing} if closing else {}))

    def _call_moved(self, event: CallMoved) -> None:
        self._stale.add(f"queue/{event.from_queue}")
        self._call(event.call, **cards.moved(event, self._utc_s, self._boot_s))

    def _ring_ended(self, event: RingEnded) -> None:
        if event.outcome is RingOutcome.ANSWERED:
            return
        self._free_seat(event.seat, event.call)
        if change := cards.ring_over(self._card(event.call), event):
            self._call(event.call, **change)

    def _call_answered(self, event: CallAnswered) -> None:
        talking = {"state": CallState.TALKING, "seat": event.seat, "agent": event.agent}
        self._call(event.call, **talking, answered_utc_s=self._utc_s, answered_boot_s=self._boot_s)
        self._seat(event.seat, call=event.call)

    def _call_ended(self, call: CallId) -> None:
        entry = self._sheet.entries.get(f"call/{call}")
        if entry is None:
            return
        if entry["seat"]:
            self._free_seat(entry["seat"], call)
        self._sheet.drop(f"call/{call}")
        self._stale.add("lines")
        self._touch_waiting(entry)

    def _callback_made(self, event: CallbackMade) -> None:
        since = {"since_utc_s": self._utc_s - event.waited_s, "since_boot_s": self._boot_s - event.waited_s}
        entry = {
            "id": event.callback, "call": event.call, "number": masked(event.number), "queue": event.queue,
            "hotline": event.hotline, "language": event.language, "priority": event.priority,
            "state": CallbackState.WAITING, "reason": "", "tries": 0, "next_utc_s": None,
        }  # fmt: skip
        self._sheet.put(f"callback/{event.callback}", entry | since)

    def _callback_changed(self, event: CallbackChanged) -> None:
        """An open promise; one that is over leaves the board."""
        key = f"callback/{event.callback}"
        if event.state in (CallbackState.DONE, CallbackState.GIVEN_UP, CallbackState.CANCELLED):
            self._sheet.drop(key)
        elif old := self._sheet.entries.get(key):
            next_utc_s = None if event.next_s is None else self._utc_s + event.next_s
            news = {"state": event.state, "reason": event.reason, "tries": event.tries, "next_utc_s": next_utc_s}
            self._sheet.put(key, {**old, **news})

    def _outbound(self, event: OutboundBegan | OutboundMoved | OutboundEnded) -> None:
        """A call that we make, until its agent's leg is down; the seat shows it as its call."""
        key = f"outbound/{event.call}"
        if isinstance(event, OutboundBegan):
            self._sheet.put(key, blanks.outbound(event) | {"began_utc_s": self._utc_s, "began_boot_s": self._boot_s})
            self._seat(event.seat, call=event.call)
        elif isinstance(event, OutboundEnded):
            self._sheet.drop(key)
            self._free_seat(event.seat, event.call)
        elif old := self._sheet.entries.get(key):
            answered = {"answered_utc_s": self._utc_s, "answered_boot_s": self._boot_s}
            talks = event.state is OutboundState.TALKING
            self._sheet.put(key, {**old, "state": event.state, "trunk": event.trunk, **(answered if talks else {})})
        self._stale.add("lines")

    def _agent_changed(self, event: AgentChanged) -> None:
        key = f"agent/{event.agent}"
        old = self._sheet.entries.get(key, {"id": event.agent, "name": event.agent, "seat": None})
        now = {"status": event.status, "state": event.state, **self._since()}
        seat = None if event.status is AgentStatus.SIGNED_OUT else event.seat
        if old["seat"] and old["seat"] != seat:
            self._seat(old["seat"], agent=None, agent_name="", status=None, state=None, **self._since())
        signed_out = {} if seat else {"withheld": None, "withheld_until_utc_s": None}
        self._sheet.put(key, {**old, **now, **signed_out, "seat": seat, "reason": event.reason})
        if seat:
            self._seat(seat, agent=event.agent, agent_name=old["name"], **now)

    def _house_applied(self, event: HouseApplied) -> None:
        self._sheet.put("house", house_panel(self._house) | {"version": event.version, "lines": event.lines})
        names = dict(event.agents)
        self._keep_only("seat/", {str(seat) for seat in event.seats})
        self._keep_only("agent/", {str(agent) for agent in names})
        for prefix in ("queue/", "governor/", "offers/"):
            self._keep_only(prefix, {str(queue) for queue in event.queues})
        for seat in event.seats:
            self._seat(seat)
        for agent, name in names.items():
            blank = {"status": AgentStatus.SIGNED_OUT, "state": None, "seat": None, **self._since()}
            self._sheet.put(
                f"agent/{agent}", blank | self._sheet.entries.get(f"agent/{agent}", {}) | {"id": agent, "name": name}
            )
        self._stale |= {"lines"} | {f"queue/{queue}" for queue in event.queues}

    # --- entries -------------------------------------------------------------------------------------
    def _call(self, call: CallId, **news: object) -> None:
        key = f"call/{call}"
        old = self._sheet.entries.get(key) or blanks.call(call, self._boot_s, self._utc_s)
        entry = {**old, **news}
        self._sheet.put(key, entry)
        self._stale.add("lines")
        self._touch_waiting(entry)

    def _seat(self, seat: SeatId, **news: object) -> None:
        key = f"seat/{seat}"
        names = {item.id: item.name for item in self._house.seats}
        old = self._sheet.entries.get(key) or blanks.seat(seat, self._boot_s, self._utc_s)
        self._sheet.put(key, {**old, "name": names.get(seat, ""), **news})

    def _since(self) -> Entry:
        return {"since_utc_s": self._utc_s, "since_boot_s": self._boot_s}

    def _free_seat(self, seat: SeatId, call: CallId) -> None:
        if self._sheet.entries.get(f"seat/{seat}", {}).get("call") == call:
            self._seat(seat, call=None)

    def _keep_only(self, prefix: str, wanted: set[str]) -> None:
        self._sheet.keep_only(prefix, wanted)
        self._stale = {key for key in self._stale if not key.startswith(prefix) or key.removeprefix(prefix) in wanted}

    def _touch_waiting(self, entry: Entry) -> None:
        if entry["queue"]:
            self._stale.add(f"queue/{entry['queue']}")

    def _touch_figures(self, event: Event) -> None:
        if isinstance(event, BlockedCounted):
            self._stale.add("lines")
        for kind in ("queue", "hotline"):
            if name := getattr(event, kind, None):
                self._stale.add(f"{kind}/{name}")
        if isinstance(event, RingEnded) and (call := self._stats.open.get(event.call)):  # it names no hotline
            self._stale.add(f"hotline/{call.whole.hotline}")

    # --- computed entries ----------------------------------------------------------------------------
    def _computed(self, key: str) -> Callable[[], Entry] | None:
        kind, _, name = key.partition("/")
        match kind:
            case "queue":
                return lambda: queue_panel(self._house, QueueId(name), self.figures_of(QueueId(name)), self._calls())
            case "hotline":
                figures = self._stats.of_hotline(HotlineId(name), self._today())
                return lambda: hotline_panel(self._house, HotlineId(name), figures)
            case "lines":
                return lambda: lines_panel(
                    self._house, self._blocked_today(), self._calls(), self._outbound_lines(), self._absent_trunks()
                )
            case "clock":
                return lambda: {"boot_s": self._boot_s, "utc_s": self._utc_s}
            case "house":
                return lambda: {**self._sheet.entries.get("house", {"version": 0}), **house_panel(self._house)}
        return None

    def _blocked_today(self) -> dict[str, int]:
        blocked: dict[str, int] = {}
        for (start, trunk), count in self._stats.blocked.items():
            if start in self._today():
                blocked[trunk] = blocked.get(trunk, 0) + count
        return blocked

    def _calls(self) -> list[Entry]:
        return [self._sheet.entries[key] for key in self._sheet.keys_of("call/")]

    def _outbound_lines(self) -> list[Entry]:
        """Calls that we make and that hold a line, those for a caller who is given to somebody outside too."""
        entries = (self._sheet.entries[key] for key in self._sheet.keys_of("outbound/"))
        made = [entry for entry in entries if entry["state"] in (OutboundState.CALLING, OutboundState.TALKING)]
        return made + [{"trunk": entry["outside"]["trunk"]} for entry in self._calls() if entry["outside"]]

    def _absent_trunks(self) -> set[str]:
        return {key for key in self._sheet.keys_of("trunk/") if not self._sheet.entries[key]["reachable"]}

    def _today(self) -> tuple[int]:
        return (self._stats.interval_of(self._utc_s),)

    def broken_figures(self) -> int:
        """How many of today's sums do not add up."""
        return len(self._stats.unconserved())

    def _check_conservation(self) -> None:
        """One alarm a day: the figures no longer add up, somebody must look."""
        day = self._today()[0]
        if self._broken_since != day and self._stats.unconserved():
            self._broken_since = day
            self.alarm("conservation_broken", "today's figures do not add up: O is not A + B + C + M + F + X + W")
