"""Every route is built as the application is made, once: not again when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.dependencies.utils import get_dependant
from starlette.routing import Match

from api.app import create_app
from tests.unit.doors import Doors


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Paths of which FastAPI has worked out what their functions take: the dear part of a route."""
    paths: list[str] = []

    def counted(*, path: str, **how: object) -> object:
        paths.append(path)
        return get_dependant(path=path, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("fastapi.routing.get_dependant", counted)
    yield paths


def test_the_first_request_finds_every_route_built(built: list[str]) -> None:
    """In the engine's process the loop that serves calls would stand still for a quarter of a second."""
    app = create_app(Doors().services())
    assert "/api/v1/recordings" in built and "/recordings" not in built
    built.clear()
    scope = {"type": "http", "method": "GET", "path": "/api/v1/nothing", "headers": [], "root_path": ""}
    assert {route.matches(scope)[0] for route in app.router.routes} == {Match.NONE} and built == []
