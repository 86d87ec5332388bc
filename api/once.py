"""Routes that write by themselves, not by the engine, and yet do nothing twice for the same Idempotency-Key.

What was asked is noted before it is done, and its answer afterwards, in the database: so a repeat gets the same answer
after a restart, too. (Requests to the engine need none of this: it knows their ids from the journal.) A secret that is
shown once is not kept to be shown again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.access import required, services_of
from api.answers import KEY_OF_ANOTHER, IdReused
from api.asking import KEY, Key
from api.audited import SAFE_METHODS, SECRET
from api.problems import Problem, documented
from api.router import Router
from core.errors import PeerFault, ThirdringError
from store.repeats import Repeat

log = logging.getLogger(__name__)

LONGEST_KEPT = 64_000
SHOWN_ONCE = re.compile(f"{SECRET.pattern}|^url$", re.IGNORECASE)
"""A link is as good as what it leads to."""
REPEATED = {"Idempotent-Replayed": "true"}
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def once(**how: Any) -> Router:
    """A router whose unsafe routes take an Idempotency-Key."""
    return Router(route_class=Once, **how)


async def _declared(key: Key = None) -> None:
    """For the document and the check of its form; the route itself need not know."""


_DECLARED = Depends(_declared)


class Once(APIRoute):
    def __init__(self, path: str, endpoint: Callable[..., Any], **how: Any) -> None:
        if not set(how.get("methods") or ()) <= SAFE_METHODS:
            how["dependencies"] = [*(how.get("dependencies") or ()), _DECLARED]
            how["responses"] = documented(409, 422, 503) | (how.get("responses") or {})
        super().__init__(path, endpoint, **how)

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        if set(self.methods or ()) <= SAFE_METHODS:
            return handler

        async def answered(request: Request) -> Response:
            return await _answered(request, handler)

        return answered


async def _answered(request: Request, handler: Handler) -> Response:
    key = request.headers.get("idempotency-key", "")
    if not KEY.fullmatch(key):
        return await handler(request)
    asker = await required(request)  # before anything is noted: whoever may not ask, or not so often, leaves no row
    services = services_of(request)
    asked = await _digest(request)
    before = await services.repeats.begin(asker.person, key, asked, services.now().timestamp())
    if before is not None:
        return _again(before, asked)
    try:
        answer = await handler(request)
    except (ThirdringError, Problem, HTTPException, RequestValidationError):
        with suppress(PeerFault):  # with the database away the row stays, and says that nobody knows
            await services.repeats.forget(asker.person, key)
        raise
    try:
        await services.repeats.keep(asker.person, key, Repeat(asked, answer.status_code, *_kept(answer)))
    except PeerFault as error:
        log.warning("an answer is not kept for a repeat: %s", error)
    return answer


async def _digest(request: Request) -> str:
    digest = hashlib.sha256()
    match = request.headers.get("if-match", "")
    for part in (request.method, request.url.path, request.url.query, match):
        digest.update(part.encode() + b"\n")
    digest.update(await request.body())
    return digest.hexdigest()


def _again(before: Repeat, asked: str) -> Response:
    """Raises Problem, IdReused."""
    if before.asked != asked:
        raise IdReused(KEY_OF_ANOTHER)
    if not before.status:
        raise Problem(409, "a request with this Idempotency-Key has no answer yet; look what became of it")
    if before.body is None:
        raise Problem(409, "this was done before; what is shown once, or is very long, is not kept to be shown again")
    headers = REPEATED | ({"ETag": before.etag} if before.etag else {})
    media_type = "application/json" if before.body else None
    return Response(before.body, before.status, headers, media_type)


def _kept(answer: Response) -> tuple[str, str | None]:
    """Its ETag and its body; None for what holds a secret or is too long."""
    body = bytes(answer.body).decode()
    return answer.headers.get("etag", ""), body if len(body) <= LONGEST_KEPT and not _is_secret(body) else None


def _is_secret(body: str) -> bool:
    return _holds_secret(json.loads(body)) if body else False


def _holds_secret(said: Any) -> bool:
    if isinstance(said, list):
        return any(map(_holds_secret, said))
    pairs = said.items() if isinstance(said, dict) else ()
    return any((value and SHOWN_ONCE.search(name)) or _holds_secret(value) for name, value in pairs)
