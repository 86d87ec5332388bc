"""Agents and seats by REST and by command line: sign-in and out, breaks, wrap-up, seats added and removed at work."""

from __future__ import annotations

import asyncio
import json
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from cti.carrier.accounts import PhoneAccount
from cti.carrier.caller import CallerCall
from tests.integration.centre import Centre
from tests.integration.office import changed, idle, office, shared, shown, thirdring, wait
from tests.integration.plain_phone import PlainPhone, plain_phone

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRAP_UP_S = 1.5


building, house = shared(office(2, wrap_up_s=WRAP_UP_S))


async def _asked(house: Centre, what: str, **body: str) -> httpx.Response:
    return await house.api.post(f"/agents/agent-01/{what}", json=body or None)


async def _talk(house: Centre) -> CallerCall:
    """Agent 01 signs in and talks to a caller until somebody hangs up."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged()
    await house.until("seat/seat-01", lambda entry: entry["state"] == "talking")
    return caller


async def test_the_wrap_up_is_as_long_as_the_queue_says(house: Centre) -> None:
    caller = await _talk(house)
    await caller.hang_up()
    wrapping = await house.until("agent/agent-01", lambda entry: entry["state"] == "wrap_up")
    available = await house.until("agent/agent-01", lambda entry: entry["state"] == "idle")
    assert available["since_boot_s"] - wrapping["since_boot_s"] == pytest.approx(WRAP_UP_S, abs=0.1)
    assert available["status"] == "ready"


async def test_ready_ends_a_wrap_up_early(house: Centre) -> None:
    caller = await _talk(house)
    await caller.hang_up()
    wrapping = await house.until("agent/agent-01", lambda entry: entry["state"] == "wrap_up")
    assert (await _asked(house, "ready")).status_code == 200
    available = await house.until("agent/agent-01", lambda entry: entry["state"] == "idle")
    assert available["since_boot_s"] - wrapping["since_boot_s"] < WRAP_UP_S / 2


async def test_a_break_asked_for_in_a_talk_starts_after_it(house: Centre) -> None:
    caller = await _talk(house)
    assert (await _asked(house, "break", reason="meal")).status_code == 200
    talking = await house.until("agent/agent-01", lambda entry: True)
    assert (talking["status"], talking["state"]) == ("ready", "talking")
    await caller.hang_up()
    resting = await house.until("agent/agent-01", lambda entry: entry["status"] == "on_break")
    assert resting["reason"] == "meal"
    invited = len((await house.carrier.phone("seat-01")).timeline.all("invited"))
    caller = await wait(house)
    assert (await shown(house, caller))["state"] == "waiting", "an agent on a break is not rung"
    assert len((await house.carrier.phone("seat-01")).timeline.all("invited")) == invited
    assert (await _asked(house, "ready")).status_code == 200
    await caller.bridged()


async def test_nobody_signs_out_of_a_talk(house: Centre) -> None:
    caller = await _talk(house)
    refused = await _asked(house, "sign-out")
    assert refused.status_code == 409
    assert "in a call" in refused.json()["detail"]
    assert (await shown(house, caller))["state"] == "talking"
    await caller.hang_up()
    await house.until("agent/agent-01", lambda entry: entry["state"] == "wrap_up")
    assert (await _asked(house, "sign-out")).status_code == 200
    gone = await house.until("agent/agent-01", lambda entry: entry["status"] == "signed_out")
    assert "seat" not in gone


async def test_what_cannot_be_granted_is_refused_with_a_reason(house: Centre) -> None:
    assert (await _asked(house, "break", reason="meal")).status_code == 409
    await house.sign_in("agent-01", "seat-01")
    taken = await house.api.post("/agents/agent-02/sign-in", json={"seat": "seat-01"})
    assert (taken.status_code, "agent-01" in taken.json()["detail"]) == (409, True)
    nowhere = await house.api.post("/agents/agent-02/sign-in", json={"seat": "seat-99"})
    assert (nowhere.status_code, "seat-99" in nowhere.json()["detail"]) == (409, True)


async def test_the_command_line_signs_in_and_out_and_sends_on_breaks(house: Centre) -> None:
    seen = []
    for command in (
        ("sign-in", "agent-01", "seat-01"), ("break", "agent-01", "training"), ("ready", "agent-01"),
        ("sign-out", "agent-01"),
    ):  # fmt: skip
        status, _, complaints = await thirdring(house, "agent", *command)
        assert status == 0, complaints
        entry = await house.until("agent/agent-01", lambda _: True)
        seen.append((entry["status"], entry.get("seat"), entry["reason"]))
    assert seen == [
        ("ready", "seat-01", "sign_in"),
        ("on_break", "seat-01", "training"),
        ("ready", "seat-01", "ready"),
        ("signed_out", None, "sign_out"),
    ]


async def test_the_command_line_says_why_not(house: Centre) -> None:
    status, _, complaints = await thirdring(house, "agent", "sign-out", "agent-01")
    assert status == 1
    assert complaints.strip() == "agent-01 is not signed in. Sign in at a seat first."


async def test_a_seat_added_at_work_is_rung_and_the_talk_beside_it_goes_on(house: Centre) -> None:
    talking = await _talk(house)
    made = await house.api.post("/seats", json={"id": "seat-77", "name": "工位77"})
    assert made.status_code == 201, made.text
    login = made.json()
    phone = await house.carrier.install(PhoneAccount("seat-77", login["username"], login["password"]))
    await house.sign_in("agent-02", "seat-77")
    caller = await wait(house)
    assert (await caller.bridged()).details["seat"] == "seat-77"
    assert not talking.over
    await caller.hang_up()
    await idle(house, "seat-77")
    assert (await house.api.delete("/seats/seat-77")).status_code == 409, "somebody sits there"
    assert (await house.api.post("/agents/agent-02/sign-out")).status_code == 200
    assert (await house.api.delete("/seats/seat-77")).status_code == 204
    async with asyncio.timeout(5):
        while "seat/seat-77" in (await house.get("/live"))["snapshot"]:  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.05)
    assert not talking.over
    assert (await shown(house, talking))["state"] == "talking"
    await phone.unregister()
    with pytest.raises(TimeoutError):
        await phone.register(timeout_s=3.0)


async def test_a_talk_goes_on_though_its_seat_and_its_trunk_are_taken_out_of_the_house(house: Centre) -> None:
    """The PBX is asked for everything as soon as it has loaded that."""
    talking = await _talk(house)
    call = (await shown(house, talking))["id"]
    whole = (await house.api.get("/house")).json()
    left = {part: [one for one in whole[part] if one["id"] not in ("seat-01", "a")] for part in ("seats", "trunks")}
    async with changed(house, **left):
        await asyncio.sleep(1.5)  # the resync after it, and a second in which it would have been too young
        entry = (await house.get("/live"))["snapshot"]
        assert (entry[f"call/{call}"]["state"], entry["agent/agent-01"]["state"]) == ("talking", "talking")
        await talking.hang_up()
        await house.until("agent/agent-01", lambda entry: entry["status"] == "signed_out")
    await house.until("seat/seat-01", lambda entry: entry["reachable"])


async def test_a_phone_of_a_seat_from_a_file_registers_and_its_agent_signs_in(house: Centre) -> None:
    report = (await house.api.post("/seats/import", content="id,name\nseat-81,工位81\n".encode())).json()
    (line,) = report["lines"]
    phone = await house.carrier.install(PhoneAccount("seat-81", line["username"], line["password"]))
    await phone.register()
    await house.until("seat/seat-81", lambda entry: entry["reachable"])
    await house.sign_in("agent-02", "seat-81")
    assert (await house.until("agent/agent-02", lambda entry: entry["status"] == "ready"))["seat"] == "seat-81"
    assert (await house.api.post("/agents/agent-02/sign-out")).status_code == 200
    await phone.unregister()
    assert (await house.api.delete("/seats/seat-81")).status_code == 204


async def test_a_seat_gets_another_password_and_the_old_one_registers_no_more(house: Centre) -> None:
    made = (await house.api.post("/seats", json={"id": "seat-82"})).json()
    status, output, complaints = await thirdring(house, "seat", "login", "seat-82", "--json")
    assert status == 0, complaints
    login = json.loads(output)
    assert (login["id"], login["username"]) == ("seat-82", made["username"])
    async with _phone(house, made) as lost:
        assert await lost.register() == 401
    async with _phone(house, login) as found:
        assert await found.register() == 200
        await house.until("seat/seat-82", lambda entry: entry["reachable"])
    assert (await house.api.post("/seats/seat-99/login")).status_code == 404
    assert (await house.api.delete("/seats/seat-82")).status_code == 204
    again = (await house.api.post("/seats", json={"id": "seat-82"})).json()
    assert again["password"] == login["password"]
    assert (await house.api.delete("/seats/seat-82")).status_code == 204


def _phone(house: Centre, login: dict[str, str]) -> AbstractAsyncContextManager[PlainPhone]:
    return plain_phone(login["username"], login["password"], house.settings.ports.sip, "RTP/AVP")


async def test_the_command_line_adds_and_removes_seats(house: Centre) -> None:
    status, output, complaints = await thirdring(house, "seat", "add", "seat-78", "--name", "工位78", "--json")
    assert status == 0, complaints
    made = json.loads(output)
    assert made["id"] == "seat-78" and made["password"]
    await house.until("seat/seat-78", lambda entry: entry["name"] == "工位78")
    assert (await thirdring(house, "seat", "remove", "seat-78"))[0] == 0
    assert "seat/seat-78" not in (await house.get("/live"))["snapshot"]
