"""The house as YAML: in, out, and what differs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from core.documents import load
from core.house import House

Place = tuple[str, ...]
NAMED_BY = (("id",), ("number",), ("year",), ("start",), ("date", "agent"), ("date", "agents"))
"""What tells the parts of a list apart: VIPs by number, the calendar by year, hours of the floor by when they begin."""
LONG = 12
"""From so many plain entries on, a list is shown by what came and went."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `before` or `after` is None where the key does not exist."""

    key: str
    before: str | None
    after: str | None


def to_yaml(house: House) -> str:
    """The house as text that reads back equal; the same house gives the same text."""
    data = house.model_dump(mode="json")
    for hours in (*data["shifts"], *data["staffing"]["floor"]):
        hours["start"], hours["end"] = (hours[key].removesuffix(":00") for key in ("start", "end"))
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def from_yaml(text: str, source: str) -> House:
    """Read and check a house as a whole.

    Raises:
        ConfigurationWrong: with every problem found.
    """
    return load(text, source, House)


class _Dumper(yaml.SafeDumper):
    """Never writes anchors: a person who edits one place must not change another."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _written_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Texts of several lines, such as flows, stand there line by line."""
    style = "|" if "\n" in text.strip("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _written_text)


def differences(before: House, after: House) -> list[Change]:
    """What changed, key by key. Seats, agents and their like are compared by name, so their order does not matter;
    one that came or went is a single change, and so is an entry of a long list.
    """
    return list(_changes(_keyed(before.model_dump(mode="json")), _keyed(after.model_dump(mode="json")), ()))


def _keyed(value: Any) -> Any:
    """Lists of things that have names as mappings by name, at any depth."""
    if isinstance(value, dict):
        return {key: _keyed(inner) for key, inner in value.items()}
    if not isinstance(value, list) or not value or not all(map(naming, value)):
        return value
    return {name_of(item): _keyed({key: item[key] for key in item if key not in naming(item)}) for item in value}


def naming(item: Any) -> tuple[str, ...]:
    """The keys that name this part of a list; none: it has no name."""
    if not isinstance(item, dict):
        return ()
    return next((keys for keys in NAMED_BY if item.keys() >= {*keys}), ())


def name_of(item: dict[str, Any]) -> str:
    """What tells this part of a list apart from the others."""
    values = [item[key] for key in naming(item)]
    return " ".join("+".join(each) if isinstance(each, list) else str(each) for each in values)


def _changes(before: object, after: object, place: Place) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield from _changed_lines(before.splitlines(), after.splitlines(), ".".join(place))
        return
    old, new = _entries(before, after)
    if old == new:
        yield Change(".".join(place), shown(before), shown(after))
    for key in [*old, *(key for key in new if key not in old)]:
        yield from _changes(old.get(key), new.get(key), (*place, key))


def _entries(before: object, after: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is compared one by one; equal sides where these two are compared as a whole."""
    if isinstance(before, dict | list) and isinstance(after, dict | list):
        if all(isinstance(side, dict) or not side for side in (before, after)):
            return dict(before or {}), dict(after or {})
        if len(before) + len(after) > LONG and not any(isinstance(each, dict | list) for each in (*before, *after)):
            return {str(each): each for each in before}, {str(each): each for each in after}
    return {}, {}


def _changed_lines(before: list[str], after: list[str], key: str) -> Iterator[Change]:
    """The lines of a text that differ, numbered as they are afterwards, or were where they are gone."""
    for what, old, old_end, new, new_end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for offset in range(max(old_end - old, new_end - new)):
            was = before[old + offset] if old + offset < old_end else None
            now = after[new + offset] if new + offset < new_end else None
            yield Change(f"{key}:{(old if now is None else new) + offset + 1}", was, now)


def shown(value: object) -> str | None:
    """YAML on one line; None where there is nothing."""
    if value is None:
        return None
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
