"""/users: who may sign in, and as what. Logins of agents bear the agent's id.

Whoever's role or password changes, or who is disabled, is signed out at once. The ETag of a user says in words what
they are, so whoever changed another state than there is can be told the difference.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import etags
from api.access import Asker, Ports, needs
from api.audited import changed
from api.auth import CLI_USER
from api.csv_lines import Form
from api.etags import moved_on
from api.imports import MOST_LINES, LineMade, Made, Partial, TryOnly, body, refuse_wrong, report, sort
from api.once import once
from api.passwords import NO_PASSWORD, random_password
from api.problems import Problem, documented
from api.rights import Right, Role
from api.router import Router
from api.services import Services
from core.errors import Refused
from store.people import User

LOGIN = r"^[a-z0-9][a-z0-9._-]{0,39}$"
VERSION = re.compile(r"[a-z_]{1,20}(\.disabled)?")
UserName = Annotated[str, Path(pattern=LOGIN, examples=["agent-01"])]


class UserShown(BaseModel):
    name: str = Field(examples=["agent-01"])
    role: str = Field(examples=["agent"])
    disabled: bool = Field(examples=[False])
    second_factor: bool = Field(examples=[True], description="whether they sign in with a code, too")
    version: str = Field(examples=["agent"], description="what If-Match names")


class UserWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=LOGIN, examples=["agent-01"])]
    role: Role = Field(examples=["agent"])


class UserMade(BaseModel):
    """The password is shown this once; empty for an integration, which has tokens instead."""

    name: str = Field(examples=["agent-01"])
    role: Role = Field(examples=["agent"])
    password: str = Field(examples=["…"])


class UserChange(BaseModel):
    """What is left out stays."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = Field(default=None, examples=["leader"])
    disabled: bool | None = Field(default=None, examples=[True])


class NewPassword(BaseModel):
    password: str = Field(examples=["…"])


def routes() -> Router:
    router = once(tags=["users"], dependencies=[needs(Right.MANAGE_PEOPLE)])
    router.add_api_route("/users", users, response_model=list[UserShown], summary="Everybody who may sign in")
    router.add_api_route(
        "/users",
        add,
        methods=["POST"],
        status_code=201,
        response_model=UserMade,
        responses=documented(409, 422),
        summary="Let somebody sign in; their password is shown once",
    )
    router.add_api_route(
        "/users/import",
        take_in,
        methods=["POST"],
        response_model=Made,
        responses=documented(409, 413, 422),
        openapi_extra=body("name,role\nagent-07,agent\n"),
        summary="Let many sign in, from a CSV file: all of it or nothing; the report names each line",
    )
    router.add_api_route(
        "/users/{user}",
        change,
        methods=["PATCH"],
        response_model=UserShown,
        responses=documented(404, 409, 412, 422, 428),
        summary="Give another role; disable or enable",
    )
    router.add_api_route(
        "/users/{user}/password",
        reset,
        methods=["POST"],
        response_model=NewPassword,
        responses=documented(404, 409, 422),
        summary="A new password, shown once, in place of a forgotten one",
    )
    return router


async def users(services: Ports) -> list[dict[str, Any]]:
    return [_shown(user) for user in await services.people.users() if user.name != CLI_USER]


