"""The page at /, and the OpenAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

INDEX = Path(__file__).parents[1] / "pages" / "index.html"


def routes() -> APIRouter:
    router = APIRouter(tags=["api"])
    router.add_api_route("/openapi.json", openapi, response_model=dict[str, Any], summary="This API as OpenAPI 3.1")
    return router


async def openapi(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document


async def index(request: Request) -> FileResponse:
    return FileResponse(INDEX, headers={"Cache-Control": "no-cache"})
