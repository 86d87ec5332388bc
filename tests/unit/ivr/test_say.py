"""Numbers and times in words. A reader written the other way round gets back what was said."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.say import LARGEST, PARTS, PREFIX, Kind, in_words, said

NUMBERS = st.one_of(st.integers(0, LARGEST), st.integers(0, 2000), st.sampled_from([10**n for n in range(8)]))
ZH_DIGITS = {**{word: n for n, word in enumerate("零一二三四五六七八九")}, "两": 2}
ZH_UNITS = {"十": 10, "百": 100, "千": 1000}


def zh(kind: Kind, value: str) -> str:
    return in_words(said(kind, value, "zh-CN"), "zh-CN")


def en(kind: Kind, value: str) -> str:
    return in_words(said(kind, value, "en"), "en")


def heard_zh(text: str) -> int:
    """What a listener makes of a Chinese number."""
    high, myriad, low = text.rpartition("万")
    return (heard_zh(high) * 10_000 if myriad else 0) + _heard_below_myriad(low)


def _heard_below_myriad(text: str) -> int:
    total, digit = 0, 0
    for position, word in enumerate(text):
        if word in ZH_UNITS:
            total += (digit if digit or position else 1) * ZH_UNITS[word]
            digit = 0
        else:
            digit = ZH_DIGITS[word]
    return total + digit


def heard_en(text: str) -> int:
    """What a listener makes of an English number."""
    values = {word: int(name) for name, word in PARTS["en"].items() if name.isdigit()}
    total, group = 0, 0
    for word in text.split():
        if word in values:
            group += values[word]
        elif word == "hundred":
            group *= 100
        elif word in ("thousand", "million"):
            total, group = total + group * (1000 if word == "thousand" else 1_000_000), 0
    return total + group


@given(NUMBERS)
@example(0)
@example(LARGEST)
def test_a_chinese_number_is_understood_as_what_it_is(n: int) -> None:
    assert heard_zh(zh("number", str(n))) == n


@given(NUMBERS)
@example(0)
@example(LARGEST)
def test_an_english_number_is_understood_as_what_it_is(n: int) -> None:
    assert heard_en(en("number", str(n))) == n


@given(NUMBERS)
def test_chinese_zeros_are_said_once_and_never_last(n: int) -> None:
    text = zh("number", str(n))
    assert "零零" not in text
    assert n == 0 or not text.endswith("零")
    assert "零万" not in text and "零百" not in text and "零十" not in text


@pytest.mark.parametrize(
    ("kind", "value", "chinese", "english"),
    [
        ("number", "2", "二", "two"),
        ("number", "12", "十二", "twelve"),
        ("number", "110", "一百一十", "one hundred and ten"),
        ("number", "105", "一百零五", "one hundred and five"),
        ("number", "222", "两百二十二", "two hundred and twenty two"),
        ("number", "2002", "两千零二", "two thousand and two"),
        ("number", "20000", "两万", "twenty thousand"),
        ("number", "120010", "十二万零一十", "one hundred and twenty thousand and ten"),
        ("number", "10010010", "一千零一万零一十", "ten million ten thousand and ten"),
        ("count", "2", "两位", "two"),
        ("count", "12", "十二位", "twelve"),
        ("digits", "13800138010", "幺三八零零幺三八零幺零", "one three eight zero zero one three eight zero one zero"),
        ("money", "2", "两元", "two yuan"),
        ("money", "0", "零元", "zero yuan"),
        ("money", "12.50", "十二元五角", "twelve yuan and fifty fen"),
        ("money", "12.05", "十二元零五分", "twelve yuan and five fen"),
        ("money", "0.22", "两角两分", "twenty two fen"),
        ("money", "100.2", "一百元两角", "one hundred yuan and twenty fen"),
        ("date", "2026-11-26", "二零二六年十一月二十六日", "twenty sixth of November twenty twenty six"),
        ("date", "2001-02-20", "二零零一年二月二十日", "twentieth of February two thousand and one"),
        ("date", "1905-01-01", "一九零五年一月一日", "first of January nineteen oh five"),
        ("date", "1900-01-01", "一九零零年一月一日", "first of January nineteen hundred"),
        ("time", "14:00", "下午两点整", "two p m"),
        ("time", "00:05", "凌晨零点零五分", "twelve oh five a m"),
        ("time", "12:30", "中午十二点三十分", "twelve thirty p m"),
        ("time", "20:22", "晚上八点二十二分", "eight twenty two p m"),
        ("duration", "2", "两秒", "two seconds"),
        ("duration", "61", "一分钟", "one minute"),
        ("duration", "7320", "两小时两分钟", "two hours two minutes"),
        ("duration", "3600", "一小时", "one hour"),
    ],
)
def test_values_are_said_as_people_say_them(kind: Kind, value: str, chinese: str, english: str) -> None:
    assert (zh(kind, value), en(kind, value)) == (chinese, english)


@given(
    st.sampled_from(["digits", "number", "count", "money", "date", "time", "duration"]),
    st.one_of(st.text(max_size=30), st.from_regex(r"[0-9.:-]{0,12}", fullmatch=True)),
    st.sampled_from(["zh-CN", "en"]),
)
def test_whatever_a_look_up_answers_only_known_words_are_said(kind: Kind, value: str, language: str) -> None:
    for name in said(kind, value, language):
        assert name.removeprefix(PREFIX) in PARTS[language]


@given(st.dates(), st.sampled_from(["zh-CN", "en"]))
def test_every_date_can_be_said(day: object, language: str) -> None:
    words = said("date", str(day), language)
    assert words[-1] == "say-day" if language == "zh-CN" else "say-of" in words


@given(st.times(), st.sampled_from(["zh-CN", "en"]))
def test_every_time_can_be_said(at: object, language: str) -> None:
    words = said("time", f"{at:%H:%M}", language)
    assert any(word in ("say-o-clock", "say-am", "say-pm") for word in words)
