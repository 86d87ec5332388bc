"""What is logged can be read by machines, names its call, and shows nobody's number."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from app.logs import TEXT, JsonLines, Lines, hidden, is_trouble


def record(text: str, *values: object, error: BaseException | None = None) -> logging.LogRecord:
    caught = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("cti.node", logging.ERROR, "node.py", 7, text, values, caught)
    made.created = 1_795_000_000.25
    return made


def test_a_line_is_an_object_that_names_the_call() -> None:
    line = JsonLines().format(record("call %s cannot be finished\n(try %d)", "a-1795000000.17", 3))
    assert "\n" not in line
    assert json.loads(line) == {
        "utc": "2026-11-18T11:06:40.250+00:00",
        "level": "error",
        "logger": "cti.node",
        "text": "call a-1795000000.17 cannot be finished\n(try 3)",
        "call": "a-1795000000.17",
    }


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x1b[2J\n"])
def test_no_name_makes_a_line_of_its_own_or_moves_the_cursor(ending: str) -> None:
    forged = "2026-11-27 03:00:00,000 WARNING app.bans 192.0.2.1 is banned"
    try:
        raise ValueError(f"x{ending}{forged}")
    except ValueError as error:
        wrong = record("no agent %s", f"x{ending}{forged}", error=error)
    first, *others = Lines(TEXT).format(wrong).splitlines()
    assert forged not in others
    assert all(line.startswith("    ") for line in others)
    assert not any(sign in "".join((first, *others)) for sign in "\r\x1b\x85\u2028")
    assert len(JsonLines().format(wrong).split("\n")) == 1


def test_passwords_in_urls_are_hidden_in_texts_and_traces() -> None:
    try:
        raise OSError("rediss://desk:s3cret@cache.example:6380/0 does not answer")
    except OSError as error:
        told = "redis://:s3cret@127.0.0.1:6379/0, postgresql+asyncpg://u:odd@s3cret@db/x?sslpassword=s3cret&timeout=7"
        wrong = record(told, error=error)
    for form in (JsonLines(), Lines(TEXT)):
        said = form.format(wrong)
        assert "s3cret" not in said
        assert "rediss://desk:****@cache.example" in said and "redis://:****@127.0.0.1" in said
        assert "u:****@db/x?sslpassword=****&timeout=7" in said


def test_numbers_are_hidden_in_texts_and_traces() -> None:
    try:
        raise ValueError("who is 13800138000?")
    except ValueError as error:
        wrong = record("no customer has %s", "+8613800138000", error=error)
    for form in (JsonLines(), Lines(TEXT)):
        said = form.format(wrong)
        assert "8000" in said and "13800138000" not in said
        assert "ValueError" in said
    assert "call" not in json.loads(JsonLines().format(wrong))


@pytest.mark.parametrize(
    "text",
    [
        "call a-1795000000.17",
        "port 20003",
        "at 1795000000.25",
        "4711 inputs",
        "2026-11-26 10:15:21,717",
        "s-13800138000x",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert hidden(text) == text


def test_a_number_at_the_end_of_a_sentence_is_hidden() -> None:
    assert hidden("dialled 13800138000.") == "dialled *******8000."


@pytest.mark.parametrize(("error", "told"), [(None, True), (OSError("gone"), True), (asyncio.CancelledError(), False)])
def test_a_browser_cut_off_as_its_server_ends_is_no_error(error: BaseException | None, told: bool) -> None:
    assert is_trouble(record("Exception in ASGI application", error=error)) is told
