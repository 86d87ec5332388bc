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
    """What changed, key by key. Seats, agents and their like are compared by id, so their order does not matter;
    one that came or went is a single change.
    """
    return list(_changes(_keyed(before.model_dump(mode="json")), _keyed(after.model_dump(mode="json")), ()))


def _keyed(value: Any) -> Any:
    """Lists of things with an id as mappings by id, at any depth."""
    if isinstance(value, dict):
        return {key: _keyed(inner) for key, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) and "id" in item for item in value):
        return {item["id"]: _keyed({key: inner for key, inner in item.items() if key != "id"}) for item in value}
    return value


def _changes(before: object, after: object, place: Place) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield from _changed_lines(before.splitlines(), after.splitlines(), ".".join(place))
        return
    if not isinstance(before, dict) or not isinstance(after, dict):
        yield Change(".".join(place), _shown(before), _shown(after))
        return
    for key in [*before, *(key for key in after if key not in before)]:
        yield from _changes(before.get(key), after.get(key), (*place, key))


def _changed_lines(before: list[str], after: list[str], key: str) -> Iterator[Change]:
    """The lines of a text that differ, numbered as they are afterwards, or were where they are gone."""
    for what, old, old_end, new, new_end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for offset in range(max(old_end - old, new_end - new)):
            was = before[old + offset] if old + offset < old_end else None
            now = after[new + offset] if new + offset < new_end else None
            yield Change(f"{key}:{(old if now is None else new) + offset + 1}", was, now)


def _shown(value: object) -> str | None:
    """YAML on one line; None where there is nothing."""
    if value is None:
        return None
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
