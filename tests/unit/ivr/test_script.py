"""Flow files: the shipped ones are right and safe for any caller; every seeded mistake is told with its line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationWrong
from core.ids import QueueId
from core.inputs import MenuNodeLeft, MessageLeft
from ivr.checks import Known, levels
from ivr.facts import Facts
from ivr.line import ScriptedLine
from ivr.nodes import FlowFile, flow_schema
from ivr.parts import Flow
from ivr.prompts import languages_of, load_prompts, reckoned_speech
from ivr.runner import run
from ivr.say import Kind, said
from ivr.script import FLOWS, alone, read_file, read_flow, shipped_flows
from tests.unit.ivr.flows import ARRIVED, HOTLINE, SCRIPTS
from tests.unit.ivr.test_runner import Box, around

QUEUES = ("presales", "after-sales", "complaints")
UTTERANCES = load_prompts()
TEXTS = shipped_flows()
SCENARIOS = Path(__file__).parents[2] / "integration/ivr/scenarios.yaml"
HOTLINES = ("presales", "after-sales", "complaints")
KNOWN = Known(languages_of(UTTERANCES), QUEUES, ("vip",), ("repair-progress",), TEXTS, reckoned_speech(UTTERANCES))
SHIPPED = {name: read_flow(TEXTS[name], f"{name}.yaml", KNOWN) for name in HOTLINES}

GOOD = """\
languages: [zh-CN, en]
start: welcome
person: person
nodes:
  welcome:
    kind: menu
    say: [menu-services]
    keys: {1: person, 9: other}
  other:
    kind: language
    then: welcome
  person:
    kind: queue
    say: [please-hold]
