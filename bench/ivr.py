"""From the end of a key press to the beginning of the next prompt, with 90 callers in menus at once.

Both moments are the PBX's own, by the time stamps of its AMI events: DTMFEnd of the caller's channel, then AGIExecStart
of the STREAM FILE that answers it. In between are the way to the engine, the flow's step, and the way back. The
callers are channels of the simulated carrier on the same machine; they go to and fro between two menus.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.borrowed import borrow
from app.current_house import SHIPPED
from app.pbx_files import pbx_layout
from app.settings import Settings, read_settings
from bench.dispatch import free_base, lend_prompts, percentile, running
from bench.processes import cpu_s
from bench.telephones import telephones
from core.house_text import from_yaml
from cti.ami import AmiClient
from cti.carrier.caller import CallerCall
from cti.carrier.carrier import USER, Carrier
from cti.credentials import load_credentials
from cti.pbx.control import PbxControl
from cti.wire import Message

CALLERS = 90
KEYS_EACH = 20
"""Below the number of keys after which a flow gives a caller to a person."""

KEYBOARDS = 6
"""AMI sessions that press keys: each is busy for as long as a key is down."""

KEY_MS = 100
PAUSE_S = 2.0
DIAL_EVERY_S = 0.05
WATCHER = """
[bench]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = agi,dtmf
write = call
writetimeout = 10000
"""


async def run() -> dict[str, object]:
    """Milliseconds, and the engine's share of one core meanwhile.

    Raises PbxUnavailable: the product or the carrier did not come up.
    """
    home = Path(tempfile.mkdtemp(prefix="thirdring-bench-"))
    try:
        settings = Settings(home=home, port_base=free_base())
        borrow(home, read_settings().home)
        lend_prompts(home)
        house = from_yaml(SHIPPED.read_text(encoding="utf-8"), str(SHIPPED))
        async with running(settings), telephones(settings, house) as carrier:
            return await _measured(settings, carrier)
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _measured(settings: Settings, carrier: Carrier) -> dict[str, object]:
    watch = _Watch()
    watcher = await _watcher(settings, watch)
    keyboards = [await _keyboard(carrier) for _ in range(KEYBOARDS)]
    try:
        calls = [await _in_the_menu(carrier, number) for number in range(CALLERS)]
        engine = int((settings.home / "run/engine.pid").read_text())
        before_s, began_s = cpu_s(engine), asyncio.get_running_loop().time()
        await asyncio.gather(*(_press(keyboards, call, number) for number, call in enumerate(calls)))
        lasted_s = asyncio.get_running_loop().time() - began_s
        share = (cpu_s(engine) - before_s) / lasted_s
        await asyncio.gather(*(call.hang_up() for call in calls))
    finally:
        for client in (watcher, *keyboards):
            client.close("over")
    return {
        "callers": CALLERS,
        "keys": watch.keys,
        "keys_per_s": round(watch.keys / lasted_s, 1),
        "key_to_prompt_ms": {
            "p50": percentile(watch.ms, 50), "p99": percentile(watch.ms, 99), "count": len(watch.ms)
        },
        "unanswered_keys": watch.keys - len(watch.ms),
        "engine_core_share": round(share, 3),
        "load_average": os.getloadavg()[0],
    }  # fmt: skip


class _Watch:
    """Pairs each key with the prompt that follows it on the same channel."""

    def __init__(self) -> None:
        self._pressed: dict[str, float] = {}
        self.keys = 0
        self.ms: list[float] = []

    def take(self, message: Message) -> None:
        channel, event = str(message.get("Channel", "")), message.get("Event")
        if event == "DTMFEnd" and message.get("Direction") == "Received":
            self.keys += 1
            self._pressed[channel] = _at_s(message)
        elif event == "AGIExecStart" and str(message.get("Command", "")).startswith("STREAM FILE"):
            if (pressed_s := self._pressed.pop(channel, None)) is not None:
                self.ms.append(1000 * (_at_s(message) - pressed_s))


def _at_s(message: Message) -> float:
    return float(str(message["Timestamp"]))


async def _watcher(settings: Settings, watch: _Watch) -> AmiClient:
    """An AMI user of its own, who may see keys and AGI commands; events get time stamps."""
    file = pbx_layout(settings).etc / "manager.conf"
    secret = load_credentials(settings.home / "secrets" / "seats.key").ami_secret
    text = file.read_text(encoding="utf-8").replace("[general]\n", "[general]\ntimestampevents = yes\n", 1)
    file.write_text(text + WATCHER.format(secret=secret), encoding="utf-8")
    await PbxControl(pbx_layout(settings).control_socket).reload(["manager.conf"])
    return await AmiClient.connect("127.0.0.1", settings.ports.ami, "bench", secret, watch.take)


async def _keyboard(carrier: Carrier) -> AmiClient:
    port, secret = carrier.plan.layout.ports.ami, carrier.plan.ami_secret
    client = await AmiClient.connect("127.0.0.1", port, USER, secret, lambda message: None)
    await client.action({"Action": "Events", "EventMask": "off"})
    return client


async def _in_the_menu(carrier: Carrier, number: int) -> CallerCall:
    call = await carrier.dial("95001", f"138{number:08}", "ab"[number % 2], record=False)
    await call.answered()
    await asyncio.sleep(DIAL_EVERY_S)
    return call


async def _press(keyboards: Sequence[AmiClient], call: CallerCall, number: int) -> None:
    """To the guidance and back, so that each key is answered by a prompt."""
    dice, keyboard = random.Random(number), keyboards[number % len(keyboards)]
    for turn in range(KEYS_EACH):
        await asyncio.sleep(dice.uniform(0.5, 1.5) * PAUSE_S)
        digit = "1#"[turn % 2]
        await keyboard.action({"Action": "PlayDTMF", "Channel": call.channel, "Digit": digit, "Duration": str(KEY_MS)})
