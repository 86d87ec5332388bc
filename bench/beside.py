"""Ours beside app_queue where speed is not the question: rings nobody answers, a head of line whom nobody may serve,
the queue's own process killed, and what waiting callers are told (bench.promise).

One Asterisk, one run, the same telephones of the simulated carrier. Ours first, then a hotline whose dialplan is
app_queue with retry=1, the least it allows, autofill and the same seconds of ringing; who is signed in with us is a
member there. A killed queue is our engine for ours, and Asterisk itself for app_queue: that is the process in which
each keeps its line and its figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
from dataclasses import dataclass
from statistics import median
from typing import Any

from app.instance import Instance
from app.pbx_files import pbx_layout
from app.settings import Settings
from bench import promise
from bench.dispatch import append, house_at_work, until
from bench.telephones import telephones
from core.errors import PbxUnavailable, Refused
from core.house import House
from core.ids import SeatId
from cti.carrier.caller import CallerCall
from cti.carrier.carrier import Carrier
from cti.carrier.timeline import Fact
from cti.credentials import load_credentials
from cti.pbx.control import PbxControl
from cti.pbx.process import PbxProcess

SEATS = [f"seat-{number}" for number in range(1, 9)]
RING_S, TALK_S, ANSWER_S = 3.0, 1.0, 0.3
IN_LINE = 5
STUCK_FOR_S = 20.0
"""So long the head of the line that cannot be served stays; then it hangs up."""
PATIENCE_S = 60.0
QUEUE, RARE = "complaints", "rare"
PENALTY = 5
"""Of every member of app_queue; the caller whom nobody may take allows less."""


@dataclass(frozen=True, slots=True)
class Side:
    """Ours or app_queue's: the hotline everybody may serve, and the one nobody may."""

    name: str
    number: str
    stuck: str


OURS, NATIVE = Side("ours", "95001", "95002"), Side("app_queue", "95008", "95009")

DIALPLAN = f"""
[trunk-a]
exten => {NATIVE.number},1,Answer()
 same => n,Queue(bench-native)
 same => n,Hangup()
exten => {NATIVE.stuck},1,Answer()
 same => n,Set(QUEUE_MAX_PENALTY=1)
 same => n,Queue(bench-native)
 same => n,Hangup()
"""
QUEUES = f"""
[bench-native]
strategy = rrmemory
timeout = {RING_S:.0f}
retry = 1
wrapuptime = 0
autofill = yes
ringinuse = no
"""


def house() -> House:
    """Eight agents, one ring of three seconds; nobody has the skill of the second hotline's queue."""
    queues = {QUEUE: {"all": 1}, RARE: {"rare": 1}, "presales": {"all": 1}, "after-sales": {"all": 1}}
    return House.model_validate(
        {
            "name": "beside",
            "cadence": {"on_s": 1.0, "off_s": RING_S - 1.0, "rings": 1},
            "trunks": [{"id": "a", "name": "A", "host": "127.0.0.2", "port": 0}],
            "hotlines": [
                {"id": queue, "number": number, "name": {"en": queue}, "flow": "complaints", "queue": queue}
                for number, queue in ((OURS.number, QUEUE), (OURS.stuck, RARE))
            ],
            "skills": ["all", "rare"],
            "queues": [
                {"id": name, "name": {"en": name}, "skills": skills, "wrap_up_s": 0} for name, skills in queues.items()
            ],
            "seats": [{"id": seat} for seat in SEATS],
            "agents": [
                {"id": agent_of(seat), "name": seat, "skills": {"all": 5}, "languages": ["zh-CN", "en"]}
                for seat in SEATS
            ],
        }
    )


def agent_of(seat: str) -> str:
    return seat.replace("seat", "agent")


async def run() -> dict[str, object]:
    """All of it. Raises PbxUnavailable: the product did not come up, or calls did not flow."""
    told = promise.run()
    async with house_at_work(house()) as settings:
        await _add_native(settings)
        async with telephones(settings, house()) as carrier:
            return {"promise": told, **await _Beside(settings, carrier, Instance(settings)).measured()}


