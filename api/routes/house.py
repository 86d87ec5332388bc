"""/house: everything about the hotline that is edited while it runs, as one versioned document."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api import etags
from api.access import Asker, Ports
from api.problems import Problem, documented
from api.rights import Right
from core.house import House
from store.errors import HouseMovedOn


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
    response.headers["ETag"] = etags.etag(version)
    return document


async def replace(
    document: House,
    asker: Asker,
    services: Ports,
    response: Response,
    if_match: etags.IfMatch = None,
) -> House:
    """Checked whole before any of it applies. If-Match is required: two people may be editing."""
    asker.need(Right.EDIT_HOUSE)
    expected = etags.expected(if_match)
    current, _ = await services.house.current()
    if current != expected:
        raise Problem(412, f"the house is at version {current} now; read it again and repeat your change")
    try:
        version = await services.house.put(document, asker.person, expected)
    except HouseMovedOn as error:
        raise Problem(412, str(error)) from error
    response.headers["ETag"] = etags.etag(version)
    return document
