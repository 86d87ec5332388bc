"""/demo: a caller in the browser, for trying. Open to everybody on this machine, and there with `up --demo` only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from api.access import Ports, under_own_name
from api.problems import Problem, documented
from api.router import Router


class HotlineShown(BaseModel):
    """A number that may be called."""

    number: str = Field(examples=["95001"])
    name: dict[str, str] = Field(examples=[{"zh-CN": "售前咨询热线", "en": "Presales"}])


class Visitor(BaseModel):
    """What a browser calls with: SIP over WebSocket (RFC 7118), on this machine alone."""

    hotlines: list[HotlineShown]
    uri: str = Field(examples=["sip:visitor@127.0.0.1"])
    password: str = Field(examples=["…"])
    socket: str = Field(examples=["ws://127.0.0.1:20009/ws"])


def open_routes() -> Router:
    router = Router(tags=["demo"])
    router.add_api_route(
        "/demo", visitor, response_model=Visitor, responses=documented(403, 404), summary="Be a caller in a browser"
    )
    return router


async def visitor(services: Ports, request: Request) -> Visitor:
    if not under_own_name(request):
        raise Problem(403, "the demo's caller is for pages under this machine's own address only")
    word = visitor_word(services.options.visitor)
    if word is None:
        raise Problem(404, "there is a caller in the browser with ./thirdring up --demo only, without --lan")
    _, house = await services.house.current()
    hotlines = [
        HotlineShown(number=hotline.number, name={str(language): name for language, name in hotline.name.items()})
        for hotline in house.hotlines
    ]
    return Visitor(hotlines=hotlines, **word)


def visitor_word(file: Path | None) -> dict[str, Any] | None:
    """What the demo left; None while there is none, or it is being written."""
    try:
        word = json.loads(file.read_text(encoding="ascii")) if file else None
    except (OSError, ValueError):
        return None
    return word if isinstance(word, dict) else None