async def _add_native(settings: Settings) -> None:
    """The hotlines of app_queue, beside ours in the same Asterisk."""
    layout = pbx_layout(settings)
    append(layout.etc / "extensions.conf", DIALPLAN)
    append(layout.etc / "queues.conf", QUEUES)
    await PbxControl(layout.control_socket).reload(["extensions.conf", "queues.conf"])


@dataclass(slots=True)
class _Beside:
    settings: Settings
    carrier: Carrier
    instance: Instance
    dialled: int = 0

    async def measured(self) -> dict[str, object]:
        for seat in SEATS:
            await (await self.carrier.phone(seat)).register()
        await self._reachable()
        figures: dict[str, object] = {}
        for side in (OURS, NATIVE):
            unanswered = await self._ring_out(side)
            figures[side.name] = {
                "ring_out_to_next_ring_ms": round(median(unanswered) * 1000),
                "rings_measured": len(unanswered),
                "behind_a_head_nobody_may_serve": await self._stuck(side),
            }
        for side in (NATIVE, OURS):  # an engine that starts writes queues.conf anew, without app_queue's own
            figures[f"{side.name}_killed"] = await self._killed(side)
            await self._sign_out(side)
        return figures

    async def _reachable(self) -> None:
        """All phones."""
        await until(lambda: all(self._board(f"seat/{seat}").get("reachable") for seat in SEATS))

    # --- a ring that nobody answers -----------------------------------------------------------------
    async def _ring_out(self, side: Side) -> list[float]:
        """Seconds from each phone's CANCEL to the next phone's INVITE; each phone once."""
        for seat in SEATS:
            await (await self.carrier.phone(seat)).will_ignore()
        await self._sign_in(side, SEATS)
        call = await self._dial(side.number)
        began_s = call.timeline.all("dialled")[0].boot_s
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(gaps := await self._gaps(began_s)) < len(SEATS) - 2:  # noqa: ASYNC110 - many phones
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            raise PbxUnavailable(f"{side.name} rang too few phones: {len(gaps)} gaps") from error
        finally:
            await call.hang_up()
            await self._sign_out(side)
        return gaps

    async def _gaps(self, since_s: float) -> list[float]:
        facts = list[Fact]()
        for seat in SEATS:
            facts += (await self.carrier.phone(seat)).timeline.facts
        seen = sorted((fact.boot_s, fact.name) for fact in facts if fact.boot_s > since_s)
        return gaps_s([moment for moment in seen if moment[1] in ("invited", "cancelled")])

    # --- a head of line whom nobody may serve -------------------------------------------------------
    async def _stuck(self, side: Side) -> dict[str, object]:
        """How long the second caller waits for an agent who is idle all the time."""
        await (await self.carrier.phone(SEATS[0])).will_answer(ANSWER_S, TALK_S)
        await self._sign_in(side, SEATS[:1])
        head = await self._dial(side.stuck)
        await asyncio.sleep(2.0)
        second = await self._dial(side.number)
        served = asyncio.create_task(second.bridged(PATIENCE_S))
        await asyncio.wait([served], timeout=STUCK_FOR_S)
        before_the_head_left = served.done()
        await head.hang_up()
        try:
            waited_s = (await served).boot_s - second.timeline.all("answered")[0].boot_s
        finally:
            await second.hang_up()
            await self._sign_out(side)
        return {"waited_s": round(waited_s, 1), "only_when_the_head_had_left": not before_the_head_left}

    # --- the queue's process is killed -----------------------------------------------------------------
    async def _killed(self, side: Side) -> dict[str, object]:
        """Callers in line behind a talk, and the day's figures, before and after."""
        await self._reachable()
        phone = await self.carrier.phone(SEATS[0])
        await self._sign_in(side, SEATS[:1])
        await phone.will_answer(ANSWER_S, TALK_S)
        served = await self._dial(side.number)
        await served.bridged(PATIENCE_S)
        await served.ended(PATIENCE_S)
        await phone.will_answer(ANSWER_S, PATIENCE_S)
        talking = await self._dial(side.number)
        await talking.bridged(PATIENCE_S)
        line = []
        for _ in range(IN_LINE):
            line.append(await self._dial(side.number))
            await asyncio.sleep(1.0)
        counted = await self._served(side)
        await self._kill(side)
        here = await self._order("core show channels concise")  # a caller does not notice that a PBX is dead
        kept = [call for call in line if has_channel(call.plan.caller, here)]
        figures: dict[str, object] = {
            "in_line": IN_LINE,
            "still_in_line": len(kept),
            "talk_goes_on": has_channel(talking.plan.caller, here),
            "served_before": counted,
            "of_them_counted_after": await self._served(side),
        }
        await phone.will_answer(ANSWER_S, TALK_S)
        await talking.hang_up()
        figures["served_in_their_order"] = await self._in_order(kept)
        await self.carrier.hang_up_all()
        return figures

    async def _kill(self, side: Side) -> None:
        """And wait until the queue takes calls again. A caller who is gone has noticed by then."""
        file = "run/engine.pid" if side is OURS else "pbx/run/asterisk.pid"
        dead = int((self.settings.home / file).read_text())
        os.kill(dead, signal.SIGKILL)

        def back() -> bool:
            with contextlib.suppress(Refused, OSError, ValueError):
                ours = int((self.settings.home / file).read_text()) != dead
                return ours and bool(self.instance.get("/health", even=503)["parts"]["pbx"]["ok"])
            return False

        await until(back)
        await asyncio.sleep(3.0)

    async def _in_order(self, line: list[CallerCall]) -> bool | None:
        """One agent serves them one after the other. None: nobody is left."""
        if not line:
            return None
        served = [(await call.bridged(PATIENCE_S)).boot_s for call in line]
        await line[-1].ended(PATIENCE_S)
        return served == sorted(served)

    async def _served(self, side: Side) -> int:
        """As each counts its own."""
        if side is OURS:
            return int((await asyncio.to_thread(self._board, f"queue/{QUEUE}"))["today"]["answered"])
        return completed(await self._order("queue show bench-native"))

    # --- people ---------------------------------------------------------------------------------------
    async def _dial(self, number: str) -> CallerCall:
        self.dialled += 1
        call = await self.carrier.dial(number, f"139{self.dialled:08}", record=False, give_up_s=PATIENCE_S)
        await call.answered()
        return call

    async def _sign_in(self, side: Side, seats: list[str]) -> None:
        for seat in seats:
            if side is OURS:
                await asyncio.to_thread(self.instance.post, f"/agents/{agent_of(seat)}/sign-in", {"seat": seat})
            else:
                await self._order(f"queue add member {self._member(seat)} to bench-native penalty {PENALTY}")

    async def _sign_out(self, side: Side) -> None:
        """Everybody, when they are idle."""
        for seat in SEATS:
            if side is NATIVE:
                await self._order(f"queue remove member {self._member(seat)} from bench-native")
            elif self._board(f"seat/{seat}").get("agent"):
                await until(lambda seat=seat: not self._board(f"seat/{seat}").get("call"))  # type: ignore[misc]
                await asyncio.to_thread(self.instance.post, f"/agents/{agent_of(seat)}/sign-out?override=true", {})

    def _member(self, seat: str) -> str:
        return f"PJSIP/{load_credentials(self.settings.home / 'secrets/seats.key').sip_name(SeatId(seat))}"

    async def _order(self, words: str) -> str:
        return await PbxProcess(pbx_layout(self.settings)).order(words)

    def _board(self, key: str) -> dict[str, Any]:
        return dict(self.instance.get("/live")["snapshot"].get(key, {}))


def gaps_s(moments: list[tuple[float, str]]) -> list[float]:
    """From each ring's end to the next ring's begin."""
    pairs = itertools.pairwise(moments)
    return [after - before for (before, was), (after, now) in pairs if (was, now) == ("cancelled", "invited")]


def has_channel(caller: str, said: str) -> bool:
    """Whether this number is on a channel in `core show channels concise`."""
    return any(caller in line.split("!") for line in said.splitlines())


def completed(said: str) -> int:
    """Asterisk's own count of answered calls, in `queue show`: …, C:3, A:0, SL:…"""
    return int(said.partition(" C:")[2].partition(",")[0] or 0)
