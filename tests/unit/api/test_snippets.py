"""GET /snippets: for whoever sees the floor, bounded, and of the house in force."""

from __future__ import annotations

from api.rights import Role
from tests.unit.core.test_snippets import ALL
from tests.unit.doors import Doors, client_of


async def test_an_agent_finds_what_the_house_knows() -> None:
    doors = Doors()
    house = doors.house.house
    doors.house.house = house.model_copy(update={"desk": house.desk.model_copy(update={"snippets": ALL})})
    await doors.add_person("agent-01", Role.AGENT)
    headers = {"Authorization": f"Bearer {await doors.token_of('agent-01')}"}
    async with client_of(doors, admin=False) as client:
        by_way = await client.get("/snippets", params={"place": ["x", "billing"]}, headers=headers)
        assert [each["snippet"] for each in by_way.json()] == ["invoice"]
        by_word = await client.get("/snippets", params={"words": "退货"}, headers=headers)
        assert by_word.json()[0] == {
            "snippet": "returns", "title": {"zh-CN": "退货政策"}, "text": {"zh-CN": "十四天内凭发票退货。"},
        }  # fmt: skip
        assert (await client.get("/snippets", params={"words": "x" * 101}, headers=headers)).status_code == 422
        assert (await client.get("/snippets")).status_code == 401
