"""Proving who somebody is: by password, and by a code of the second factor if they have one. Failures slow both down.

Whatever is wrong, the answer is the same: it tells nobody that a name exists or that a password was right.
"""

from __future__ import annotations

from math import ceil

from fastapi import Request

from api.audited import named
from api.auth import role_of
from api.problems import Problem
from api.rights import Role
from api.services import Services
from store.people import User

SHARED_ADDRESS = 8
"""A whole shift may sign in from one address at the same minute."""


async def proved_at_door(
    name: str, password: str, code: str, request: Request, services: Services
) -> tuple[User, Role]:
    """Whoever comes in. Raises Problem: 401, or 429 with Retry-After."""
    address = request.client.host if request.client else ""
    user = await _proved(name, password, code, address, services)
    role = role_of(user) if user else None
    if user is None or role is None:
        raise Problem(401, "name, password or code is wrong")
    return user, role


async def proved_again(name: str, password: str, code: str | None, request: Request, services: Services) -> None:
    """Whoever finds an unlocked screen does not know the password; the open session has passed the second factor.

    `code` None: not asked for one. Raises Problem: 422, or 429 with Retry-After.
    """
    address = request.client.host if request.client else ""
    if await _proved(name, password, code, address, services) is not None:
        return
    if code is None:
        raise Problem(422, "password is wrong")
    raise Problem(422, "password or code is wrong")


async def _proved(name: str, password: str, code: str | None, address: str, services: Services) -> User | None:
    """Failures are counted before the slow check, so that parallel guesses cannot pass together."""
    own = f"{address} {name}"
    keys = {own: 1, address: SHARED_ADDRESS}
    now_s = services.now().timestamp()
    wait_s = max(services.throttle.wait_s(key, now_s, times) for key, times in keys.items())
    if wait_s > 0:
        raise Problem(429, "too many wrong passwords; wait a minute", {"Retry-After": str(ceil(wait_s))})
    named(name)  # in the audit: who is told to wait is not, or a flood of guesses would be one of rows
    for key, times in keys.items():
        services.throttle.failed(key, now_s, times)
    user = await services.people.user(name)
    right = await services.passwords.matches(user, password)
    if not right or user is None or not (code is None or await _second(user, code, services)):
        return None
    services.throttle.succeeded(own)
    services.throttle.taken_back(address, now_s)  # whoever has a login would win guesses of others' with it
    return user


async def _second(user: User, code: str, services: Services) -> bool:
    """Guesses of one person's code are counted over all addresses: a botnet has many, and a code has a million."""
    if not user.second_factor or await services.factors.recovers(user.name, code):
        return True
    now, key = services.now(), f"code of {user.name}"
    if services.throttle.wait_s(key, now.timestamp()) > 0:
        return False
    services.throttle.failed(key, now.timestamp())
    if not await services.factors.is_right(user.name, code, now):
        return False
    services.throttle.succeeded(key)
    return True
