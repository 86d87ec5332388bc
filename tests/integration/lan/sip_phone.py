"""A SIP phone on one machine of the network, played by SIPp. It speaks A-law and knows no RFC 4733."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.lan.networks import Machine
from tests.integration.lan.tools import tool

SCENARIOS = Path(__file__).parent
_SIP_PORT = 5070
_MEDIA_PORT = 40_000
_DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class SipPhone:
    """`directory` takes its logs and holds keys.alaw; `registrar` is host:port; `tools` the tree of fetched tools."""

    machine: Machine
    tools: Path
    directory: Path
    registrar: str
    name: str
    password: str

    async def register(self) -> None:
        """Raises RuntimeError with the end of the conversation when the registrar refuses."""
        await self._done("register")

    async def call_and_press(self) -> None:
        """Call `keys`, play keys.alaw into it; returns when the other side hangs up."""
        await self._done("call")

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Within, it answers calls and echoes what it hears."""
        process = await self._start("answer", "-rtp_echo")
        try:
            yield
        finally:
            process.terminate()
            await process.wait()

    def sdp(self, scenario: str) -> list[str]:
        """Session descriptions that the other side sent in that scenario."""
        log = self._log(scenario).read_text(encoding="utf-8", errors="replace")
        messages = re.split(r"^-{10,} .*$", log, flags=re.MULTILINE)
        received = [message for message in messages if "message received" in message]
        return [f"v=0{message.partition('v=0')[2]}" for message in received if "v=0" in message]

    def _log(self, scenario: str) -> Path:
        return self.directory / f"{scenario}.log"

    async def _done(self, scenario: str) -> None:
        process = await self._start(scenario, "-m", "1", "-timeout", f"{_DEADLINE_S:g}")
        await process.wait()
        if process.returncode:
            said = self._log(scenario).read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"the SIP phone's {scenario!r} failed ({process.returncode}):\n{said}")

    async def _start(self, scenario: str, *more: str) -> asyncio.subprocess.Process:
        sipp, environment = tool("sipp", self.tools)
        return await asyncio.create_subprocess_exec(
            *self.machine.enter, sipp, self.registrar,
            "-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", self.name, "-au", self.name, "-ap", self.password,
            "-i", self.machine.address, "-p", str(_SIP_PORT), "-mi", self.machine.address, "-mp", str(_MEDIA_PORT),
            "-trace_msg", "-message_file", str(self._log(scenario)), "-nostdin", *more,
            cwd=self.directory,
            env={**os.environ, "TERM": "dumb", **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
