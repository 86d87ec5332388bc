"""The pages (web/, built into web/dist), and the OpenAPI document.

Every page is the same document; its script looks at the address. While the pages are built, or could not be, a plain
one says so: the API and calls need none of them.
"""

from __future__ import annotations

import asyncio
import re
from html import escape
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.access import services_of
from api.router import Router
from api.routes.demo import visitor_word
from api.shell import content_security_policy

DIST = Path(__file__).parents[2] / "web/dist"
PAGES = (
    "", "desk", "floor", "work", "recordings", "figures", "funnel", "calls", "staffing", "users", "admin", "wall",
    "account", "demo",
)  # fmt: skip
"""As web/src/router.ts has them."""
_HASHED = re.compile(r"-[\w-]{8}\.(js|css)$")
_MEANWHILE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="2"><title>Thirdring</title></head>
<body><h1>Thirdring</h1><p>页面正在准备；来电已可接听。</p>
<p lang="en">The pages are being prepared; calls are taken already.</p>
<pre>{word}</pre></body></html>
"""


def routes() -> Router:
    router = Router(tags=["api"])
    router.add_api_route("/openapi.json", openapi, response_model=dict[str, Any], summary="This API as OpenAPI 3.1")
    return router


def open_pages(dist: Path = DIST) -> list[BaseRoute]:
    """Open to everybody: they hold no data, and signing in is one of them."""

    async def index(request: Request) -> Response:
        if not (dist / "index.html").is_file():
            return _meanwhile(services_of(request).options.pages_word)
        return FileResponse(dist / "index.html", headers={"Cache-Control": "no-cache"})

    async def demo(request: Request) -> Response:
        """Its phone speaks to the demo's carrier, which no other page may."""
        response = await index(request)
        if word := visitor_word(services_of(request).options.visitor):
            response.headers["Content-Security-Policy"] = content_security_policy(word["socket"])
        return response

    pages = [Route(f"/{name}", demo if name == "demo" else index) for name in PAGES]
    pages += [Route(f"/{place}", index) for place in ("admin/{part:str}", "calls/{call:str}")]
    return [*pages, Mount("/assets", BuiltFiles(dist / "assets"))]


async def openapi(request: Request) -> Response:
    text = await asyncio.to_thread(request.app.openapi_text)
    return Response(text, media_type="application/json")


class BuiltFiles(StaticFiles):
    """Files of a build, which may come later than we do; compressed ones lie beside them, made with the build."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._built = directory

    async def check_config(self) -> None:
        """Asked before the first file, until it is fine. Raises HTTPException: nothing is built yet."""
        if not self._built.is_dir():
            raise HTTPException(404)

    async def get_response(self, path: str, scope: Scope) -> Response:
        request = Request(scope)
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        packed = takes_gzip and self._has(f"{path}.gz")
        response = await super().get_response(f"{path}.gz" if packed else path, scope)
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        lasting = _HASHED.search(path) is not None
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return response

    def _has(self, path: str) -> bool:
        try:
            return self.lookup_path(path)[1] is not None
        except (OSError, ValueError):  # no file could be called so
            return False


def _meanwhile(word: Path | None) -> Response:
    try:
        text = word.read_text(encoding="utf-8") if word else ""
    except OSError:
        text = ""
    return HTMLResponse(_MEANWHILE.format(word=escape(text)), 503, {"Retry-After": "2"})
