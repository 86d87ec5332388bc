"""/sessions: signing in and out of the page. The cookie is opaque, HttpOnly and SameSite=Strict."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports, from_own_page
from api.auth import identify, role_of
from api.passwords import weakness
from api.problems import Problem, documented
from api.rights import GRANTED, Right, Role
from store.people import User

WRONG = "name or password is wrong"
NO_TIME = timedelta()
SHARED_ADDRESS = 8
"""A whole shift may sign in from one address at the same minute."""


class Login(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "admin", "password": "…"}})

    name: Annotated[str, Field(min_length=1, max_length=80)]
    password: Annotated[str, Field(min_length=1, max_length=200)]


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"old": "…", "new": "…"}})

    old: Annotated[str, Field(min_length=1, max_length=200)]
    new: Annotated[str, Field(min_length=1, max_length=200)]


class Session(BaseModel):
    """Who is signed in, and what they may do."""

    person: str = Field(examples=["admin"])
    role: Role = Field(examples=["administrator"])
    rights: list[Right] = Field(examples=[["see_floor", "serve"]])


class DisplayToken(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"token": "…"}})

    token: Annotated[str, Field(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


def open_routes() -> APIRouter:
    router = APIRouter(tags=["sessions"])
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


def routes() -> APIRouter:
    router = APIRouter(tags=["sessions"])
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
    """An unknown name and a wrong password get the same answer, after the same work."""
    if "origin" in request.headers and not from_own_page(request):
        raise Problem(403, "sign in from Thirdring's own page")
    user, role = await _checked(login, request, services)
    lasts = services.options.session_lasts
    _set_cookie(response, services, await services.people.open_session(user.name, services.now(), lasts))
    return Session(person=user.name, role=role, rights=sorted(GRANTED[role]))


async def _checked(login: Login, request: Request, services: Ports) -> tuple[User, Role]:
    """Failures are counted before the slow check, so that parallel guesses cannot pass together."""
    address = request.client.host if request.client else ""
    keys = {f"{address} {login.name}": 1, address: SHARED_ADDRESS}
    now_s = services.now().timestamp()
    wait_s = max(services.throttle.wait_s(key, now_s, times) for key, times in keys.items())
    if wait_s > 0:
        raise Problem(429, "too many wrong passwords; wait a minute", {"Retry-After": str(ceil(wait_s))})
    for key, times in keys.items():
        services.throttle.failed(key, now_s, times)
    user = await services.people.user(login.name)
    right = await services.passwords.matches(user, login.password)
    role = role_of(user) if user else None
    if not right or user is None or role is None:
        raise Problem(401, WRONG)
    for key in keys:
        services.throttle.succeeded(key)
    return user, role


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
    options = services.options
    _set_cookie(response, services, body.token, options.display_cookie, options.display_for)
    return Session(person=screen.person, role=screen.role, rights=sorted(screen.rights))


def _set_cookie(response: Response, services: Ports, secret: str, name: str = "", lasts: timedelta = NO_TIME) -> None:
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
    return Session(person=asker.person, role=asker.role, rights=sorted(asker.rights))


async def set_password(change: PasswordChange, asker: Asker, request: Request, services: Ports) -> None:
    """Whoever finds an unlocked screen does not know the old one; guessing it is slowed like guessing at the door."""
    if not asker.by_cookie:
        raise Problem(409, "a token has no password; sign in to change yours")
    if why := await asyncio.to_thread(weakness, change.new, asker.person):
        raise Problem(422, f"the new password {why}")
    await _checked(Login(name=asker.person, password=change.old), request, services)
    await services.people.set_password(asker.person, await services.passwords.hashed(change.new))


async def sign_out(asker: Asker, response: Response, services: Ports) -> None:
    """The session ends on the server; the cookie is worth nothing from now on."""
    if asker.by_cookie:
        await services.people.close_session(asker.secret)
        name = services.options.display_cookie if asker.display else services.options.cookie
        response.delete_cookie(name, path="/", httponly=True, samesite="strict")
