"""Stopping the house without cutting anybody off, and taking that back."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports, needs
from api.asking import Granted, Key, ask
from api.problems import documented
from api.rights import Right
from api.router import Router
from core.inputs import CancelDrain, Drain

LONGEST_S = 86_400
USUAL_S = 1800


class Limit(BaseModel):
    model_config = ConfigDict(extra="forbid")

    within_s: int = Field(
        default=USUAL_S, ge=0, le=LONGEST_S, examples=[USUAL_S], description="then it stops, and cuts what is left"
    )


def routes() -> Router:
    router = Router(tags=["house"], dependencies=[needs(Right.EDIT_HOUSE)])
    for path, route, summary in (
        ("/drain", drain, "Take no more calls, and stop the house when those it has are over"),
        ("/drain/cancel", cancel, "Take calls again"),
    ):
        router.add_api_route(
            path,
            route,
            methods=["POST"],
            response_model=Granted,
            responses=documented(409, 422, 503, 504),
            summary=summary,
        )
    return router


async def drain(body: Limit, asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await ask(Drain(body.within_s), asker, services, key)


async def cancel(asker: Asker, services: Ports, key: Key = None) -> Granted:
    return await ask(CancelDrain(), asker, services, key)