async def add(body: UserWanted, services: Ports) -> UserMade:
    password, kept = await _first_password(body.role, services)
    await services.people.add_user(body.name, body.role, kept, services.now())
    changed(None, {"role": body.role.value})
    return UserMade(name=body.name, role=body.role, password=password)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file."""

    name: str
    role: str

    def __str__(self) -> str:
        return self.role


def _row(cells: Mapping[str, str]) -> Row:
    if not re.fullmatch(LOGIN, cells["name"]):
        raise Refused("name: small letters, digits, dots, underscores and hyphens, 40 at most, a letter or digit first")
    if cells["role"] not in set(Role):
        raise Refused(f"role: {cells['role'][:20]!r} is none of {', '.join(Role)}")
    return Row(cells["name"], cells["role"])


FORM = Form(("name", "role"), ("name", "role"), _row, MOST_LINES)


async def take_in(request: Request, services: Ports, try_only: TryOnly = False, partial: Partial = False) -> Made:
    """Roles of people who are there already are not changed by a file."""
    _, lines = await asyncio.to_thread(FORM.read, await request.body())
    known = {user.name: Row(user.name, user.role) for user in await services.people.users()}
    new, told = sort(lines, known)
    if try_only:
        return report([LineMade(line=number, outcome="added", name=row.name) for number, row in new], told)
    if not partial:
        refuse_wrong(told)
    passwords = [(await _first_password(Role(row.role), services)) for _, row in new]
    people = [User(row.name, row.role, kept, False) for (_, row), (_, kept) in zip(new, passwords, strict=True)]
    if people:
        await services.people.add_users(people, services.now())
    changed(None, {row.name: row.role for _, row in new})
    made = [
        LineMade(line=number, outcome="added", name=row.name, password=shown)
        for (number, row), (shown, _) in zip(new, passwords, strict=True)
    ]
    return report(made, told)


async def _first_password(role: Role, services: Services) -> tuple[str, str]:
    """As it is shown, and as it is kept; an integration has none."""
    password = "" if role is Role.INTEGRATION else random_password()
    return password, await services.passwords.hashed(password) if password else NO_PASSWORD


async def change(
    user: UserName,
    body: UserChange,
    asker: Asker,
    services: Ports,
    response: Response,
    if_match: etags.IfMatch = None,
) -> dict[str, Any]:
    found, seen = await known_user(user, services), etags.seen(if_match, VERSION)
    if seen != _version(found):
        raise _faster(seen, found)
    loses = bool(body.disabled) or body.role not in (None, Role.ADMINISTRATOR)
    if loses and user == asker.person:
        raise Problem(409, "ask another administrator: nobody takes their own rights away")
    if body.role is not None and Role.INTEGRATION in (body.role, found.role) and body.role != found.role:
        raise Problem(409, "a person cannot become an integration, nor an integration a person; add another user")
    role = found.role if body.role is None else body.role
    disabled = found.disabled if body.disabled is None else body.disabled
    differs = (role, disabled) != (found.role, found.disabled)
    needed = Role.ADMINISTRATOR.value if loses else ""
    try:
        done = not differs or await services.people.change(found, role, disabled, needed=needed, uncounted=CLI_USER)
    except Refused as refusal:
        raise Problem(409, f"{user} is the only administrator who can sign in; make another one first") from refusal
    if not done:
        raise _faster(seen, await known_user(user, services))
    now = await known_user(user, services)
    changed(*({"role": each.role, "disabled": each.disabled} for each in (found, now)))
    response.headers["ETag"] = etags.etag(_version(now))
    return _shown(now)


def _faster(seen: str, now: User) -> Problem:
    was = seen.partition(".")
    role = [("role", f"is {now.role} now")] if now.role != was[0] else []
    disabled = [("disabled", f"is {str(now.disabled).lower()} now")] if now.disabled != bool(was[2]) else []
    return moved_on(
        "Somebody else has changed this user meanwhile. Read it again and repeat your change.", role + disabled
    )


async def reset(user: UserName, services: Ports) -> NewPassword:
    if (await known_user(user, services)).role == Role.INTEGRATION:
        raise Problem(409, f"{user} is an integration: it has tokens, no password")
    password = random_password()
    await services.people.set_password(user, await services.passwords.hashed(password))
    return NewPassword(password=password)


async def known_user(name: str, services: Services) -> User:
    """Raises Problem: 404."""
    user = await services.people.user(name)
    if user is None or user.name == CLI_USER:
        raise Problem(404, f"there is no user {name}")
    return user


def _version(user: User) -> str:
    return f"{user.role}.disabled" if user.disabled else user.role


def _shown(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role,
        "disabled": user.disabled,
        "second_factor": user.second_factor,
        "version": _version(user),
    }
