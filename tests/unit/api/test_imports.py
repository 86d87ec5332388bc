"""Users and seats from a CSV file: all lines or none, and each wrong one named."""

from __future__ import annotations

import httpx
import pytest

from api.imports import MOST_LINES
from api.passwords import NO_PASSWORD
from store.people import User
from tests.unit.doors import ORIGIN, Doors, client_of

USERS = "name,role\nagent-07,agent\nlead-1,leader\ncrm-2,integration\n"
SEATS = "id,name\nseat-16,=窗边\nseat-17,\n"


async def sent(client: httpx.AsyncClient, noun: str, text: str, **query: bool) -> httpx.Response:
    return await client.post(f"/{noun}/import", content=text.encode(), params=query)


async def test_many_users_are_let_in_with_the_passwords_of_the_report() -> None:
    doors = Doors()
    async with client_of(doors) as admin, client_of(doors, admin=False) as desk:
        desk.headers["Origin"] = ORIGIN
        report = (await sent(admin, "users", USERS)).json()
        assert [(line["line"], line["outcome"], line["name"]) for line in report["lines"]] == [
            (2, "added", "agent-07"), (3, "added", "lead-1"), (4, "added", "crm-2"),
        ]  # fmt: skip
        passwords = {line["name"]: line["password"] for line in report["lines"]}
        for name in ("agent-07", "lead-1"):
            login = {"name": name, "password": passwords[name]}
            assert (await desk.post("/sessions", json=login)).status_code == 201
        assert (passwords["crm-2"], doors.people.persons["crm-2"].password_hash) == ("", NO_PASSWORD)
        again = (await sent(admin, "users", USERS)).json()
        assert (again["added"], again["unchanged"]) == (0, 3)
        page = (await admin.get("/audit")).json()["rows"]
        assert not any(password and password in str(page) for password in passwords.values())


WRONG = "name,role\nagent-07,agent\nNO NAME,agent\nagent-08,boss\nagent-07,leader\nadmin,agent\n"
PROBLEMS = [
    ("line 3", "name: small letters"),
    ("line 4", "role: 'boss' is none of"),
    ("line 5", "agent-07 is on line 2, too"),
    ("line 6", "admin is there already, as administrator"),
]


async def test_one_wrong_line_and_nobody_is_let_in_but_each_is_named() -> None:
    doors = Doors()
    async with client_of(doors) as admin:
        before = dict(doors.people.persons)
        refused = await sent(admin, "users", WRONG)
        assert (refused.status_code, "nothing was done" in refused.json()["detail"]) == (422, True)
        said = [(error["field"], error["problem"]) for error in refused.json()["errors"]]
        assert all(
            field == line and problem.startswith(start)
            for (field, problem), (line, start) in zip(said, PROBLEMS, strict=True)
        ), said
        assert doors.people.persons == before
        tried = await sent(admin, "users", WRONG, try_only=True)
        assert (tried.json()["added"], tried.json()["refused"]) == (1, 4)
        assert doors.people.persons == before
        taken = await sent(admin, "users", WRONG, partial=True)
        assert (taken.json()["added"], taken.json()["refused"]) == (1, 4)
        assert doors.people.persons.keys() - before.keys() == {"agent-07"}
        assert doors.people.persons["admin"].role == "administrator"


async def test_somebody_who_is_added_meanwhile_is_nobodys_half_import(monkeypatch: pytest.MonkeyPatch) -> None:
    doors = Doors()

    async def users() -> list[User]:
        return []

    async with client_of(doors) as admin:
        await doors.add_person("lead-1", "leader")  # type: ignore[arg-type]
        monkeypatch.setattr(doors.people, "users", users)
        assert (await sent(admin, "users", USERS)).status_code == 409
        assert "agent-07" not in doors.people.persons


async def test_many_seats_are_one_version_and_their_logins_are_shown() -> None:
    doors = Doors()
    async with client_of(doors) as admin:
        report = (await sent(admin, "seats", SEATS)).json()
        assert [(line["name"], line["username"]) for line in report["lines"]] == [
            ("seat-16", "name-of-seat-16"), ("seat-17", "name-of-seat-17"),
        ]  # fmt: skip
        assert all(line["password"] for line in report["lines"])
        assert (doors.house.version, [(seat.id, seat.name) for seat in doors.house.house.seats][-2:]) == (
            2,
            [("seat-16", "=窗边"), ("seat-17", "")],
        )
        assert (await sent(admin, "seats", SEATS)).json()["unchanged"] == 2
        refused = await sent(admin, "seats", "id,name\nseat-18,x\nseat-16,another name\nSEAT,y\n")
        assert [error["field"] for error in refused.json()["errors"]] == ["line 3", "line 4"]
        assert doors.house.version == 2
        doors.house.rivals = 1
        assert (await sent(admin, "seats", "id\nseat-18\n")).json()["added"] == 1


@pytest.mark.parametrize(
    ("noun", "text", "said"),
    [
        ("users", "name\nx\n", "name and role"),
        ("users", "name,role,password\n", "unknown column"),
        ("seats", "", "at least id"),
        ("seats", "id\n" + "".join(f"seat-{n}\n" for n in range(MOST_LINES + 1)), "more than"),
    ],
)
async def test_what_is_no_such_file_is_refused(noun: str, text: str, said: str) -> None:
    doors = Doors()
    async with client_of(doors) as admin:
        answer = await sent(admin, noun, text)
    assert (answer.status_code, said in answer.json()["detail"]) == (409, True)
