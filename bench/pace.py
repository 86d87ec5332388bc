"""Calls per second, raised step by step until something fails: ours and plain app_queue, in turns on one Asterisk.

SIPp callers dial a hotline at a steady rate; every phone answers at once, talks for a second and hangs up, and there
are more agents than any step needs, also when each call takes twice its time. Every caller hears the same texts, and
every talk is recorded: ours as always, app_queue's by one MixMonitor. A rate holds if each of its callers is connected
and nearly all of them at once; it fails when it has failed twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.instance import Instance
from app.pbx_files import pbx_layout
from app.settings import Settings
from bench import dispatch
from bench.dispatch import NATIVE_QUEUE, append, entry_of, house_at_work, member, percentile, sipp_of, until
from bench.processes import Meter, ended, pids_of
from bench.sipp import Logged, Sipp, read_log
from core.house import House
from cti.credentials import load_credentials
from cti.pbx.control import PbxControl

SEATS, LINES = 250, 1000
RATES = (5, 20, 35, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100)
"""Calls per second."""
STEP_S = 15.0
TALK_S = 1.0
GRACE_S = 15.0
"""So long after the last dial its callers may still come and go."""
REST_S = 3.0
"""Between two steps: what one has left behind is not counted at the next."""
LATE_S = 3.0
"""Nineteen of twenty callers wait at most so much longer than at the first rate, or the queue is growing."""
TRIES = 2
PROCESSES = ("engine", "pbx")
OURS, NATIVE = dispatch.OURS, dispatch.NATIVE
SIDES = {"ours": OURS, "app_queue": NATIVE}

SAID = tuple(
    "&".join(f"zh-CN/{prompt}" for prompt in prompts)
    for prompts in (("welcome-complaints", "other-language"), ("recording-notice", "please-hold"), ("goodbye",))
)
"""What our hotline says: keys are listened to meanwhile, before the queue, and after the talk."""
NATIVE_DIALPLAN = f"""
[trunk-a]
exten => {NATIVE},1,Answer()
 same => n,Background({SAID[0]})
 same => n,Playback({SAID[1]})
 same => n,MixMonitor(native-${{UNIQUEID}}.wav)
 same => n,Queue(bench-native,c)
 same => n,Playback({SAID[2]})
 same => n,Hangup()
"""
"""As ours leads its callers: a text that a key ends, the notice, a recorded talk, and a goodbye."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rate at one hotline; `wait_s` is the 95th percentile of what connected callers waited, `usual_s` what it was
    at the first rate: what a hotline says before and after a talk is no wait."""

    rate: float
    dialled: int
    connected: int
    wait_s: float
    usual_s: float
    shares: dict[str, float]
    spent_s: dict[str, float]
    """Seconds of a core, by process."""
    fell: list[str]
    """Processes that did not outlive the step."""

    @property
    def trouble(self) -> str:
        """Why it does not hold; "" if it does."""
        if self.fell:
            return f"the {' and the '.join(self.fell)} had to be started again"
        if self.connected < self.dialled:
            return f"{self.dialled - self.connected} of {self.dialled} callers were not connected"
        late_s = self.wait_s - self.usual_s
        return f"one caller in twenty waited for {late_s:.1f} s more than at first" if late_s > LATE_S else ""

    def told(self) -> dict[str, object]:
        of_a_call = {f"{name}_ms_per_call": round(s / self.dialled * 1000, 1) for name, s in self.spent_s.items()}
        return {"rate": self.rate, "trouble": self.trouble, "p95_wait_s": self.wait_s, **self.shares, **of_a_call}


async def run() -> dict[str, object]:
    """The highest rate that held, of both, and what failed first beyond it.

    Raises PbxUnavailable, SippFailed: the product or the phones did not come up.
    """
    async with house_at_work(_house()) as settings:
        sipp = sipp_of(settings)
        await _install_phones(settings, sipp)
        port, media_port = settings.port_base + dispatch.PHONE_PORT, settings.port_base + dispatch.PHONE_MEDIA
        phone = await sipp.phone(port, round(TALK_S * 1000), media_port)
        try:
            await _sign_in(Instance(settings))
            return _result(await _climb(settings, sipp))
        finally:
            await ended(phone)


def _house() -> House:
    document = dispatch.house().model_dump(mode="json")
    (seat,), (agent,), (trunk,) = document["seats"], document["agents"], document["trunks"]
    names = range(1, SEATS + 1)
    return House.model_validate(
        document
        | {
            "lines": {"inbound": LINES},
            "trunks": [trunk | {"lines": LINES}],
            "seats": [seat | {"id": f"seat-{n}"} for n in names],
            "agents": [agent | {"id": f"agent-{n}"} for n in names],
        }
    )


async def _install_phones(settings: Settings, sipp: Sipp) -> None:
    """Every seat's phone is at the one port where SIPp will answer; all are members of app_queue too."""
    credentials = load_credentials(settings.home / "secrets" / "seats.key")
    seats = [seat.id for seat in _house().seats]
    for seat in seats:
        await sipp.register(
            credentials.sip_name(seat), credentials.secret(seat), settings.port_base + dispatch.PHONE_PORT
        )
    layout, members = pbx_layout(settings), "".join(member(credentials.sip_name(seat)) for seat in seats)
    append(layout.etc / "extensions.conf", NATIVE_DIALPLAN)
    append(layout.etc / "queues.conf", NATIVE_QUEUE + members)
    await PbxControl(layout.control_socket).reload(["extensions.conf", "queues.conf"])


