"""Validation errors in words a person can act on: what was expected, and what was found."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.errors import PlacedProblems

Place = tuple[str | int, ...]
_NO_VALUE = {"missing", "extra_forbidden"}
_SECRET = re.compile(r"password|secret|token|url")  # a URL may carry a password


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where (keys and positions from the top), what was expected, and the line if it is known."""

    place: Place
    text: str
    line: int = 0


def dotted(place: Place) -> str:
    """`trunks.0.port`; positions count from 0."""
    return ".".join(map(str, place))


def explain(error: ValidationError, model: type[BaseModel], written: AbstractSet[Place] = frozenset()) -> list[Problem]:
    """Every mistake of a validation, one a place. `written` are the places the document really has."""
    found: dict[Place, list[str]] = {}
    got: dict[Place, str] = {}
    details = error.errors()
    around = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    for detail in details:
        if detail["type"] == "too_short" and detail["loc"] in around:
            continue  # pydantic counts the good ones alone: there is one, and what is wrong with it is told
        for place, text in _explained(detail, model, written):
            found.setdefault(place, []).append(text)
            got[place] = "" if detail["type"] in _NO_VALUE else _got(place, detail)
    return [Problem(place, " or ".join(dict.fromkeys(texts)) + got[place]) for place, texts in found.items()]


def _explained(detail: ErrorDetails, model: type[BaseModel], written: AbstractSet[Place]) -> list[tuple[Place, str]]:
    place = detail["loc"]
    if detail["type"] == "missing":
        return [(place, "required, and missing")]
    if detail["type"] == "extra_forbidden":
        return [(place, _unknown(str(place[-1]), known_keys(model, place[:-1])))]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, PlacedProblems):
        return [((*place, *inner), text) for inner, text in cause.problems]
    return [(_as_written(place, written), _expected(detail))]


def _as_written(place: Place, written: AbstractSet[Place]) -> Place:
    """Pydantic appends branch names of unions and "[key]" to a place; the document knows no such keys."""
    while place and written and place not in written:
        place = place[:-1]
    return place


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
    return f"unknown key; {hint}"


def known_keys(model: type[BaseModel], place: Place) -> list[str]:
    """Names of the keys that `model` has at this place."""
    schema = model.model_json_schema()
    here = _resolved(schema, schema)
    for step in place:
        here = here.get("items", {}) if isinstance(step, int) else here.get("properties", {}).get(step, {})
        here = _resolved(here, schema)
    return sorted(here.get("properties", {}))


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else part


_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "less_than": lambda ctx: f"must be less than {ctx['lt']}",
    "string_too_short": lambda ctx: f"must have at least {ctx['min_length']} characters",
    "string_too_long": lambda ctx: f"must have at most {ctx['max_length']} characters",
    "string_pattern_mismatch": lambda ctx: f"must match {ctx['pattern']}",
    "too_short": lambda ctx: f"must have at least {ctx['min_length']} item(s)",
    "too_long": lambda ctx: f"must have at most {ctx['max_length']} item(s)",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
    "enum": lambda ctx: f"must be {ctx['expected']}",
    "value_error": lambda ctx: str(ctx["error"]),
}
_KINDS = {
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "string": "must be text",
    "time": "must be a time of day such as 08:00",
    "tuple": "must be a list",
    "list": "must be a list",
    "dict": "must be a mapping of keys to values",
    "model": "must be a mapping of keys to values",
    "path": "must be a path",
}


def _expected(detail: ErrorDetails) -> str:
    if phrase := _WORDS.get(detail["type"]):
        return phrase(detail.get("ctx", {}))
    kind = detail["type"].split("_")[0]
    return _KINDS.get(kind) or detail["msg"].replace("Input should ", "must ")


def _got(place: Place, detail: ErrorDetails) -> str:
    value = detail["input"]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, PlacedProblems) or any(_SECRET.search(str(key)) for key in place):
        return ""
    if isinstance(value, Mapping):
        return " (got a mapping)"
    if isinstance(value, list | tuple):
        return f" (got a list of {len(value)})"
    return " (got nothing)" if value is None else f" (got {_shown(str(value))})"


def _shown(value: str) -> str:
    """A value as people wrote it; quoted where its ends would be unclear, cut where it is long."""
    text = value if re.fullmatch(r"[\w.:+/-]+", value) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
