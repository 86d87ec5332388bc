"""The house's versions behind a running instance: GET and PUT /api/v1/house, the version as its ETag."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.instance import Instance
from core.documents import Document, validate
from core.errors import Refused
from core.house import House

if TYPE_CHECKING:
    import httpx


class RunningHouse:
    """A `HouseVersions` over REST. The API checks the version again, so two people never overwrite each other."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    async def current(self) -> tuple[int, House]:
        answer = self._instance.ask("GET", "/house")
        return _version(answer), validate(Document("the running house", answer.json()), House)

    async def put(self, house: House, by: str, expected_version: int) -> int:
        """`by` is whoever the token belongs to; the API knows."""
        answer = self._instance.ask(
            "PUT", "/house", house.model_dump(mode="json"), {"If-Match": f'"{expected_version}"'}
        )
        return _version(answer)


def _version(answer: httpx.Response) -> int:
    tag = re.fullmatch(r'(?:W/)?"([0-9]+)"', answer.headers.get("ETag", ""))
    if tag is None:
        raise Refused("The API did not say which version of the house this is. Is it of the same release?")
    return int(tag[1])
