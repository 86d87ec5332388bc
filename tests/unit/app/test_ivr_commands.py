"""`ivr check`, `ivr draw` and `ivr try` as people call them; nothing runs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.flows import flows_at_start
from app.terminal_line import TerminalLine, keys_typed
from core.errors import LineGone
from core.house import House
from core.house_text import from_yaml
from core.ids import CallId
from ivr.script import shipped_flows

SEED = Path(__file__).resolve().parents[3] / "house.yaml"


def thirdring(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "ivr", *arguments])


@pytest.fixture(scope="module")
def house() -> House:
    return from_yaml(SEED.read_text(encoding="utf-8"), "house.yaml")


def test_the_shipped_flows_are_right_and_their_seconds_are_told(tmp_path: Path) -> None:
    done = thirdring(tmp_path, "check", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["problems"] == []
    assert {row["flow"] for row in told["speech"]} == {"presales", "after-sales", "complaints"}
    assert all(0 < row["to_first_choice_s"] <= 20 and row["to_a_person_s"] <= 45 for row in told["speech"])


def test_a_wrong_file_is_told_with_its_line_and_ends_with_1(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(shipped_flows()["complaints"].replace("then: who", "then: whom"))
    done = thirdring(tmp_path, "check", str(wrong))
    assert done.exit_code == 1
    assert re.search(r"wrong.yaml:\d+: nodes.welcome.then: no such node 'whom'", done.stdout)


def test_a_flow_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    assert "There is no flow 'sales'; there are after-sales" in str(thirdring(tmp_path, "draw", "sales").exception)


@pytest.mark.parametrize("name", ["closed", "message", "survey"])
def test_a_part_is_judged_and_drawn_as_one_that_is_run_by_itself(tmp_path: Path, name: str) -> None:
    assert thirdring(tmp_path, "check", name).exit_code == 0
    (part := tmp_path / "my-part.yaml").write_text(shipped_flows()[name])
    assert "of/" in thirdring(tmp_path, "draw", str(part)).stdout
    part.write_text(shipped_flows()[name].replace("start: ", "start: no-"))
    assert re.search(r"my-part.yaml:\d+: start: no such node", thirdring(tmp_path, "check", str(part)).stdout)


@pytest.mark.parametrize("name", ["presales", "after-sales", "complaints"])
def test_a_drawing_shows_every_node_and_is_xml(tmp_path: Path, name: str) -> None:
    done = thirdring(tmp_path, "draw", name, "--svg", str(tmp_path / "flow.svg"))
    assert done.exit_code == 0 and done.stdout.startswith("flowchart TD\n")
    nodes = re.findall(r'"([a-z/-]+)<br/>', done.stdout)
    assert "person" in nodes and "welcome" in nodes
    words = "".join(ElementTree.parse(tmp_path / "flow.svg").getroot().itertext())
    assert all(node in words for node in nodes)


def test_a_hotline_whose_flow_is_wrong_leads_straight_to_people(house: House) -> None:
    broken = house.model_copy(update={"flows": {"presales": "languages: [zh-CN]\n"}})
    flows, problems = flows_at_start(broken)
    assert flows["presales"].start == "person" and len(flows["after-sales"].nodes) > 20
    assert problems[0].startswith("presales.yaml:1: ")


# --- the terminal ----------------------------------------------------------------------------
def line(said: list[str]) -> TerminalLine:
    return TerminalLine(CallId("c"), {("en", "hello"): "Hello."}, {("en", "hello"): 2.0}, said.append, pace=0.001)


async def test_prompts_are_printed_with_the_seconds_listened_so_far() -> None:
    said: list[str] = []
    caller = line(said)
    assert await caller.play(["/s/en/hello", "/s/en/hello"], "1") == ""
    assert said == ["    2.0 s  Hello.", "    4.0 s  Hello."]


async def test_a_typed_key_answers_and_q_hangs_up() -> None:
    said: list[str] = []
    caller = line(said)
    for key in "x1q":
        caller.key(key)
    assert await caller.play(["/s/en/hello"], "12") == "1"
    with pytest.raises(LineGone):
        await caller.wait_key(1.0)


async def test_keys_come_from_a_pipe_and_its_end_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        caller = line([])
        with keys_typed(caller):
            os.write(writing, b"7")
            os.close(writing)
            assert await caller.wait_key(1000.0) == "7"
            with pytest.raises(LineGone):
                await asyncio.wait_for(caller.wait_key(1000.0), 2)
