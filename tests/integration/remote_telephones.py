"""Callers and agents of a remote PBX, run on its machine: trunks and phones are on that machine's loopback.

Argument: home. Prints one JSON object: which seat each of two callers reached, the second one after a seat was added.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from app.carrier_plan import carrier_plan
from app.current_house import last_known_house
from app.instance import Instance
from app.pbx_files import ami_password
from app.settings import Settings
from core.errors import ActionFailed, Refused
from cti.ami import AmiClient
from cti.carrier.accounts import PhoneAccount
from cti.carrier.carrier import Carrier
from cti.credentials import load_credentials
from cti.pbx.installation import find_installation

DEADLINE_S = 60.0
TALK_S = 1.5


async def main(home: Path, ami_host: str, ami_port: int) -> dict[str, object]:
    settings = Settings(home=home)
    secret = ami_password(home / "secrets/ami")
    credentials = load_credentials(home / "secrets/seats.key")
    installation = find_installation(home, "embedded", os.environ)
    carrier = await Carrier.start(carrier_plan(settings, last_known_house(settings), credentials, installation))
    instance = Instance(settings)
    try:
        first = await _reached(carrier, instance, "agent-01", "seat-01")
        await _ask(instance, "/agents/agent-01/sign-out", {})
        made = await asyncio.to_thread(instance.post, "/seats", {"id": "seat-77", "name": "工位77"})
        await carrier.install(PhoneAccount("seat-77", made["username"], made["password"]))
        second = await _reached(carrier, instance, "agent-02", "seat-77")
        return {"first": first, "second": second, "ami": await _ami_says(ami_host, ami_port, secret)}
    finally:
        await carrier.stop()


async def _reached(carrier: Carrier, instance: Instance, agent: str, seat: str) -> str:
    """The seat whose phone a new caller talks to."""
    phone = await carrier.phone(seat)
    await phone.will_answer(0.1, talk_s=TALK_S)
    if not phone.registered:
        await phone.register()
    await _ask(instance, f"/agents/{agent}/sign-in", {"seat": seat})
    caller = await carrier.dial("95001")
    await caller.answered()
    await caller.press("1")
    seat = (await caller.bridged(40)).details["seat"]
    await caller.ended(30)
    return seat


async def _ask(instance: Instance, path: str, body: dict[str, object]) -> None:
    """A seat that has just registered is not known to the engine yet."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await asyncio.to_thread(instance.post, path, body)
                return
            except Refused:
                await asyncio.sleep(0.2)


async def _ami_says(host: str, port: int, secret: str) -> str:
    """AMI to the engine's user, with the right password, from a machine that is not the engine's."""
    try:
        client = await AmiClient.connect(host, port, "thirdring", secret, lambda message: None)
    except ActionFailed as refusal:
        return str(refusal)
    client.close("so it may")
    return "come in"


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))))
