"""The doors of the routes: which services there are, who asks, and whether a browser was tricked into asking."""

from __future__ import annotations

import re
from math import ceil
from time import monotonic
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.audited import SAFE_METHODS, named
from api.auth import Identity, identify
from api.problems import Problem
from api.rights import Right
from api.services import Services
from api.teams import with_team

SECRET_LIMIT = 200
LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_ASKER = "thirdring.asker"
"""Under it a request's scope has whoever was looked up for it, once."""


def services_of(connection: HTTPConnection) -> Services:
    """The services `create_app` was given."""
    services = connection.app.state.services
    assert isinstance(services, Services)
    return services


async def identity_of(connection: HTTPConnection) -> Identity | None:
    """Whoever sent a valid token or session cookie, else the screen on the wall whose cookie it is.

    A token, when given, is the only thing looked at.
    """
    options = services_of(connection).options
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        return await _identified(connection, token.strip()) if scheme.lower() == "bearer" else None
    cookies = connection.cookies
    if person := await _identified(connection, cookies.get(options.cookie, ""), by_cookie=True):
        return person
    return await _identified(connection, cookies.get(options.display_cookie, ""), by_cookie=True, display=True)


async def _identified(connection: HTTPConnection, secret: str, **how: bool) -> Identity | None:
    services = services_of(connection)
    if not secret or len(secret) > SECRET_LIMIT:
        return None
    by_cookie, demanding = how.pop("by_cookie", False), services.options.second_factor_rights
    found = await identify(services.people, secret, services.now(), by_cookie=by_cookie, demanding=demanding, **how)
    return await with_team(found, services) if found else None


async def required(connection: HTTPConnection) -> Identity:
    """The dependency of every route but login and liveness.

    Raises:
        Problem: 401 without a valid session or token; 429 for whoever asks without end; 403 when a page of another
            origin uses the session.
    """
    if isinstance(known := connection.scope.get(_ASKER), Identity):
        return known
    identity = await identity_of(connection)
    if identity is None:
        raise Problem(401, "sign in, or send a valid token", {"WWW-Authenticate": "Bearer"})
    named(identity.person)
    if (wait_s := services_of(connection).rate.wait_s(identity.person, monotonic())) > 0:
        raise Problem(429, "too many requests; ask more slowly", {"Retry-After": str(ceil(wait_s))})
    if identity.by_cookie and connection.scope["method"] not in SAFE_METHODS and not from_own_page(connection):
        raise Problem(403, "this session may be used from Thirdring's own page only")
    connection.scope[_ASKER] = identity
    return identity


def from_own_page(connection: HTTPConnection) -> bool:
    """Whether the Origin header names one of our pages; browsers always send it on what could change something."""
    return connection.headers.get("origin", "") in services_of(connection).options.origins


def under_own_name(connection: HTTPConnection) -> bool:
    """Whether the browser asks us by a name of ours, not by a stranger's that was led to this machine (DNS rebinding).

    To the browser the stranger's page is of our origin, so no Origin tells; this machine's own names lead nowhere else.
    """
    host = connection.headers.get("host", "")
    ours = {urlsplit(origin).netloc for origin in services_of(connection).options.origins}
    return host in ours or LOOPBACK.fullmatch(host) is not None


Ports = Annotated[Services, Depends(services_of)]
Asker = Annotated[Identity, Depends(required)]


def needs(right: Right) -> Any:
    """A dependency of routes that are only for those who have this right."""

    async def check(asker: Asker) -> None:
        asker.need(right)

    return Depends(check)
