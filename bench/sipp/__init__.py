"""SIPp as callers and as agents' phones: command lines for the scenarios beside this file, and their logs.

SIPp is no library and shares no code with what it measures. Its phone logs an INVITE when it is read and a
BYE when it is sent, on one clock in one process: the time between them is the time of a hand-over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SCENARIOS = Path(__file__).parent
SILENCE = "silence.alaw"
_ALAW_SILENCE = bytes([0xD5])  # ITU-T G.711: the code of zero, even bits inverted
_RATE_HZ = 8000


@dataclass(frozen=True, slots=True)
class Sipp:
    """`program` and the environment it needs; `directory` takes its logs; `pbx` is host:port."""

    program: str
    environment: dict[str, str]
    directory: Path
    pbx: str

    async def register(self, sip_name: str, secret: str, port: int) -> None:
        """Register a phone at this port of 127.0.0.1 for an hour. Raises SippFailed."""
        process = await self._start(
            "register", port, "-s", sip_name, "-au", sip_name, "-ap", secret, "-m", "1", "-timeout", "5s"
        )
        if await process.wait() != 0:
            raise SippFailed(f"the phone could not register: SIPp ended with {process.returncode}")

    async def phone(self, port: int, talk_ms: int, media_port: int) -> asyncio.subprocess.Process:
        """Answer every call at this port at once and hang up `talk_ms` later, until terminated. Log: `phone.log`."""
        return await self._start("phone", port, "-d", str(talk_ms), "-mp", str(media_port), log="phone.log")

    async def callers(
        self, hotline: str, count: int, at_once: int, port: int, media_port: int, rate: float = 10
    ) -> asyncio.subprocess.Process:
        """`count` callers from 127.0.0.2, `rate` a second, `at_once` of them on the line; each stays until hung up on.

        Voice goes from `media_port` upwards. Log: `caller.log`.
        """
        (self.directory / SILENCE).write_bytes(_ALAW_SILENCE * _RATE_HZ)
        return await self._start(
            "caller", port, "-s", hotline, "-m", str(count), "-l", str(at_once), "-r", str(rate),
            "-mp", str(media_port), log="caller.log", address="127.0.0.2",
        )  # fmt: skip

    async def _start(
        self, scenario: str, port: int, *arguments: str, log: str = "", address: str = "127.0.0.1"
    ) -> asyncio.subprocess.Process:
        logging = ("-trace_logs", "-log_file", log) if log else ()
        return await asyncio.create_subprocess_exec(
            self.program, self.pbx, "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", address, "-p", str(port),
            "-ci", "127.0.0.1", "-aa", "-nostdin", *arguments, *logging,
            cwd=self.directory, env=self.environment,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip


class SippFailed(Exception):
    """SIPp could not do its part of a benchmark."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of a scenario's log: what, seconds since 1970, of which call."""

    what: str
    utc_s: float
    call: str


def read_log(path: Path) -> list[Logged]:
    """The lines so far; an unfinished last line is left out."""
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1].splitlines()
    return [
        Logged(words[0], float(words[1]) + float(words[2]) / 1e6, words[3])
        for line in whole
        if len(words := line.split()) == 4
    ]


def hand_overs_ms(log: Iterable[Logged]) -> list[float]:
    """Milliseconds from each "free" to the next "invite" at the same phone."""
    gaps: list[float] = []
    free_s: float | None = None
    for line in log:
        if line.what == "free":
            free_s = line.utc_s
        elif line.what == "invite" and free_s is not None:
            gaps.append((line.utc_s - free_s) * 1000)
            free_s = None
    return gaps
