"""What every part of the house is made of: names, numbers, levels, and models that change no more."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

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


def business_time(value: time) -> time:
    """The house has one time zone; seconds since midnight (an unquoted 8:00 in YAML) come with one of their own."""
    if value.tzinfo is not None:
        raise ValueError('must be a time of day in quotes and without a zone, such as "08:00"')
    return value


def is_between(at: time, start: time, end: time) -> bool:
    """Of the day's hours; an end that is not later than the start is on the next morning."""
    return start <= at < end if start < end else at >= start or at < end


Name = Annotated[str, AfterValidator(plain_name)]
_OF_DAY = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "examples": ["08:00"]}
"""JSON Schema's format "time" is RFC 3339's, which has a zone."""
TimeOfDay = Annotated[time, AfterValidator(business_time), WithJsonSchema(_OF_DAY)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
"""The ends of the calendar itself have no day before or behind them."""
Shown = Annotated[str, Field(max_length=80), AfterValidator(one_line)]
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{2,20}$")]
Language = Literal["zh-CN", "en"]
Level = Annotated[int, Field(ge=1, le=9)]
Priority = Annotated[int, Field(ge=0, le=9)]


class Part(BaseModel):
    """A model that knows all its keys and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
