"""/seats/{seat}/codes: a seat's login as QR codes, for whoever holds it anyway because it has just been shown to them.

Nothing is kept and nothing new is told: who asks sends the login along. What soft phones scan is in
docs/decisions/0019-qr-codes-for-soft-phones.md.
"""

from __future__ import annotations

import hmac
from typing import Annotated
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, Field

from api.access import Ports, needs
from api.ports import PhoneLogin
from api.problems import Problem, documented
from api.qr import Drawing, drawn
from api.rights import Right
from api.router import Router
from api.routes.seats import SeatName
from core.ids import SeatId

Word = Annotated[str, Field(max_length=80)]


class LoginHeld(BaseModel):
    """As POST /seats answered."""

    model_config = ConfigDict(extra="forbid")

    username: Annotated[Word, Field(examples=["sq3v8n2m5tkd"])]
    password: Annotated[Word, Field(examples=["…"])]


class LoginCodes(BaseModel):
    """The login to scan: by the app Grandstream Wave, and as plain text for a camera to read and a person to copy."""

    gs_wave: Drawing
    text: Drawing


def routes() -> Router:
    router = Router(tags=["seats"], dependencies=[needs(Right.EDIT_HOUSE)])
    router.add_api_route(
        "/seats/{seat}/codes",
        codes,
        methods=["POST"],
        response_model=LoginCodes,
        responses=documented(404, 422),
        summary="A seat's login, which you hold, as QR codes for soft phones",
    )
    return router


async def codes(seat: SeatName, body: LoginHeld, services: Ports) -> LoginCodes:
    _, house = await services.house.current()
    if all(each.id != seat for each in house.seats):
        raise Problem(404, f"there is no seat {seat}")
    login = await services.phones.issue(SeatId(seat))
    held, right = f"{body.username} {body.password}", f"{login.username} {login.password}"
    if not hmac.compare_digest(held.encode(), right.encode()):
        raise Problem(422, "this is not what the seat's phone logs in with")
    return LoginCodes(gs_wave=drawn(gs_wave(seat, login)), text=drawn(plain(login)))


def gs_wave(seat: str, login: PhoneLogin) -> str:
    """What Grandstream Wave scans. Its names stay ASCII: scanners disagree about others."""
    fields = {
        "RegisterServer": login.server, "UserID": login.username, "AuthID": login.username,
        "AuthPass": login.password, "AccountName": seat, "DisplayName": seat,
    }  # fmt: skip
    account = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?><AccountConfig version="1"><Account>{account}</Account></AccountConfig>'
    )


def plain(login: PhoneLogin) -> str:
    return f"SIP server: {login.server}\nUser: {login.username}\nPassword: {login.password}"
