"""Every text of the pages exists in both languages, every key is one that is shown, nothing comes from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from api.rights import Right, Role
from api.routes.recordings import Proof
from core.alarms import SEVERITIES, Figure
from core.desk import LETTER_KINDS, SaidSolved
from core.ledger import VoiceState
from core.staff import Measure
from core.states import (
    AgentState,
    AgentStatus,
    BreakReason,
    CallState,
    CaseKind,
    CaseState,
    DutyState,
    ListenMode,
    MenuEnd,
    Withheld,
    WorkKind,
)
from ivr.facts import QueueNow
from ivr.recordings import Fault

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "web/src"
FILES = sorted(file for kind in ("vue", "ts") for file in SOURCES.rglob(f"*.{kind}"))
TEXTS = {file: file.read_text() for file in FILES if not file.name.endswith(".d.ts")}  # those are generated
OURS = {"unreachable", "empty"}
"""What a seat is when nobody sits there."""
MADE: dict[str, set[str]] = {
    "state": {*(each.value for each in (*AgentState, *AgentStatus)), *OURS},
    "call": {state.value for state in CallState},
    "reason": {reason.value for reason in BreakReason},
    "duty": {state.value for state in DutyState},
    "withheld": {why.value for why in Withheld},
    "measure": set(Measure.__args__),  # type: ignore[attr-defined]
    "figure": set(Figure.__args__),  # type: ignore[attr-defined]
    "severity": set(SEVERITIES),
    "proof": set(get_args(Proof.model_fields["state"].annotation)),
    "voice": {state.value for state in VoiceState},
    "role": {role.value for role in Role},
    "right": {right.value for right in Right},
    "kind": {kind.value for kind in WorkKind},
    "matter": {kind.value for kind in CaseKind},
    "stage": {state.value for state in CaseState},
    "mode": {mode.value for mode in ListenMode},
    "line": {"off", "elsewhere", "no_microphone", "connecting", "ready", "lost", "refused"},
    "quality": {"good", "fair", "poor"},
    "freshness": {"live", "connecting", "lost", "stale"},
    "language": {"zh-CN", "en"},
    "bound": {"hours", "rest_days", "rest"},
    "rule": {"floor", "service_level", "connection_rate", "rings"},
    "daykind": {"holiday", "make_up"},
    "met": {now.value for now in QueueNow},
    "meets": {"play", "wait_key", "record", "fetch", "promise_callback", "mark", "queue", "hang_up"},
    "left": {"went_on", "person", "gave_up", "hung_up", "ended"},
    "reached": {end.value for end in MenuEnd},
    "letter": set(LETTER_KINDS),
    "solved": set(get_args(SaidSolved)) - {""},
    "fault": set(Fault.__args__),  # type: ignore[attr-defined]
    "taken": {"added", "changed", "unchanged", "refused"},
    "end": {"answered", "abandoned", "callback", "message", "flowed_out", "waiting", "none"},
}
"""Keys that are made of a prefix and a word of the API: each word has a text."""


def flat(words: dict[str, Any], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def words_of(language: str) -> dict[str, str]:
    return flat(json.loads((SOURCES / f"words/{language}.json").read_text()))


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def alarms_told() -> set[str]:
    """The names of all alarms that the engine and its process tell."""
    files = [file for package in ("app", "monitor", "queueing", "recording") for file in (ROOT / package).rglob("*.py")]
    pattern = r'(?:Alarmed|\.alarm|_alarm)\(\s*"(\w+)"|^ALARM = "(\w+)"'
    told = {"".join(found) for file in files for found in re.findall(pattern, file.read_text(), re.MULTILINE)}
    return told | set(re.findall(r'return "(\w+)", (?:f"|text)', (ROOT / "monitor/staff.py").read_text()))


def used_keys() -> set[str]:
    """Keys that stand whole in a call of t, alone or as one of two, or in a list."""
    pattern = r"""(?:\bt\(|[?:] |\[)["']([a-z]+\.\w+)["']"""
    return {key for text in TEXTS.values() for key in re.findall(pattern, text)}


def test_every_text_exists_in_both_languages() -> None:
    chinese, english = words_of("zh-CN"), words_of("en")
    assert chinese.keys() == english.keys()
    assert {key for key in english if placeholders(chinese[key]) != placeholders(english[key])} == set()
    assert {key for key, text in chinese.items() if re.search(r"[一-鿿]", text) is None} <= {
        "app.other",
        "floor.ofLimit",
        "staffing.comma",
    }


@pytest.mark.parametrize("prefix", MADE)
def test_every_word_of_the_api_has_a_text(prefix: str) -> None:
    keys = {key for key in words_of("en") if key.startswith(f"{prefix}.")}
    assert {f"{prefix}.{word}" for word in MADE[prefix]} == keys


def test_every_alarm_has_a_title() -> None:
    told = {key.removeprefix("told.") for key in words_of("en") if key.startswith("told.")}
    assert {"below_floor", "journal_disk", "leader_summoned"} <= alarms_told()
    assert alarms_told() <= told


def test_a_sentence_about_an_alarm_is_of_one_that_is_told() -> None:
    told = {
        re.sub(r"_(stalled|lost|incomplete)$", "", key.removeprefix("tell."))
        for key in words_of("en")
        if "tell." in key
    }
    assert "agent_away" in told
    assert told <= alarms_told()


def test_every_key_is_used_and_every_used_key_exists() -> None:
    known = words_of("en").keys()
    made = {key for key in known if key.startswith(tuple(prefixes()))}
    assert used_keys() - known == set()
    assert known - used_keys() - made == set()


def prefixes() -> set[str]:
    """Beginnings of keys that are completed by a value."""
    return {found for text in TEXTS.values() for found in re.findall(r"`([a-z]+\.\w*)\$\{", text)}


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: str(file.relative_to(SOURCES)))
def test_nothing_comes_from_elsewhere_and_nothing_is_inline(file: Path) -> None:
    assert not re.search(r"https?://|//cdn", TEXTS[file])
    assert not re.search(r"innerHTML|v-html|insertAdjacentHTML|\beval\(|new Function|\sstyle=\"", TEXTS[file])


def test_colours_and_type_stand_in_one_file() -> None:
    """Other files name tokens: no colour of their own, but for shadows."""
    for file in [*TEXTS, *SOURCES.rglob("*.css")]:
        if file.name != "tokens.css":
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\")", re.sub(r"href=\"#\w+\"", "", file.read_text())), file
