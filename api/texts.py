"""No NUL in a text that is sent to us: PostgreSQL takes none (its manual, 8.3), and no page shows one.

It is looked for in front of all routes that take a text, so that a new one needs no word of its own. Files of lines say
it of the cell (api.csv_lines).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from api.problems import FieldProblem, Problem

NUL = "\x00"
ESCAPED = b"\\u0000"
"""The one way to write it in JSON (RFC 8259, section 7)."""
WHY = "has a NUL character, which no text may have"


async def without_nul(request: Request) -> None:
    """A dependency. Raises Problem: 422 with each place, of what the route takes."""
    route: APIRoute = request.scope["route"]
    found: list[str] = []
    if b"%00" in request.scope["query_string"]:
        taken = set(_names(route.dependant))
        found += [
            f"query.{name}" for name, value in request.query_params.multi_items() if name in taken and NUL in value
        ]
    if route.body_field is not None and ESCAPED in (body := await request.body()):
        found += _places(body)
    if found:
        errors = [FieldProblem(field=place.replace(NUL, "?")[:200], problem=WHY) for place in found[:20]]
        raise Problem(422, "; ".join(f"{error.field}: {WHY}" for error in errors[:3]), errors=errors)


def _names(dependant: Dependant) -> Iterator[str]:
    """Of the query, as far as the route and what it depends on look at it."""
    yield from (field.alias for field in dependant.query_params)
    for each in dependant.dependencies:
        yield from _names(each)


def _places(body: bytes) -> Iterator[str]:
    try:
        left: list[tuple[str, Any]] = [("body", json.loads(body))]
    except (ValueError, RecursionError):  # the route says so
        return
    while left:
        place, value = left.pop()
        if isinstance(value, str) and NUL in value:
            yield place
        elif isinstance(value, list):
            left += [(f"{place}.{index}", each) for index, each in enumerate(value)]
        elif isinstance(value, dict):
            yield from (f"{place}.{name}" for name in value if NUL in name)
            left += [(f"{place}.{name}", each) for name, each in value.items()]
