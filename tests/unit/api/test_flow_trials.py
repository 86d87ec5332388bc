"""POST /flows/{flow}/try: a caller of a text that nobody has heard yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from api.rights import Role
from tests.unit.doors import Doors, client_of
from tests.unit.queueing.test_staffing_plan import shipped

HOURS = """
languages: [zh-CN, en]
start: open
person: person
nodes:
  open: {kind: hours, rows: [{days: "mon-sun, holiday", start: "08:00", end: "20:00", go: welcome}], otherwise: night}
  welcome: {kind: say, say: [welcome-presales], then: main}
  main: {kind: menu, say: [menu-guidance], keys: {1: person}}
  night: {kind: say, say: [goodbye], then: person}
  person: {kind: queue, say: [please-hold]}
"""


@pytest.fixture
def doors() -> Doors:
    doors = Doors()
    doors.house.house = shipped()
    return doors


async def trial(doors: Doors, flow: str = "presales", text: str | None = None, **how: Any) -> dict[str, Any]:
    async with client_of(doors) as client:
        own = text if text is not None else (await client.get(f"/flows/{flow}")).json()["text"]
        answer = await client.post(f"/flows/{flow}/try", json={"text": own, **how})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


async def test_a_caller_hears_the_texts_and_reaches_a_queue(doors: Doors) -> None:
    first, *_ = steps = (await trial(doors, deeds=["", "0", "", ""]))["steps"]
    assert (first["said"][0], first["entered"]) == ("您好，这里是售前咨询热线。", ["welcome"])
    assert [step["done"] for step in steps] == ["", "0", "", None]
    assert (steps[-1]["kind"], steps[-1]["about"]) == ("queue", "presales")


async def test_the_language_is_the_callers(doors: Doors) -> None:
    (step,) = (await trial(doors, language="en"))["steps"]
    assert step["said"][0] == "Welcome to the presales hotline."


@pytest.mark.parametrize(("at", "node"), [("2026-11-27T10:00+08:00", "welcome"), ("2026-11-27T03:00+08:00", "night")])
async def test_the_moment_is_the_callers(doors: Doors, at: str, node: str) -> None:
    (step,) = (await trial(doors, text=HOURS, at_utc_s=datetime.fromisoformat(at).timestamp()))["steps"]
    assert step["entered"] == ["open", node]


async def test_a_wrong_text_is_told_with_its_line_and_not_tried(doors: Doors) -> None:
    found = await trial(doors, text="start: nowhere\nlanguages: [en]\nperson: p\nnodes:\n  p: {kind: queue}\n")
    assert found["steps"] == [] and "nowhere" in found["problems"][0]["text"]


async def test_only_who_may_change_flows_tries_them(doors: Doors) -> None:
    await doors.add_person("agent-01", Role.AGENT)
    headers = {"Authorization": f"Bearer {await doors.token_of('agent-01')}"}
    async with client_of(doors, admin=False) as client:
        assert (await client.post("/flows/presales/try", json={"text": ""}, headers=headers)).status_code == 403
        many = {"text": "", "deeds": [""] * 201}
        assert (await client.post("/flows/presales/try", json=many, headers=headers)).status_code == 422
