"""`up --demo`: simulated agents who sign in, answer, talk and take breaks, and callers who keep them busy.

Everything goes the way real ones go: agents over REST and SIP phones, callers over SIP trunks. One seed
draws all of it; it is printed, so that a day can be had again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from app.carrier_plan import carrier_plan
from app.demo_traffic import (
    CallerScript,
    DemoRates,
    calls_per_hour,
    draw_caller,
    draw_turn,
    gap_s,
    read_profile,
)
from app.demo_visitor import leave_word, visitor_file, with_visitor
from app.instance import Instance
from app.settings import Settings
from core.errors import PeerFault, Refused
from core.house import Agent, House
from core.states import BreakReason
from cti.carrier.accounts import TRUNKS
from cti.carrier.caller import CallerCall
from cti.carrier.carrier import Carrier
from cti.carrier.phone import Phone
from cti.credentials import Credentials
from cti.pbx.installation import find_installation

log = logging.getLogger(__name__)

Say = Callable[[str], None]
TRY_AGAIN_S = 2.0
LONGEST_MENU_S = 30.0


@asynccontextmanager
async def demo_carrier(settings: Settings, house: House, credentials: Credentials) -> AsyncIterator[Carrier]:
    """The demo's carrier. It comes before the PBX, which asks its trunks as it starts and then after 20 s.

    Raises ConfigurationWrong, PbxUnavailable: it cannot be started.
    """
    installation = find_installation(settings.home, settings.pbx_mode, os.environ)
    plan = replace(carrier_plan(settings, house, credentials, installation), phones_record=False)
    if not settings.lan_name:
        plan = with_visitor(plan, settings, credentials)
    carrier = await Carrier.start(plan)
    try:
        if plan.visitor_secret:
            leave_word(settings, plan)
        yield carrier
    finally:
        visitor_file(settings.home).unlink(missing_ok=True)
        await asyncio.shield(carrier.stop())


async def demo(carrier: Carrier, settings: Settings, house: House, say: Say) -> None:
    """The demo's people, for ever; cancel to end it."""
    seed = random.randrange(10**6)
    say(f"the demo's callers and agents (seed {seed})")
    if carrier.plan.visitor_secret:
        say(f"be a caller yourself, in a browser: http://{settings.bind}:{settings.ports.api}/demo")
    await Demo(carrier, Instance(settings), house, DemoRates(), seed).run()


class Desk:
    """An agent's buttons. A refusal (already signed in, not away) is an answer, not a fault."""

    def __init__(self, instance: Instance, agent: Agent, seat: str) -> None:
        self._instance = instance
        self._agent = agent
        self._seat = seat

    async def sign_in(self) -> None:
        """Keep asking until it is granted: the API may still be starting, the seat's phone unknown to the engine."""
        while not await self._ask("sign-in", {"seat": self._seat}):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(TRY_AGAIN_S)
        await self.ready()  # the last run may have ended in a break

    async def ready(self) -> None:
        await self._ask("ready", {})

    async def rest(self, reason: BreakReason, lasts_s: float) -> None:
        if await self._ask("break", {"reason": reason.value}):
            await asyncio.sleep(lasts_s)
            await self.ready()

    async def _ask(self, what: str, body: dict[str, object]) -> bool:
        try:
            await asyncio.to_thread(self._instance.post, f"/agents/{self._agent.id}/{what}", body)
        except Refused as refusal:
            log.info("demo: %s of %s was refused: %s", what, self._agent.id, refusal)
            return False
        return True


class Demo:
    """The people: one task an agent, one a caller. A caller's or agent's mishap ends nothing but that one turn."""

    def __init__(self, carrier: Carrier, instance: Instance, house: House, rates: DemoRates, seed: int) -> None:
        self._carrier = carrier
        self._instance = instance
        self._house = house
        self._rates = rates
        self._seed = seed
        self._zone = ZoneInfo(house.time_zone)

    async def run(self) -> None:
        """Until cancelled."""
        agents = [agent for agent in self._house.agents if agent.role == "agent"]
        seats = self._house.seats[: max(1, len(self._house.seats) - self._rates.spare_seats)]
        async with asyncio.TaskGroup() as people:
            for agent, seat in zip(agents, seats, strict=False):
                people.create_task(self._agent(agent, seat.id), name=f"demo-{agent.id}")
            people.create_task(self._callers(people), name="demo-callers")

    # -- agents --------------------------------------------------------------------------------
    async def _agent(self, agent: Agent, seat: str) -> None:
        dice = random.Random(f"{self._seed}/{agent.id}")
        desk = Desk(self._instance, agent, seat)
        phone = await self._carrier.phone(seat)
        await phone.register(timeout_s=60.0)
        await desk.sign_in()
        while True:
            try:
                await self._turn(dice, desk, phone)
            except PeerFault as fault:
                log.warning("demo: %s lost a turn: %s", agent.id, fault)
                await asyncio.sleep(TRY_AGAIN_S)

    async def _turn(self, dice: random.Random, desk: Desk, phone: Phone) -> None:
        """One call at this desk, answered or missed."""
        turn = draw_turn(dice, self._rates)
        await (phone.will_answer(turn.ring_s, turn.talk_s) if turn.answers else phone.will_ignore())
        over = await phone.timeline.next("ended", "cancelled", timeout_s=None)
        if over.name == "cancelled":
            await asyncio.sleep(turn.notices_after_s)
            await desk.ready()
        elif turn.rest_s is not None:
            await desk.rest(turn.reason, turn.rest_s)

    # -- callers -------------------------------------------------------------------------------
    async def _callers(self, people: asyncio.TaskGroup) -> None:
        dice, profile = random.Random(f"{self._seed}/callers"), read_profile()
        hotlines = [hotline.number for hotline in self._house.hotlines]
        free_lines = asyncio.Semaphore(self._rates.callers_at_once)
        while True:
            now = datetime.now(self._zone).time()
            await asyncio.sleep(gap_s(dice, calls_per_hour(profile, self._rates, now)))
            script = draw_caller(dice, self._rates, hotlines, [trunk.id for trunk in TRUNKS])
            await free_lines.acquire()
            task = people.create_task(self._caller(script), name="demo-caller")
            task.add_done_callback(lambda _: free_lines.release())

    async def _caller(self, script: CallerScript) -> None:
        try:
            call = await self._carrier.dial(script.hotline, script.number, script.trunk, record=False)
            try:
                await self._play(call, script)
            finally:
                await call.hang_up()
        except (PeerFault, TimeoutError) as fault:
            log.info("demo: a caller gave up: %s", type(fault).__name__)

    async def _play(self, call: CallerCall, script: CallerScript) -> None:
        """Listen, press, wait, talk; whoever hangs up first ends it."""
        await call.answered()
        if script.leaves_after_s is not None:
            await asyncio.sleep(script.leaves_after_s)
            return
        for key in script.keys:
            await asyncio.sleep(script.pause_s)
            await call.press(key)
        patience_s = script.patience_s + LONGEST_MENU_S
        if (await call.timeline.next("bridged", "ended", timeout_s=patience_s)).name == "bridged":
            await call.timeline.next("ended", timeout_s=script.talk_s)
