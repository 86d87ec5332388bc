"""What `up` refuses before it starts anything."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from app.current_house import last_known_house
from app.doctor.finding import ok
from app.own_pbx import pbx_alone
from app.pbx_files import write_house_files
from app.settings import Settings
from app.up import hotlines, leaves, up
from bench import history
from core.errors import ConfigurationWrong, Refused
from cti.credentials import load_credentials
from cti.translate import EVENTS


async def test_a_port_that_somebody_else_holds_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        said: list[str] = []
        settings = Settings(home=tmp_path, port_base=stranger.getsockname()[1] - 1)
        with pytest.raises(Refused, match=r"(?s)held by somebody else: .*THIRDRING_PORT_BASE"):
            await up(settings, said.append)
    assert said == [] and not (tmp_path / "pbx").exists() and not (tmp_path / "sounds").exists()


async def test_without_the_key_of_its_archive_calls_are_taken_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home that was restored without it stood still: nobody was answered for the sake of old recordings."""
    monkeypatch.setattr("app.up.ports", lambda settings: ok("free"))
    monkeypatch.setattr("app.up.make_all_sounds", lambda settings, texts: None)
    monkeypatch.setenv("THIRDRING_PBX_ROOT", str(tmp_path / "nowhere"))
    (tmp_path / "archive/manifests").mkdir(parents=True)
    (tmp_path / "archive/manifests/2026-11-26.jsonl").write_text("{}\n")
    said: list[str] = []
    with suppress(ConfigurationWrong):  # as far as the PBX, which is not there
        await up(Settings(home=tmp_path, pbx_mode="installed"), said.append)
    assert "recordings.key is missing" in said[0] and "bring it back" in said[0] and said[1] == "prompts and music"
    assert not (tmp_path / "secrets/recordings.key").exists()


def test_a_hotline_without_a_name_goes_by_its_id() -> None:
    first, *others = history.house().hotlines
    house = history.house().model_copy(update={"hotlines": (first.model_copy(update={"name": {}}), *others)})
    assert hotlines(house) == ["95000 main", "95001 repairs", "95002 complaints"]


def test_nested_errors_are_told_one_by_one() -> None:
    first, second = ValueError("1"), ValueError("2")
    assert leaves(BaseExceptionGroup("", [ExceptionGroup("", [first]), second])) == [first, second]


async def test_an_asterisk_that_is_not_there_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.up.make_all_sounds", lambda settings, texts: None)
    monkeypatch.setattr("cti.pbx.installation.program_here", lambda: None)
    said: list[str] = []
    monkeypatch.setattr("app.up.ports", lambda settings: ok("free"))
    assert await up(Settings(home=tmp_path, pbx_mode="installed"), said.append) == 1
    assert said[-1].startswith("stopped: no Asterisk 20 or newer here (pbx_mode: installed)")


def _remote(home: Path) -> Settings:
    (home / "secrets").mkdir(mode=0o700)
    for name in ("ami", "reload"):
        (home / "secrets" / name).write_text(f"{name}-password\n")
    return Settings(
        home=home,
        pbx_mode="remote",
        pbx_host="10.20.30.50",
        pbx_ami_user="us",
        pbx_ami_secret_file=Path("secrets/ami"),
        pbx_reload_user="reloads",
        pbx_reload_secret_file=Path("secrets/reload"),
        agi_bind="10.20.30.40",
    )


async def test_the_demo_is_refused_where_the_pbx_is_on_another_machine(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="reaches a PBX on this machine only"):
        await up(_remote(tmp_path), lambda text: None, with_demo=True)


async def test_the_pbx_alone_is_for_an_engine_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"set pbx_mode: remote. Else: ./thirdring up"):
        await pbx_alone(Settings(home=tmp_path), lambda text: None)


async def test_a_pbx_that_is_told_to_end_while_it_starts_leaves_no_asterisk_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []

    class Running:
        async def run_forever(self) -> None:
            await asyncio.Event().wait()

    @asynccontextmanager
    async def started(*_: object) -> AsyncIterator[Running]:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.01)
        try:
            yield Running()
        finally:
            ended.append("asterisk")

    before = signal.signal(signal.SIGTERM, lambda *_: ended.append("killed"))
    monkeypatch.setattr("app.own_pbx.own_pbx", started)
    monkeypatch.setattr("app.own_pbx.keep_logs_small", lambda process: process.run_forever())
    monkeypatch.setattr("app.own_pbx.make_all_sounds", lambda settings, texts: None)
    try:
        task = asyncio.create_task(pbx_alone(_remote(tmp_path), lambda text: None))
        await asyncio.wait([task], timeout=5)
        assert (task.done(), ended) == (True, ["asterisk"])
    finally:
        task.cancel()
        signal.signal(signal.SIGTERM, before)


def test_a_remote_pbx_is_given_what_follows_the_house_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's machine needs no Asterisk; asterisk.conf and the list of modules are the other machine's."""
    monkeypatch.delenv("THIRDRING_PBX_ROOT", raising=False)
    monkeypatch.setattr("cti.pbx.installation.program_here", lambda: None)
    settings = _remote(tmp_path)
    written = write_house_files(settings, last_known_house(settings), load_credentials(tmp_path / "secrets/seats.key"))
    assert {"pjsip.conf", "extensions.conf", "manager.conf"} < written
    assert not written & {"asterisk.conf", "modules.conf"}
    etc = tmp_path / "pbx/etc"
    manager = (etc / "manager.conf").read_text()
    assert "bindaddr = 10.20.30.50\nport = 5038" in manager
    assert manager.count("permit = 10.20.30.40/255.255.255.255") == 2
    filters = re.findall(r"^eventfilter\(name\((\w+)\)", manager, re.MULTILINE)
    assert tuple(filters) == EVENTS
    assert re.search(r"\[reloads\]\nsecret = reload-password\n(.*\n)*read =\nwrite = system\n", manager)
    assert "agi://10.20.30.40:20002/" in (etc / "extensions.conf").read_text()
    assert "bind = 10.20.30.50:20003" in (etc / "pjsip.conf").read_text()
