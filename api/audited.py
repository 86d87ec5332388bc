"""Every request that may change something leaves a row in the audit, and so does every look at personal data.

It stands around all routes, so that a new one is audited without a word of its own: who, when, from where, which route,
on what, what was asked without its secrets, and the answer's status. A route says more where it can: `PERSONAL` marks
one that shows personal data, `changed` tells what is different now, `named` who asks before anybody is signed in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.services import Services
from core.numbers import masked
from store.audit import AuditRow

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
BODY_KEPT_BYTES, LONGEST, MOST_CHANGES, LONGEST_VALUE = 4096, 2000, 100, 200
PERSONAL = {"x-personal-data": True}
"""`openapi_extra` of routes that show numbers whole, or what somebody said or is."""
SECRET = re.compile(r"password|secret|token", re.IGNORECASE)
WRITTEN = {"text", "note"}
"""By people about people: it stands where it belongs, not here once more."""
NUMBER = re.compile(r"\+?[0-9]{5,20}")


@dataclass(slots=True)
class Deed:
    """What is told of one request while it is answered."""

    by: str = ""
    noted: bool = False
    changes: list[dict[str, Any]] = field(default_factory=list)


_deed: ContextVar[Deed | None] = ContextVar("deed", default=None)


def named(person: str) -> None:
    """Who asks."""
    if deed := _deed.get():
        deed.by = person


def noted() -> None:
    """The route has written a row of its own, before it did anything."""
    if deed := _deed.get():
        deed.noted = True


def changed(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """What is different now: of a thing that was changed, made (before: None) or removed (after: None)."""
    old, new = before or {}, after or {}
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            differs(name, old.get(name), new.get(name))


def differs(place: str, before: Any, after: Any) -> None:
    """One thing that is different now. Secrets are said to differ, no more."""
    deed = _deed.get()
    if deed is None or len(deed.changes) >= MOST_CHANGES:
        return
    pair = (None, None) if SECRET.search(place) else (_short(before), _short(after))
    deed.changes.append({"field": place, "before": pair[0], "after": pair[1]})


class Audited:
    """ASGI middleware around all routes."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app, self._prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        deed = Deed()
        token = _deed.set(deed)
        exchange = _Exchange(scope, receive, send, deed, self._prefix)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            await exchange.failed()
            raise
        finally:
            _deed.reset(token)


class _Exchange:
    """One request and its answer, which waits for the row."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, deed: Deed, prefix: str) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._deed, self._prefix = deed, prefix
        self._body = bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        if len(self._body) <= BODY_KEPT_BYTES:
            self._body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._note(message["status"])
        await self._send(message)

    async def failed(self) -> None:
        """An error of ours came instead of an answer, or in the middle of one."""
        if not self._deed.noted:
            await self._note(500)

    async def _note(self, status: int) -> None:
        if row := self._row(status):
            self._deed.noted = True
            services: Services = self._scope["app"].state.services
            await services.trail.note(row)

    def _row(self, status: int) -> AuditRow | None:
        """None: nobody is known to have asked, it is noted already, or it neither changes nor shows anything."""
        deed, route = self._deed, self._scope.get("route")
        shows = status < 400 and PERSONAL.items() <= (getattr(route, "openapi_extra", None) or {}).items()
        if not deed.by or deed.noted or route is None or not (shows or self._scope["method"] not in SAFE_METHODS):
            return None
        services: Services = self._scope["app"].state.services
        return AuditRow(
            at_utc_s=services.now().timestamp(),
            what=f"{self._scope['method']} {route.path.removeprefix(self._prefix)}",
            about=" ".join(str(value) for value in self._scope.get("path_params", {}).values())[:LONGEST_VALUE],
            by=deed.by,
            address=client[0] if (client := self._scope.get("client")) else "",
            detail=self._detail(),
            difference=_text(deed.changes) if deed.changes and status < 400 else "",
            status=status,
        )

    def _detail(self) -> str:
        """What was asked: the query, and the body if it is JSON of a size that people read."""
        if "/sessions" in self._scope["path"]:  # passwords, old and new, and codes
            return ""
        shown = _plain(dict(parse_qsl(self._scope.get("query_string", b"").decode("latin-1")))) | self._body_shown()
        return _text(shown) if shown else ""

    def _body_shown(self) -> dict[str, Any]:
        if len(self._body) > BODY_KEPT_BYTES:
            return {"bytes": f"more than {BODY_KEPT_BYTES}"}
        try:
            body = json.loads(self._body.decode()) if self._body else {}
        except (ValueError, RecursionError):  # nested deeper than Python's reader goes
            return {"bytes": len(self._body)}
        told = _plain(body) if isinstance(body, dict) else {}
        return told | {name: f"{len(str(body[name]))} characters" for name in WRITTEN & told.keys()}


def _plain(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Without secrets, numbers masked, long texts cut."""
    return {str(name)[:80]: _short(value) for name, value in asked.items() if not SECRET.search(str(name))}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return masked(value) if NUMBER.fullmatch(value) else value[:LONGEST_VALUE]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return [_short(each) for each in value[:20]]
    return json.dumps(value, ensure_ascii=False, default=str)[:LONGEST_VALUE]


def _text(value: Any) -> str:
    """JSON that fits into a row, whole entries at a time."""
    while len(text := json.dumps(value, ensure_ascii=False)) > LONGEST and len(value) > 1:
        value = value[: len(value) // 2] if isinstance(value, list) else dict(list(value.items())[: len(value) // 2])
    return text if len(text) <= LONGEST else ""
