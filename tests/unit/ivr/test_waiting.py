"""The words of an announcement to a waiting caller, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.commands import TellWait
from core.ids import CallId, CommandId, NodeId
from ivr.prompts import load_prompts
from ivr.say import PARTS, PREFIX
from ivr.waiting import PROMPTS, words
from queueing import callbacks

TOLD = TellWait(CommandId("1.0"), 0.0, NodeId("n"), CallId("c"), "zh-CN", 3, 120.0, 240.0, False, "12")
TEXTS = {(each.language, each.name): each.text for each in load_prompts()}


def spoken(told: TellWait) -> str:
    """Composed parts as text; whole prompts by name."""
    names = words(told)
    said = [
        PARTS[told.language][name.removeprefix(PREFIX)] if name.startswith(PREFIX) else f"<{name}>" for name in names
    ]
    return ("" if told.language == "zh-CN" else " ").join(said)


@pytest.mark.parametrize(
    ("language", "ahead", "minutes", "text"),
    [
        ("zh-CN", 3, (2, 4), "您前面还有三位来电者预计还要等待两到四分钟"),
        ("zh-CN", 2, (0, 1), "您前面还有两位来电者预计还要等待不到一分钟"),
        ("zh-CN", 12, (10, 22), "您前面还有十二位来电者预计还要等待十到二十二分钟"),
        ("zh-CN", 0, (0, 2), "<you-are-next>预计还要等待不到两分钟"),
        ("en", 3, (2, 4), "three callers are before you the wait is about two to four minutes"),
        ("en", 1, (0, 1), "one caller is before you the wait is about less than one minute"),
        ("en", 0, (1, 2), "<you-are-next> the wait is about one to two minutes"),
    ],
)
def test_place_and_wait_are_said_by_the_rules_of_the_language(
    language: str, ahead: int, minutes: tuple[int, int], text: str
) -> None:
    low_s, high_s = (60.0 * each for each in minutes)
    told = replace(TOLD, language=language, ahead=ahead, low_s=low_s, high_s=high_s, keys="")
    assert spoken(told) == text


def test_what_is_not_known_is_not_said() -> None:
    nothing = replace(TOLD, ahead=None, low_s=0.0, high_s=0.0, keys="")
    assert words(nothing) == ("as-soon-as-possible",)
    assert words(replace(nothing, overdue=True)) == ("longer-than-said",)


def test_offers_come_last_in_the_order_of_their_keys() -> None:
    assert words(TOLD)[-2:] == ("offer-callback", "offer-message")
    assert words(replace(TOLD, keys="2"))[-1:] == ("offer-message",)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_word_has_a_text(language: str) -> None:
    named = {*PROMPTS, callbacks.PROMPT, *words(replace(TOLD, language=language))}
    assert [name for name in sorted(named) if (language, name) not in TEXTS] == []
