"""/flows/{flow}/try: a caller of a text, before anybody hears it. Nothing is kept between two questions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.access import Asker, Ports
from api.problems import documented
from api.rights import Right
from api.router import Router
from api.routes.flows import Draft, FlowName, drafted, text_of
from api.routes.house import Finding, finding
from core.errors import ConfigurationWrong
from core.house import House
from core.numbers import normalised
from core.parts import Language
from ivr.checks import Known
from ivr.facts import Facts, QueueNow
from ivr.flow import begin
from ivr.prompts import prompts_of, spoken_parts
from ivr.script import read_flow
from ivr.steps import Action, Fetch, Mark, Play, PromiseCallback, Queue, Record, WaitKey
from ivr.trial import Moment, tried

MOST_UTC_S = 4_102_444_800.0
"""The year 2100."""

Deed = Annotated[str, Field(max_length=200)]


class FlowCaller(Draft):
    """A caller of a text: who, when, and what they do, one thing after the other from the beginning."""

    language: Language = "zh-CN"
    caller: str = Field(default="", max_length=40, examples=["13800138000"], description="empty: withheld")
    at_utc_s: float | None = Field(default=None, ge=0, le=MOST_UTC_S, description="when the call is; null: now")
    agents: QueueNow = Field(default=QueueNow.BUSY, description="what callers meet in every queue")
    deeds: list[Deed] = Field(
        default=[],
        max_length=200,
        examples=[["", "2"]],
        description='for each step that wants one: a key; "" to listen, to wait, to speak; "silent" to say nothing '
        "to a beep; after a look-up, what the other system would answer",
    )


class TrialStep(BaseModel):
    """What the caller got. The last one with `done` null wants the next deed, unless it is a queue or hang_up."""

    kind: Literal["play", "wait_key", "record", "fetch", "promise_callback", "mark", "queue", "hang_up"]
    entered: list[str] = Field(examples=[["welcome"]], description="nodes that this step led through")
    node: str = Field(examples=["welcome"])
    language: str = Field(examples=["zh-CN"])
    said: list[str] = Field(default=[], examples=[["欢迎致电三声客服中心。"]])
    keys: str = Field(default="", examples=["0123456789*#"], description="what cuts it short")
    for_s: float | None = Field(default=None, examples=[5.0], description="how long is waited, or spoken at most")
    about: str = Field(default="", examples=["presales"], description="the queue, topic, look-up or question")
    done: str | None = Field(examples=["2"])


class FlowTried(BaseModel):
    problems: list[Finding]
    steps: list[TrialStep] = []


def routes() -> Router:
    router = Router(tags=["flows"])
    router.add_api_route(
        "/flows/{flow}/try",
        try_,
        methods=["POST"],
        response_model=FlowTried,
        responses=documented(422),
        summary="Be a caller of a text of this flow: what is heard; nothing is applied, recorded or promised",
    )
    return router


async def try_(flow: FlowName, body: FlowCaller, asker: Asker, services: Ports) -> FlowTried:
    asker.need(Right.EDIT_HOUSE)
    house, known = await drafted(flow, body, services)
    at = services.now() if body.at_utc_s is None else datetime.fromtimestamp(body.at_utc_s, UTC)
    caller = normalised(body.caller, house.number_plan)
    facts = services.facts(house, caller, at, body.agents)
    return await asyncio.to_thread(_tried, flow, body, house, known, facts)


def _tried(name: str, body: FlowCaller, house: House, known: Known, facts: Facts) -> FlowTried:
    try:
        flow = read_flow(*text_of(name, house, known), known)
    except ConfigurationWrong as wrong:
        return FlowTried(problems=[finding(each) for each in wrong.problems])
    hotline = next((each for each in house.hotlines if each.flow == name), house.hotlines[0])
    moments = tried(begin(flow, body.language, hotline.priority, hotline.queue), body.deeds, facts)
    texts = {(each.language, each.name): each.text for each in (*prompts_of(house.prompts), *spoken_parts())}
    return FlowTried(problems=[], steps=[_step(moment, texts) for moment in moments])


def _step(moment: Moment, texts: Mapping[tuple[str, str], str]) -> TrialStep:
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(moment.action).__name__).lower()
    where = {"entered": list(moment.entered), "node": moment.node, "language": moment.language, "done": moment.done}
    return TrialStep.model_validate({"kind": kind, **where, **_told(moment.action, texts)})


def _told(action: Action, texts: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    match action:
        case Play(prompts, language, stop_on):
            return {"said": [texts.get((language, name), name) for name in prompts], "keys": stop_on}
        case WaitKey(timeout_s):
            return {"for_s": timeout_s}
        case Record(topic=topic, longest_s=longest_s):
            return {"about": topic, "for_s": longest_s}
        case Fetch(look_up=about) | Mark(question=about) | Queue(queue=about) | PromiseCallback(queue=about):
            return {"about": about}
    return {}
