"""/sessions: signing in and out of the page. The cookie is opaque, HttpOnly and SameSite=Strict."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from math import ceil
from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports, from_own_page
from api.audited import named
from api.auth import Identity, identify
from api.passwords import weakness
from api.problems import Problem, documented
from api.proving import SHARED_ADDRESS, proved_again, proved_at_door
from api.rights import Right, Role
from api.router import Router
from api.services import Services
from api.teams import with_team

NO_TIME = timedelta()
Password = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(max_length=40, description="of the authenticator app, or a recovery code")]


class Login(BaseModel):
    """A name, a password, and a code for those who have a second factor."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "admin", "password": "…"}})

    name: Annotated[str, Field(min_length=1, max_length=80)]
    password: Password
    code: Code = ""


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"old": "…", "new": "…"}})

    old: Password
    new: Password


class Session(BaseModel):
    """Who is signed in, and what they may do."""

    person: str = Field(examples=["admin"])
    role: Role = Field(examples=["administrator"])
    rights: list[Right] = Field(examples=[["see_floor", "serve"]])
    withheld: list[Right] = Field(default=[], examples=[["listen"]], description="until one has a second factor")
    team: list[str] | None = Field(
        default=None, examples=[["agent-01", "leader-01"]], description="whom a leader leads; null: everybody"
    )


class DisplayToken(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"token": "…"}})

    token: Annotated[str, Field(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


def open_routes() -> Router:
    router = Router(tags=["sessions"])
    router.add_api_route(
        "/sessions/display",
        hang_up_screen,
        methods=["POST"],
        status_code=201,
        response_model=Session,
        responses=documented(401, 403, 422, 429),
        summary="Let a screen show the wallboard: its token, of the right see_wall alone, becomes its cookie",
    )
    router.add_api_route(
        "/sessions",
        sign_in,
        methods=["POST"],
        status_code=201,
        response_model=Session,
        responses=documented(401, 403, 422, 429),
        summary="Sign in; the session comes as a cookie",
    )
    return router


def routes() -> Router:
    router = Router(tags=["sessions"])
    router.add_api_route("/sessions/current", current, response_model=Session, summary="Who is signed in")
    router.add_api_route(
        "/sessions/current/password",
        set_password,
        methods=["PUT"],
        status_code=204,
        responses=documented(409, 422, 429),
        summary="Choose another password; every session ends",
    )
    router.add_api_route("/sessions/current", sign_out, methods=["DELETE"], status_code=204, summary="Sign out")
    return router


async def sign_in(login: Login, request: Request, response: Response, services: Ports) -> Session:
    """An unknown name, a wrong password and a wrong code get the same answer, after the same work."""
    if "origin" in request.headers and not from_own_page(request):
        raise Problem(403, "sign in from Thirdring's own page")
    user, _ = await proved_at_door(login.name, login.password, login.code, request, services)
    secret = await services.people.open_session(user.name, services.now(), services.options.session_lasts)
    set_cookie(response, services, secret)
    return _session(await opened(secret, services))


async def opened(secret: str, services: Services) -> Identity:
    """Whose session this is. Raises Problem: it ended in this very moment."""
    demanding = services.options.second_factor_rights
    identity = await identify(services.people, secret, services.now(), by_cookie=True, demanding=demanding)
    if identity is None:
        raise Problem(401, "this session has ended; sign in again")
    return await with_team(identity, services)


async def hang_up_screen(body: DisplayToken, request: Request, response: Response, services: Ports) -> Session:
    """No session is opened: the cookie is the token, so it ends when that is revoked, and opens nothing else."""
    if not from_own_page(request):
        raise Problem(403, "a screen opens Thirdring's own page")
    address = request.client.host if request.client else ""
    now = services.now()
    if (wait_s := services.throttle.wait_s(address, now.timestamp(), SHARED_ADDRESS)) > 0:
        raise Problem(429, "too many wrong tokens; wait a minute", {"Retry-After": str(ceil(wait_s))})
    screen = await identify(services.people, body.token, now, by_cookie=True, display=True)
    if screen is None:
        services.throttle.failed(address, now.timestamp(), SHARED_ADDRESS)
        raise Problem(401, "this token opens no wallboard; it was revoked, has run out, or may do more than that")
    named(screen.person)
    options = services.options
    set_cookie(response, services, body.token, options.display_cookie, options.display_for)
    return _session(screen)


def set_cookie(response: Response, services: Services, secret: str, name: str = "", lasts: timedelta = NO_TIME) -> None:
    options = services.options
    response.set_cookie(
        name or options.cookie,
        secret,
        max_age=int((lasts or options.session_lasts).total_seconds()),
        path="/",
        secure=options.https,
        httponly=True,
        samesite="strict",
    )


async def current(asker: Asker) -> Session:
    return _session(asker)


def _session(who: Identity) -> Session:
    team = None if who.team is None else sorted(who.team)
    return Session(
        person=who.person, role=who.role, rights=sorted(who.rights), withheld=sorted(who.withheld), team=team
    )


async def set_password(change: PasswordChange, asker: Asker, request: Request, services: Ports) -> None:
    """Whoever finds an unlocked screen does not know the old one; guessing it is slowed like guessing at the door."""
    if not asker.by_cookie:
        raise Problem(409, "a token has no password; sign in to change yours")
    if why := await asyncio.to_thread(weakness, change.new, asker.person):
        raise Problem(422, f"the new password {why}")
    await proved_again(asker.person, change.old, None, request, services)
    await services.people.set_password(asker.person, await services.passwords.hashed(change.new))


async def sign_out(asker: Asker, response: Response, services: Ports) -> None:
    """The session ends on the server; the cookie is worth nothing from now on."""
    if asker.by_cookie:
        await services.people.close_session(asker.secret)
        name = services.options.display_cookie if asker.display else services.options.cookie
        response.delete_cookie(name, path="/", httponly=True, samesite="strict")
