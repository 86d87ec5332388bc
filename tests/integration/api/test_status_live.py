"""The command line's live view against a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.instance import Instance, NotRunning
from app.settings import Settings
from app.status import boards
from core.errors import Refused
from tests.integration.api.test_live_websocket import floor, serving
from tests.unit.floor import OFFERED, journal


def instance(home: Path, port: int, token: str) -> Instance:
    (home / "secrets").mkdir()
    (home / "secrets/cli.token").write_text(token)
    return Instance(Settings(home=home, port_base=port))


async def test_the_board_follows_what_happens(tmp_path: Path) -> None:
    async with floor() as (doors, wallboard, _), serving(doors) as port:
        here = instance(tmp_path, port, await doors.token_of("lead"))
        with await asyncio.to_thread(here.open_live) as connection:
            seen = boards(connection)
            board, _age_s = await asyncio.to_thread(next, seen)
            assert board["call/node-1.1"]["state"] == "menu"
            wallboard.apply(journal((2, OFFERED))[0])
            await doors.board.publish("epoch-1", 2, wallboard.diff())
            while board["call/node-1.1"]["state"] == "menu":
                board, _age_s = await asyncio.to_thread(next, seen)
            assert board["call/node-1.1"]["state"] == "waiting"


async def test_a_wrong_token_and_a_closed_port_are_said(tmp_path: Path) -> None:
    async with floor() as (doors, _, _session), serving(doors) as port:
        here = instance(tmp_path, port, "nonsense")
        with pytest.raises(Refused, match="refused the live connection"):
            await asyncio.to_thread(here.open_live)
    with pytest.raises(NotRunning, match=r"\./thirdring up"):
        await asyncio.to_thread(here.open_live)
