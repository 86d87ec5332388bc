"""A flat document of entries that tells what changed since it was last asked: the live board's form. Pure."""

from __future__ import annotations

from collections.abc import Collection

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

    def keep_only(self, prefix: str, wanted: Collection[str]) -> None:
        """Drop the entries named `prefix` and something that is not wanted."""
        for key in self.keys_of(prefix):
            if key.removeprefix(prefix) not in wanted:
                self.drop(key)

    def keys_of(self, *prefixes: str) -> list[str]:
        return [key for key in self.entries if key.startswith(prefixes)]

    def document(self) -> dict[str, object]:
        """The whole document as it stands, for a look aside: what readers have not seen is still told by `diff`."""
        return {key: without_nulls(entry) for key, entry in self.entries.items()}

    def snapshot(self) -> dict[str, object]:
        """The whole document; a following `diff` starts here."""
        self.diff()
        return dict(self._shown)

    def diff(self) -> dict[str, object]:
        """What changed since the last call, as a JSON merge patch (RFC 7396); empty when nothing did."""
        changed = sorted(self._changed)
        now = {key: without_nulls(self.entries[key]) for key in changed if key in self.entries}
        before = {key: self._shown.pop(key) for key in changed if key in self._shown}
        self._shown |= now
        self._changed.clear()
        return merge_patch(before, now)
