"""A flat document of entries that tells what changed since it was last asked: the live board's form. Pure."""

from __future__ import annotations

from monitor.panels import Entry
from monitor.patch import merge_patch, without_nulls


class Sheet:
    """Entries are replaced, never changed in place: a snapshot handed out stays what it was."""

    def __init__(self, entries: dict[str, Entry] | None = None) -> None:
        self.entries: dict[str, Entry] = entries or {}
        self._shown: dict[str, Entry] = {}
        self._changed = set(self.entries)

    def put(self, key: str, entry: Entry) -> None:
        self.entries[key] = entry
        self._changed.add(key)

    def drop(self, key: str) -> None:
        self.entries.pop(key, None)
        self._changed.add(key)

    def snapshot(self) -> dict[str, object]:
        """The whole document; a following `diff` starts here."""
        self.diff()
        return dict(self._shown)

    def diff(self) -> dict[str, object]:
        """What changed since the last call, as a JSON merge patch (RFC 7396); empty when nothing did."""
        now = {key: without_nulls(entry) for key, entry in self.entries.items() if key in self._changed}
        before = {key: self._shown.pop(key) for key in self._changed if key in self._shown}
        self._shown |= now
        self._changed = set()
        return merge_patch(before, now)
