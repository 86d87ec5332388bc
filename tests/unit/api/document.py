"""The API's own document and its routes, made once a process. Tests are made of the routes alone: the document takes
seconds of work, in each process that looks for tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi.routing import APIRoute

from api.app import described
from tests.unit.doors import Doors, application


@cache
def document() -> dict[str, Any]:
    return described()


@cache
def routes() -> tuple[tuple[str, str], ...]:
    """Method and path of all routes."""
    known = [route for route in application(Doors().services()).routes if isinstance(route, APIRoute)]
    return tuple(
        (method, each.path) for each in known if each.include_in_schema for method in sorted(each.methods or ())
    )
