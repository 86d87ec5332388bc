"""/house: everything about the hotline that is edited while it runs, as one versioned document."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Self

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api import etags
from api.access import Asker, Ports
from api.audited import differs
from api.once import once
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.services import Services
from core.documents import MAX_CHARACTERS
from core.errors import ConfigurationWrong, Refused
from core.house import House
from core.house_merge import Clash, merged
from core.house_text import differences, from_yaml, to_yaml
from store.errors import HouseMovedOn

SOURCE = "house"
"""What the reader of a text calls it."""


class HouseText(BaseModel):
    """The house as YAML, with the version it is of."""

    version: int = Field(examples=[7])
    text: str = Field(examples=["name: 三声客服中心"])


class Proposal(BaseModel):
    """Another house: as YAML, or as the document itself."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str | None, Field(max_length=MAX_CHARACTERS, examples=["name: 三声客服中心"])] = None
    document: House | None = None
    since: int | None = Field(
        default=None,
        ge=1,
        examples=[7],
        description="the version it was made from: what others changed since is kept; null: the one in force",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.text is None) == (self.document is None):
            raise ValueError("give a text or a document, one of them")
        return self


class Finding(BaseModel):
    """One thing that is wrong, and where."""

    line: int | None = Field(examples=[12], description="of the text; null: of the whole")
    text: str = Field(examples=["queues.0.skills: unknown skill 'sales'"])


class ChangeShown(BaseModel):
    """One difference; null where the key does not exist."""

    key: str = Field(examples=["seats.seat-03.name"])
    before: str | None = Field(examples=["工位03"])
    after: str | None = Field(examples=["窗边"])


class ClashShown(BaseModel):
    """A place that somebody else has changed since, too; null where there is nothing. Applied, it is as proposed."""

    key: str = Field(examples=["queues.presales.wrap_up_s"])
    was: str | None = Field(examples=["15.0"])
    mine: str | None = Field(examples=["20.0"])
    theirs: str | None = Field(examples=["30.0"])


class Judged(BaseModel):
    """What a proposal would change at this version, or what is wrong with it. `document` is what can be PUT."""

    version: int = Field(examples=[7])
    problems: list[Finding]
    changes: list[ChangeShown]
    clashes: list[ClashShown] = []
    document: House | None = None


def routes() -> Router:
    router = once(tags=["house"])
    router.add_api_route(
        "/house", house, response_model=House, summary="The house, whole for those who edit it; its version is the ETag"
    )
    router.add_api_route("/house/text", text, response_model=HouseText, summary="The house as YAML")
    router.add_api_route(
        "/house/changes",
        changes,
        methods=["POST"],
        response_model=Judged,
        responses=documented(422, 503),
        summary="What another house would change, and what is wrong with it; nothing is applied",
    )
    router.add_api_route(
        "/house",
        replace,
        methods=["PUT"],
        response_model=House,
        responses=documented(409, 412, 422, 428, 503),
        summary="Make the next version of the house",
    )
    return router


async def house(asker: Asker, services: Ports, response: Response) -> House:
    """Whole for those who edit it."""
    version, document = await services.house.current()
    response.headers["ETag"] = etags.etag(version)
    return document if asker.may(Right.EDIT_HOUSE) else for_everybody(document)


def for_everybody(document: House) -> House:
    """Without callers' and leaders' numbers, and without other systems' and people's addresses: some are secrets."""
    return document.model_copy(
        update={
            "vips": (),
            "caller_lists": tuple(each.model_copy(update={"numbers": ()}) for each in document.caller_lists),
            "agents": tuple(agent.model_copy(update={"mobile": ""}) for agent in document.agents),
            "look_ups": (),
            "report_mails": (),
            "alarms": document.alarms.model_copy(update={"recipients": ()}),
            "desk": document.desk.model_copy(update={"webhooks": (), "customer_sources": ()}),
        }
    )


async def text(asker: Asker, services: Ports) -> HouseText:
    asker.need(Right.EDIT_HOUSE)
    version, document = await services.house.current()
    return HouseText(version=version, text=await asyncio.to_thread(to_yaml, document))


async def changes(body: Proposal, asker: Asker, services: Ports) -> Judged:
    """Checked as a PUT would be, with what others have changed since it was begun."""
    asker.need(Right.EDIT_HOUSE)
    version, now = await services.house.current()
    clashes: tuple[Clash, ...] = ()
    try:
        document = await _proposed(body)
        if body.since not in (None, version):
            document, clashes = await _with_theirs(document, body.since or version, now, services)
        await services.house.check(document)
    except ConfigurationWrong as wrong:
        return Judged(version=version, problems=[finding(each) for each in wrong.problems], changes=[])
    except Refused as refusal:
        return Judged(version=version, problems=[Finding(line=None, text=str(refusal))], changes=[])
    found = await asyncio.to_thread(differences, now, document)
    shown = [ChangeShown(key=each.key, before=each.before, after=each.after) for each in found]
    told = [ClashShown(key=each.key, was=each.was, mine=each.mine, theirs=each.theirs) for each in clashes]
    return Judged(version=version, problems=[], changes=shown, clashes=told, document=document)


async def _with_theirs(mine: House, since: int, now: House, services: Services) -> tuple[House, tuple[Clash, ...]]:
    """Raises ConfigurationWrong: both together are no house. Raises Refused: nobody knows that version any more."""
    base = await services.house.at(since)
    if base is None:
        raise Refused(f"there is no version {since} of the house; read it again and repeat your change")
    found = await asyncio.to_thread(merged, base, mine, now)
    try:
        return House.model_validate(found.document), found.clashes
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ConfigurationWrong(problems) from error


async def _proposed(body: Proposal) -> House:
    """Raises ConfigurationWrong."""
    if body.document is not None:
        return body.document
    return await asyncio.to_thread(from_yaml, body.text or "", SOURCE)


def finding(problem: str) -> Finding:
    """A line of core.documents: `source:line: what is wrong`."""
    placed = re.fullmatch(r"[\w.-]+?(?:\.yaml)?:(\d+): (.*)", problem, re.DOTALL)
    return Finding(line=int(placed[1]), text=placed[2]) if placed else Finding(line=None, text=problem)


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
    current, now = await services.house.current()
    if current != expected:
        raise Problem(412, f"the house is at version {current} now; read it again and repeat your change")
    try:
        version = await services.house.put(document, asker.person, expected)
    except HouseMovedOn as error:
        raise Problem(412, str(error)) from error
    differs("version", expected, version)
    for each in await asyncio.to_thread(differences, now, document):
        differs(each.key, each.before, each.after)
    response.headers["ETag"] = etags.etag(version)
    return document
