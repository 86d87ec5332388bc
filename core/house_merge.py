"""Two people's changes of one house, made from the same version, as one house.

What one of them changed is taken; where both changed the same place differently it is mine, and told with theirs.
Parts of lists are known by their names (core.house_text), so that two fields of one queue are two places; a list
without names is one place, and so is a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from core.house import House
from core.house_text import Place, name_of, naming, shown


class _Gone:
    """Stands for what is not there."""


_GONE: Final = _Gone()


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that both changed. None where there is nothing."""

    key: str
    was: str | None
    mine: str | None
    theirs: str | None


@dataclass(frozen=True, slots=True)
class Merged:
    """`document` is not checked: two changes that are right may be wrong together."""

    document: dict[str, Any]
    clashes: tuple[Clash, ...]


def merged(base: House, mine: House, theirs: House) -> Merged:
    """Both changes of `base`, mine where both changed a place."""
    clashes: list[Clash] = []
    was, ours, now = (each.model_dump(mode="json") for each in (base, mine, theirs))
    return Merged(_merge(was, ours, now, (), clashes), tuple(clashes))


def _merge(base: Any, mine: Any, theirs: Any, place: Place, clashes: list[Clash]) -> Any:
    if mine == base:
        return theirs
    if theirs in (base, mine):
        return mine
    if all(isinstance(side, dict) for side in (base, mine, theirs)):
        return _parts(base, mine, theirs, place, clashes)
    was, ours, now = _by_name(base), _by_name(mine), _by_name(theirs)
    if was is not None and ours is not None and now is not None:
        return list(_parts(was, ours, now, place, clashes).values())
    clashes.append(Clash(".".join(place), *(None if side is _GONE else shown(side) for side in (base, mine, theirs))))
    return mine


def _parts(base: Any, mine: Any, theirs: Any, place: Place, clashes: list[Clash]) -> dict[str, Any]:
    """In their order; what I added stands at the end."""
    keys = [*theirs, *(key for key in mine if key not in theirs)]
    found: dict[str, Any] = {}
    for key in keys:
        was, ours, now = (side.get(key, _GONE) for side in (base, mine, theirs))
        found[key] = _merge(was, ours, now, (*place, key), clashes)
    return {key: part for key, part in found.items() if part is not _GONE}


def _by_name(side: Any) -> dict[str, Any] | None:
    """A list whose parts have names of their own; None: it is none."""
    if not isinstance(side, list) or not all(map(naming, side)):
        return None
    found = {name_of(part): part for part in side}
    return found if len(found) == len(side) else None
