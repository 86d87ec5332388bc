"""Inputs and events to JSON and back, by class name.

A record is a tag (the class's name, and behind a dot the version of its shape unless that is the first) and a JSON
object. How records of older versions are read, and what a change of a class asks for, is in store.upgrades. One
pydantic adapter per class, built once, does the work in compiled code.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from core import events, inputs
from core.events import Event
from core.inputs import Input
from core.upgrades import Step, WrittenByLater, upgraded, version_of
from store import upgrades
from store.errors import UnknownRecord

_STRICT: Literal["forbid"] = "forbid"
_TAG = "class"
"""Names the class inside a field that may hold one of several, such as Requested.request."""


class Codec:
    """Translates the members of one union of dataclasses. Safe to share between threads.

    `steps` and `renamed` lead from older shapes to today's (store.upgrades).
    """

    def __init__(
        self,
        union: Any,
        steps: Mapping[str, Sequence[Step]] = upgrades.STEPS,
        renamed: Mapping[str, str] = upgrades.RENAMED,
    ) -> None:
        self._steps, self._renamed = steps, renamed
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self._choices: dict[str, dict[str, Codec]] = {}
        for kind in get_args(union):
            self._adapters[kind.__name__] = TypeAdapter(kind)
            if choices := _fields_of_several_classes(kind):
                self._choices[kind.__name__] = {name: Codec(choice, steps, renamed) for name, choice in choices.items()}

    @property
    def tags(self) -> frozenset[str]:
        return frozenset(self._adapters)

    def encode(self, value: object) -> tuple[str, bytes]:
        """Tag and JSON object. A value of the wrong type is written as it is: better odd than lost.

        Raises:
            UnknownRecord: not a member of this union.
            ValueError: text that UTF-8 cannot carry.
        """
        name = type(value).__name__
        adapter = self._adapter(name)
        tag = f"{name}.{version_of(steps)}" if (steps := self._steps.get(name)) else name
        if name not in self._choices:
            return tag, adapter.dump_json(value, warnings=False)
        return tag, to_json(self._tagged(name, value))

    def decode(self, tag: str, body: bytes | str, *, strict: bool = False) -> Any:
        """The object again. `strict`: a field that this version does not know is an error.

        Raises:
            UnknownRecord: an unknown tag or version, or a body that does not fit.
        """
        name, _, version = tag.partition(".")
        name = self._renamed.get(name, name)
        adapter, extra = self._adapter(name), _STRICT if strict else None
        try:
            if not version and name not in self._choices and name not in self._steps:
                return adapter.validate_json(body, extra=extra)
            document = upgraded(_object(from_json(body)), int(version or 1), self._steps.get(name, ()))
            return adapter.validate_python(self._untagged(name, document, strict), extra=extra)
        except (ValueError, KeyError, TypeError) as error:
            raise UnknownRecord(f"{tag}: {_places(error)}") from error

    def _adapter(self, tag: str) -> TypeAdapter[Any]:
        try:
            return self._adapters[tag]
        except KeyError:
            raise UnknownRecord(f"{tag!r} is not a record of this version") from None

    def _tagged(self, kind: str, value: object) -> dict[str, Any]:
        """The object as a plain dict whose choice fields name their class."""
        document = self._adapters[kind].dump_python(value, mode="json", warnings=False)
        for name, codec in self._choices[kind].items():
            document[name][_TAG] = codec.encode(getattr(value, name))[0]
        return cast(dict[str, Any], document)

    def _untagged(self, kind: str, document: dict[str, Any], strict: bool) -> dict[str, Any]:
        """Choice fields become objects first, so that equal shapes cannot be confused."""
        for name, codec in self._choices.get(kind, {}).items():
            choice = document.get(name)
            if not isinstance(choice, dict) or _TAG not in choice:
                raise ValueError(f"{name} names no class")
            document[name] = codec.decode(choice.pop(_TAG), to_json(choice), strict=strict)
        return document


def _fields_of_several_classes(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind) if _is_choice(hints[field.name])}


def _is_choice(hint: Any) -> bool:
    members = get_args(hint)
    return get_origin(hint) in (Union, types.UnionType) and len(members) > 1 and all(map(is_dataclass, members))


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document


def _places(error: Exception) -> str:
    """Where it does not fit, without the values: they may hold a caller's number."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['type']}" for item in error.errors())
    return str(error) if isinstance(error, WrittenByLater) else "not the JSON of this class"


@cache
def input_codec() -> Codec:
    """For core.inputs.Input."""
    return Codec(inputs.Input)


@cache
def event_codec() -> Codec:
    """For core.events.Event."""
    return Codec(events.Event)


def decode_input(tag: str, body: bytes | str) -> Input:
    """Raises UnknownRecord."""
    return cast(Input, input_codec().decode(tag, body))


def decode_event(tag: str, body: bytes | str) -> Event:
    """Raises UnknownRecord."""
    return cast(Event, event_codec().decode(tag, body))
