"""A request on its way through the inbox and back, for every route that asks the engine for something."""

from __future__ import annotations

import re
import uuid
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel, Field

from api.answers import KEY_OF_ANOTHER, IdReused
from api.auth import Identity
from api.problems import Problem
from api.services import Services
from core.events import RequestRefused
from core.ids import RequestId
from core.inputs import Request, Requested
from queueing.requests import KEY_REUSED

KEY = re.compile(r"[\x21-\x7e]{1,128}")
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=f"^{KEY.pattern}$",
        description="Repeat a request with the same key to learn its outcome; it is not carried out twice.",
        examples=["6f1c2e52-1b52-4c6e-9e3d-0a4f2b1d7c90"],
    ),
]


class Granted(BaseModel):
    """The engine has done it. `request` is the id under which the journal has it, `result` that of what was made."""

    request: str = Field(examples=["admin:6f1c2e52"])
    result: str = Field(default="", examples=["a-out-4711.0"])


async def ask(request: Request, asker: Identity, services: Services, key: str | None) -> Granted:
    """The engine's answer.

    Raises:
        Problem: 409 with the engine's own sentence when it refuses.
        IdReused: the key was used for another request.
    """
    asked = Requested(RequestId(f"{asker.person}:{key or uuid.uuid4()}"), asker.person, request)
    answer = await services.answers.ask(asked, services.options.answer_timeout_s)
    if isinstance(answer, RequestRefused) and answer.reason == KEY_REUSED:
        raise IdReused(KEY_OF_ANOTHER)
    if isinstance(answer, RequestRefused):
        raise Problem(409, answer.reason)
    return Granted(request=answer.request, result=answer.result)