"""


async def end_of(flow: Flow, script: list[str], language: str = "zh-CN", facts: Facts | None = None) -> list[str]:
    """Where a caller with this script arrives, in the language spoken there; then the last prompts heard."""
    box = Box()
    line = ScriptedLine(ARRIVED.call, script)
    surroundings = replace(around(box), facts=lambda arrived: facts or Facts())
    queued = await run(line, flow, HOTLINE, replace(ARRIVED, language=language), surroundings)
    heard = [Path(file) for file in line.heard]
    messages = [f"message {fact.topic}" for fact in box.facts if isinstance(fact, MessageLeft)]
    end = f"queue {queued.queue} {queued.priority}" if queued else "goodbye"
    return [*messages, end, heard[-1].parent.name, *(file.name for file in heard[-2:])]


LEAVES = {
    "presales": {
        "110": "queue sales 2", "1111": "goodbye", "1122": "queue sales 2", "1211": "goodbye", "1311": "goodbye",
        "21": "queue after-sales 2", "22": "goodbye", "3": "queue complaints 2", "4": "queue sales 2",
        "0": "queue sales 2", "": "queue sales 2", "1#4": "queue sales 2", "77": "queue sales 2",
    },
    "after-sales": {
        "1111": "goodbye", "1211": "goodbye", "1311": "goodbye", "2111": "goodbye", "2211": "goodbye",
        "2311": "goodbye", "212": "queue sales 2", "33": "queue sales 2", "41": "queue presales 2",
        "42": "queue complaints 2", "0": "queue sales 2", "": "queue sales 2", "32123456781": "queue sales 2",
    },
    "complaints": {"": "queue sales 2", "0": "queue sales 2", "1": "queue presales 2", "2": "queue after-sales 2"},
}  # fmt: skip
"""Keys, pressed one after the other, and where they lead; 1111 presses its last 1 during the text of the third."""


def test_a_flow_for_each_hotline_ships_and_parts() -> None:
    assert set(TEXTS) == {*HOTLINES, "repairs", "survey", "message", "closed", "closed-fault"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(
    ("name", "keys", "end"),
    [(name, keys, end) for name, leaves in LEAVES.items() for keys, end in leaves.items()],
)
async def test_every_leaf_is_reached_in_both_languages(name: str, keys: str, end: str, language: str) -> None:
    reached = await end_of(SHIPPED[name], [*keys], language)
    assert reached[:2] == [end, language]


ENDS = ("queue", "goodbye", "message", "outside")
NEEDS_ANOTHER_SYSTEM = {"repairs/thanks"}
"""tests/integration/ivr/test_house_flows.py."""


@pytest.mark.parametrize(("name", "number"), [("presales", "95001"), ("after-sales", "95002"), ("complaints", "95003")])
def test_every_end_of_a_shipped_flow_has_a_caller_on_the_real_pbx(name: str, number: str) -> None:
    rows = yaml.load(SCENARIOS.read_text(encoding="utf-8"), yaml.BaseLoader)
    passed = {node for row in rows if row["hotline"] == number for node in row["way"]}
    file = read_file(TEXTS[name], f"{name}.yaml", KNOWN)
    assert {end for end, node in file.nodes.items() if node.kind in ENDS} - passed <= NEEDS_ANOTHER_SYSTEM


async def test_nine_in_the_greeting_goes_on_in_the_other_language() -> None:
    for name in HOTLINES:
        assert (await end_of(SHIPPED[name], ["9", "0"]))[:2] == ["queue sales 2", "en"]
        assert (await end_of(SHIPPED[name], ["9", "0"], "en"))[:2] == ["queue sales 2", "zh-CN"]


async def test_a_repair_is_registered_by_a_message() -> None:
    reached = await end_of(SHIPPED["after-sales"], ["", "3", "1", "", "20s"])
    assert reached == ["message repair", "goodbye", "zh-CN", "repair-registered", "goodbye"]


async def test_the_complaints_of_a_vip_come_first() -> None:
    reached = await end_of(SHIPPED["complaints"], [], facts=Facts(lists=("vip",)))
    assert reached == ["queue sales 9", "zh-CN", "vip-welcome", "recording-notice"]


async def test_a_caller_who_was_here_about_a_repair_is_asked_for_it_first() -> None:
    before = Facts(earlier=QueueId("after-sales"))
    assert (await end_of(SHIPPED["after-sales"], ["", "1"], facts=before))[0] == "queue sales 2"
    assert (await end_of(SHIPPED["after-sales"], ["", "2", "42"], facts=before))[0] == "queue complaints 2"


@given(
    st.sampled_from(HOTLINES), st.sampled_from(["zh-CN", "en"]), SCRIPTS,
    st.sampled_from([Facts(), Facts(lists=("vip",)), Facts(earlier=QueueId("after-sales"))]),
)  # fmt: skip
def test_whatever_is_pressed_a_call_ends_with_a_person_a_message_or_a_goodbye(
    name: str, language: str, script: list[str], facts: Facts
) -> None:
    line, box = ScriptedLine(ARRIVED.call, script), Box()
    surroundings = replace(around(box), facts=lambda arrived: facts)
    queued = asyncio.run(run(line, SHIPPED[name], HOTLINE, replace(ARRIVED, language=language), surroundings))
    heard = [Path(file).name for file in line.heard]
    if queued is not None:
        assert "recording-notice" in heard[-2:]
        assert box.queued == [queued]
    else:
        assert line.gone
    last = box.visits[-1]
    assert isinstance(last, MenuNodeLeft) and last.how in ("ended", "hung_up")
    if last.how == "ended" and queued is None:
        assert heard[-1] == "goodbye"
        assert not {"no-key", "wrong-key"} & set(heard[-2:]), "nobody is hung up on for a wrong key"
    assert len(box.facts) < 80


@given(st.sampled_from(["closed", "message", "survey"]), st.sampled_from(["zh-CN", "en"]), SCRIPTS)
def test_whatever_is_pressed_a_part_that_is_run_by_itself_ends(name: str, language: str, script: list[str]) -> None:
    """With a person, who may be gone, or with a goodbye; nobody is asked for ever."""
    line, box = ScriptedLine(ARRIVED.call, script), Box()
    flow = read_flow(alone(name, ("zh-CN", "en")), f"{name}.yaml", KNOWN)
    queued = asyncio.run(run(line, flow, HOTLINE, replace(ARRIVED, language=language), around(box)))
    assert queued is not None or line.gone
    assert len(box.facts) < 80


@pytest.mark.parametrize(
    ("local", "is_holiday", "told"),
    [
        ("2026-11-26T12:00", False, None),
        ("2026-11-26T21:30", False, ("2026-11-27", "08:00")),
        ("2026-11-26T06:00", False, ("", "08:00")),
        ("2026-11-27T20:00", False, ("2026-11-30", "08:00")),  # a Friday's evening
        ("2026-11-26T12:00", True, None),
    ],
)
async def test_the_guides_hotline_with_hours_says_when_it_opens_and_takes_a_message(
    local: str, is_holiday: bool, told: tuple[str, str] | None
) -> None:
    """As docs/guides/flows.md has it."""
    guide = (Path(__file__).parents[3] / "docs/guides/flows.md").read_text(encoding="utf-8")
    nodes = guide.partition("by the part `closed`:\n\n")[2].partition("\n\nThe same part")[0]
    ends = """\
  welcome: {kind: say, say: [welcome-presales], then: person}
  person: {kind: queue, say: [please-hold]}
