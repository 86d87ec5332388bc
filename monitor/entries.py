"""The board's entries, as events find and leave them (monitor.call_entries, monitor.floor_entries). Pure.

`stale` are the entries that are computed anew before the board is shown (monitor.wallboard).
"""

from __future__ import annotations

from core.house import House
from core.ids import CallId, SeatId
from monitor import blanks, cards
from monitor.panels import Entry
from monitor.sheet import Sheet


class Entries:
    """The document, and the moment of the event that is folded."""

    def __init__(self, house: House, sheet: Sheet) -> None:
        self.house = house
        self.sheet = sheet
        self.stale: set[str] = set()
        self.boot_s = 0.0
        self.utc_s = 0.0

    def get(self, key: str) -> Entry:
        """What the board holds under this key; empty when it never heard of it."""
        return self.sheet.entries.get(key, {})

    def put(self, key: str, entry: Entry) -> None:
        self.sheet.put(key, entry)

    def since(self) -> Entry:
        """This moment, on both clocks."""
        return {"since_utc_s": self.utc_s, "since_boot_s": self.boot_s}

    def call(self, call: CallId, **news: object) -> None:
        """Change a call's entry; it begins with the first that is said of it."""
        key = f"call/{call}"
        old = self.get(key) or blanks.call(call, self.boot_s, self.utc_s)
        entry = {**old, **news}
        self.put(key, entry)
        self.stale.add("lines")
        self.touch_waiting(entry)

    def note(self, call: CallId, agent: str, text: str) -> None:
        if text:
            self.call(call, **cards.noted(self.get(f"call/{call}"), agent, text, self.utc_s))

    def seat(self, seat: SeatId, **news: object) -> None:
        key = f"seat/{seat}"
        names = {item.id: item.name for item in self.house.seats}
        old = self.get(key) or blanks.seat(seat, self.boot_s, self.utc_s)
        self.put(key, {**old, "name": names.get(seat, ""), **news})

    def free_seat(self, seat: SeatId, call: CallId) -> None:
        """This call is no longer the seat's."""
        if self.get(f"seat/{seat}").get("call") == call:
            self.seat(seat, call=None)

    def touch_waiting(self, entry: Entry) -> None:
        """The queue of this call's entry is to be computed anew."""
        if entry["queue"]:
            self.stale.add(f"queue/{entry['queue']}")

    def keep_only(self, prefix: str, wanted: set[str]) -> None:
        """Drop what is named `prefix` and something that is not wanted."""
        self.sheet.keep_only(prefix, wanted)
        self.stale = {key for key in self.stale if not key.startswith(prefix) or key.removeprefix(prefix) in wanted}
