"""One PBX and our connections to it: what a gap in its events leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from core.errors import PbxUnavailable
from core.ids import CallId
from cti import node
from cti.ami import AmiClient
from cti.lines import Voice
from cti.node import Address, PbxNode
from tests.unit.cti.test_execute import NODE
from tests.unit.floor import small_house


class Inbox:
    def offer(self, fact: object) -> bool:
        return True


class Watched(PbxNode):
    """Counts how often the PBX is asked for everything."""

    asked = 0

    async def resync(self) -> None:
        self.asked += 1


def quiet_node(sounds: Path) -> Watched:
    return Watched(
        NODE, Address("127.0.0.1", 1, "u", "s", "127.0.0.1", 2, "/p", 3), Inbox(),
        Voice(None, None, None, None),  # type: ignore[arg-type]
        lambda seat: (f"sip-{seat}",), boot_s=lambda: 0.0, boot_id="b", sounds=sounds,
    )  # fmt: skip


async def test_a_gap_in_the_events_asks_the_pbx_once_soon_and_again_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "LOOK_AGAIN_S", 0.05)
    pbx = quiet_node(tmp_path)
    house = small_house()
    pbx.configure(house)
    unheard = {
        "Event": "Newstate",
        "Uniqueid": "n1-9.9",
        "Channel": f"PJSIP/sip-{house.seats[0].id}-00000009",
        "ChannelState": "5",
    }
    for _ in range(3):
        pbx._event(unheard)
    await until_asked(pbx, 1)
    pbx._event(unheard | {"Channel": "PJSIP/stranger-00000001"})
    pbx._event(unheard | {"Event": "Newchannel", "Linkedid": "n1-9.9"})
    await asyncio.sleep(0.15)
    assert pbx.asked == 1
    pbx._event(unheard | {"Uniqueid": "n1-8.8"})
    await until_asked(pbx, 2)


async def test_of_the_events_that_wait_for_a_resync_one_that_breaks_its_reader_costs_no_other(tmp_path: Path) -> None:
    pbx = quiet_node(tmp_path)
    read: list[str] = []

    class Client(AmiClient):
        async def action(
            self, fields: Mapping[str, str | Sequence[str]], *, deadline_s: float = 1.0
        ) -> dict[str, str | list[str]]:
            for digit in "12":
                pbx._event({"Event": "DTMFEnd", "Direction": "Received", "Uniqueid": "n1-9.9", "Digit": digit})
            raise PbxUnavailable("it is gone again")

    def press(call: CallId, key: str) -> None:
        read.append(key)
        raise ValueError

    pbx.lines.key_pressed = press  # type: ignore[method-assign]
    with pytest.raises(PbxUnavailable):
        await pbx._up(Client(pbx._event))
    assert read == ["1", "2"]


async def until_asked(pbx: Watched, times: int) -> None:
    async with asyncio.timeout(20):
        while pbx.asked < times:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
