"""Whom we may call, from where, and when: the house's rules for calls that we make.

A number is dialled only if a configuration or an authorised person chose it, it is a plain number (no dial string
can be made of it), and its country is on the list. Toll fraud lives on premium and foreign numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from core.errors import Refused
from core.numbers import dialable, normalised

if TYPE_CHECKING:
    from core.house import House

Digits = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,14}$")]


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
    recording_notice: bool = Field(default=True, description="the called person hears the notice before the talk")


def allowed(written: str, house: House) -> str:
    """The inside form of a number that may be dialled from this house.

    Raises:
        Refused: why not, for the person who asked.
    """
    number = normalised(written, house.number_plan)
    if not number:
        raise Refused("That is no telephone number. Give it with digits, and a plus before a country code.")
    dialable(number)
    if any(number in (hotline.number, normalised(hotline.number, house.number_plan)) for hotline in house.hotlines):
        raise Refused("That is a hotline of this house.")
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
