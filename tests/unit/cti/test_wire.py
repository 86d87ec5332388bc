"""The encoder: whatever a caller, an agent or a page puts in, exactly one action or command goes out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import SeatId
from cti.credentials import Credentials
from cti.wire import Unencodable, agi_command, ami_action

HOSTILE = st.text(st.sampled_from('\r\n\0"\\/,; a张') | st.characters())
"""What has a meaning on the wire, often: any text at all rarely has two such characters together."""


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
    encoded = ami_action({"Action": "Status", "Variable": ["A=1", "B=2"]})
    assert encoded == b"Action: Status\r\nVariable: A=1\r\nVariable: B=2\r\n\r\n"


@given(HOSTILE, HOSTILE)
def test_any_text_gives_one_action_or_none(first: str, second: str) -> None:
    try:
        encoded = ami_action({"Action": "Setvar", "Variable": first, "Value": second})
    except Unencodable:
        return
    assert encoded.count(b"\r\n\r\n") == 1 and encoded.count(b"\r\n") == 4
    assert encoded.count(b"\n") == encoded.count(b"\r") == 4


@given(HOSTILE)
def test_any_text_gives_one_agi_line_with_its_quotes_closed(value: str) -> None:
    try:
        encoded = agi_command("SET VARIABLE", "NAME", value)
    except Unencodable:
        return
    assert encoded.count(b"\n") == 1 and encoded.endswith(b'"\n')
    body = encoded[len(b'SET VARIABLE "NAME" "') : -2].decode()
    assert body.replace("\\\\", "").replace('\\"', "").count('"') == 0


CHECKOUT = Path(__file__).resolve().parents[3]
ORIGINATE = {
    "Action": "Originate",
    "Channel": "PJSIP/std667thlaqu",
    "Context": "outbound",
    "Exten": "agent",
    "Priority": "1",
    "Async": "true",
    "ChannelId": "a-out-4711.0",
    "CallerID": "+8613800138000",
    "Timeout": "20000",
}
"""The only form in which one goes out."""


def test_our_originate_goes_out_as_it_is() -> None:
    lines = ami_action(ORIGINATE).decode().split("\r\n")
    assert lines == [*(f"{name}: {value}" for name, value in ORIGINATE.items()), "", ""]


@pytest.mark.parametrize("line", [{}, {"Context": "monitor-whisper", "Exten": "a-1.2", "ChannelId": "a-mon-4711.0"}])
def test_each_phone_of_a_seat_can_be_rung(line: dict[str, str]) -> None:
    phones = Credentials(bytes(32)).phones(SeatId("seat-01"))
    for name in (phones.sip_name, phones.web_name):
        assert f"PJSIP/{name}" in ami_action(ORIGINATE | line | {"Channel": f"PJSIP/{name}"}).decode()


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Channel", "PJSIP/13900139000@trunk-a"),
        ("Channel", "PJSIP/trunk-a"),
        ("Channel", "PJSIP/trunk-web"),
        ("Channel", "PJSIP/500-web@trunk-a"),
        ("Channel", "PJSIP/500&PJSIP/13900139000@trunk-a"),
        ("Channel", "Local/s@answered"),
        ("Channel", "PJSIP/${GLOBAL(X)}"),
        ("Context", "hotline"),
        ("Context", "dial"),
        ("Exten", "a"),
        ("Priority", "2"),
        ("Async", "false"),
        ("ChannelId", "a-1795000000.17"),
        ("CallerID", "500&PJSIP/1"),
        ("CallerID", '"x" <1>'),
        ("Application", "Echo"),
        ("Data", "x"),
        ("Variable", "A=1"),
        ("variable", "A=1"),
        ("Account", "x"),
        ("EarlyMedia", "true"),
        ("Codecs", "alaw"),
        ("PreDialGoSub", "dial,a,1(1,2)"),
        ("action", "Originate"),
    ],
)
def test_no_other_originate_goes_out(header: str, value: str) -> None:
    with pytest.raises(Unencodable):
        ami_action(ORIGINATE | {header: value})


@pytest.mark.parametrize("header", ["Channel", "ChannelId", "Context", "Exten", "Priority", "Async"])
def test_an_originate_lacks_nothing_that_binds_it(header: str) -> None:
    with pytest.raises(Unencodable, match=header):
        ami_action({name: value for name, value in ORIGINATE.items() if name != header})


_ODD = st.text(alphabet='Oor1i/@&${},;:*#\r\n\0 "PJSIPtrunk-a', max_size=12)


@given(
    st.dictionaries(
        st.one_of(st.sampled_from([*ORIGINATE, "Application", "Data", "Variable"]), st.text(max_size=9)), _ODD
    ),
    st.sampled_from(["Originate", "originate", "ORIGINATE", " Originate", "Originate "]),
    st.sampled_from(["Action", "action", "ACTION"]),
)
def test_whatever_is_asked_for_an_originate_that_goes_out_is_ours(changes: dict[str, str], name: str, key: str) -> None:
    """Read back from the wire."""
    others = {header: value for header, value in changes.items() if header != "Action"}
    try:
        encoded = ami_action({key: name} | {k: v for k, v in ORIGINATE.items() if k != "Action"} | others)
    except Unencodable:
        return
    sent = dict(line.split(": ", 1) for line in encoded.decode().split("\r\n")[:-2])
    assert encoded.count(b"\r\n\r\n") == 1 and set(sent) <= set(ORIGINATE)
    for header in ("Action", "Context", "Exten", "Priority", "Async"):
        assert sent[header] == ORIGINATE[header]
    assert re.fullmatch(r"PJSIP/[A-Za-z0-9]+(-web)?", sent["Channel"])
    assert re.fullmatch(r"[A-Za-z0-9-]+-out-[0-9]+\.[0-9]+", sent["ChannelId"])
    assert re.fullmatch(r"\+?[0-9*#]*", sent["CallerID"])


def test_only_the_simulated_network_originates_freely() -> None:
    """Of the product's own files; the encoder of our PBX is the guard (docs/decisions/0008)."""
    packages = ("api", "app", "bench", "core", "cti", "ivr", "monitor", "queueing", "recording", "store")
    files = [file for name in packages for file in (CHECKOUT / name).rglob("*.py")]
    users = {str(file.relative_to(CHECKOUT)) for file in files if "unbound_action" in file.read_text(encoding="utf-8")}
    assert users == {"cti/wire.py", "cti/carrier/carrier.py"}
