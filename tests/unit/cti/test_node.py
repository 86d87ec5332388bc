"""One PBX and our connections to it: what a gap in its events leads to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cti import node
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


async def test_a_gap_in_the_events_asks_the_pbx_once_soon_and_again_for_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "LOOK_AGAIN_S", 0.05)
    pbx = Watched(
        NODE, Address("127.0.0.1", 1, "u", "s", "127.0.0.1", 2, "/p", 3), Inbox(),
        Voice(None, None, None, None),  # type: ignore[arg-type]
        lambda seat: (f"sip-{seat}",), boot_s=lambda: 0.0, boot_id="b", sounds=tmp_path,
    )  # fmt: skip
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


async def until_asked(pbx: Watched, times: int) -> None:
    async with asyncio.timeout(20):
        while pbx.asked < times:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
