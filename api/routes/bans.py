"""/bans: addresses that the PBX refuses. The engine bans whoever is refused too often; a person may, too."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports, needs
from api.audited import changed
from api.once import once
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router

DAY_S = 86_400.0
ADDRESS = r"^[0-9A-Fa-f.:]{2,45}$"
Address = Annotated[str, Path(pattern=ADDRESS, examples=["203.0.113.7"])]


class BanShown(BaseModel):
    """One address; times are seconds since 1970."""

    address: str = Field(examples=["203.0.113.7"])
    since_utc_s: float = Field(examples=[1795000500.0])
    until_utc_s: float = Field(examples=[1795004100.0])
    by: str = Field(examples=["thirdring"], description="who banned it: a person, or thirdring itself")
    why: str = Field(examples=["refused 10 times within a minute"])


class BanWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(pattern=ADDRESS, examples=["203.0.113.7"])]
    for_s: Annotated[float, Field(ge=60, le=30 * DAY_S)] = 3600.0
    why: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["calls all night"])] = ""


def routes() -> Router:
    router = once(tags=["bans"], dependencies=[needs(Right.EDIT_HOUSE)])
    router.add_api_route("/bans", bans, response_model=list[BanShown], summary="Addresses that the PBX refuses")
    router.add_api_route(
        "/bans",
        ban,
        methods=["POST"],
        status_code=201,
        response_model=BanShown,
        responses=documented(409, 422, 503),
        summary="Refuse an address at the PBX's SIP port; calls that are up go on",
    )
    router.add_api_route(
        "/bans/{address}",
        lift,
        methods=["DELETE"],
        status_code=204,
        responses=documented(404, 409, 422, 503),
        summary="Refuse an address no longer",
    )
    return router


async def bans(services: Ports) -> list[BanShown]:
    return [BanShown(**asdict(each)) for each in services.bans.current()]


async def ban(body: BanWanted, asker: Asker, services: Ports) -> BanShown:
    made = await services.bans.ban(body.address, body.for_s, asker.person, body.why)
    changed(None, {"banned": made.address})
    return BanShown(**asdict(made))


async def lift(address: Address, services: Ports) -> None:
    if not await services.bans.lift(address):
        raise Problem(404, f"{address} is not banned")
    changed({"banned": address}, None)
