"""One form inside, each carrier's form outside, and nothing hostile passes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.numbers import Plan, dialable, masked, normalised, outbound

BEIJING = Plan("86", "10")
FORMATS = st.sampled_from(["e164", "national", "international"])
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
LANDLINES = st.from_regex(r"(10|2[0-9])[2-8][0-9]{7}|[3-9][1-57-9][0-9][2-8][0-9]{6,7}", fullmatch=True)
SERVICES = st.from_regex(r"1(10|19|2[0-2])|100[0-9]{2}|12[0-9]{3}|95[0-9]{3,6}|[48]00[0-9]{7}", fullmatch=True)
PLANS = st.builds(Plan, st.sampled_from(["86", "1", "49", "852"]), st.from_regex(r"[1-9][0-9]{0,3}|", fullmatch=True))


@pytest.mark.parametrize(
    ("written", "inside"),
    [
        ("+8613800138000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("013800138000", "+8613800138000"),
        ("13800138000", "+8613800138000"),
        ("+86013800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("01065551234", "+861065551234"),
        ("1065551234", "+861065551234"),
        ("65551234", "+861065551234"),
        ("075512345678", "+8675512345678"),
        ("86075512345678", "+8675512345678"),
        ("01012345", "+861012345"),
        ("+8695001", "95001"),
        ("95001", "95001"),
        ("10086", "10086"),
        ("110", "110"),
        ("4008001234", "4008001234"),
        ("+12025550123", "+12025550123"),
        ("0085212345678", "+85212345678"),
        ("", ""),
        ("anonymous", ""),
        ("Restricted", ""),
        ("+0123", ""),
        ("+", ""),
        ("*67", ""),
        ("500&PJSIP/seat-01", ""),
        ("${EXTEN}", ""),
        ("13800138000,1", ""),
        ("13800138000\n", ""),
        ("１３８００１３８０００", ""),
        ("1" * 21, ""),
    ],
)
def test_callers_numbers(written: str, inside: str) -> None:
    assert normalised(written, BEIJING) == inside


def test_local_numbers_take_our_own_area_code() -> None:
    assert normalised("65551234", Plan("86", "21")) == "+862165551234"
    assert normalised("65551234", Plan("86", "")) == "65551234"


def test_other_countries_follow_the_general_rules() -> None:
    berlin = Plan("49", "30")
    assert normalised("03012345678", berlin) == "+493012345678"
    assert normalised("12345678", berlin) == "+493012345678"
    assert normalised("110", berlin) == "110"
    assert normalised("008613800138000", berlin) == "+8613800138000"


@pytest.mark.parametrize(
    ("number", "e164", "national", "international"),
    [
        ("+8613800138000", "+8613800138000", "013800138000", "008613800138000"),
        ("+861065551234", "+861065551234", "01065551234", "00861065551234"),
        ("+12025550123", "+12025550123", "0012025550123", "0012025550123"),
        ("95001", "95001", "95001", "95001"),
        ("110", "110", "110", "110"),
    ],
)
def test_each_carrier_gets_its_form(number: str, e164: str, national: str, international: str) -> None:
    forms = {"e164": e164, "national": national, "international": international}
    assert {form: outbound(number, form, BEIJING) for form in forms} == forms


@given(st.one_of(MOBILES, LANDLINES), FORMATS)
def test_what_goes_out_comes_back(national: str, number_format: str) -> None:
    inside = f"+86{national}"
    assert normalised(outbound(inside, number_format, BEIJING), BEIJING) == inside


@given(st.one_of(MOBILES, LANDLINES), st.sampled_from(["+86", "0086", "86", "0", "", "+860"]))
def test_every_spelling_is_one_number(national: str, prefix: str) -> None:
    assert normalised(prefix + national, BEIJING) == f"+86{national}"


@given(SERVICES, FORMATS)
def test_service_numbers_stay_as_they_are(number: str, number_format: str) -> None:
    assert outbound(normalised(number, BEIJING), number_format, BEIJING) == number


@given(st.one_of(st.text(max_size=30), st.text("+0123456789*#-.() ", max_size=24)), PLANS)
def test_only_numbers_come_inside_and_twice_changes_nothing(written: str, plan: Plan) -> None:
    inside = normalised(written, plan)
    assert inside == "" or re.fullmatch(r"\+?[0-9]{1,20}", inside)
    assert not inside.startswith("+") or re.fullmatch(r"\+[1-9][0-9]{1,14}", inside)
    assert normalised(inside, plan) == inside


@given(st.text(max_size=30))
def test_only_dialable_text_is_dialled(text: str) -> None:
    if re.fullmatch(r"\+?[0-9*#]{1,20}", text):
        assert dialable(text) == text
    else:
        with pytest.raises(Refused):
            dialable(text)


@pytest.mark.parametrize("text", ["", "+", "500&PJSIP/x", "1,2", "${X}", "1\n", "١٢٣", "1" * 21, "++1", "1 2"])
def test_dial_strings_are_refused_outbound(text: str) -> None:
    with pytest.raises(Refused):
        outbound(text, "national", BEIJING)


@given(st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True))
def test_all_but_the_last_four_digits_are_hidden(number: str) -> None:
    assert masked(number) == "*" * (len(number) - 4) + number[-4:]


def test_a_withheld_number_stays_withheld() -> None:
    assert masked("") == ""


@pytest.mark.parametrize("digits", ["8612", "8610", "8600000000000"])
def test_a_country_code_before_what_is_no_number_stays_as_it_was_dialled(digits: str) -> None:
    assert normalised(digits, Plan()) == digits
