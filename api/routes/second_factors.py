"""/sessions/current/second-factor: an authenticator app beside one's own password; /users/{user}/second-factor: away.

The secret and the recovery codes are shown once. Whoever gets a second factor or loses it is signed out everywhere, so
every session of somebody who has one has passed it.
"""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports, needs
from api.auth import Identity
from api.problems import Problem, documented
from api.proving import proved_again
from api.qr import Drawing, drawn
from api.rights import Right
from api.router import Router
from api.routes.sessions import Code, Password, set_cookie
from api.routes.users import UserName, known_user
from api.second_factor import address

PATH = "/sessions/current/second-factor"


class SecondFactorShown(BaseModel):
    """Whether a code is asked for at sign-in, and how many recovery codes are left."""

    on: bool = Field(examples=[True])
    recovery_codes_left: int = Field(examples=[10])


class PasswordAgain(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"password": "…"}})

    password: Password


class CodeTyped(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"code": "287082"}})

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class BothAgain(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"password": "…", "code": "287082"}})

    password: Password
    code: Code


class Begun(BaseModel):
    """What an authenticator app takes: as QR code, as address, or typed."""

    address: str = Field(examples=["otpauth://totp/Thirdring:agent-01?secret=GEZDGNBVGY3TQOJQ"])
    secret: str = Field(examples=["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"])
    qr: Drawing


class RecoveryCodes(BaseModel):
    """Each is good once, in place of a code. They are shown this once."""

    recovery_codes: list[str] = Field(examples=[["t6v2-nlpn-7rqz-7v2y"]])


def routes() -> Router:
    router = Router(tags=["sessions"])
    router.add_api_route(PATH, shown, response_model=SecondFactorShown, summary="Whether one has a second factor")
    router.add_api_route(
        PATH,
        begin,
        methods=["POST"],
        response_model=Begun,
        responses=documented(409, 422, 429),
        summary="A secret for an authenticator app; nothing changes until a code of it is typed",
    )
    router.add_api_route(
        PATH,
        confirm,
        methods=["PUT"],
        response_model=RecoveryCodes,
        responses=documented(409, 422),
        summary="Type the app's code: it is asked for from now on; other sessions end",
    )
    router.add_api_route(
        f"{PATH}/off",
        switch_off,
        methods=["POST"],
        status_code=204,
        responses=documented(409, 422, 429),
        summary="The password alone again; every session ends",
    )
    router.add_api_route(
        "/users/{user}/second-factor",
        reset,
        methods=["DELETE"],
        status_code=204,
        dependencies=[needs(Right.MANAGE_PEOPLE)],
        responses=documented(404, 409, 422),
        summary="Somebody has lost their telephone and recovery codes: the password alone, until they set up another",
    )
    return router


async def shown(asker: Asker, services: Ports) -> SecondFactorShown:
    left = await services.factors.recovery_codes_left(asker.person)
    return SecondFactorShown(on=left is not None, recovery_codes_left=left or 0)


async def begin(body: PasswordAgain, asker: Asker, request: Request, services: Ports) -> Begun:
    _is_session(asker)
    await proved_again(asker.person, body.password, None, request, services)
    secret = await services.factors.begin(asker.person)
    if secret is None:
        raise Problem(409, "there is a second factor already; switch it off first")
    _, house = await services.house.current()
    uri = address(secret, asker.person, house.name)
    return Begun(address=uri, secret=base64.b32encode(secret).decode(), qr=drawn(uri))


async def confirm(body: CodeTyped, asker: Asker, response: Response, services: Ports) -> RecoveryCodes:
    """This browser goes on with a new session: the one so far was opened by a password alone."""
    _is_session(asker)
    codes = await services.factors.confirm(asker.person, body.code, services.now())
    if codes is None:
        raise Problem(422, "code is wrong; look at the clock of the telephone, and type the code that is shown now")
    lasts = services.options.session_lasts
    set_cookie(response, services, await services.people.open_session(asker.person, services.now(), lasts))
    return RecoveryCodes(recovery_codes=codes)


async def switch_off(body: BothAgain, asker: Asker, request: Request, services: Ports) -> None:
    _is_session(asker)
    if await services.factors.recovery_codes_left(asker.person) is None:
        raise Problem(409, "there is no second factor")
    await proved_again(asker.person, body.password, body.code, request, services)
    await services.factors.remove(asker.person)


async def reset(user: UserName, asker: Asker, services: Ports) -> None:
    if user == asker.person:
        raise Problem(409, "switch your own off in your account: that asks for your code")
    await known_user(user, services)
    if not await services.factors.remove(user):
        raise Problem(404, f"{user} has no second factor")


def _is_session(asker: Identity) -> None:
    if not asker.by_cookie or asker.display:
        raise Problem(409, "a token has no second factor; sign in to set up yours")
