"""What every part of the house is made of: names, numbers, levels, and models that change no more."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def plain_name(value: str) -> str:
    """Ids end up in file names, dialplan and dial strings: lower-case letters, digits and hyphens only."""
    if not _NAME.fullmatch(value):
        raise ValueError("must be 1-40 lower-case letters, digits or hyphens, starting with a letter or digit")
    return value


def one_line(value: str) -> str:
    """Names are shown on terminals, in logs and on phones: nothing that moves a cursor or begins a line."""
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in value):
        raise ValueError("must be one line of printable characters")
    return value


Name = Annotated[str, AfterValidator(plain_name)]
Shown = Annotated[str, Field(max_length=80), AfterValidator(one_line)]
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]
Language = Literal["zh-CN", "en"]
Level = Annotated[int, Field(ge=1, le=9)]
Priority = Annotated[int, Field(ge=0, le=9)]


class Part(BaseModel):
    """A model that knows all its keys and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
