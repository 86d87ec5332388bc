"""What robots and programs are sent, and how their answers are read."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import pytest

from app.alarm_shapes import Message, post, refusal
from core.alarms import Recipient

MESSAGE = Message(
    "测试热线", "trunk-down", "a", "raised", "critical", 1.0, "trunk_down of a is 1", "2026-11-20T10:00:00+08:00"
)
NOW_S = 1_795_000_500.25


def recipient(kind: str) -> Recipient:
    return Recipient.model_validate({"id": "r", "kind": kind, "address": "https://robot.example/send?access_token=x"})


def test_dingtalk_gets_a_text_and_a_signed_url() -> None:
    sent = post(recipient("dingtalk"), MESSAGE, "SEC1", NOW_S)
    assert sent.body == {"msgtype": "text", "text": {"content": MESSAGE.line}}
    query = parse_qs(urlsplit(sent.url).query)
    signed = hmac.new(b"SEC1", b"1795000500250\nSEC1", hashlib.sha256).digest()
    assert query["timestamp"] == ["1795000500250"]
    assert base64.b64decode(query["sign"][0]) == signed
    assert post(recipient("dingtalk"), MESSAGE, "", NOW_S).url.endswith("access_token=x")


def test_wecom_gets_a_text() -> None:
    assert post(recipient("wecom"), MESSAGE, "", NOW_S).body == {"msgtype": "text", "text": {"content": MESSAGE.line}}


def test_feishu_gets_a_text_and_a_signed_body() -> None:
    body = post(recipient("feishu"), MESSAGE, "SEC1", NOW_S).body
    assert (body["msg_type"], body["content"], body["timestamp"]) == ("text", {"text": MESSAGE.line}, "1795000500")
    assert base64.b64decode(body["sign"]) == hmac.new(b"1795000500\nSEC1", b"", hashlib.sha256).digest()
    assert "sign" not in post(recipient("feishu"), MESSAGE, "", NOW_S).body


def test_a_program_gets_the_fields_and_the_token() -> None:
    sent = post(recipient("webhook"), MESSAGE, "t0ken", NOW_S)
    assert sent.headers == {"Authorization": "Bearer t0ken"}
    assert (sent.body["rule"], sent.body["subject"], sent.body["state"]) == ("trunk-down", "a", "raised")
    assert post(recipient("webhook"), MESSAGE, "", NOW_S).headers == {}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"errcode": 0, "errmsg": "ok"}, ""),
        ({"StatusCode": 0, "code": 0}, ""),
        ({"errcode": 310000, "errmsg": "sign not match"}, "310000: sign not match"),
        ({"code": 19021, "msg": "sign match fail"}, "19021: sign match fail"),
        (None, ""),
        ([1], ""),
    ],
)
def test_a_robot_that_refuses_says_so_in_the_body(answer: object, why: str) -> None:
    assert refusal(answer) == why
