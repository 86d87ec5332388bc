"""The encoder: whatever a caller, an agent or a page puts in, exactly one action or command goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.wire import Unencodable, agi_command, ami_action


@pytest.mark.parametrize("poison", ["a\r\nAction: Originate", "a\nb", "a\rb", "a\0b", "a\x1bb"])
def test_control_characters_are_refused(poison: str) -> None:
    with pytest.raises(Unencodable):
        ami_action({"Action": "Setvar", "Value": poison})
    with pytest.raises(Unencodable):
        agi_command("SET VARIABLE", "NAME", poison)


@pytest.mark.parametrize("name", ["/PJSIP.*/", "PJSIP", "PJSIP/x,Local/y", "PJSIP/a b", "PJSIP/a&PJSIP/b"])
def test_patterns_and_prefixes_are_no_channel_names(name: str) -> None:
    with pytest.raises(Unencodable):
        ami_action({"Action": "Hangup", "Channel": name})


def test_a_long_line_is_refused_before_asterisk_drops_the_session() -> None:
    with pytest.raises(Unencodable, match="1024"):
        ami_action({"Action": "Setvar", "Value": "x" * 1020})
    with pytest.raises(Unencodable, match="8192"):
        agi_command("SET VARIABLE", "NAME", "x" * 8192)


def test_a_repeated_header_is_written_once_a_value() -> None:
    encoded = ami_action({"Action": "Originate", "Variable": ["A=1", "B=2"]})
    assert encoded == b"Action: Originate\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n"


@given(st.text(), st.text())
def test_any_text_gives_one_action_or_none(first: str, second: str) -> None:
    try:
        encoded = ami_action({"Action": "Setvar", "Variable": first, "Value": second})
    except Unencodable:
        return
    assert encoded.count(b"\r\n\r\n") == 1 and encoded.count(b"\r\n") == 4
    assert encoded.count(b"\n") == encoded.count(b"\r") == 4


@given(st.text())
def test_any_text_gives_one_agi_line_with_its_quotes_closed(value: str) -> None:
    try:
        encoded = agi_command("SET VARIABLE", "NAME", value)
    except Unencodable:
        return
    assert encoded.count(b"\n") == 1 and encoded.endswith(b'"\n')
    body = encoded[len(b'SET VARIABLE "NAME" "') : -2].decode()
    assert body.replace("\\\\", "").replace('\\"', "").count('"') == 0