"""
    text = f"languages: [zh-CN, en]\nstart: hours\nperson: person\n{dedent(nodes)}\n{ends}"
    flow = read_flow(text, "presales.yaml", KNOWN)
    facts = Facts(local=datetime.fromisoformat(local), is_holiday=lambda day: is_holiday)
    line, box = ScriptedLine(ARRIVED.call, ["", "", "2", "", "4s"]), Box()
    queued = await run(line, flow, HOTLINE, ARRIVED, replace(around(box), facts=lambda arrived: facts))
    heard = [Path(file).name for file in line.heard]
    assert (queued is None) == (told is not None)
    if told is not None:
        kinds: tuple[Kind, Kind] = ("date", "time")
        words = [word for kind, value in zip(kinds, told, strict=True) if value for word in said(kind, value, "zh-CN")]
        assert heard[: 2 + len(words)] == ["closed-now", "open-again", *words]
        assert "message-taken" in heard and heard[-1] == "goodbye"


def test_two_wrong_or_silent_tries_never_end_in_a_hang_up() -> None:
    for name in HOTLINES:
        for script in (["", "7", "7"], ["", "", ""], ["", "8", ""]):
            assert asyncio.run(end_of(SHIPPED[name], script))[0].startswith("queue")


def test_no_menu_is_deeper_than_three() -> None:
    for name in HOTLINES:
        file: FlowFile = read_file(TEXTS[name], f"{name}.yaml", KNOWN)
        assert max(levels(file).values(), default=0) <= 3


def as_an_editor_reads(value: Any) -> Any:
    """YAML 1.2: numbers are numbers, but the keys of JSON are texts."""
    if isinstance(value, dict):
        return {key: as_an_editor_reads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads(inner) for inner in value]
    return int(value) if value.isdigit() else {"true": True, "false": False}.get(value, value)


def test_the_schema_takes_the_shipped_flows_and_refuses_a_wrong_kind() -> None:
    schema = jsonschema.Draft202012Validator(flow_schema())
    schema.check_schema(schema.schema)
    for path in FLOWS.glob("*.yaml"):
        flow = as_an_editor_reads(yaml.load(path.read_text(), yaml.BaseLoader))
        first = next(iter(flow["nodes"]))
        schema.validate(flow)
        flow["nodes"][first]["kind"] = "dance"
        with pytest.raises(jsonschema.ValidationError):
            schema.validate(flow)


def test_a_good_flow_is_read() -> None:
    flow = read_flow(GOOD, "good.yaml", KNOWN)
    assert (flow.name, flow.languages, flow.start, flow.person) == ("good", ("zh-CN", "en"), "welcome", "person")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("languages: [zh-CN, en]\n", "", "flow.yaml:1: languages: required, and missing"),
        ("start: welcome", "start: nowhere", "flow.yaml:2: start: no such node 'nowhere'"),
        ("person: person", "person: welcome", "flow.yaml:3: person: 'welcome' must be a queue node"),
        ("kind: menu", "kind: dance", "flow.yaml:6: nodes.welcome.kind: must be one of say, menu, digits"),
        ("kind: menu", "", "flow.yaml:5: nodes.welcome.kind: must be one of"),
        ("    keys:", "    kyes:", "flow.yaml:8: nodes.welcome.kyes: unknown key; did you mean 'keys'?"),
        ("{1: person", "{0: person", "flow.yaml:8: nodes.welcome.keys.0: 0 always reaches a person"),
        ("{1: person", "{'*': person", "flow.yaml:8: nodes.welcome.keys.*: * always repeats"),
        ("{1: person", "{12: person", "flow.yaml:8: nodes.welcome.keys.12: must be one key"),
        ("{1: person", "{1: persom", "flow.yaml:8: nodes.welcome.keys.1: no such node 'persom'"),
        ("{1: person", "{1: person, 2: person, 3: person, 4: person", "flow.yaml:8: nodes.welcome.keys: at most 5"),
        (", 9: other}", "}", "flow.yaml:9: nodes.other: no other node leads here"),
        ("then: welcome", "then: other", "flow.yaml:11: nodes.other.then: leads round to itself without a key"),
        ("[menu-services]", "[menu]", "flow.yaml:7: nodes.welcome.say.0: no such prompt 'menu'"),
        ("[menu-services]", "[]", "flow.yaml:7: nodes.welcome.say: must have at least 1 item(s)"),
        ("    say: [please-hold]", "    queue: nobody", "flow.yaml:14: nodes.person.queue: no such queue 'nobody'"),
        ("  other:\n", "  Other:\n", "flow.yaml:9: nodes.Other: must be 1-40 lower-case letters"),
        ("kind: menu", "kind: menu\n    wait_s: soon", "flow.yaml:7: nodes.welcome.wait_s: must be a"),
        ("nodes:", "nodes: []\nrest:", "flow.yaml:4: nodes: must be a mapping"),
        ("start: welcome", "start: [", "flow.yaml:"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigurationWrong) as wrong:
        read_flow(GOOD.replace(old, new, 1), "flow.yaml", KNOWN)
    assert any(problem.startswith(told) for problem in wrong.value.problems), wrong.value.problems


def test_a_prompt_without_a_text_in_a_language_is_a_mistake() -> None:
    known = Known(dict(KNOWN.prompts) | {"please-hold": {"en"}}, QUEUES)
    with pytest.raises(ConfigurationWrong, match=r"prompt 'please-hold' has no text in zh-CN"):
        read_flow(GOOD, "flow.yaml", known)


def test_the_prompts_every_flow_uses_must_exist() -> None:
    known = Known({name: texts for name, texts in KNOWN.prompts.items() if name != "wrong-key"}, QUEUES)
    with pytest.raises(ConfigurationWrong, match=r"flow.yaml:4: nodes: no such prompt 'wrong-key'"):
        read_flow(GOOD, "flow.yaml", known)
