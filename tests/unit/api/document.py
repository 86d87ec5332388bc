"""The API's own document, made once: every process of a test run makes tests out of it."""

from __future__ import annotations

from functools import cache
from typing import Any

from api.app import described


@cache
def document() -> dict[str, Any]:
    return described()


@cache
def routes() -> tuple[tuple[str, str], ...]:
    """Method and path of all routes."""
    return tuple((method.upper(), path) for path, item in document()["paths"].items() for method in item)
