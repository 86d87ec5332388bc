"""The bodies of alarm messages: plain JSON for programs, and what the robots of DingTalk, WeCom and Feishu take.

DingTalk signs the URL (open.dingtalk.com, custom robots), Feishu the body (open.feishu.cn, custom bots), WeCom has its
key in the URL. All three answer 200 also when they refuse; the code is in the body. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from core.alarms import Recipient


@dataclass(frozen=True, slots=True)
class Message:
    """An alarm as it is told: who wants to act on it has rule and subject, who reads it has the text."""

    house: str
    rule: str
    subject: str
    state: str
    severity: str
    value: float
    text: str
    at: str

    @property
    def line(self) -> str:
        """One line for people."""
        return f"[{self.house}] {self.severity} {self.state}: {self.rule}. {self.text} ({self.at})"


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent, and where to."""

    url: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


def post(recipient: Recipient, message: Message, secret: str, utc_s: float) -> Post:
    """The request for a recipient that is no e-mail address; `secret` "" is none."""
    match recipient.kind:
        case "dingtalk":
            url = recipient.address + (_dingtalk_signature(secret, utc_s) if secret else "")
            return Post(url, {"msgtype": "text", "text": {"content": message.line}}, {})
        case "wecom":
            return Post(recipient.address, {"msgtype": "text", "text": {"content": message.line}}, {})
        case "feishu":
            signed = _feishu_signature(secret, utc_s) if secret else {}
            return Post(recipient.address, {**signed, "msg_type": "text", "content": {"text": message.line}}, {})
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    fields = ("house", "rule", "subject", "state", "severity", "value", "text", "at")
    return Post(recipient.address, {name: getattr(message, name) for name in fields}, headers)


def refusal(answer: object) -> str:
    """What a robot says of a message it did not take, "" when it took it."""
    if not isinstance(answer, Mapping):
        return ""
    code = next((answer[name] for name in ("errcode", "code", "StatusCode") if answer.get(name)), 0)
    return f"{code}: {answer.get('errmsg') or answer.get('msg') or 'refused'}"[:200] if code else ""


def _dingtalk_signature(secret: str, utc_s: float) -> str:
    timestamp = str(int(utc_s * 1000))
    signed = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return f"&timestamp={timestamp}&sign={quote(base64.b64encode(signed).decode(), safe='')}"


def _feishu_signature(secret: str, utc_s: float) -> Mapping[str, str]:
    """The key is timestamp and secret; the message is empty."""
    timestamp = str(int(utc_s))
    signed = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": timestamp, "sign": base64.b64encode(signed).decode()}
