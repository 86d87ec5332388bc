"""What is remembered for a while only: the last so many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=str)


Value = TypeVar("Value")


@dataclass(slots=True)
class Memory(Generic[Key, Value]):
    """Remembers at least the last `size` entries, at most twice as many."""

    size: int
    young: dict[Key, Value] = field(default_factory=dict)
    old: dict[Key, Value] = field(default_factory=dict)

    def keep(self, key: Key, value: Value) -> None:
        if len(self.young) >= self.size:
            self.old, self.young = self.young, {}
        self.young[key] = value

    def get(self, key: Key) -> Value | None:
        return self.young[key] if key in self.young else self.old.get(key)

    def forget(self, key: Key) -> Value | None:
        """Drop an entry and return it."""
        found = self.young.pop(key, None)
        return found if found is not None else self.old.pop(key, None)

    def values(self) -> Iterator[Value]:
        yield from self.old.values()
        yield from self.young.values()

    def __contains__(self, key: Key) -> bool:
        return key in self.young or key in self.old

    def copy(self) -> Memory[Key, Value]:
        return Memory(self.size, dict(self.young), dict(self.old))
