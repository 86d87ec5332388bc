"""A house that does not reach the PBX: said, tried again with pauses, superseded by a newer one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import pbx_loading
from app.pbx_loading import PbxLoading
from core.errors import PbxUnavailable
from core.house import House
from tests.unit.floor import small_house


@dataclass
class Scene:
    """A PBX that refuses to load until it may; what was rendered, loaded and said."""

    settings: SimpleNamespace
    version: int = 1
    refuses: bool = False
    rendered: list[int] = field(default_factory=list)
    loaded: list[frozenset[str] | None] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    resynced: int = 0
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def floor(self) -> Any:
        return SimpleNamespace(
            settings=self.settings,
            credentials=None,
            state=self,
            feed=SimpleNamespace(alarm=lambda name, text: self.said.append(text)),
            node=self,
        )

    @property
    def house(self) -> House:
        return small_house()

    async def resync(self) -> None:
        self.resynced += 1

    def write(self, *_: object) -> frozenset[str]:
        changed = frozenset() if self.version in self.rendered else frozenset({"pjsip.conf"})
        self.rendered.append(self.version)
        return changed

    async def reload(self, settings: SimpleNamespace, files: Iterable[str] | None) -> None:
        self.tried.set()
        if self.refuses:
            raise PbxUnavailable("Asterisk is starting")
        self.loaded.append(None if files is None else frozenset(files))


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    (tmp_path / "run").mkdir()
    scene = Scene(SimpleNamespace(home=tmp_path, pbx_mode="embedded"))
    monkeypatch.setattr(pbx_loading, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(pbx_loading, "remember_house", lambda *_: None)
    monkeypatch.setattr(pbx_loading, "write_house_files", scene.write)
    monkeypatch.setattr(pbx_loading, "reload_pbx", scene.reload)
    return scene


@asynccontextmanager
async def retried(loading: PbxLoading) -> AsyncIterator[None]:
    task = asyncio.create_task(loading.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def mended(loading: PbxLoading) -> None:
    async with asyncio.timeout(5):
        while loading.broken:  # noqa: ASYNC110 - polled, it has no event
            await asyncio.sleep(0.001)


async def test_what_changed_is_loaded_and_nothing_is_said(scene: Scene) -> None:
    assert await PbxLoading(scene.floor).load() == ""
    assert scene.loaded == [frozenset({"pjsip.conf"})] and scene.resynced == 1
    assert scene.said == []


async def test_nothing_is_loaded_when_nothing_changed(scene: Scene) -> None:
    loading = PbxLoading(scene.floor)
    await loading.load()
    await loading.load()
    assert len(scene.loaded) == 1


async def test_one_that_failed_is_tried_until_it_succeeds_and_each_change_is_said_once(scene: Scene) -> None:
    loading, scene.refuses = PbxLoading(scene.floor), True
    async with retried(loading):
        assert await loading.load() == loading.broken
        assert "Asterisk is starting" in loading.broken
        for _ in range(3):
            scene.tried.clear()
            await asyncio.wait_for(scene.tried.wait(), 5)
        scene.refuses = False
        await mended(loading)
    assert scene.loaded == [None], "what an earlier try wrote must be loaded, too"
    assert [text.split(":")[0] for text in scene.said] == [
        "Version 1 of the house has not reached the PBX; it is tried again",
        "The house in force has reached the PBX.",
    ]


async def test_a_newer_version_takes_the_place_of_one_that_never_arrived(scene: Scene) -> None:
    loading, scene.refuses = PbxLoading(scene.floor), True
    await loading.load()
    scene.version, scene.refuses = 2, False
    await loading.load()
    assert loading.broken == "" and scene.rendered[-1] == 2
    async with retried(loading):
        await asyncio.sleep(0.01)
    assert scene.loaded == [None], "nothing is left to try"


async def test_what_a_process_could_not_finish_the_next_one_does(scene: Scene) -> None:
    scene.refuses = True
    await PbxLoading(scene.floor).load()
    scene.refuses = False
    owed = scene.settings.home / "run/pbx-owed"
    async with retried(PbxLoading(scene.floor)), asyncio.timeout(5):
        while owed.exists():  # noqa: ASYNC110 - polled, it has no event
            await asyncio.sleep(0.001)
    assert scene.loaded == [None]


@pytest.mark.parametrize("error", [OSError("no space left on device"), PbxUnavailable("x")])
async def test_whatever_fails_is_said_and_not_raised(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(pbx_loading, "remember_house", fails)
    loading = PbxLoading(scene.floor)
    await loading.load()
    assert str(error) in loading.broken


async def test_a_remote_pbx_without_a_user_for_reloading_is_loaded_by_hand(scene: Scene) -> None:
    scene.settings.pbx_mode, scene.settings.pbx_reload_user = "remote", ""
    loading = PbxLoading(scene.floor)
    assert (await loading.load(), await loading.load()) == (pbx_loading.BY_HAND, "")
    assert scene.loaded == [] and loading.broken == ""
    assert scene.said == [pbx_loading.BY_HAND], "said once for each change"