async def _sign_in(instance: Instance) -> None:
    seats = [f"seat-{number}" for number in range(1, SEATS + 1)]
    await until(lambda: all(bool(entry_of(instance, f"seat/{seat}").get("reachable")) for seat in seats))
    for number, seat in enumerate(seats, 1):
        await asyncio.to_thread(instance.post, f"/agents/agent-{number}/sign-in", {"seat": seat})


async def _climb(settings: Settings, sipp: Sipp) -> dict[str, list[Step]]:
    """Every step of both, each until it has failed."""
    steps: dict[str, list[Step]] = {side: [] for side in SIDES}
    for rate in RATES:
        for side, hotline in SIDES.items():
            for _ in range(TRIES if not _fell(steps[side]) else 0):
                usual_s = steps[side][0].wait_s if steps[side] else 0.0
                steps[side].append(await _step(settings, sipp, hotline, rate, usual_s))
                if not steps[side][-1].trouble:
                    break
    return steps


def _fell(steps: list[Step]) -> bool:
    return len(steps) >= TRIES and all(step.trouble and step.rate == steps[-1].rate for step in steps[-TRIES:])


async def _step(settings: Settings, sipp: Sipp, hotline: str, rate: float, usual_s: float) -> Step:
    await asyncio.sleep(REST_S)
    count, phone_log, caller_log = round(rate * STEP_S), sipp.directory / "phone.log", sipp.directory / "caller.log"
    seen = len(_log(phone_log))
    meter = Meter(settings.home, PROCESSES)
    callers = await sipp.callers(
        hotline, count, count, settings.port_base + dispatch.CALLER_PORT,
        settings.port_base + dispatch.CALLER_MEDIA, rate,
    )  # fmt: skip
    try:
        await asyncio.wait_for(callers.wait(), STEP_S + GRACE_S)
    except TimeoutError:
        pass  # whoever is still on the line was not connected
    finally:
        await ended(callers)
    fell = [name for name, pid in pids_of(settings.home, PROCESSES).items() if pid != meter.pids[name]]
    talks, wait_s = _talks(_log(phone_log)[seen:]), _wait_s(_log(caller_log))
    shares, spent_s = meter.shares(without=fell), meter.spent_s(without=fell)
    return Step(rate, count, talks, wait_s, usual_s, shares, spent_s, fell)


def _log(path: Path) -> list[Logged]:
    return read_log(path) if path.exists() else []


def _talks(phone: list[Logged]) -> int:
    """A phone hangs up on each of its talks."""
    return sum(line.what == "free" for line in phone)


def _wait_s(caller: list[Logged]) -> float:
    """From the PBX's answer to the end, without the talk."""
    answered = {line.call: line.utc_s for line in caller if line.what == "answered"}
    waits = [
        line.utc_s - answered[line.call] - TALK_S for line in caller if line.what == "ended" and line.call in answered
    ]
    return percentile(waits, 95) if waits else 0.0


def _result(steps: dict[str, list[Step]]) -> dict[str, object]:
    held = {side: max((step.rate for step in of if not step.trouble), default=0) for side, of in steps.items()}
    failed: dict[str, Any] = {side: of[-1].told() if _fell(of) else None for side, of in steps.items()}
    return {
        "calls_per_s": held["ours"],
        "app_queue_calls_per_s": held["app_queue"],
        "ratio": round(held["ours"] / held["app_queue"], 2) if held["app_queue"] else None,
        "failed_first": failed,
        "at_the_top": {side: [s.told() for s in of if not s.trouble][-1:] for side, of in steps.items()},
    }
