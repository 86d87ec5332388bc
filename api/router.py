"""Routes that are built once.

FastAPI's own router builds a route as it is declared, and once more, with what it is included with, at the first
request: for ours a quarter of a second each, and the second in the engine's loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.params import Depends


class Router(APIRouter):
    """An APIRouter that only notes its HTTP routes; `add_routes` gives them to the one that builds them."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.noted: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        own = {
            "tags": [*self.tags, *(how.get("tags") or ())],
            "dependencies": [*self.dependencies, *(how.get("dependencies") or ())],
            "responses": self.responses | (how.get("responses") or {}),
            "route_class_override": how.get("route_class_override") or self.route_class,
        }
        self.noted.append((path, endpoint, how | own))


def add_routes(into: APIRouter, router: Router, prefix: str = "", dependencies: Sequence[Depends] = ()) -> None:
    """`into` has the routes of `router`, too: under the prefix, and each with these dependencies before its own."""
    for path, endpoint, how in router.noted:
        into.add_api_route(prefix + path, endpoint, **how | {"dependencies": [*dependencies, *how["dependencies"]]})
