"""Whom we may call, from where, and when: the house's rules for calls that we make.

A number is dialled only if a configuration or an authorised person chose it, it is a plain number (no dial string
can be made of it), and its country is on the list. Toll fraud lives on premium and foreign numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import Refused
from core.numbers import PREFIX, dialable, listed, normalised
from core.parts import TimeOfDay, is_between

if TYPE_CHECKING:
    from core.house import House

Digits = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,14}$")]


class NightLock(BaseModel):
    """Hours of business time; an end that is not later than the start is on the next morning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: TimeOfDay
    end: TimeOfDay

    def holds(self, at: time) -> bool:
        return is_between(at, self.start, self.end)


class OutboundRules(BaseModel):
    """Calls that agents make, and what bounds them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    countries: tuple[Digits, ...] = Field(
        default=(), description="country codes that may be dialled; empty: our own country only"
    )
    refused: tuple[Digits, ...] = Field(
        default=(), description="beginnings of numbers never dialled, with country code and without plus"
    )
    services: bool = Field(default=False, description="may service numbers be dialled (110, 10086, 95xxx, 400…)?")
    ring_s: float = Field(default=45.0, ge=5, le=180, description="seconds until a far end counts as not answering")
    calls_per_agent_hour: int = Field(default=60, ge=1, le=10_000)
    calls_per_trunk_hour: int = Field(default=1000, ge=1, le=100_000)
    night_lock: NightLock | None = Field(
        default=None,
        description="agents dial nobody in these hours. Callbacks have their own; `outside.numbers` stay within reach",
    )
    prices: dict[Digits, Annotated[float, Field(ge=0, le=1e6)]] = Field(
        default={},
        max_length=1000,
        description="of a minute, by the beginning of the number as in `refused`; the longest counts. Any other costs "
        "1: without prices the alarm figure outbound_spend is minutes",
    )
    recording_notice: bool = Field(default=True, description="the called person hears the notice before the talk")


class OutsideRules(BaseModel):
    """Where callers may be given to outside the house: by an agent's transfer, or as a queue's overflow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: tuple[Annotated[str, Field(pattern=r"^(\+?[0-9]{2,20}|(\+|0)[0-9]{2,19}\*)$")], ...] = Field(
        default=(),
        max_length=1000,
        description="the only ones: a number, or its beginning (with +, 00 or 0) and an asterisk: 0755*. What "
        "`outbound.refused` names, and service numbers, must stand here whole",
    )
    ring_s: float = Field(default=30.0, ge=5, le=180, description="seconds until the caller comes back unanswered")


def allowed(written: str, house: House) -> str:
    """The inside form of a number that may be dialled from this house.

    Raises:
        Refused: why not, for the person who asked.
    """
    number = _callable(written, house)
    if not number.startswith("+"):
        if not house.outbound.services:
            raise Refused("Service numbers may not be dialled here. An administrator can allow them in the house.")
        return number
    digits = number[1:]
    if not digits.startswith(house.outbound.countries or (house.country_code,)):
        raise Refused("That country may not be dialled. An administrator can allow it in the house.")
    if digits.startswith(house.outbound.refused or ("x",)):
        raise Refused("Numbers that begin like this are never dialled.")
    return number


def price(number: str, house: House) -> float:
    """Of a minute of talk with this number, in its inside form."""
    prices, digits = house.outbound.prices, number.removeprefix("+")
    found = (prices[digits[:length]] for length in range(len(digits), 0, -1) if digits[:length] in prices)
    return next(found, 1.0) if number.startswith("+") else 1.0


def transferable(written: str, house: House) -> str:
    """The inside form of a number to which this house gives callers.

    Raises:
        Refused: why not, for the person who asked or who writes the house.
    """
    number = _callable(written, house)
    places = {listed(each, house.number_plan) for each in house.outside.numbers}
    if number in places:
        return number
    beginnings = (f"{number[:length]}{PREFIX}" for length in range(len(number), 0, -1))
    if not number.startswith("+") or not any(beginning in places for beginning in beginnings):
        raise Refused("Callers are not given to that number. An administrator can list it under outside.numbers.")
    if number[1:].startswith(house.outbound.refused or ("x",)):
        raise Refused("Numbers that begin like this must be listed whole under outside.numbers.")
    return number


def mobile_problems(house: House) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Leaders' mobiles that could not be rung at night."""
    for position, agent in enumerate(house.agents):
        try:
            if agent.mobile:
                allowed(agent.mobile, house)
        except Refused as refusal:
            yield ("agents", position, "mobile"), str(refusal)


def _callable(written: str, house: House) -> str:
    """A plain number that does not lead back to us. Raises Refused."""
    number = normalised(written, house.number_plan)
    if not number:
        raise Refused("That is no telephone number. Give it with digits, and a plus before a country code.")
    dialable(number)
    if any(number in (hotline.number, normalised(hotline.number, house.number_plan)) for hotline in house.hotlines):
        raise Refused("That is a hotline of this house.")
    return number


class CallbackRules(BaseModel):
    """Promises to call somebody back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tries: int = Field(default=3, ge=1, le=10, description="how often the customer is called at most")
    gaps_s: tuple[Annotated[float, Field(ge=10, le=86_400)], ...] = Field(
        default=(300.0, 1800.0),
        min_length=1,
        description="seconds between tries, never narrowing; the last repeats",
    )
    start: TimeOfDay = Field(default=time(8), description="nobody is called back earlier in the day (business time)")
    end: TimeOfDay = Field(default=time(21), description="nor later")
    promised_s: float = Field(default=3600.0, ge=60, le=604_800, description="a callback reached within it was in time")
    at_once: int = Field(
        default=2, ge=1, le=100, description="agents who may be dialling callbacks at once, whoever waits on the line"
    )
    open: int = Field(default=500, ge=1, le=10_000, description="promises open at once")
    per_number_day: int = Field(
        default=3,
        ge=1,
        le=10_000,
        description="promises that callers may ask for within 24 hours to one number, and from one number to others",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if list(self.gaps_s) != sorted(self.gaps_s):
            raise ValueError("gaps_s must not narrow")
        if self.end <= self.start:
            raise ValueError("end must be later than start; calls by night are not offered")
        return self

    def gap_s(self, tries: int) -> float:
        """Seconds from this try (1 is the first) to the next."""
        return self.gaps_s[min(tries, len(self.gaps_s)) - 1]
