"""Where and how browsers are served: by the engine's process, or by processes of their own beside it."""

from __future__ import annotations

from pathlib import Path

from api.rights import Right
from api.services import ApiOptions
from app.demo_visitor import visitor_file
from app.lan import Office
from app.pages import word_file
from app.settings import Settings

REQUESTS_PER_S, REQUESTS_AT_ONCE = 200.0, 1000
"""Of one person or program: far above what pages and `bench api` ask, and what a loop gone wild comes to."""


def api_options(settings: Settings, office: Office | None) -> ApiOptions:
    """The same for every process that serves this instance."""
    page = f"http://{settings.bind}:{settings.ports.api}"
    pages = {page, page.replace("127.0.0.1", "localhost")}
    if office is not None:
        pages = {office.page(settings.ports.api).rstrip("/")}
    return ApiOptions(
        origins=frozenset(pages),
        https=office is not None,
        cookie=f"thirdring-{settings.ports.api}",
        second_factor_rights=frozenset(map(Right, settings.second_factor_rights.split())),
        phone_socket=phone_socket(settings),
        visitor=visitor_file(settings.home),
        pages_word=word_file(settings.home),
    )


def phone_socket(settings: Settings) -> str:
    """Browsers of the office speak to the PBX over TLS, those of this machine do not."""
    ports, name = settings.ports, settings.lan_name
    return f"wss://{name}:{ports.pbx_https}/ws" if name else f"ws://127.0.0.1:{ports.pbx_http}/ws"


def engine_door(settings: Settings) -> Path:
    """Where the API processes reach the engine's own routes (api.front)."""
    return settings.home / "run/engine.door"


def window_door(settings: Settings) -> Path:
    """Where they tell it of agents' windows (app.window_door)."""
    return settings.home / "run/windows.door"
