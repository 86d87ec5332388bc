"""The floor as one document, folded from outcomes: what it is, and what of it is computed. Pure.

What events do to its entries is in monitor.call_entries and monitor.floor_entries.

The document is flat: `call/<id>`, `outbound/<id>` (calls that we make), `callback/<id>` (open promises), `seat/<id>`,
`agent/<id>`, `queue/<id>`, `hotline/<id>`, `trunk/<id>`, `pbx/<node>`, `lines`, `house`, `closed`, `drain`, `clock`,
`spend` (today's talks that we have called for, by core.calling's prices, those that are over), `alarm/<rule>/<subject>`
(those that stand now), `alarms` (what was told lately), and what monitor.staff adds. A diff is a JSON merge patch; a
member without a value is absent.

Ages are never sent; entries carry the moment they count from, on both clocks, and `clock` says what
time the board has.

Callers' numbers are masked here, at the source: no reader of the board needs them whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.events import BlockedCounted, Event, Outcome, RingEnded
from core.figures import Figures
from core.house import House
from core.ids import CallId, HotlineId, QueueId
from core.periods import business_day
from core.states import OutboundState
from core.stats import Stats, from_json, to_json
from monitor import blanks, call_entries, floor_entries
from monitor.entries import Entries
from monitor.panels import Entry, hotline_panel, house_panel, lines_panel, queue_panel
from monitor.sheet import Sheet


class Wallboard:
    """Fold outcomes with `apply`, then take `diff()` (what changed since the last one) or `snapshot()`."""

    def __init__(self, house: House) -> None:
        self._board = Entries(house, Sheet({"alarms": {"last": []}}))
        self._broken_since: int | None = None
        self._stats = Stats(business_day(house.time_zone))
        self.furnish(house)

    # --- in --------------------------------------------------------------------------------------
    def furnish(self, house: House) -> None:
        """Take names, thresholds and the business time zone from this house; counts are kept.

        In another zone today began at another moment. What was counted since the old midnight is today's until the next
        new one: live figures cannot be parted by the hour, and reports, which can, are right at once.
        """
        self._board.house = house
        before = self._today()[0]
        self._stats.interval_of = business_day(house.time_zone)
        if (now := self._today()[0]) != before:
            self._stats.move(before, now)
            if self._broken_since == before:
                self._broken_since = now
        self._board.stale |= {"house", "lines"}
        self._board.keep_only("hotline/", {str(hotline.id) for hotline in house.hotlines})
        self._board.stale |= {f"queue/{queue.id}" for queue in house.queues}
        self._board.stale |= {f"hotline/{hotline.id}" for hotline in house.hotlines}

    def apply(self, outcome: Outcome) -> None:
        """Fold one outcome; unknown calls and seats are added, never an error."""
        self.pulse(outcome.boot_s, outcome.at_utc_s)
        self._stats.apply(outcome)
        self._touch_figures(outcome.event)
        if not call_entries.fold(self._board, outcome.event):
            floor_entries.fold(self._board, outcome.event)

    def pulse(self, boot_s: float, utc_s: float) -> None:
        """The engine was alive at this moment. A new business day begins the figures anew."""
        if self._stats.interval_of(self._board.utc_s) != self._stats.interval_of(utc_s):
            self._stats.forget_before(self._stats.interval_of(utc_s))
            if self._board.get("spend"):
                self._board.sheet.drop("spend")
            self._board.stale |= {"lines", *self._board.sheet.keys_of("queue/", "hotline/")}
        self._board.boot_s, self._board.utc_s = boot_s, utc_s
        self._board.stale.add("clock")

    def move_clock(self, by_s: float) -> None:
        """The boot-time clock began anew: read every moment on it `by_s` later."""
        self._board.boot_s += by_s
        for key, entry in self._board.sheet.entries.items():
            moments = {name: at + by_s for name, at in entry.items() if name.endswith("_boot_s") and at is not None}
            if moments:
                self._board.sheet.put(key, {**entry, **moments})

    def alarm(self, name: str, text: str, values: Mapping[str, str] | None = None) -> None:
        """Put an alarm on the board; the last 50 are kept, newest first. `values` are those that `text` is made of."""
        floor_entries.alarm(self._board, name, text, values)

    # --- out ---------------------------------------------------------------------------------------
    def snapshot(self) -> dict[str, object]:
        """The whole document; what changed is forgotten, so a following `diff()` starts here."""
        self._compute()
        return self._board.sheet.snapshot()

    def diff(self) -> dict[str, object]:
        """What changed since the last call, as a merge patch; empty when nothing did."""
        self._compute()
        return self._board.sheet.diff()

    def document(self) -> dict[str, object]:
        """The whole document as it stands, for a look aside: what readers have not seen is still told by `diff`."""
        self._compute()
        return self._board.sheet.document()

    def _compute(self) -> None:
        self._check_conservation()
        for key in self._board.stale:
            if self._is_gone(key):
                self._board.sheet.drop(key)
            elif compute := self._computed(key):
                self._board.sheet.put(key, compute())
        self._board.stale.clear()

    def _is_gone(self, key: str) -> bool:
        """A queue or hotline that the house has no more, and whose last call is over."""
        kind, _, name = key.partition("/")
        if kind not in ("queue", "hotline"):
            return False
        known = self._board.house.queues if kind == "queue" else self._board.house.hotlines
        return name not in {str(part.id) for part in known} and all(entry[kind] != name for entry in self._calls())

    def to_json(self) -> dict[str, Any]:
        """All that is needed to go on after a restart, as a JSON document."""
        return {
            "entries": dict(self._board.sheet.entries),
            "changed": sorted(self._board.stale),
            "stats": to_json(self._stats),
            "boot_s": self._board.boot_s,
            "utc_s": self._board.utc_s,
            "broken_since": self._broken_since,
        }

    @classmethod
    def from_json(cls, house: House, document: Mapping[str, Any]) -> Wallboard:
        """The inverse of `to_json`; entries of an older version get what they lack. Raises KeyError or ValueError."""
        board = cls(house)
        board._board.sheet = Sheet({key: blanks.entry(key) | entry for key, entry in document["entries"].items()})
        board._stats = from_json(document["stats"], board._stats.interval_of)
        board._board.boot_s, board._board.utc_s = document["boot_s"], document["utc_s"]
        board._broken_since = document["broken_since"]
        board._board.stale = {*board._board.sheet.entries, *document["changed"]}
        return board

    def figures_of(self, queue: QueueId) -> Figures:
        """Today's figures of one queue."""
        return self._stats.of_queue(queue, self._today())

    def agents(self) -> dict[str, tuple[str, str]]:
        """Agent -> status and state, of everybody who was on duty at any time."""
        return {
            key.removeprefix("agent/"): (entry["status"], entry["state"])
            for key, entry in self._board.sheet.entries.items()
            if key.startswith("agent/") and "status" in entry
        }

    # --- computed entries ----------------------------------------------------------------------------
    def _touch_figures(self, event: Event) -> None:
        if isinstance(event, BlockedCounted):
            self._board.stale.add("lines")
        for kind in ("queue", "hotline"):
            if name := getattr(event, kind, None):
                self._board.stale.add(f"{kind}/{name}")
        if (call := self._stats.open.get(getattr(event, "call", CallId("")))) is None:
            return
        if isinstance(event, RingEnded):  # it names no hotline
            self._board.stale.add(f"hotline/{call.whole.hotline}")
        if call.promised_in is not None:  # which may be another queue than the event's
            self._board.stale.add(f"queue/{call.promised_in.queue}")

    def _computed(self, key: str) -> Callable[[], Entry] | None:
        kind, _, name = key.partition("/")
        match kind:
            case "queue":
                return lambda: queue_panel(
                    self._board.house, QueueId(name), self.figures_of(QueueId(name)), self._calls()
                )
            case "hotline":
                figures = self._stats.of_hotline(HotlineId(name), self._today())
                return lambda: hotline_panel(self._board.house, HotlineId(name), figures)
            case "lines":
                return lambda: lines_panel(
                    self._board.house,
                    self._blocked_today(),
                    self._calls(),
                    self._outbound_lines(),
                    self._absent_trunks(),
                )
            case "clock":
                return lambda: {"boot_s": self._board.boot_s, "utc_s": self._board.utc_s}
            case "house":
                return lambda: {**(self._board.get("house") or {"version": 0}), **house_panel(self._board.house)}
        return None

    def _blocked_today(self) -> dict[str, int]:
        blocked: dict[str, int] = {}
        for (start, trunk), count in self._stats.blocked.items():
            if start in self._today():
                blocked[trunk] = blocked.get(trunk, 0) + count
        return blocked

    def _calls(self) -> list[Entry]:
        return [self._board.sheet.entries[key] for key in self._board.sheet.keys_of("call/")]

    def _outbound_lines(self) -> list[Entry]:
        """Calls that we make and that hold a line, those for a caller who is given to somebody outside too."""
        entries = (self._board.sheet.entries[key] for key in self._board.sheet.keys_of("outbound/"))
        made = [entry for entry in entries if entry["state"] in (OutboundState.CALLING, OutboundState.TALKING)]
        return made + [{"trunk": entry["outside"]["trunk"]} for entry in self._calls() if entry["outside"]]

    def _absent_trunks(self) -> set[str]:
        return {key for key in self._board.sheet.keys_of("trunk/") if not self._board.sheet.entries[key]["reachable"]}

    def _today(self) -> tuple[int]:
        return (self._stats.interval_of(self._board.utc_s),)

    def broken_figures(self) -> int:
        """How many of today's sums do not add up."""
        return len(self._stats.unconserved())

    def _check_conservation(self) -> None:
        """One alarm a day: the figures no longer add up, somebody must look."""
        day = self._today()[0]
        if self._broken_since != day and self._stats.unconserved():
            self._broken_since = day
            self.alarm("conservation_broken", "today's figures do not add up: O is not A + B + C + M + F + X + W")
