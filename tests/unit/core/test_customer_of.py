"""What another system answers of a customer, cut to our bounds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.customers import LONGEST_NAME, MOST_TAGS, Customer, OtherSource, customer_of


def found(**answer: Any) -> Customer | None:
    return customer_of({"name": "Wang", **answer}, {}, "crm")


def test_everything_that_fits_is_taken() -> None:
    known = found(tags=["gold", 7], note="a\nb", vip="yes", reference=12, link="https://crm.test/12")
    assert known == Customer("Wang", (), ("gold", "7"), "a b", True, "12", "https://crm.test/12", "crm")


@pytest.mark.parametrize("name", [None, "", "  ", True, ["Wang"], {"a": 1}])
def test_without_a_name_nobody_is_known(name: Any) -> None:
    assert found(name=name) is None


@pytest.mark.parametrize(("tags", "kept"), [("a, b,,c", ("a", "b", "c")), (None, ()), ([None, ""], ()), (5, ("5",))])
def test_tags_come_as_a_list_or_as_words(tags: Any, kept: tuple[str, ...]) -> None:
    assert found(tags=tags) == Customer("Wang", tags=kept, source="crm")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "//x", 5])
def test_a_link_that_is_no_page_is_none(link: Any) -> None:
    assert found(link=link) == Customer("Wang", source="crm")


def test_what_is_too_long_is_cut() -> None:
    known = found(name="x" * 999, tags=["t"] * 99)
    assert known is not None and (len(known.name), len(known.tags)) == (LONGEST_NAME, MOST_TAGS)


def test_a_field_may_stand_deeper_under_another_name() -> None:
    answer = {"customer": {"full": "Li"}, "vip": 1}
    assert customer_of(answer, {"name": "customer.full", "note": "customer.full.deeper"}, "crm") == Customer(
        "Li", vip=True, source="crm"
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": "http", "url": "https://crm.test/"}, "must hold {number}"),
        ({"kind": "sql", "query": "select 1", "secret_file": "db"}, "must hold :number"),
        ({"kind": "sql", "query": "select :number"}, "secret_file"),
    ],
)
def test_a_source_that_cannot_be_asked_is_refused(wrong: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        OtherSource.model_validate({"id": "crm", **wrong})
    right = {"id": "crm", "kind": "sql", "query": "select :number", "secret_file": "db"}
    assert OtherSource.model_validate(right).timeout_s == 1.0
