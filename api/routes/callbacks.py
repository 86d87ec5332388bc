"""/callbacks: promises to call somebody back that are open, new ones, and taking one back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api import asking
from api.access import Asker, Ports
from api.asking import Granted, Key
from api.problems import documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from core.ids import CallbackId, QueueId
from core.inputs import AskCallback, CancelCallback

LATEST_S = 31 * 86_400
CallbackName = Annotated[str, Path(pattern=r"^cb-[0-9]{1,20}$", examples=["cb-4711"])]


class CallbackShown(BaseModel):
    """An open promise; times are seconds since 1970. Its history is that of `call`: GET /calls/{call}."""

    id: str = Field(examples=["cb-4711"])
    call: str = Field(examples=["a-1795000000.17"], description="the call that asked, else the promise's own id")
    number: str = Field(examples=["**********8000"])
    queue: str = Field(examples=["presales"])
    language: str = Field(examples=["zh-CN"])
    priority: int = Field(examples=[0])
    state: str = Field(examples=["retry"], description="waiting, calling, retry")
    reason: str = Field(default="", examples=["no_answer"])
    tries: int = Field(examples=[1])
    since_utc_s: float = Field(examples=[1795000500.0], description="its place in the line counts from here")
    next_utc_s: float | None = Field(default=None, examples=[1795000800.0])


class CallbackWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(min_length=1, max_length=40, examples=["+8613800138000"])]
    queue: Annotated[str, Field(pattern=NAME, examples=["presales"])]
    language: Annotated[str, Field(pattern=r"^([a-z]{2}(-[A-Z]{2})?)?$", examples=["zh-CN"])] = ""
    priority: Annotated[int, Field(ge=0, le=9, examples=[0])] = 0
    later_s: Annotated[float, Field(ge=0, le=LATEST_S, description="seconds from now before which nobody calls")] = 0.0


def routes() -> Router:
    router = Router(tags=["callbacks"])
    router.add_api_route("/callbacks", open_ones, response_model=list[CallbackShown], summary="Open promises")
    router.add_api_route(
        "/callbacks",
        ask,
        methods=["POST"],
        response_model=Granted,
        responses=documented(409, 422, 503, 504),
        summary="Promise a call; `result` is its id",
    )
    router.add_api_route(
        "/callbacks/{callback}",
        cancel,
        methods=["DELETE"],
        response_model=Granted,
        responses=documented(409, 422, 503, 504),
        summary="Take a promise back that is not being kept at this moment",
    )
    return router


async def open_ones(services: Ports) -> list[dict[str, Any]]:
    _, _, board = await services.board.snapshot()
    entries = [entry for key, entry in sorted(board.items()) if key.startswith("callback/")]
    return [{field: entry[field] for field in CallbackShown.model_fields if field in entry} for entry in entries]  # type: ignore[index,operator]


async def ask(body: CallbackWanted, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.SERVE)
    request = AskCallback(body.number, QueueId(body.queue), body.language, body.priority, body.later_s)
    return await asking.ask(request, asker, services, key)


async def cancel(callback: CallbackName, asker: Asker, services: Ports, key: Key = None) -> Granted:
    asker.need(Right.SERVE)
    return await asking.ask(CancelCallback(CallbackId(callback)), asker, services, key)
