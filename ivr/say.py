"""Numbers and times in words: what is said is a row of short prompts, named here, spoken once and kept. Pure.

zh-CN: 两 before 百 千 万 亿 and before measure words, 二 elsewhere; 零 for a gap inside a number; 幺 and 零 in
numbers that are read digit by digit, as telephone numbers and cases are (years say 一). en: British, with "and".
A value that is not of its kind is said digit by digit, or not at all: a caller never hears an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Literal

from core.house_prompts import PARTS_PREFIX

Kind = Literal["digits", "number", "count", "money", "date", "time", "duration", "ahead", "wait"]
LARGEST = 99_999_999
PREFIX = PARTS_PREFIX

_ZH_WORDS = {
    **{str(n): word for n, word in enumerate("零一二三四五六七八九")},
    "liang": "两", "yao": "幺", "ten": "十", "hundred": "百", "thousand": "千", "myriad": "万",
    "persons": "位", "year": "年", "month": "月", "day": "日", "yuan": "元", "jiao": "角", "fen": "分",
    "early": "凌晨", "morning": "上午", "noon": "中午", "afternoon": "下午", "evening": "晚上",
    "before-you": "您前面还有", "callers": "来电者", "about": "预计还要等待", "under": "不到", "to": "到",
    "o-clock": "点", "sharp": "整", "minute": "分", "hours": "小时", "minutes": "分钟", "seconds": "秒",
}  # fmt: skip
_EN_NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_EN_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_EN_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
)  # fmt: skip
_EN_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_EN_WORDS = {
    **{str(n): word for n, word in enumerate(_EN_NUMBERS)},
    **{str(10 * n): word for n, word in enumerate(_EN_TENS, start=2)},
    **{f"{n}th": word for n, word in enumerate(_EN_ORDINALS, start=1)},
    "20th": "twentieth", "30th": "thirtieth",
    **{f"month-{n}": word for n, word in enumerate(_EN_MONTHS, start=1)},
    "hundred": "hundred", "thousand": "thousand", "million": "million", "and": "and", "oh": "oh", "of": "of",
    "yuan": "yuan", "fen": "fen", "am": "a m", "pm": "p m", "hour": "hour", "hours": "hours",
    "caller-ahead": "caller is before you", "callers-ahead": "callers are before you",
    "about": "the wait is about", "under": "less than", "to": "to",
    "minute": "minute", "minutes": "minutes", "second": "second", "seconds": "seconds",
}  # fmt: skip
PARTS: Mapping[str, Mapping[str, str]] = {"zh-CN": _ZH_WORDS, "en": _EN_WORDS}
"""Language -> name without PREFIX -> what is spoken."""


def said(kind: Kind, value: str, language: str) -> tuple[str, ...]:
    """The prompts that say `value`. Numbers to LARGEST; money as 12.50; ISO dates; times as 14:30; durations in s.

    `ahead` is a number of callers before this one; `wait` is whole minutes as 2-4, and as 0-4 for less than four.
    """
    rules = _ZH if language == "zh-CN" else _EN
    try:
        words = rules[kind](value)
    except ValueError:
        words = rules["digits"](value)
    return tuple(PREFIX + word for word in words)


def in_words(prompts: tuple[str, ...], language: str) -> str:
    """What these prompts say, as text."""
    words = [PARTS[language][name.removeprefix(PREFIX)] for name in prompts]
    return ("" if language == "zh-CN" else " ").join(words)


def _whole(value: str) -> int:
    """Raises ValueError: no number, or one beyond LARGEST."""
    if not (value.isascii() and value.isdigit()) or int(value) > LARGEST:
        raise ValueError(value)
    return int(value)


def _money(value: str) -> tuple[int, int]:
    """Yuan and fen."""
    found = re.fullmatch(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?", value)
    if found is None:
        raise ValueError(value)
    return int(found[1]), int((found[2] or "").ljust(2, "0"))


def _clock(value: str) -> tuple[int, int]:
    at = time.fromisoformat(value)
    return at.hour, at.minute


def _lasting(value: str) -> list[tuple[int, str]]:
    """The two largest units that are not nothing; seconds only below a minute, where they still matter."""
    seconds = _whole(value)
    if seconds < 60:
        return [(seconds, "second")]
    hours, minutes = divmod(round(seconds / 60), 60)
    return [(count, unit) for count, unit in ((hours, "hour"), (minutes, "minute")) if count]


def _span(value: str) -> tuple[int, int]:
    low, _, high = value.partition("-")
    return _whole(low), _whole(high)


# --- Chinese -------------------------------------------------------------------------------------
def zh_number(n: int) -> list[str]:
    """A whole number from 0 to LARGEST."""
    high, low = divmod(n, 10_000)
    if not high:
        return _zh_below_myriad(low) if low else ["0"]
    words = (["liang"] if high == 2 else _zh_below_myriad(high)) + ["myriad"]
    if not low:
        return words
    gap = ["0"] if low < 1000 else []
    return words + gap + _zh_below_myriad(low, inside=True)


def _zh_below_myriad(n: int, *, inside: bool = False) -> list[str]:
    """1 to 9,999. `inside` a larger number ten is 一十, and alone it is 十."""
    words: list[str] = []
    for power, unit in ((1000, "thousand"), (100, "hundred"), (10, "ten"), (1, "")):
        digit, n = divmod(n, power)
        if digit:
            words += _zh_digit(digit, unit, bare_ten=not words and not inside)
        elif words and n and words[-1] != "0":
            words.append("0")
    return words


def _zh_digit(digit: int, unit: str, *, bare_ten: bool) -> list[str]:
    if unit == "ten" and digit == 1 and bare_ten:
        return ["ten"]
    name = "liang" if digit == 2 and unit in ("hundred", "thousand") else str(digit)
    return [name, unit] if unit else [name]


def _zh_count(n: int) -> list[str]:
    """Before a measure word."""
    return ["liang"] if n == 2 else zh_number(n)


def _zh_digits(value: str, one: str = "yao") -> list[str]:
    return [one if digit == "1" else digit for digit in value if digit.isascii() and digit.isdigit()]


def _zh_money(value: str) -> list[str]:
    yuan, cents = _money(value)
    jiao, fen = divmod(cents, 10)
    words = [*_zh_count(yuan), "yuan"] if yuan or not cents else []
    if jiao:
        words += [*_zh_count(jiao), "jiao"]
    elif words and fen:
        words.append("0")
    return words + ([*_zh_count(fen), "fen"] if fen else [])


def _zh_date(value: str) -> list[str]:
    day = date.fromisoformat(value)
    year = [*_zh_digits(f"{day.year:04}", one="1"), "year"]
    return [*year, *zh_number(day.month), "month", *zh_number(day.day), "day"]


def _zh_time(value: str) -> list[str]:
    hour, minute = _clock(value)
    spans = ((6, "early"), (12, "morning"), (13, "noon"), (18, "afternoon"), (24, "evening"))
    part = next(name for end, name in spans if hour < end)
    words = [part, *_zh_count(hour if hour <= 12 else hour - 12), "o-clock"]
    if not minute:
        return [*words, "sharp"]
    return [*words, *(["0"] if minute < 10 else []), *zh_number(minute), "minute"]


def _zh_duration(value: str) -> list[str]:
    return [word for count, unit in _lasting(value) for word in (*_zh_count(count), f"{unit}s")]


def _zh_ahead(value: str) -> list[str]:
    return ["before-you", *_zh_count(_whole(value)), "persons", "callers"]


def _zh_wait(value: str) -> list[str]:
    low, high = _span(value)
    return ["about", *([*_zh_count(low), "to"] if low else ["under"]), *_zh_count(high), "minutes"]


# --- English -------------------------------------------------------------------------------------
def en_number(n: int) -> list[str]:
    """A whole number from 0 to LARGEST."""
    if n < 1000:
        return _en_below_thousand(n)
    power, name = (1_000_000, "million") if n >= 1_000_000 else (1000, "thousand")
    head, rest = divmod(n, power)
    link = ["and"] if 0 < rest < 100 else []
    return [*_en_below_thousand(head), name, *link, *(en_number(rest) if rest else [])]


def _en_below_thousand(n: int) -> list[str]:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return _en_below_hundred(rest)
    return [str(hundreds), "hundred", *(["and", *_en_below_hundred(rest)] if rest else [])]


def _en_below_hundred(n: int) -> list[str]:
    if n < 20:
        return [str(n)]
    return [str(n - n % 10), *([str(n % 10)] if n % 10 else [])]


def _en_digits(value: str) -> list[str]:
    return [digit for digit in value if digit.isascii() and digit.isdigit()]


def _en_money(value: str) -> list[str]:
    yuan, fen = _money(value)
    words = [*en_number(yuan), "yuan"] if yuan or not fen else []
    return words + ([*(["and"] if words else []), *en_number(fen), "fen"] if fen else [])


def _en_date(value: str) -> list[str]:
    """The twenty-sixth of November, twenty twenty-six."""
    day = date.fromisoformat(value)
    tens = day.day - day.day % 10
    ordinal = [f"{day.day}th"] if day.day < 21 or not day.day % 10 else [str(tens), f"{day.day % 10}th"]
    return [*ordinal, "of", f"month-{day.month}", *_en_year(day.year)]


def _en_year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if not century or (century % 10 == 0 and rest < 10):
        return en_number(year)
    if not rest:
        return [*_en_below_hundred(century), "hundred"]
    return [*_en_below_hundred(century), *(["oh"] if rest < 10 else []), *_en_below_hundred(rest)]


def _en_time(value: str) -> list[str]:
    hour, minute = _clock(value)
    words = _en_below_hundred((hour - 1) % 12 + 1)
    if minute:
        words += [*(["oh"] if minute < 10 else []), *_en_below_hundred(minute)]
    return [*words, "am" if hour < 12 else "pm"]


def _en_duration(value: str) -> list[str]:
    return [word for n, unit in _lasting(value) for word in (*en_number(n), unit if n == 1 else f"{unit}s")]


def _en_ahead(value: str) -> list[str]:
    n = _whole(value)
    return [*en_number(n), "caller-ahead" if n == 1 else "callers-ahead"]


def _en_wait(value: str) -> list[str]:
    low, high = _span(value)
    before = [*en_number(low), "to"] if low else ["under"]
    return ["about", *before, *en_number(high), "minute" if high == 1 else "minutes"]


_ZH: Mapping[str, Callable[[str], list[str]]] = {
    "digits": _zh_digits,
    "number": lambda value: zh_number(_whole(value)),
    "count": lambda value: [*_zh_count(_whole(value)), "persons"],
    "money": _zh_money,
    "date": _zh_date,
    "time": _zh_time,
    "duration": _zh_duration,
    "ahead": _zh_ahead,
    "wait": _zh_wait,
}
_EN: Mapping[str, Callable[[str], list[str]]] = {
    "digits": _en_digits,
    "number": lambda value: en_number(_whole(value)),
    "count": lambda value: en_number(_whole(value)),
    "money": _en_money,
    "date": _en_date,
    "time": _en_time,
    "duration": _en_duration,
    "ahead": _en_ahead,
    "wait": _en_wait,
}
