"""The supervisor's word that the PBX has ended is passed on once, and only while nobody sees the PBX."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from app import pbx_watch
from core.errors import PbxUnavailable


@dataclass
class Scene:
    """A PBX, its supervisor, and who sees what."""

    in_sight: bool = True
    ended: bool = False
    supervised: bool = True
    back_while_asked: bool = False
    told: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_ended(self) -> bool:
        self.asked.set()
        if not self.supervised:
            raise PbxUnavailable("nobody supervises")
        self.in_sight = self.in_sight or self.back_while_asked
        return self.ended

    def tell(self) -> None:
        self.told += 1

    async def rounds(self) -> None:
        """Two more looks at least."""
        for _ in range(2):
            await asyncio.sleep(2 * pbx_watch.LOOK_EVERY_S)


@asynccontextmanager
async def watched(scene: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(pbx_watch.watch(scene, lambda: scene.in_sight, scene.tell))
    yield
    task.cancel()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pbx_watch, "LOOK_EVERY_S", 0.001)


async def test_its_end_is_told_once_for_each_time() -> None:
    scene = Scene(in_sight=False, ended=True)
    async with watched(scene):
        await scene.rounds()
        assert scene.told == 1
        scene.in_sight = True
        await scene.rounds()
        scene.in_sight = False
        await scene.rounds()
        assert scene.told == 2


def _alive(scene: Scene) -> None:
    scene.ended = False


def _unsupervised(scene: Scene) -> None:
    scene.supervised = False


def _back(scene: Scene) -> None:
    scene.back_while_asked = True


@pytest.mark.parametrize("change", [_alive, _unsupervised, _back])
async def test_nothing_is_told_of_one_that_lives_or_that_nobody_knows_of(change: Callable[[Scene], None]) -> None:
    scene = Scene(in_sight=False, ended=True)
    change(scene)
    async with watched(scene):
        await asyncio.wait_for(scene.asked.wait(), 5)
        await scene.rounds()
    assert scene.told == 0


async def test_nobody_is_asked_while_it_is_in_sight() -> None:
    scene = Scene(ended=True)
    async with watched(scene):
        await scene.rounds()
    assert not scene.asked.is_set() and scene.told == 0
