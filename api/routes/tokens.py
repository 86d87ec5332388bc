"""/tokens: what programs come in with. A token acts for a user and may do what its rights say, never more."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import Asker, Ports, needs
from api.audited import changed
from api.auth import CLI_USER, role_of
from api.once import once
from api.problems import Problem, documented
from api.rights import GRANTED, Right, rights_of, scope_of
from api.router import Router
from api.routes.users import LOGIN

LONGEST_DAYS = 400
TokenName = Annotated[str, Path(pattern=LOGIN, examples=["crm"])]


class TokenShown(BaseModel):
    """`expires_utc_s`: seconds since 1970."""

    name: str = Field(examples=["crm"])
    user: str = Field(examples=["business-system"])
    rights: list[Right] = Field(examples=[["see_calls"]])
    expires_utc_s: float = Field(examples=[1826536500.0])


class TokenWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=LOGIN, examples=["crm"])]
    user: Annotated[str, Field(pattern=LOGIN, examples=["business-system"])]
    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right), examples=[["see_floor", "see_calls"]])]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS, examples=[365])] = 365


class TokenMade(TokenShown):
    """The token itself is shown this once."""

    token: str = Field(examples=["…"])


def routes() -> Router:
    router = once(tags=["tokens"], dependencies=[needs(Right.MANAGE_PEOPLE)])
    router.add_api_route(
        "/tokens", tokens, response_model=list[TokenShown], summary="All tokens, without their secrets"
    )
    router.add_api_route(
        "/tokens",
        add,
        methods=["POST"],
        status_code=201,
        response_model=TokenMade,
        responses=documented(403, 404, 409, 422),
        summary="Let a program in; its token is shown once",
    )
    router.add_api_route(
        "/tokens/{token}",
        revoke,
        methods=["DELETE"],
        status_code=204,
        responses=documented(404, 422),
        summary="Shut a program out at once",
    )
    return router


async def tokens(services: Ports) -> list[dict[str, Any]]:
    return [
        {
            "name": token.name,
            "user": token.user,
            "rights": sorted(rights_of(token.scope)),
            "expires_utc_s": token.expires.timestamp(),
        }
        for token in await services.people.tokens()
        if token.user != CLI_USER
    ]


async def add(body: TokenWanted, asker: Asker, services: Ports) -> TokenMade:
    """Nobody gives what they have not themselves: it waits for their second factor, or is beyond their token."""
    for right in body.rights:
        asker.need(right)
    user = await services.people.user(body.user)
    role = role_of(user) if user else None
    if user is None or role is None or user.name == CLI_USER:
        raise Problem(404, f"there is no user {body.user}")
    if missing := sorted(set(body.rights) - GRANTED[role]):
        raise Problem(409, f"{body.user} ({role}) does not have these rights: {', '.join(missing)}")
    rights, now, lasts = frozenset(body.rights), services.now(), timedelta(days=body.days)
    secret = await services.people.add_token(body.name, body.user, scope_of(rights), now, lasts)
    changed(None, {"rights": sorted(rights), "days": body.days})
    expires_utc_s = (now + lasts).timestamp()
    return TokenMade(name=body.name, user=body.user, rights=sorted(rights), expires_utc_s=expires_utc_s, token=secret)


async def revoke(token: TokenName, services: Ports) -> None:
    if token == CLI_USER or not await services.people.revoke_token(token):
        raise Problem(404, f"there is no token {token}")
