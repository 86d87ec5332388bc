"""The house and its flows in a browser: what a change would do, and what is wrong with it, before it applies."""

from __future__ import annotations

from api.rights import Role
from core.errors import Refused
from core.house import House
from core.house_text import to_yaml
from tests.unit.doors import Doors, client_of
from tests.unit.floor import small_house


async def test_a_text_is_shown_checked_compared_and_only_then_applied() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        shown = (await client.get("/house/text")).json()
        assert shown == {"version": 1, "text": to_yaml(small_house())}
        text = shown["text"].replace("坐席01", "窗边")
        judged = (await client.post("/house/changes", json={"text": text})).json()
        assert [(each["key"], each["before"], each["after"]) for each in judged["changes"]] == [
            ("seats.seat-01.name", "坐席01", "窗边")
        ]
        assert (doors.house.version, judged["version"]) == (1, 1)
        written = await client.put("/house", json=judged["document"], headers={"If-Match": '"1"'})
        assert (written.status_code, doors.house.house.seats[0].name) == (200, "窗边")
        again = (await client.post("/house/changes", json={"document": judged["document"]})).json()
        assert (again["version"], again["changes"]) == (2, [])


async def test_a_change_is_shown_with_what_others_have_changed_since_it_was_begun() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        begun = (await client.get("/house")).json()
        first, second = doors.house.house.queues
        doors.house.changed(queues=(first.model_copy(update={"wrap_up_s": 7.0, "service_level_s": 9.0}), second))
        begun["queues"][0] |= {"wrap_up_s": 42.0, "least_agents": 2}
        judged = (await client.post("/house/changes", json={"document": begun, "since": 1})).json()
        assert [(each["key"], each["before"], each["after"]) for each in judged["changes"]] == [
            ("queues.presales.wrap_up_s", "7.0", "42.0"),
            ("queues.presales.least_agents", "1", "2"),
        ]
        (clash,) = judged["clashes"]
        assert (judged["version"], clash["key"], clash["mine"], clash["theirs"]) == (
            2, "queues.presales.wrap_up_s", "42.0", "7.0",
        )  # fmt: skip
        assert judged["document"]["queues"][0]["service_level_s"] == 9.0, "theirs is kept"


async def test_two_changes_that_are_no_house_together_are_told_as_such() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        begun = (await client.get("/house")).json()
        first, second = doors.house.house.queues
        doors.house.changed(
            skills=("repair",),
            queues=(first.model_copy(update={"skills": {}}), second.model_copy(update={"skills": {}})),
        )
        begun["agents"][0]["skills"] = {"general": 3}
        judged = (await client.post("/house/changes", json={"document": begun, "since": 1})).json()
        assert "general" in judged["problems"][0]["text"] and judged["problems"][0]["line"] is None
        unknown = (await client.post("/house/changes", json={"document": begun, "since": 9})).json()
        assert "no version 9" in unknown["problems"][0]["text"]


async def test_numbers_and_other_systems_addresses_are_for_those_who_edit_the_house() -> None:
    """Callers' and leaders' numbers; a robot's address is its password."""
    doors = Doors()
    robot = {"id": "duty", "kind": "wecom", "address": "https://robot.test/send?key=k-4711"}
    agents = [agent.model_dump() | {"mobile": "13900004711"} for agent in small_house().agents]
    secret = {
        "vips": [{"number": "13800004711", "priority": 5, "name": "王小明 4711"}],
        "caller_lists": [{"id": "abroad", "numbers": ["13700004711"]}],
        "agents": agents,
        "look_ups": [{"id": "repair-progress", "url": "https://crm.test/4711"}],
        "alarms": {"recipients": [robot]},
        "report_mails": [{"id": "daily", "to": ["boss@4711.test"]}],
        "desk": {"webhooks": [{"id": "crm", "url": "https://crm.test/4711", "secret_file": "crm.key"}]},
    }
    doors.house.house = House.model_validate(small_house().model_dump() | secret)
    await doors.add_person("agent-01", Role.AGENT)
    async with client_of(doors) as admin:
        whole = await admin.get("/house")
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('agent-01')}") as client:
        seen = await client.get("/house")
    assert whole.text.count("4711") >= len(secret)
    assert (seen.status_code, "4711" in seen.text) == (200, False)
    assert House.model_validate(seen.json()).queues == doors.house.house.queues, "it is a house all the same"
    assert seen.headers["etag"] == whole.headers["etag"]


async def test_every_mistake_is_told_with_its_line() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        text = to_yaml(small_house()).replace("name: 坐席01", "name: 坐席01\n  colour: red")
        judged = (await client.post("/house/changes", json={"text": text})).json()
        (problem,) = judged["problems"]
        line = text.splitlines().index("  colour: red") + 1
        assert (problem["line"], judged["changes"], judged["document"]) == (line, [], None)
        assert "colour" in problem["text"]
        broken = (await client.post("/house/changes", json={"text": "name: [a"})).json()
        assert broken["problems"][0]["line"] is not None
        doors.house.unfit = Refused("the PBX cannot be given this house")
        unfit = (await client.post("/house/changes", json={"text": to_yaml(small_house())})).json()
        assert unfit["problems"] == [{"line": None, "text": "the PBX cannot be given this house"}]
        for body in ({}, {"text": "a", "document": small_house().model_dump(mode="json")}, {"text": 5}):
            assert (await client.post("/house/changes", json=body)).status_code == 422


async def test_a_flow_is_drawn_or_its_faults_are_named() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        listed = {each["flow"]: each for each in (await client.get("/flows")).json()}
        assert {"presales", "after-sales", "complaints"} <= listed.keys() and not listed["presales"]["own"]
        text = (await client.get("/flows/survey")).json()["text"]
        assert (await client.get("/flows/no-such")).status_code == 404
        judged = (await client.post("/flows/survey/check", json={"text": text})).json()
        assert judged["problems"] == [] and judged["drawing"].startswith("<svg")
        assert {each["language"] for each in judged["speech"]} == {"zh-CN", "en"}
        wrong = text.replace("start: ", "start: nowhere-")
        faults = (await client.post("/flows/survey/check", json={"text": wrong})).json()
        assert faults["drawing"] == "" and faults["problems"][0]["line"] is not None
    assert doors.house.version == 1
