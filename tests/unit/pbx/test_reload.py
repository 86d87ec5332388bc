"""Asterisk tells in words alone whether it has read a file anew."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from core.errors import PbxUnavailable
from cti.pbx import process
from cti.pbx.layout import PbxLayout
from cti.pbx.process import PbxProcess

DONE = "Module 'res_pjsip.so' reloaded successfully."
BUSY = "A module reload request is already in progress; please be patient"


class Console(PbxProcess):
    """A PBX that answers each order with the next of these texts; the last one stays."""

    def answers(self, *texts: str) -> Console:
        self.texts, self.orders = list(texts), list[str]()
        return self

    async def order(self, command: str) -> str:
        self.orders.append(command)
        return self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]


@pytest.fixture
def pbx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setattr(process, "_RELOAD_AGAIN_S", 0.001)
    return Console(cast(PbxLayout, None))


async def test_a_reload_waits_for_the_one_that_somebody_began_at_the_console(pbx: Console) -> None:
    await pbx.answers(BUSY, BUSY, DONE).reload(["pjsip.conf"])
    assert pbx.orders == ["module reload res_pjsip.so"] * 3


async def test_a_module_that_is_not_there_is_none_to_reload(pbx: Console) -> None:
    """The simulated carrier has no queues; who takes over one that runs reloads everything."""
    await pbx.answers("No such module 'app_queue.so'").reload()
    assert len(pbx.orders) == len(process.RELOADS)


@pytest.mark.parametrize("said", ["The module 'res_pjsip.so' reported a reload failure", BUSY, ""])
async def test_what_was_not_read_is_not_said_to_be(pbx: Console, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be taken for told: whoever was let in would go on being refused."""
    monkeypatch.setattr(process, "ORDER_DEADLINE_S", 0.01)
    with pytest.raises(PbxUnavailable, match="did not reload res_pjsip"):
        await pbx.answers(said).reload(["pjsip.conf", "queues.conf"])
