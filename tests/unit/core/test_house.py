"""What a house may hold: ids become file names and dialplan, names are shown on terminals, zones are files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from core.house import House
from core.problems import dotted, explain
from tests.integration.pbx_stage import small_house

HOSTILE_IDS = [
    "x]\n[evil",
    "x\n",
    "x,1,System(id)",
    "${SHELL(id)}",
    "a&PJSIP/b",
    "../../etc",
    "X",
    "",
    "x;y",
    "-x",
    "é",
    "a" * 41,
]
HOSTILE_NAMES = ["a\nb", "a\r\nAction: Originate", "\x1b]0;owned\x07", "a\0b", "\u202egnp.exe", "a\u2028b", "n" * 81]


def put(document: dict[str, Any], part: str, key: str, value: object) -> dict[str, Any]:
    first, *rest = document[part]
    return {**document, part: [{**first, key: value}, *rest]}


def refused(document: dict[str, Any]) -> bool:
    try:
        House.model_validate(document)
    except ValidationError:
        return True
    return False


@pytest.fixture
def document() -> dict[str, Any]:
    return small_house().model_dump(mode="json")


def test_the_document_itself_is_right(document: dict[str, Any]) -> None:
    assert not refused(document)


@pytest.mark.parametrize("value", HOSTILE_IDS)
@pytest.mark.parametrize("part", ["trunks", "hotlines", "queues", "seats"])
def test_ids_are_plain(document: dict[str, Any], part: str, value: str) -> None:
    assert refused(put(document, part, "id", value))


@pytest.mark.parametrize("value", HOSTILE_NAMES)
def test_names_are_one_line(document: dict[str, Any], value: str) -> None:
    named: list[Callable[[], dict[str, Any]]] = [
        lambda: {**document, "name": value},
        lambda: put(document, "trunks", "name", value),
        lambda: put(document, "seats", "name", value),
        lambda: put(document, "hotlines", "name", {"zh-CN": value}),
        lambda: put(document, "queues", "name", {"zh-CN": value}),
        lambda: {**document, "agents": [{"id": "agent-01", "name": value}]},
        lambda: {**document, "shifts": [{"id": "day", "name": {"en": value}, "start": "08:00", "end": "20:00"}]},
    ]
    assert [refused(make()) for make in named] == [True] * len(named)


@pytest.mark.parametrize("value", ["O'Brien; ${x} (坐席01) & Söhne <a@b>", "售前, 第1组"])
def test_names_are_free_otherwise(document: dict[str, Any], value: str) -> None:
    """No name stands in a configuration file."""
    assert not refused(put({**document, "name": value}, "seats", "name", value))


@pytest.mark.parametrize("value", ["../seats.key", "/etc/shadow", ".cli.token", "a/b", "a\0", "..", "a\n"])
def test_a_carriers_password_lies_among_the_secrets(document: dict[str, Any], value: str) -> None:
    assert refused(put(document, "trunks", "secret_file", value))


@pytest.mark.parametrize("value", ["Asia", "../../etc/passwd", "/etc/passwd", "Asia/\0", "x" * 5000, "", "Nowhere"])
def test_a_time_zone_is_one(document: dict[str, Any], value: str) -> None:
    """Directories of the zone database and names too long for a file raise OSError, not ValueError."""
    assert refused({**document, "time_zone": value})


@pytest.mark.parametrize("value", ["95001\n", "9500,1", "_X.", "s", "95001&", "9" * 21, "", "９５００１", "+"])
def test_numbers_are_digits(document: dict[str, Any], value: str) -> None:
    assert refused(put(document, "hotlines", "number", value))


@pytest.mark.parametrize("value", ["127.0.0.2/0", "a b", "a;b", "x\n", "[::1]", "0.0.0.0/0", ""])
def test_a_carriers_host_is_one_address(document: dict[str, Any], value: str) -> None:
    assert refused(put(document, "trunks", "host", value))


@pytest.mark.parametrize("value", [28800, "08:00+08:00", "08:00Z"])
def test_a_time_of_day_is_of_business_time(document: dict[str, Any], value: object) -> None:
    """28800 is what YAML makes of an unquoted 8:00:00; compared with another time it raised a TypeError."""
    shift = {"id": "day", "name": {}, "start": value, "end": "20:00"}
    for key, changed in (
        ("callbacks.start", {**document, "callbacks": {"start": value}}),
        ("shifts.0.start", {**document, "shifts": [shift]}),
    ):
        assert [told for told in mistakes(changed) if told.startswith(key) and "08:00" in told]


# --- the queues' rules ---------------------------------------------------------------------------
def mistakes(document: dict[str, Any]) -> list[str]:
    """Every mistake as `place: text`."""
    with pytest.raises(ValidationError) as caught:
        House.model_validate(document)
    return [f"{dotted(problem.place)}: {problem.text}" for problem in explain(caught.value, House)]


def test_wrong_steps_of_relaxing_are_named(document: dict[str, Any]) -> None:
    steps = [
        {"after_s": 30, "skills": {"juggling": 2}},
        {"after_s": 30, "any_language": True},
        {"after_s": 60},
    ]
    told = mistakes(put(document, "queues", "relax", steps))
    assert [text.split(";")[0] for text in told] == [
        "queues.0.relax.0.skills.juggling: unknown skill 'juggling'",
        "queues.0.relax.2: widens nothing",
        "queues.0.relax.1.after_s: must be more than the 30 of the step before",
    ]


@pytest.mark.parametrize("level", [0, 12])
def test_a_level_is_1_to_9(document: dict[str, Any], level: int) -> None:
    skill = document["skills"][0]
    assert mistakes(put(document, "queues", "skills", {skill: level}))[0].startswith(
        f"queues.0.skills.{skill}: must be"
    )
    steps = [{"after_s": 30, "skills": {skill: level}}]
    assert mistakes(put(document, "queues", "relax", steps))[0].startswith(f"queues.0.relax.0.skills.{skill}: must be")


@pytest.mark.parametrize("number", ["*", "138*", "1*3", "+", "abc", "13800138000**", ""])
def test_a_vip_is_a_number_or_the_beginning_of_one(document: dict[str, Any], number: str) -> None:
    assert mistakes({**document, "vips": [{"number": number, "priority": 5}]})[0].startswith("vips.0.number: must")


def test_overflows_that_go_round_and_unknown_ones_are_named(document: dict[str, Any]) -> None:
    first = document["queues"][0]
    a, b, c, d = ({**first, "id": name} for name in ("qa", "qb", "qc", "qd"))
    a["overflow"], b["overflow"], c["overflow"], d["overflow"] = "qb", "qa", "qa", "nowhere"
    told = mistakes({**document, "queues": [first, a, b, c, d]})
    assert told == [
        "queues.1.overflow: calls would go round in a circle: qa -> qb -> qa",
        "queues.2.overflow: calls would go round in a circle: qb -> qa -> qb",
        "queues.4.overflow: unknown queue 'nowhere'",
    ]
    assert mistakes(put(document, "queues", "overflow", first["id"]))[0].startswith("queues.0.overflow: calls would go")


# --- alarms --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("alarms", "said"),
    [
        ({"rules": [{"id": "r", "figure": "waiting"}]}, "give one of below and above"),
        ({"rules": [{"id": "r", "figure": "waiting", "below": 1, "above": 2}]}, "give one of below and above"),
        ({"rules": [{"id": "r", "figure": "waiting", "below": "target"}]}, "no target of waiting"),
        ({"rules": [{"id": "r", "figure": "moon", "above": 1}]}, "connection_rate"),
        ({"rules": [{"id": "r", "figure": "waiting", "above": 1, "to": ["boss"]}]}, "unknown recipient 'boss'"),
        ({"rules": [{"id": "r", "figure": "waiting", "above": 1}] * 2}, "already taken"),
        ({"recipients": [{"id": "a", "kind": "email", "address": "https://x.example"}]}, "needs an e-mail address"),
        ({"recipients": [{"id": "a", "kind": "wecom", "address": "a@x.example"}]}, "every other one a URL"),
        ({"recipients": [{"id": "a", "kind": "webhook", "address": "https://u:p@x.example"}]}, "pattern"),
        ({"recipients": [{"id": "a", "kind": "webhook", "address": "file:///etc/passwd"}]}, "pattern"),
    ],
)
def test_a_wrong_alarm_is_refused_with_the_reason(alarms: object, said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        House.model_validate({**small_house().model_dump(mode="json"), "alarms": alarms})


def test_the_shipped_rules_are_there_without_a_word() -> None:
    assert {"connection-rate", "floor-now", "trunk-down", "disk"} <= {rule.id for rule in small_house().alarms.rules}
