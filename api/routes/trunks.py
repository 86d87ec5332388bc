"""/trunks: what the PBX tells of each carrier, and the calls that it lately could not bring to anybody.

Which quarters of an hour had such calls stands in the figures; the calls themselves are read from the journal there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from api.access import Ports
from api.router import Router
from api.services import Services
from core.events import Outcome, TrunkFailed
from core.house import Trunk
from core.ids import TrunkId
from core.paths import TrunkFigures
from core.stats import quarter_hour

LOOKED_BACK_S = 7 * 24 * 3600
MOST_FAILURES = 10
"""Of each trunk, the newest first."""

MOST_QUARTERS = 40


class Failure(BaseModel):
    """A call that we made and this trunk could not bring to anybody. Another trunk may have."""

    at_utc_s: float = Field(examples=[1795000500.0])
    call: str = Field(examples=["thirdring-a-out-17.0"])
    why: str = Field(examples=["CONGESTION"], description="Asterisk's DIALSTATUS; or silent, no ringing")
    cause: int | None = Field(examples=[34], description="Q.850, as Asterisk has it")
    sip_status: int | None = Field(examples=[503], description="what the carrier answered last, if it answered")


class TrunkShown(BaseModel):
    id: str = Field(examples=["a"])
    name: str = Field(examples=["Carrier A"])
    lines: int = Field(examples=[90], description="calls at once that it may have")
    in_use: int = Field(examples=[12])
    blocked: int = Field(examples=[0], description="calls refused today because all lines were busy")
    reachable: bool = Field(examples=[True], description="it answers the PBX's qualify")
    since_utc_s: float | None = Field(examples=[1795000500.0], description="null: as long as the engine knows it")
    round_trip_ms: float | None = Field(examples=[11.8], description="of the last qualify; null while unanswered")
    failures: list[Failure] = Field(description=f"of the last {LOOKED_BACK_S // 86400} days, {MOST_FAILURES} at most")


Failed = tuple[TrunkId, Failure]


def routes() -> Router:
    router = Router(tags=["trunks"])
    router.add_api_route(
        "/trunks", trunks, response_model=list[TrunkShown], summary="Every trunk, and its last failures"
    )
    return router


async def trunks(services: Ports) -> list[TrunkShown]:
    _, house = await services.house.current()
    _, _, board = await services.board.snapshot()
    round_trips = asyncio.gather(*(services.qualify.round_trip_ms(trunk.id) for trunk in house.trunks))
    failed, took_ms = await _failures(services), await round_trips
    return [_shown(trunk, board, ms, failed) for trunk, ms in zip(house.trunks, took_ms, strict=True)]


def _shown(trunk: Trunk, board: dict[str, Any], took_ms: float | None, failed: Sequence[Failed]) -> TrunkShown:
    line = board.get("lines", {}).get("by_trunk", {}).get(trunk.id, {})
    mine = [failure for of, failure in failed if of == trunk.id]
    return TrunkShown(
        id=trunk.id,
        name=trunk.name,
        lines=trunk.lines,
        in_use=line.get("in_use", 0),
        blocked=line.get("blocked", 0),
        reachable=line.get("reachable", True),
        since_utc_s=board.get(f"trunk/{trunk.id}", {}).get("since_utc_s"),
        round_trip_ms=took_ms,
        failures=mine[:MOST_FAILURES],
    )


async def _failures(services: Services) -> list[Failed]:
    """The newest first."""
    until = services.now().timestamp()
    states = await services.figures.states("trunk", quarter_hour(until - LOOKED_BACK_S), int(until) + 1)
    quarters = {row.start_utc_s for row, state in states if isinstance(state, TrunkFigures) and state.failures}
    found = await services.calls.trunk_failures(sorted(quarters, reverse=True)[:MOST_QUARTERS])
    return [(outcome.event.trunk, _failure(outcome)) for outcome in found if isinstance(outcome.event, TrunkFailed)]


def _failure(outcome: Outcome) -> Failure:
    """`why` is a word, or `<DIALSTATUS>/<cause>[/<SIP status>]` (queueing.far_end)."""
    assert isinstance(outcome.event, TrunkFailed)
    why, cause, status, *_ = *outcome.event.why.split("/"), "", ""
    return Failure(
        at_utc_s=outcome.at_utc_s,
        call=outcome.event.call,
        why=why,
        cause=int(cause) if cause.isdecimal() else None,
        sip_status=int(status) if status.isdecimal() else None,
    )
