"""/house: everything about the hotline that is edited while it runs, as one versioned document."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.access import Asker, Ports
from api.problems import Problem, documented
from api.rights import Right
from core.house import House
from store.errors import HouseMovedOn

ETAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def routes() -> APIRouter:
    router = APIRouter(tags=["house"])
    router.add_api_route("/house", house, response_model=House, summary="The house; its version is the ETag")
    router.add_api_route(
        "/house",
        replace,
        methods=["PUT"],
        response_model=House,
        responses=documented(409, 412, 422, 428, 503),
        summary="Make the next version of the house",
    )
    return router


async def house(services: Ports, response: Response) -> House:
    version, document = await services.house.current()
    response.headers["ETag"] = f'"{version}"'
    return document


async def replace(
    document: House,
    asker: Asker,
    services: Ports,
    response: Response,
    if_match: Annotated[str | None, Header(examples=['"7"'], description="The ETag this change was made from")] = None,
) -> House:
    """Checked whole before any of it applies. If-Match is required: two people may be editing."""
    asker.need(Right.EDIT_HOUSE)
    expected = _version(if_match)
    current, _ = await services.house.current()
    if current != expected:
        raise Problem(412, f"the house is at version {current} now; read it again and repeat your change")
    try:
        version = await services.house.put(document, asker.person, expected)
    except HouseMovedOn as error:
        raise Problem(412, str(error)) from error
    response.headers["ETag"] = f'"{version}"'
    return document


def _version(if_match: str | None) -> int:
    if if_match is None:
        raise Problem(428, "send If-Match with the ETag of the version you changed")
    tag = ETAG.fullmatch(if_match.strip())
    if tag is None:
        raise Problem(422, 'If-Match must be an ETag of the house, such as "7"')
    return int(tag[1])
