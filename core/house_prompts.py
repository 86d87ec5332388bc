"""Prompts as a house writes them: what is said in a language, and in which language's voice. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from core.parts import Language, Part, one_line, plain_name

PARTS_PREFIX = "say-"
"""Names that begin so are words of numbers and times (ivr.say)."""

Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(one_line)]


class Spoken(Part):
    """A text that another language's voice says."""

    text: Text
    spoken: Language


def _own_name(name: str) -> str:
    if name.startswith(PARTS_PREFIX):
        raise ValueError(f"names that begin with {PARTS_PREFIX} are the words of numbers and times")
    return plain_name(name)


PromptName = Annotated[str, AfterValidator(_own_name)]
PromptTexts = dict[Language, Text | Spoken]
Prompts = dict[PromptName, PromptTexts]
