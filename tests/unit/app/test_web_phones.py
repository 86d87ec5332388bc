"""Passwords of browser phones: each is handed out once, and ends with the next or with the sign-out."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import cast

import pytest

from app.pbx_loading import PbxLoading
from app.phone_generations import WEB, read_generations, renew
from app.web_phones import WebPhones
from core.errors import ConfigurationWrong, PeerFault
from core.events import AgentChanged, Outcome
from core.ids import SeatId
from core.states import AgentState, AgentStatus
from cti.credentials import Credentials
from tests.unit.floor import AGENT, SEAT, journal

CREDENTIALS = Credentials(b"a" * 32)
OTHER = SeatId("seat-02")


class Loading:
    """app.pbx_loading.PbxLoading, counted."""

    def __init__(self) -> None:
        self.loads, self.broken, self.by_hand = 0, "", ""
        self.loaded = asyncio.Event()

    async def load(self) -> str:
        self.loads += 1
        self.loaded.set()
        return self.broken or self.by_hand


def phones(tmp_path: Path, loading: Loading) -> WebPhones:
    return WebPhones(tmp_path, CREDENTIALS, cast(PbxLoading, loading), "wss://calls.test:20005/ws", "calls.test")


def signed_out(seat: SeatId = SEAT) -> list[Outcome]:
    idle = AgentState.IDLE
    left = AgentChanged(AGENT, seat, AgentStatus.READY, idle, AgentStatus.SIGNED_OUT, idle, "sign_out", 9.0)
    return list(journal((0, left)))


async def test_each_password_is_another_and_the_pbx_knows_it(tmp_path: Path) -> None:
    loading = Loading()
    desk = phones(tmp_path, loading)
    first, second = await desk.issue(SEAT), await desk.issue(SEAT)
    assert first.password != second.password
    assert (first.username, first.uri) == (second.username, f"sip:{first.username}@calls.test")
    assert second.password == CREDENTIALS.web_secret(SEAT, read_generations(tmp_path, WEB)[SEAT])
    assert (first.socket, loading.loads) == ("wss://calls.test:20005/ws", 2)
    assert first.password not in repr(first)


async def test_the_pbx_is_not_troubled_for_a_seat_without_a_browser(tmp_path: Path) -> None:
    loading = Loading()
    desk = phones(tmp_path, loading)
    running = asyncio.create_task(desk.run())
    desk.take(signed_out(), None)  # type: ignore[arg-type]
    phone = await desk.issue(OTHER)
    assert (loading.loads, read_generations(tmp_path, WEB)) == (1, {OTHER: 1})
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    again = phones(tmp_path, loading)
    loading.loaded.clear()
    running = asyncio.create_task(again.run())
    left = AgentChanged(
        AGENT, OTHER, AgentStatus.READY, AgentState.IDLE, AgentStatus.SIGNED_OUT, AgentState.IDLE, "", 9
    )
    again.take(list(journal((0, left))), None)  # type: ignore[arg-type]
    await asyncio.wait_for(loading.loaded.wait(), 20)
    running.cancel()
    assert CREDENTIALS.web_secret(OTHER, read_generations(tmp_path, WEB)[OTHER]) != phone.password, (
        "known before the start"
    )


async def test_whoever_comes_next_keeps_the_password_that_was_given_then(tmp_path: Path) -> None:
    loading = Loading()
    desk = phones(tmp_path, loading)
    await desk.issue(SEAT)
    desk.take(signed_out(), None)  # type: ignore[arg-type]
    phone = await desk.issue(SEAT)
    running = asyncio.create_task(desk.run())
    desk.take(signed_out(OTHER), None)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await desk.issue(OTHER)
    assert CREDENTIALS.web_secret(SEAT, read_generations(tmp_path, WEB)[SEAT]) == phone.password
    running.cancel()


async def test_a_pbx_that_cannot_be_told_is_said(tmp_path: Path) -> None:
    loading = Loading()
    loading.broken = "away"
    with pytest.raises(PeerFault, match="try again"):
        await phones(tmp_path, loading).issue(SEAT)


async def test_a_pbx_that_is_reloaded_by_hand_has_no_browser_phones(tmp_path: Path) -> None:
    loading = Loading()
    loading.by_hand = "The PBX's files have changed"
    with pytest.raises(PeerFault, match="set pbx_reload_user"):
        await phones(tmp_path, loading).issue(SEAT)


async def test_whoever_leaves_a_seat_has_a_dead_password(tmp_path: Path) -> None:
    loading = Loading()
    desk = phones(tmp_path, loading)
    phone = await desk.issue(SEAT)
    loading.loaded.clear()
    running = asyncio.create_task(desk.run())
    desk.take(signed_out(), None)  # type: ignore[arg-type]
    await asyncio.wait_for(loading.loaded.wait(), 20)
    running.cancel()
    assert CREDENTIALS.web_secret(SEAT, read_generations(tmp_path, WEB)[SEAT]) != phone.password


def test_generations_are_on_disk_before_they_take_the_place_of_the_old_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut could leave an empty file, which no start can give the PBX its passwords by."""
    forced, fsync, replace = list[int](), os.fsync, os.replace

    def force(fd: int) -> None:
        forced.append(os.fstat(fd).st_ino)
        fsync(fd)

    def take_place(source: Path, target: Path) -> None:
        assert source.stat().st_ino in forced and source.stat().st_size > 0
        replace(source, target)

    monkeypatch.setattr("os.fsync", force)
    monkeypatch.setattr("os.replace", take_place)
    monkeypatch.setattr("pathlib.Path.replace", take_place)
    renew(tmp_path, WEB, [SEAT])
    assert read_generations(tmp_path, WEB) == {SEAT: 1}


def test_generations_are_kept_closed_to_others(tmp_path: Path) -> None:
    renew(tmp_path, WEB, [SEAT])
    assert renew(tmp_path, WEB, [SEAT, OTHER]) == read_generations(tmp_path, WEB) == {SEAT: 2, OTHER: 1}
    assert stat.S_IMODE((tmp_path / WEB).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["{", "[]", '{"seat-01": "x"}'])
def test_a_file_that_is_not_ours_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / WEB).write_text(text)
    with pytest.raises(ConfigurationWrong, match=WEB):
        read_generations(tmp_path, WEB)
