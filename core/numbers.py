"""Telephone numbers: one form inside, each carrier's form outside.

Inside, a number is E.164 with a plus (ITU-T E.164: country code and national number, 15 digits at
most), or a service number as it is dialled (95001, 10086, 110), or "" when the caller withheld it
or sent what is no number. China's own rules are those of its Telecommunication Network Numbering
Plan (电信网编号计划, MIIT, 2017; ITU-T E.129 presents national plans): trunk prefix 0, international prefix 00,
area codes 10, 2x and three digits beginning with 3-9, local numbers of 7 or 8 digits beginning with
2-8, mobile numbers of 11 digits beginning with 1, service numbers beginning with 1, 95, 96, 400, 800.
Other countries get the general rules only: trunk prefix 0, international prefix 00, six digits or
fewer are a service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import Refused

PREFIX = "*"
"""Ends a number of a list that stands for all that begin like it."""

_DIALLED = re.compile(r"\+?[0-9*#]{1,20}")
_WRITTEN = re.compile(r"\+?[0-9]{1,20}")
_SEPARATORS = str.maketrans("", "", "-.() ")  # RFC 3966 visual separators, and the space people type
_INTERNATIONAL = re.compile(r"[1-9][0-9]{1,14}")

CHINA = "86"
_MOBILE = re.compile(r"1[3-9][0-9]{9}|14[0-4][0-9]{10}")  # 13 digits: things with a SIM card
_SERVICE = re.compile(
    r"1[0-2][0-9]{1,4}"  # 110, 120, 10086, 12345, 118114
    r"|9[56][0-9]{3,6}"  # 95001 and longer, 96xxx inside a province
    r"|[48]00[0-9]{7}"  # shared-cost and free-phone
)
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_GEOGRAPHIC = re.compile(r"(?:10|2[0-9])[0-9]{8}|[3-9][0-9]{2}[0-9]{7,8}")
_SHORT = re.compile(r"[0-9]{1,6}")
DIGITS_SHOWN = 4
"""Of a masked number."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where we stand: our country code and our own area code, neither with prefixes."""

    country_code: str = CHINA
    area_code: str = "10"


def dialable(text: str) -> str:
    """A number that may be dialled, unchanged.

    Raises:
        Refused: it holds anything but digits, `*`, `#` and a leading plus (a dial string, for instance).
    """
    if not _DIALLED.fullmatch(text):
        raise Refused("A number has 1 to 20 digits, * or #, and perhaps a plus before them.")
    return text


def normalised(written: str, plan: Plan) -> str:
    """A caller's number as a carrier wrote it, in the inside form; "" if withheld or no number.

    Doing it twice changes nothing.
    """
    number = written.translate(_SEPARATORS)
    if not _WRITTEN.fullmatch(number):
        return ""
    if number.startswith("+"):
        return _from_abroad(number[1:], plan)
    if number.startswith("00"):
        return _from_abroad(number[2:], plan)
    if number.startswith("0"):
        return _national(number[1:], plan)
    return _without_prefix(number, plan)


def _from_abroad(digits: str, plan: Plan) -> str:
    """Digits that begin with a country code. Some carriers leave the trunk 0 behind it; it is no part of E.164."""
    if digits.startswith(plan.country_code):
        return _national(digits[len(plan.country_code) :].removeprefix("0"), plan)
    return f"+{digits}" if _INTERNATIONAL.fullmatch(digits) else ""


def _national(digits: str, plan: Plan) -> str:
    """Digits of our own country, without any prefix."""
    if _is_service(digits, plan):
        return digits
    whole = plan.country_code + digits
    return f"+{whole}" if not digits.startswith("0") and digits and _INTERNATIONAL.fullmatch(whole) else ""


def _is_service(digits: str, plan: Plan) -> bool:
    return bool((_SERVICE if plan.country_code == CHINA else _SHORT).fullmatch(digits))


def _without_prefix(digits: str, plan: Plan) -> str:
    """Digits that say neither 0 nor 00: a service, a whole national number, a local one, or a bare country code."""
    if _is_service(digits, plan):
        return digits
    if plan.country_code == CHINA:
        return _chinese(digits, plan)
    return _national(plan.area_code + digits, plan)


def _chinese(digits: str, plan: Plan) -> str:
    if _MOBILE.fullmatch(digits) or _GEOGRAPHIC.fullmatch(digits):
        return f"+{CHINA}{digits}"
    if _LOCAL.fullmatch(digits) and plan.area_code:
        return f"+{CHINA}{plan.area_code}{digits}"
    if digits.startswith(CHINA):  # no area code begins with 86, so this is the country code without its plus
        behind = digits.removeprefix(CHINA).removeprefix("0")
        if _MOBILE.fullmatch(behind) or _GEOGRAPHIC.fullmatch(behind):
            return f"+{CHINA}{behind}"
    return digits


def listed(written: str, plan: Plan) -> str:
    """A number of a list as callers' numbers come; one that stands for all that begin so keeps its PREFIX."""
    if not written.endswith(PREFIX):
        return normalised(written, plan) or written
    digits = written.removesuffix(PREFIX)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+{plan.country_code}{digits[1:]}"
    return f"{digits}{PREFIX}"


def outbound(number: str, number_format: str, plan: Plan) -> str:
    """An inside number as a carrier wants it. `number_format` is Trunk.number_format.

    Service numbers go out as they are; a foreign number has no national form and gets the prefix 00.

    Raises:
        Refused: `number` may not be dialled.
    """
    if not dialable(number).startswith("+") or number_format == "e164":
        return number
    home = number.removeprefix(f"+{plan.country_code}")
    if number_format == "national" and home != number:
        return f"0{home}"
    return f"00{number[1:]}"


def is_number(text: str) -> bool:
    """What a call was given to may be an agent, a queue or a telephone number."""
    return text.removeprefix("+").isdecimal()


def masked(number: str) -> str:
    """A number for eyes that may not see it: all but the last four digits hidden; "" stays "" (withheld)."""
    return "*" * max(0, len(number) - DIGITS_SHOWN) + number[-DIGITS_SHOWN:]
