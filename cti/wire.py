"""The one encoder for what we write to Asterisk, over AMI and over AGI.

A carriage return or line feed inside a value would start a second header or action; a leading
"/" in a channel name is a regular expression to AMI's Hangup. All such values are refused here,
whoever made them. Limits: manager.c refuses a request line over 1024 bytes; res_agi.c reads
command lines of 8192 bytes and 128 arguments.

Originate can call the whole world and run any application, and AMI cannot restrict it. So the only one that is
encoded is ours: a seat's phone, sent to the one place of the dialplan where our engine decides what is dialled, a
number over a trunk, sent to the one where a notice is spoken and nothing can be dialled, or a ChanSpy() on one channel,
sent to our own door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.errors import Misuse

AMI_LINE_BYTES = 1024
AGI_LINE_BYTES = 8192
AGI_ARGUMENTS = 128
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""And halves of characters, of which no bytes can be made."""
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")
_CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9@._:;\-+*#]{1,120}")

AGENT_LINE = {"Context": "outbound", "Exten": "agent", "Priority": "1", "Async": "true"}
"""Where an Originate may lead (asterisk-conf/pbx/extensions.conf.j2). Async, or its session stalls meanwhile."""

LEADER_LINE = {"Context": "summons", "Exten": "leader", "Priority": "1", "Async": "true"}
"""The other one."""

EAR_LINE = {"Context": "ear", "Priority": "1", "Async": "true"}
"""And where the half of a Local channel leads whose other half hears a call: to our own AudioSocket door."""

BEEP_LINE = {"Context": "beep", "Exten": "s", "Priority": "1", "Async": "true"}
"""Where it leads when the other half whispers a tone to an agent."""

TAKEN = "taken"
"""The context to which a listener's phone goes that has the caller from now on."""

MONITOR = "monitor-"
"""How the contexts begin in which a listener's phone is; the way of listening follows."""

Form = Mapping[str, re.Pattern[str]]


def _form(line: Mapping[str, str], channel: str, kind: str, **more: str) -> Form:
    return {
        **{header: re.compile(re.escape(value)) for header, value in line.items()},
        **{header: re.compile(value) for header, value in more.items()},
        "Action": re.compile(r"Originate"),
        "ActionID": re.compile(r"[0-9]{1,20}"),
        "Channel": re.compile(channel),
        "ChannelId": re.compile(rf"[A-Za-z0-9][A-Za-z0-9-]{{0,60}}-{kind}-[0-9]{{1,20}}\.[0-9]{{1,20}}"),
        "CallerID": re.compile(r"\+?[0-9*#]{0,20}"),
        "Timeout": re.compile(r"[0-9]{4,6}"),
    }


_SEAT_PHONE = r"PJSIP/(?!trunk-)[A-Za-z0-9]{1,40}(-web)?"
"""A desk phone or a browser's (cti/credentials.py)."""

_TO_AGENT = _form(AGENT_LINE, _SEAT_PHONE, "out")
_TO_LEADER = _form(LEADER_LINE, r"PJSIP/\+?[0-9]{2,20}@trunk-[a-z0-9][a-z0-9-]{0,39}", "sum")
_TO_EAR = _form(
    EAR_LINE, r"Local/[A-Za-z0-9-]{1,60}[-.][0-9.]{1,30}@spy", "ear", Exten=r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_TO_BEEP = _form(BEEP_LINE, r"Local/[A-Za-z0-9-]{1,60}[-.][0-9.]{1,30}@whisper", "ear")
_TO_LISTENER = _form(
    {"Priority": "1", "Async": "true"}, _SEAT_PHONE, "mon",
    Context=rf"{MONITOR}(listen|whisper|barge_in)", Exten=r"[A-Za-z0-9-]{1,60}[-.][0-9.]{1,30}",
)  # fmt: skip
_FORMS = {
    LEADER_LINE["Context"]: _TO_LEADER,
    EAR_LINE["Context"]: _TO_EAR,
    BEEP_LINE["Context"]: _TO_BEEP,
    **dict.fromkeys((f"{MONITOR}listen", f"{MONITOR}whisper", f"{MONITOR}barge_in"), _TO_LISTENER),
}
_ORIGINATE_NEEDS = frozenset({"Channel", "ChannelId", *AGENT_LINE})

Value = str | Sequence[str]

Message = Mapping[str, str | list[str]]
"""What AMI says: headers, case-insensitive; a repeated one holds a list. A missing one raises KeyError: use .get."""


class Unencodable(Misuse):
    """A value that Asterisk would read as something else."""


def _checked(value: str, what: str) -> str:
    if _CONTROL.search(value):
        raise Unencodable(f"control character in {what}")
    return value


def ami_action(fields: Mapping[str, Value]) -> bytes:
    """One AMI action; the first field must be Action. A sequence repeats its header. Raises Unencodable."""
    if any(header.lower() == "action" and _says_originate(value) for header, value in fields.items()):
        _checked_originate(fields)
    return unbound_action(fields)


def unbound_action(fields: Mapping[str, Value]) -> bytes:
    """The same with any Originate: for the simulated telephone network, never for the product's own PBX."""
    lines = []
    for header, value in fields.items():
        if not _HEADER.fullmatch(header):
            raise Unencodable("not a header name")
        for item in (value,) if isinstance(value, str) else value:
            if header == "Channel":
                _checked_channel(item)
            line = f"{header}: {_checked(item, header)}".encode()
            if len(line) + 2 > AMI_LINE_BYTES:
                raise Unencodable(f"{header} is longer than {AMI_LINE_BYTES} bytes")
            lines.append(line)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _says_originate(value: Value) -> bool:
    return any("originate" in item.lower() for item in ((value,) if isinstance(value, str) else value))


def _checked_originate(fields: Mapping[str, Value]) -> None:
    """Each header is one of ours and has our form; no application, no variables, nothing twice."""
    forms = _FORMS.get(str(fields.get("Context")), _TO_AGENT)
    for header, value in fields.items():
        form = forms.get(header)
        if form is None or not isinstance(value, str) or not form.fullmatch(value):
            raise Unencodable(f"an Originate whose {header[:40]!r} is not ours")
    if missing := _ORIGINATE_NEEDS - fields.keys():
        raise Unencodable(f"an Originate without {', '.join(sorted(missing))}")


def _checked_channel(name: str) -> None:
    """Originate's Channel is a dial string and may lack the unique tail; neither may be a pattern."""
    if name and not _CHANNEL.fullmatch(name):
        raise Unencodable("not a channel name")


def agi_command(name: str, *arguments: str) -> bytes:
    """One AGI command line, each argument quoted. Raises Unencodable."""
    if len(arguments) > AGI_ARGUMENTS:
        raise Unencodable("too many arguments")
    quoted = [f'"{_checked(value, name)}"' for value in map(_escaped, arguments)]
    line = " ".join([_checked(name, "command"), *quoted]).encode() + b"\n"
    if len(line) > AGI_LINE_BYTES:
        raise Unencodable(f"{name} is longer than {AGI_LINE_BYTES} bytes")
    return line


def _escaped(value: str) -> str:
    """parse_args() in res_agi.c knows backslash and double quote inside quotes."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
