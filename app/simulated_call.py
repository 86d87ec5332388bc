"""`./thirdring call`: one simulated call through the carrier, and its timeline.

A running carrier (`up --demo`) is used; without one, a carrier of our own plays for the time of the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from core.errors import ActionFailed, PbxUnavailable
from cti.carrier.caller import CallerCall, Dtmf
from cti.carrier.carrier import Carrier
from cti.carrier.plan import CarrierPlan
from cti.carrier.timeline import Fact

Say = Callable[[str], None]

CAUSES = {
    "1": "no such number",
    "16": "normal",
    "17": "busy",
    "19": "no answer",
    "21": "rejected",
    "34": "all lines are busy",
    "38": "the network is out of order",
}
"""Q.850 causes in words, as far as a caller meets them."""


@dataclass(frozen=True, slots=True)
class CallOrder:
    """What the caller does: dials, presses `keys` one by one `pause_s` apart, waits, talks for `talk_s`."""

    hotline: str
    keys: str = ""
    talk_s: float = 20.0
    caller: str = "13800138000"
    trunk: str = "a"
    pause_s: float = 2.0
    patience_s: float = 120.0
    dtmf: Dtmf = "rfc4733"


@dataclass(frozen=True, slots=True)
class CallReport:
    """How it went; `facts` are (seconds since dialling, name, details), `heard` is a WAV file's path or ""."""

    facts: list[tuple[float, str, dict[str, str]]]
    reached_an_agent: bool
    heard: str

    def document(self) -> dict[str, Any]:
        """For --json."""
        facts = [{"at_s": at_s, "fact": name} | details for at_s, name, details in self.facts]
        return {"facts": facts, "reached_an_agent": self.reached_an_agent, "heard": self.heard}


async def simulated_call(plan: CarrierPlan, order: CallOrder, say: Say) -> CallReport:
    """Place one call through the carrier of this plan and tell each fact as it happens.

    Raises PbxUnavailable when the carrier fails.
    """
    async with _carrier(plan, say) as carrier:
        call = await carrier.dial(order.hotline, order.caller, order.trunk, dtmf=order.dtmf)
        began_s = call.timeline.facts[0].boot_s
        for fact in call.timeline.facts:
            say(told(fact, began_s))
        call.timeline.listeners.append(lambda fact: say(told(fact, began_s)))
        await _play(call, order)
        return await _report(call, began_s)


def told(fact: Fact, began_s: float) -> str:
    """One line of the timeline: seconds since dialling, what happened, details; a cause in words too."""
    details = [f"{key} {value}" for key, value in fact.details.items()]
    if (cause := fact.details.get("cause", "")) in CAUSES:
        details.append(f"({CAUSES[cause]})")
    return " ".join([f"{fact.boot_s - began_s:8.3f} s", f"{fact.name:9}", *details]).rstrip()


async def _play(call: CallerCall, order: CallOrder) -> None:
    """Do what the order says; the call's own end comes first whenever it comes. Hangs up in any case."""
    try:
        if (await call.timeline.next("answered", "ended", timeout_s=order.patience_s)).name == "answered":
            await _talk(call, order)
    except TimeoutError:
        pass  # patience or the talk is over: the caller hangs up
    except ActionFailed:
        await call.ended()  # a key after the end
    finally:
        await call.hang_up()


async def _talk(call: CallerCall, order: CallOrder) -> None:
    for key in order.keys:
        await asyncio.sleep(order.pause_s)
        await call.press(key)
    if (await call.timeline.next("bridged", "ended", timeout_s=order.patience_s)).name == "bridged":
        await call.timeline.next("ended", timeout_s=order.talk_s)


async def _report(call: CallerCall, began_s: float) -> CallReport:
    await call.ended()
    heard = str(await call.heard()) if call.timeline.all("answered") else ""
    facts = [(round(fact.boot_s - began_s, 3), fact.name, fact.details) for fact in call.timeline.facts]
    return CallReport(facts, bool(call.timeline.all("bridged")), heard)


@asynccontextmanager
async def _carrier(plan: CarrierPlan, say: Say) -> AsyncIterator[Carrier]:
    try:
        carrier = await Carrier.attach(plan)
    except PbxUnavailable:
        say("no simulated carrier is running; one is started for this call")
        carrier = await Carrier.start(plan)
    try:
        yield carrier
    finally:
        await asyncio.shield(carrier.stop())
