"""Checks that ask the running instance: engine, PBX and AMI, seats; and the carriers themselves."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any

from app.doctor.finding import Finding, fail, ok, warn
from app.instance import Instance
from app.settings import Settings
from core.documents import Document, validate
from core.errors import Refused
from core.house import House, Trunk

UP = "./thirdring up"
TRUNK_TIMEOUT_S = 2.0


def engine(settings: Settings) -> Finding:
    """The health endpoint's word on engine, PBX, AMI and storage; 503 means that a part is not well."""
    try:
        return judge_health(Instance(settings).get("/health", even=503))
    except Refused as error:
        return fail(f"not running: {error}", UP)


def judge_health(health: Mapping[str, Any]) -> Finding:
    """`ok`, and `parts` by name, each with `ok` and `detail`."""
    parts: Mapping[str, Any] = health.get("parts", {})
    ill = [f"{name}: {part['detail']}" for name, part in sorted(parts.items()) if not part["ok"]]
    if health.get("ok") and not ill:
        return ok(f"the engine runs; well: {', '.join(sorted(parts)) or 'no parts to look at'}")
    what = "; ".join(ill) or "it does not say why"
    return fail(f"the engine runs, but not well: {what}", "see the lines above, then the log directory in its home")


def seats(settings: Settings) -> Finding:
    """Which seats have a phone that can ring."""
    try:
        return judge_seats(Instance(settings).get("/seats"))
    except Refused:
        return warn("seats: unknown while the engine is not running", UP)


def judge_seats(rows: Sequence[Mapping[str, Any]]) -> Finding:
    registered = sum(bool(row.get("reachable")) for row in rows)
    text = f"{registered} of {len(rows)} seats have a registered phone"
    remedy = "sign in a browser phone, or set up a SIP phone with what ./thirdring seat add showed"
    return ok(text) if registered else warn(text, remedy)


def trunks(settings: Settings) -> Finding:
    """Each carrier answers a SIP OPTIONS (RFC 3261, 11); one that is registered only may rightly keep silent."""
    try:
        document = Document("the running house", Instance(settings).get("/house"))
    except Refused:
        return warn("trunks: unknown while the engine is not running", UP)
    house = validate(document, House)
    silent = [trunk for trunk in house.trunks if not answers(trunk.host, port_of(trunk, settings), TRUNK_TIMEOUT_S)]
    return judge_trunks(len(house.trunks), silent)


def port_of(trunk: Trunk, settings: Settings) -> int:
    return trunk.port or settings.ports.carrier_sip


def judge_trunks(count: int, silent: Sequence[Trunk]) -> Finding:
    if not silent:
        return ok(f"{count} trunk(s) answer")
    names = ", ".join(trunk.id for trunk in silent)
    if all(trunk.port == 0 for trunk in silent):
        return warn(
            f"the simulated carrier is silent (trunks {names})", f"{UP} --demo, or set a real carrier in the house"
        )
    text = f"no answer from trunk(s) {names}"
    remedy = "check host, port and the firewall; ask the carrier whether it answers OPTIONS"
    return fail(text, remedy) if len(silent) == count else warn(text, remedy)


def answers(host: str, port: int, timeout_s: float) -> bool:
    """Whether anything SIP comes back over UDP."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as talk:
            talk.settimeout(timeout_s)
            talk.connect(address)
            talk.send(options(host, port, *talk.getsockname()[:2]))
            return talk.recv(4096).startswith(b"SIP/2.0 ")
    except OSError:
        return False


def options(host: str, port: int, our_host: str, our_port: int) -> bytes:
    """A SIP OPTIONS outside any dialogue. One at a time from one port, so its ids may be constant."""
    us = f"{our_host}:{our_port}"
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {us};rport;branch=z9hG4bK-doctor-{our_port}",
        "Max-Forwards: 5",
        f"From: <sip:doctor@{us}>;tag=doctor",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: doctor-{our_port}@{our_host}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:doctor@{us}>",
        "Content-Length: 0",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
