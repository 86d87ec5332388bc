"""/flows: what callers hear, as texts; checked and drawn before anybody hears them.

A flow is saved as a part of the house (`flows` there): POST /house/changes shows what that would change, PUT /house
does it. A part of flows is judged as one that runs by itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.house import Finding, finding
from api.services import Services
from core.documents import MAX_CHARACTERS
from core.errors import ConfigurationWrong
from core.house import House
from ivr import draw
from ivr.checks import Known
from ivr.patience import first_choice
from ivr.script import alone, is_part, read_file

FlowName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", examples=["presales"])]


class FlowShown(BaseModel):
    """One flow. A house without a text of its own has the shipped one."""

    flow: str = Field(examples=["presales"])
    own: bool = Field(description="the house has changed it")
    hotlines: list[str] = Field(examples=[["presales"]], description="whose callers hear it first")


class FlowText(FlowShown):
    text: str = Field(examples=["start: welcome"])


class Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MAX_CHARACTERS, examples=["start: welcome"])]


class Speech(BaseModel):
    """How long a caller listens before the first key can count."""

    language: str = Field(examples=["zh-CN"])
    first_choice_s: float = Field(examples=[6.4])


class FlowJudged(BaseModel):
    """What is wrong with a flow, or how it looks (SVG) and how long callers listen."""

    problems: list[Finding]
    speech: list[Speech] = []
    drawing: str = Field(default="", examples=["<svg xmlns='http://www.w3.org/2000/svg'/>"])


def routes() -> Router:
    router = Router(tags=["flows"])
    router.add_api_route("/flows", flows, response_model=list[FlowShown], summary="All flows, shipped and own")
    router.add_api_route(
        "/flows/{flow}", one, response_model=FlowText, responses=documented(404, 422), summary="A flow as YAML"
    )
    router.add_api_route(
        "/flows/{flow}/check",
        check,
        methods=["POST"],
        response_model=FlowJudged,
        responses=documented(422),
        summary="What is wrong with a text of this flow, and its drawing; nothing is applied",
    )
    return router


async def flows(services: Ports) -> list[FlowShown]:
    _, house = await services.house.current()
    known = await asyncio.to_thread(services.flows, house)
    return [_shown(name, house) for name in sorted(known.flows)]


def _shown(name: str, house: House) -> FlowShown:
    return FlowShown(
        flow=name, own=name in house.flows, hotlines=[each.id for each in house.hotlines if each.flow == name]
    )


async def one(flow: FlowName, services: Ports) -> FlowText:
    _, house = await services.house.current()
    known = await asyncio.to_thread(services.flows, house)
    if flow not in known.flows:
        raise Problem(404, f"there is no flow {flow}")
    return FlowText(**_shown(flow, house).model_dump(), text=known.flows[flow])


async def check(flow: FlowName, body: Draft, asker: Asker, services: Ports) -> FlowJudged:
    asker.need(Right.EDIT_HOUSE)
    house, known = await drafted(flow, body, services)
    return await asyncio.to_thread(_judged, flow, house, known)


async def drafted(flow: str, body: Draft, services: Services) -> tuple[House, Known]:
    """The house, and what its flows may name with this text in the flow's place."""
    _, house = await services.house.current()
    known = await asyncio.to_thread(services.flows, house)
    return house, replace(known, flows={**known.flows, flow: body.text})


def text_of(name: str, house: House, known: Known) -> tuple[str, str]:
    """A flow's text, and what its reader calls it; a part of flows as one that runs by itself."""
    text, source = known.flows[name], f"{name}.yaml"
    return (alone(name, house.languages) if is_part(text, source) else text), source


def _judged(name: str, house: House, known: Known) -> FlowJudged:
    try:
        file = read_file(*text_of(name, house, known), known)
    except ConfigurationWrong as wrong:
        return FlowJudged(problems=[finding(each) for each in wrong.problems])
    spoken = [
        Speech(language=language, first_choice_s=round(first_choice(file, known.speech, language)[0], 1))
        for language in file.languages
    ]
    return FlowJudged(problems=[], speech=spoken, drawing=draw.svg(file))
