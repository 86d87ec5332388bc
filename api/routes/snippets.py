"""/snippets: what the house knows, for whoever speaks with a caller. They are changed as a part of the house."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from api.access import Ports
from api.problems import documented
from api.router import Router
from core.parts import Language
from core.snippets import found

Place = Annotated[str, Field(max_length=80)]


class SnippetFound(BaseModel):
    """By language; one that is missing there has the others."""

    snippet: str = Field(examples=["return-14-days"])
    title: dict[Language, str] = Field(examples=[{"en": "Returns within 14 days"}])
    text: dict[Language, str] = Field(examples=[{"en": "With the receipt, unopened, at no cost."}])


def routes() -> Router:
    router = Router(tags=["desktop"])
    router.add_api_route(
        "/snippets",
        search,
        response_model=list[SnippetFound],
        responses=documented(422),
        summary="Up to 20 of the house's snippets, the best first",
    )
    return router


async def search(
    services: Ports,
    words: Annotated[str, Query(max_length=100, description="all of them must occur; empty: by place alone")] = "",
    place: Annotated[
        list[Place], Query(max_length=60, description="nodes of the menu, queue and hotline that the caller came by")
    ] = [],  # noqa: B006 - FastAPI copies it
) -> list[SnippetFound]:
    _, house = await services.house.current()
    return [
        SnippetFound(snippet=each.id, title=each.title, text=each.text)
        for each in found(house.desk.snippets, words, set(place))
    ]
