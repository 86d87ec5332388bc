"""How the receivers of letters do, over REST."""

from __future__ import annotations

from core.desk import DeskRules, Webhook
from store.outbox import DEAD, Queued
from tests.unit.doors import Doors, client_of

CRM = Webhook(id="crm", url="https://crm.test/in", secret_file="crm.key", kinds=("case",))
LETTER = Queued("1.0.case.opened.crm", "crm", "case.opened", "case/1", "{}", 1.0, DEAD, 9, 2.0, "410", 3.0)


def told() -> Doors:
    doors = Doors()
    doors.house.house = doors.house.house.model_copy(update={"desk": DeskRules(webhooks=(CRM,))})
    doors.webhooks.rows = [LETTER]
    return doors


async def test_each_receiver_is_shown_with_what_waits() -> None:
    async with client_of(told()) as client:
        (hook,) = (await client.get("/webhooks")).json()
    assert (hook["id"], hook["waiting"], hook["dead"], hook["failures"]) == ("crm", 2, 1, 2)
    assert "secret" not in str(hook)


async def test_what_was_set_aside_is_shown_and_sent_again() -> None:
    async with client_of(told()) as client:
        page = (await client.get("/webhooks/crm/letters", params={"state": "dead", "limit": 1})).json()
        assert (page["letters"][0]["why"], page["next_after"]) == ("410", LETTER.letter)
        after = {"state": "dead", "after": page["next_after"]}
        assert (await client.get("/webhooks/crm/letters", params=after)).json() == {"letters": [], "next_after": None}
        assert (await client.post(f"/webhooks/crm/letters/{LETTER.letter}/again")).status_code == 204
        assert (await client.post("/webhooks/crm/letters/9.9.x/again")).status_code == 404
        assert (await client.get("/webhooks/erp/letters")).status_code == 404


async def test_a_letters_body_is_for_those_who_may_see_numbers() -> None:
    """It names callers; and such a look is in the audit."""
    doors = told()
    async with client_of(doors) as client:
        assert (await client.get("/webhooks/crm/letters?state=dead")).json()["letters"][0]["body"] == "{}"
    narrow = {"Authorization": f"Bearer {await doors.token_of('admin', 'see_floor edit_house')}"}
    async with client_of(doors, admin=False, **narrow) as client:
        assert (await client.get("/webhooks/crm/letters?state=dead")).json()["letters"][0]["body"] == ""
    assert [row.what for row in doors.audit.rows] == ["GET /webhooks/{hook}/letters"] * 2


async def test_a_test_says_what_came_of_it() -> None:
    doors = told()
    async with client_of(doors) as client:
        assert (await client.post("/webhooks/crm/test")).json() == {"problem": ""}
        doors.webhooks.problem = "crm.test has no address"
        assert (await client.post("/webhooks/crm/test")).json() == {"problem": "crm.test has no address"}
        assert (await client.post("/webhooks/erp/test")).status_code == 404
