"""What agents look up in a call: short texts of the house, found by the caller's way and by typed words. Pure.

They are part of the house, so that a change of them is shown, versioned and audited like any other. Each version of the
house lies in the journal whole, which is why they are few and short.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from core.parts import Language, Name, Part, Shown, one_line

MOST = 300
FOUND_AT_MOST = 20


def _paragraphs(value: str) -> str:
    """Lines of printable characters."""
    return "\n".join(one_line(line.rstrip()) for line in value.replace("\r\n", "\n").split("\n"))


Paragraphs = Annotated[str, Field(max_length=1500), AfterValidator(_paragraphs)]


class Snippet(Part):
    """One thing worth knowing."""

    id: Name
    title: dict[Language, Shown] = Field(min_length=1)
    text: dict[Language, Paragraphs] = Field(min_length=1)
    words: Shown = Field(default="", description="further words it is found by")
    places: tuple[Name, ...] = Field(
        default=(),
        max_length=30,
        description="nodes of the menu, queues, hotlines: whose caller came by there, the agent sees it without typing",
    )


def found(snippets: Iterable[Snippet], words: str, places: Collection[str]) -> list[Snippet]:
    """Those that hold every word (or, without any, belong to one of the places); the best first.

    Chinese puts no spaces between words, so a word is looked for inside a text, however it is written.
    """
    terms = _plain(words).split()
    ranked = [(_rank(snippet, terms, places), snippet) for snippet in snippets]
    wanted = [(rank, snippet) for rank, snippet in ranked if rank is not None]
    return [snippet for _, snippet in sorted(wanted, key=lambda pair: pair[0], reverse=True)][:FOUND_AT_MOST]


def _rank(snippet: Snippet, terms: list[str], places: Collection[str]) -> tuple[int, int] | None:
    """Terms in the title, then places in common. None: not meant."""
    near = sum(place in places for place in snippet.places)
    titles = _plain(" ".join(snippet.title.values()))
    whole = f"{titles} {_plain(' '.join((snippet.words, *snippet.text.values())))}"
    if not (near or terms) or not all(term in whole for term in terms):
        return None
    return sum(term in titles for term in terms), near


def _plain(text: str) -> str:
    """Full-width letters and capitals are the same letters."""
    return unicodedata.normalize("NFKC", text).casefold()


def snippet_problems(snippets: Iterable[Snippet]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Those that are there twice, with their places."""
    seen: set[str] = set()
    for position, snippet in enumerate(snippets):
        if snippet.id in seen:
            yield ("desk", "snippets", position, "id"), f"{snippet.id!r} is already taken; each id must occur once"
        seen.add(snippet.id)
