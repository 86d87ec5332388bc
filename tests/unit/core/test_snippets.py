"""Which snippets are found, in which order, and which cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationWrong
from core.house_text import from_yaml, to_yaml
from core.snippets import FOUND_AT_MOST, Snippet, found
from tests.unit.floor import small_house


def snippet(name: str, title: str, text: str, *places: str, words: str = "") -> Snippet:
    return Snippet(id=name, title={"zh-CN": title}, text={"zh-CN": text}, words=words, places=places)


RETURNS = snippet("returns", "退货政策", "十四天内凭发票退货。", "after-sales", words="refund")
INVOICE = snippet("invoice", "开发票", "电子发票在订单页下载。ＰＤＦ 格式。", "after-sales", "billing")
HOURS = snippet("hours", "营业时间", "每天 8 点至 20 点，也可退货。")
ALL = (RETURNS, INVOICE, HOURS)


@pytest.mark.parametrize(
    ("words", "places", "wanted"),
    [
        ("", {"after-sales"}, [RETURNS, INVOICE]),
        ("", {"after-sales", "billing"}, [INVOICE, RETURNS]),
        ("", {"presales"}, []),
        ("退货", set(), [RETURNS, HOURS]),
        ("发票", {"after-sales"}, [INVOICE, RETURNS]),
        ("发票 退货", set(), [RETURNS]),
        ("pdf", set(), [INVOICE]),
        ("REFUND", {"presales"}, [RETURNS]),
        ("  ", set(), []),
        (".*", set(), []),
    ],
)
def test_words_and_the_callers_way_find_and_the_title_comes_first(
    words: str, places: set[str], wanted: list[Snippet]
) -> None:
    assert found(ALL, words, places) == wanted


@given(st.text(max_size=100), st.sets(st.text(max_size=9)))
def test_whatever_is_typed_finds_some_of_those_there_are(words: str, places: set[str]) -> None:
    assert all(each in ALL for each in found(ALL, words, places))


def test_no_more_are_found_than_somebody_reads() -> None:
    assert len(found([snippet(f"s{n}", "一", "二") for n in range(50)], "一", set())) == FOUND_AT_MOST


def test_texts_have_lines_and_survive_a_round_trip_and_nothing_else_is_in_them() -> None:
    two_lines = RETURNS.model_copy(update={"text": {"zh-CN": "第一行\n第二行"}})
    house = small_house()
    with_it = house.model_copy(update={"desk": house.desk.model_copy(update={"snippets": (two_lines,)})})
    assert from_yaml(to_yaml(with_it), "x").desk.snippets == (two_lines,)
    with pytest.raises(ValueError, match="printable"):
        snippet("bad", "标题", "响\a铃")


def test_two_of_one_name_are_told_with_their_place() -> None:
    house = small_house()
    twice = house.model_copy(update={"desk": house.desk.model_copy(update={"snippets": (RETURNS, RETURNS)})})
    with pytest.raises(ConfigurationWrong, match=r"desk\.snippets\.1\.id"):
        from_yaml(to_yaml(twice), "x")
