"""/health: is the process alive, is it ready, and what does each part say."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from api.access import Ports
from api.ports import Probe
from api.router import Router
from core.errors import PeerFault


class PartHealth(BaseModel):
    """One thing the service depends on."""

    ok: bool = Field(examples=[True])
    detail: str = Field(examples=["lag 0.4 ms"])


class Health(BaseModel):
    """All parts; `ok` when every part is."""

    ok: bool = Field(examples=[True])
    parts: dict[str, PartHealth] = Field(
        examples=[{"engine": {"ok": True, "detail": "lag 0.4 ms"}, "pbx": {"ok": True, "detail": "Asterisk 22"}}]
    )


class Alive(BaseModel):
    ok: bool = True


class Readiness(BaseModel):
    """Whether calls can be taken. While the house is being stopped they are not, and all is well: what it waits for."""

    ok: bool = Field(examples=[True])
    state: Literal["ready", "draining", "unwell"] = Field(examples=["ready"])
    calls_left: int | None = Field(default=None, examples=[2], description="callers, and calls that agents make")
    wrap_ups_left: int | None = Field(default=None, examples=[1])


def open_routes() -> Router:
    """Without a session: a supervisor of processes has none."""
    router = Router(tags=["health"])
    router.add_api_route("/health/live", alive, response_model=Alive, summary="Whether the process answers")
    return router


def routes() -> Router:
    router = Router(tags=["health"])
    unwell: dict[int | str, dict[str, Any]] = {503: {"model": Health, "description": "At least one part is not well"}}
    router.add_api_route("/health", health, response_model=Health, responses=unwell, summary="What each part says")
    router.add_api_route(
        "/health/ready",
        ready,
        response_model=Readiness,
        response_model_exclude_none=True,
        responses={503: {"model": Readiness, "description": "No call is taken now"}},
        summary="Whether calls can be taken",
    )
    return router


async def alive() -> Alive:
    return Alive()


async def health(services: Ports, response: Response) -> Health:
    """200 when every part is well, else 503; the body is the same."""
    found = await _examined(services)
    response.status_code = 200 if found.ok else 503
    return found


async def ready(services: Ports, response: Response) -> Readiness:
    """The same as /health in one word; 503 too while the house is being stopped."""
    found, draining = await _examined(services), services.engine.left()
    if found.ok and draining is None:
        return Readiness(ok=True, state="ready")
    response.status_code = 503
    if draining is None:
        return Readiness(ok=False, state="unwell")
    return Readiness(ok=False, state="draining", calls_left=draining.calls, wrap_ups_left=draining.wrap_ups)


async def _examined(services: Ports) -> Health:
    timeout_s = services.options.probe_timeout_s
    said = await asyncio.gather(*(_ask(probe, timeout_s) for probe in services.probes))
    parts = {probe.name: part for probe, part in zip(services.probes, said, strict=True)}
    return Health(ok=all(part.ok for part in said), parts=parts)


async def _ask(probe: Probe, timeout_s: float) -> PartHealth:
    try:
        async with asyncio.timeout(timeout_s):
            return PartHealth(ok=True, detail=await probe.check())
    except PeerFault as error:
        return PartHealth(ok=False, detail=str(error))
    except TimeoutError:
        return PartHealth(ok=False, detail=f"no answer within {timeout_s:g} s")
