"""POST /seats/{seat}/codes: for whoever holds the login, and for nobody else; what the codes say."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from api.ports import PhoneLogin
from api.qr import drawn
from api.routes.seat_codes import gs_wave, plain
from tests.unit.doors import Doors, client_of

LOGIN = PhoneLogin("sabc", "p<w&d", "192.0.2.7:20003")


def test_the_code_for_grandstream_wave_is_an_account_in_xml() -> None:
    (account,) = ElementTree.fromstring(gs_wave("seat-16", LOGIN))
    assert {field.tag: field.text for field in account} == {
        "RegisterServer": "192.0.2.7:20003", "UserID": "sabc", "AuthID": "sabc", "AuthPass": "p<w&d",
        "AccountName": "seat-16", "DisplayName": "seat-16",
    }  # fmt: skip


async def test_the_codes_are_those_of_the_login() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        made = (await client.post("/seats", json={"id": "seat-16"})).json()
        held = {"username": made["username"], "password": made["password"]}
        codes = (await client.post("/seats/seat-16/codes", json=held)).json()
        login = PhoneLogin(made["username"], made["password"], made["server"])
        assert codes == {
            "gs_wave": drawn(gs_wave("seat-16", login)).model_dump(),
            "text": drawn(plain(login)).model_dump(),
        }
        assert made["password"] not in str((await client.get("/audit")).json()["rows"])


@pytest.mark.parametrize(
    ("seat", "change", "status"),
    [("seat-16", {"password": "guess"}, 422), ("seat-16", {"username": "other"}, 422), ("seat-99", {}, 404)],
)
async def test_whoever_does_not_hold_the_login_is_told_nothing(seat: str, change: dict[str, str], status: int) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        made = (await client.post("/seats", json={"id": "seat-16"})).json()
        held = {"username": made["username"], "password": made["password"]} | change
        answer = await client.post(f"/seats/{seat}/codes", json=held)
        assert (answer.status_code, "path" in answer.text) == (status, False)
