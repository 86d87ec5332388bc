"""/metrics for Prometheus; as closed as the floor itself: a token with the right see_floor."""

from __future__ import annotations

from fastapi import Response

from api.access import Ports
from api.metrics import exposition
from api.router import Router

CONTENT = "text/plain; version=0.0.4; charset=utf-8"


def routes() -> Router:
    router = Router()
    router.add_api_route("/metrics", metrics, include_in_schema=False)
    return router


async def metrics(services: Ports) -> Response:
    _, _, board = await services.board.snapshot()
    return Response(exposition(board, services.now().timestamp()), media_type=CONTENT)
