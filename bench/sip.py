"""A phone's registration in words (RFC 3261 section 10, digest of RFC 2617), for phones that we speak for ourselves."""

from __future__ import annotations

import hashlib
import re


def registration(name: str, port: int, own_port: int, call: str, sequence: int, extra: str, by: str = "UDP") -> bytes:
    lines = [
        f"REGISTER sip:127.0.0.1:{port} SIP/2.0",
        f"Via: SIP/2.0/{by} 127.0.0.1:{own_port};branch=z9hG4bK{call}{sequence};rport",
        "Max-Forwards: 70",
        f"From: <sip:{name}@127.0.0.1>;tag={call}",
        f"To: <sip:{name}@127.0.0.1>",
        f"Call-ID: {call}",
        f"CSeq: {sequence} REGISTER",
        f"Contact: <sip:{name}@127.0.0.1:{own_port};transport={by.lower()}>",
        "Expires: 300",
        *([extra] if extra else []),
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def authorization(challenge: str, name: str, secret: str, uri: str) -> str:
    fields = dict(re.findall(r'(realm|nonce|opaque|qop)="([^"]*)"', challenge))
    known = _md5(f"{name}:{fields['realm']}:{secret}")
    proof = _md5(f"{known}:{fields['nonce']}:00000001:c0ffee:auth:{_md5(f'REGISTER:{uri}')}")
    return (
        f'Authorization: Digest username="{name}",realm="{fields["realm"]}",nonce="{fields["nonce"]}",uri="{uri}",'
        f'response="{proof}",algorithm=MD5,qop=auth,nc=00000001,cnonce="c0ffee",opaque="{fields.get("opaque", "")}"'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
