"""What a day at work leaves behind: no secret and no caller's number where it does not belong, nothing open to others.

And what the people who may change the house cannot do with it.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.house_secrets import OWN
from cti.credentials import load_credentials
from tests.integration.centre import Centre
from tests.integration.office import clear, dial, office, opened, record_of, wait
from tests.integration.raw_caller import raw_caller
from tests.integration.sip_attacker import sip_attacker

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLER, STRANGER = "13877766655", "13866655544"
RECORDS = ("pbx/log/cdr-csv/Master.csv", "pbx/log/queue_log", "log/queue_log")
"""Asterisk's own call records: numbers belong there. They are no message logs."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    """A house with one day behind it: a talk, a caller who left, a refused number, wrong passwords."""
    async with opened(office(1, wrap_up_s=0)) as running:
        await (await running.carrier.phone("seat-01")).will_answer(0.05, talk_s=0.5)
        await running.sign_in("agent-01", "seat-01")
        caller = await running.carrier.dial("95001", CALLER)
        await caller.answered()
        await caller.press("1")
        await caller.ended()
        await record_of(running, caller)
        await (await running.carrier.dial("95009", STRANGER, record=False)).ended()
        seat = running.house.seats[0].id
        logins = load_credentials(running.settings.home / "secrets/seats.key")
        async with sip_attacker(running.settings.ports.sip, logins.sip_name(seat), "not-it") as guesser:
            await guesser.ask("REGISTER", "")
        async with raw_caller("127.0.0.2", running.settings.ports.sip) as raw:
            await raw.invite("95009", f"<sip:{STRANGER}@127.0.0.2>")
        await running.api.post("/sessions", json={"name": "admin", "password": "a-wrong-guess"})
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


def secrets_of(house: Centre) -> dict[str, str]:
    """Everything that lets somebody in."""
    home = house.settings.home
    logins = load_credentials(home / "secrets/seats.key")
    seat = house.house.seats[0].id
    first = next(
        found for line in house.said if (found := re.search(r"first administrator: admin, password (\S+)", line))
    )
    return {
        "manager": logins.ami_secret,
        "agi path": logins.agi_path,
        "phone": logins.secret(seat),
        "browser phone": logins.web_secret(seat),
        "command line": (home / "secrets/cli.token").read_text(),
        "administrator": first[1],
        "key": logins.key.hex(),
    }


def written(house: Centre) -> Iterator[tuple[str, str]]:
    """Every log: name and text; what `up` said is one."""
    home = house.settings.home
    said = [line for line in house.said if "first administrator" not in line]
    yield "up", "\n".join(said)
    for directory in ("log", "pbx/log"):
        for file in (home / directory).rglob("*"):
            if file.is_file() and str(file.relative_to(home)) not in RECORDS:
                yield str(file.relative_to(home)), file.read_text(errors="replace")


def process_file(pid: int, file: str) -> str:
    return Path(f"/proc/{pid}/{file}").read_bytes().decode(errors="replace")


async def test_no_log_holds_a_secret_or_a_callers_number(house: Centre) -> None:
    logs = dict(written(house))
    assert "pbx/log/messages.log" in logs
    told = secrets_of(house) | {"a caller": CALLER[-8:], "a refused caller": STRANGER[-8:], "a guess": "a-wrong-guess"}
    assert [(what, name) for what, value in told.items() for name, text in logs.items() if value in text] == []


async def test_no_process_shows_a_secret(house: Centre) -> None:
    """To `ps`, and in its environment, which its children inherit."""
    shown = {
        f"{pid}/{file}": process_file(pid, file)
        for pid in (house.process.pid, house.engine_pid(), house.pbx_pid())
        for file in ("cmdline", "environ")
    }
    secrets = secrets_of(house)
    assert [(what, name) for what, value in secrets.items() for name, text in shown.items() if value in text] == []


async def test_nothing_in_the_home_is_open_to_other_users(house: Centre) -> None:
    home = house.settings.home
    lent = {home / "sounds", home / "house.yaml"}
    paths = [path for path in home.rglob("*") if not path.is_symlink() and not lent & {path, *path.parents}]
    modes = {str(path.relative_to(home)): stat.S_IMODE(path.stat().st_mode) for path in paths if path.exists()}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o007 or mode & 0o020} == {}
    secret = {name: mode for name, mode in modes.items() if name.startswith("secrets")}
    assert secret.pop("secrets") == 0o700
    assert set(secret.values()) == {0o600}
    assert {name.removeprefix("secrets/") for name in secret} <= OWN, "a house could name it (app.house_secrets)"
    assert any(name.startswith("recordings/") and name.endswith(".wav") for name in modes)


async def test_the_pbx_and_the_engine_are_this_user_and_no_other(house: Centre) -> None:
    for pid in (house.engine_pid(), house.pbx_pid()):
        found = re.search(r"^Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$", process_file(pid, "status"), re.M)
        assert found is not None and set(map(int, found.groups())) == {os.getuid()}


# --- who may change the house ----------------------------------------------------------------------------
HOSTILE: list[tuple[str, str, Any]] = [
    ("queues", "id", "x,1,System(id)"),
    ("queues", "id", "general"),
    ("hotlines", "id", "${SHELL(id)}"),
    ("hotlines", "number", "95001,1,Dial(PJSIP/0013900139000@trunk-a)"),
    ("hotlines", "flow", "../../../etc/passwd"),
    ("hotlines", "name", {"zh-CN": "a\r\nAction: Originate"}),
    ("trunks", "id", "x]\n[evil"),
    ("trunks", "host", "127.0.0.2\nmatch=0.0.0.0/0"),
    ("trunks", "host", "0.0.0.0/0"),
    ("trunks", "secret_file", "../secrets/seats.key"),
    ("look_ups", "secret_file", "cli.token"),
    ("seats", "id", "x\n[evil]\ntype=endpoint"),
    ("agents", "name", "\x1b]0;owned\x07"),
]


@pytest.mark.parametrize(("part", "key", "value"), HOSTILE)
async def test_a_hostile_house_is_refused_as_one_piece(house: Centre, part: str, key: str, value: object) -> None:
    answer = await house.api.get("/house")
    document, version = answer.json(), answer.headers["ETag"]
    files = configuration(house)
    changed = {**document, "name": "another", part: [{**document[part][0], key: value}, *document[part][1:]]}
    refused = await house.api.put("/house", json=changed, headers={"If-Match": version})
    assert refused.status_code in (409, 422), refused.text
    after = await house.api.get("/house")
    assert (after.json(), after.headers["ETag"]) == (document, version)
    assert configuration(house) == files


async def test_the_house_goes_on_after_all_that(house: Centre) -> None:
    caller = await wait(house)
    await caller.hang_up()
    assert not [line for line in house.said if "Traceback" in line]


def configuration(house: Centre) -> dict[str, str]:
    return {file.name: file.read_text() for file in (house.settings.home / "pbx/etc").iterdir()}


# --- the page's port --------------------------------------------------------------------------------------
async def test_connections_to_the_page_take_nothing_from_callers(house: Centre) -> None:
    port = house.settings.ports.api
    held = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(600)]
    try:
        caller = await asyncio.wait_for(dial(house, record=False), 10)
        assert not caller.over
    finally:
        for writer in held:
            writer.close()
    async with asyncio.timeout(10):
        while True:
            try:
                assert (await house.api.get("/health")).status_code == 200
                return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
