"""Flow files: the shipped ones are right and safe for any caller; every seeded mistake is told with its line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationWrong
from core.ids import QueueId
from ivr.checks import Known
from ivr.flow import Flow
from ivr.line import HANG_UP, ScriptedLine
from ivr.nodes import flow_schema
from ivr.prompts import languages_of, load_prompts
from ivr.runner import run
from ivr.script import FLOWS, load_flow, read_flow
from tests.unit.ivr.flows import ARRIVED, HOTLINE, KEYS
from tests.unit.ivr.test_runner import Box, around

QUEUES = ("presales", "after-sales", "complaints")
KNOWN = Known(languages_of(load_prompts()), QUEUES)
SHIPPED = {path.stem: load_flow(path, KNOWN) for path in FLOWS.glob("*.yaml")}

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


async def queue_of(flow: Flow, keys: list[str], language: str = "zh-CN") -> tuple[str, str]:
    queued = await run(ScriptedLine(ARRIVED.call, keys), flow, HOTLINE, ARRIVED, around(Box()))
    assert queued is not None
    return queued.queue, queued.language


def test_a_flow_for_each_hotline_ships() -> None:
    assert set(SHIPPED) == {"presales", "after-sales", "complaints"}


@pytest.mark.parametrize("name", ["presales", "after-sales"])
@pytest.mark.parametrize(
    ("key", "queue"), [*zip("123", QUEUES, strict=True), ("0", HOTLINE.queue), ("", HOTLINE.queue)]
)
async def test_a_menu_reaches_every_service_in_both_languages(name: str, key: str, queue: str) -> None:
    assert await queue_of(SHIPPED[name], [key]) == (queue, "zh-CN")
    assert await queue_of(SHIPPED[name], ["9", key]) == (queue, "en")


@pytest.mark.parametrize(("key", "queue"), [("1", "presales"), ("2", "after-sales"), ("3", "sales"), ("", "sales")])
async def test_complaints_go_straight_to_people_unless_a_key_says_otherwise(key: str, queue: str) -> None:
    line, box = ScriptedLine(ARRIVED.call, [key]), Box()
    queued = await run(line, SHIPPED["complaints"], HOTLINE, ARRIVED, around(box))
    assert queued is not None and queued.queue == queue
    assert [Path(file).name for file in line.heard] == [
        "welcome-complaints", "other-language", "recording-notice", "please-hold",
    ]  # fmt: skip


@given(
    st.sampled_from(sorted(SHIPPED)),
    st.lists(st.one_of(KEYS, st.text("0123456789*#ABCD", max_size=40), st.just(HANG_UP)), max_size=30),
)
def test_every_shipped_flow_ends_in_a_person_whatever_is_pressed(name: str, script: list[str]) -> None:
    line, box = ScriptedLine(ARRIVED.call, script), Box()
    queued = asyncio.run(run(line, SHIPPED[name], HOTLINE, ARRIVED, around(box)))
    assert (queued is None) == line.gone
    assert queued is None or Path(line.heard[-2]).name == "recording-notice"
    assert len(box.facts) < 30


def test_the_schema_takes_the_shipped_flows_and_refuses_a_wrong_kind() -> None:
    schema = flow_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for path in FLOWS.glob("*.yaml"):
        flow = yaml.load(path.read_text(), yaml.BaseLoader)
        jsonschema.validate(flow, schema)
        flow["nodes"]["welcome"]["kind"] = "dance"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(flow, schema)


def test_a_good_flow_is_read() -> None:
    flow = read_flow(GOOD, "good.yaml", KNOWN)
    assert (flow.name, flow.languages, flow.start, flow.person) == ("good", ("zh-CN", "en"), "welcome", "person")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("languages: [zh-CN, en]\n", "", "flow.yaml:1: languages: required, and missing"),
        ("start: welcome", "start: nowhere", "flow.yaml:2: start: no such node 'nowhere'"),
        ("person: person", "person: welcome", "flow.yaml:3: person: 'welcome' must be a queue node"),
        ("kind: menu", "kind: dance", "flow.yaml:6: nodes.welcome.kind: must be one of say, menu, language, queue"),
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


def test_the_default_queue_needs_no_name_in_the_flow() -> None:
    assert QueueId("sales") == HOTLINE.queue
    assert asyncio.run(queue_of(read_flow(GOOD, "flow.yaml", KNOWN), ["1"])) == ("sales", "zh-CN")
