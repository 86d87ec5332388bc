"""What every kind of figures has in common: states that merge exactly, in any order, and travel as JSON.

A field is a count or a sum (they add up), a maximum (named in MAXIMA), or counts by key (they add up key by key).
Keys are texts, or whole seconds for the fields named in BINS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar

_Figures = TypeVar("_Figures", bound="Mergeable")


class Mergeable:
    """A base for dataclasses; all of their fields have empty defaults."""

    __slots__ = ()
    MAXIMA: ClassVar[frozenset[str]] = frozenset()
    BINS: ClassVar[frozenset[str]] = frozenset()

    def merge(self, other: Self) -> None:
        """Add `other` in. Associative and commutative; an empty state changes nothing."""
        shape = _shape(type(self))
        for name in shape.sums:
            if count := getattr(other, name):  # most are zero in a short interval
                setattr(self, name, getattr(self, name) + count)
        for name in shape.maxima:
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        for name in shape.counts:
            mine = getattr(self, name)
            for key, count in getattr(other, name).items():
                add(mine, key, count)

    def to_json(self) -> dict[str, object]:
        """Numbers and nested numbers only, shared with nothing, in one order; zero fields are left out."""
        values = ((name, getattr(self, name)) for name in _shape(type(self)).names)
        return {
            name: dict(sorted(value.items())) if isinstance(value, dict) else value for name, value in values if value
        }

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> Self:
        """The inverse of `to_json`, also after a trip through JSON text, which turns bins into strings.

        Fields of a later version are left out.
        """
        found, shape = cls(), _shape(cls)
        for name, value in document.items():  # a month by quarters of an hour are thousands of documents
            if name in shape.counts:
                setattr(found, name, cls._counts(name, value))
            elif name in shape.known:
                setattr(found, name, value)
        return found

    @classmethod
    def _counts(cls, name: str, value: Any) -> dict[Any, int]:
        return dict(zip(map(int, value), value.values(), strict=True)) if name in cls.BINS else dict(value)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The names of a class's fields by how they merge."""

    names: tuple[str, ...]
    sums: tuple[str, ...]
    read_sums: Callable[[Any], tuple[int, ...]]
    """The values of `sums`, in one step."""
    maxima: tuple[str, ...]
    counts: tuple[str, ...]
    known: frozenset[str]


def _read_shape(kind: Any) -> _Shape:
    items = fields(kind)
    counts = tuple(item.name for item in items if item.default_factory is dict)
    maxima = tuple(item.name for item in items if item.name in kind.MAXIMA)
    names = tuple(item.name for item in items)
    sums = tuple(name for name in names if name not in (*counts, *maxima))
    return _Shape(names, sums, _reader(sums), maxima, counts, frozenset(names))


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[int, ...]]:
    return attrgetter(*names) if len(names) > 1 else lambda figures: tuple(getattr(figures, name) for name in names)


_shape: Callable[[Any], _Shape] = cache(_read_shape)


def add(counts: dict[Any, int], key: Any, count: int = 1) -> None:
    """Count `key` once more, or `count` times."""
    counts[key] = counts.get(key, 0) + count


def merged(empty: _Figures, parts: Iterable[_Figures]) -> _Figures:
    """`empty`, with all the parts added in: a column at a time, much cheaper than a part at a time."""
    kept, shape = (empty, *parts), _shape(type(empty))
    for name, values in zip(shape.sums, zip(*map(shape.read_sums, kept), strict=True), strict=True):
        setattr(empty, name, sum(values))
    for name in shape.maxima:
        setattr(empty, name, max(map(attrgetter(name), kept)))
    for name in shape.counts:
        mine = getattr(empty, name)
        for part in kept[1:]:
            for key, count in getattr(part, name).items():
                add(mine, key, count)
    return empty
