"""What becomes of a version of the house when its store gives no answer, or another one than before."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.house_desk import HouseDesk
from core.house import House
from store.errors import HouseMovedOn, StoreUnavailable
from tests.unit.floor import small_house


def named(name: str) -> House:
    return small_house().model_copy(update={"name": name})


class Stored:
    """store.house.HouseStore over a list; while it is `mute` it stores, and the answer is lost."""

    def __init__(self) -> None:
        self.versions = [named("one")]
        self.mute = False

    async def newest(self) -> int:
        return len(self.versions)

    async def current(self) -> tuple[int, House]:
        return len(self.versions), self.versions[-1]

    async def put(self, house: House, by: str, expected_version: int, now: datetime) -> int:
        if expected_version != len(self.versions):
            raise HouseMovedOn(f"version {len(self.versions)} is in force, not {expected_version}")
        self.versions.append(house)
        if self.mute:
            raise StoreUnavailable("the connection was closed")
        return len(self.versions)


class Nothing:
    """The studio, and what loads the PBX."""

    async def prepare(self, house: House) -> None: ...
    async def place(self, house: House) -> None: ...
    async def load(self) -> None: ...


async def test_a_version_that_was_stored_although_its_answer_was_lost_comes_into_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or no other could ever be made from the one in force."""

    async def fits(desk: HouseDesk, house: House) -> None: ...

    monkeypatch.setattr(HouseDesk, "check", fits)
    state = SimpleNamespace(version=1, house=named("one"))

    def apply(version: int, house: House) -> None:
        state.version, state.house = version, house

    floor: Any = SimpleNamespace(state=state, apply=apply)
    store: Any = Stored()
    desk = HouseDesk(floor, store, Nothing(), Nothing())  # type: ignore[arg-type]
    store.mute = True
    with pytest.raises(StoreUnavailable):
        await desk.put(named("two"), "leader", 1)
    store.mute = False
    with pytest.raises(HouseMovedOn):
        await desk.put(named("three"), "leader", 1)
    version, house = await desk.current()
    assert (version, house.name) == (2, "two")
    assert await desk.put(named("three"), "leader", version) == 3
    assert (await desk.current())[1].name == "three"
