"""Joins the telephone to the menus: which flow a caller hears, and who is brought back to an old place.

The dialplan hands over what its variables remember. A caller who waited before goes on waiting; one
whom the dialplan served alone meanwhile is queued with the time of that beginning; everybody else is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app import clock
from app.call_facts import Contacts, MayPromise, People, facts_of, freely
from app.flows import flows_of
from app.look_ups import HttpLookUps
from app.outside import Network
from core import variables
from core.commands import RunFlow
from core.house import Hotline, House
from core.ids import NodeId, TrunkId
from core.inputs import CallArrived, CallbackRequested
from core.numbers import normalised
from core.variables import Waiting
from cti.agi import AgiLine
from cti.lines import Arrival
from ivr import runner
from ivr.parts import Flow
from ivr.runner import Surroundings
from ivr.steps import PromiseCallback


@dataclass(frozen=True, slots=True)
class Beside:
    """What calls meet besides flows: `secrets` of look-ups and networks that may be asked, contacts, people on duty,
    and whom the engine may promise a callback."""

    secrets: Path
    networks: Sequence[Network]
    contacts: Contacts
    people: People
    may_promise: MayPromise = freely


def callback_of(arrived: CallArrived, wish: PromiseCallback) -> CallbackRequested:
    """A caller's wish as the engine takes it."""
    who = (arrived.call, arrived.node, arrived.hotline, arrived.trunk, arrived.caller)
    return CallbackRequested(*who, wish.number, wish.queue, wish.language, wish.priority)


@dataclass(frozen=True, slots=True)
class Menus:
    """What new calls meet. Replaced whole when the house changes; calls under way stay with the old one."""

    house: House
    flows: Mapping[str, Flow]
    node: NodeId
    around: Surroundings
    beside: Beside

    @classmethod
    def opened(
        cls, house: House, flows: Mapping[str, Flow], node: NodeId, around: Surroundings, beside: Beside
    ) -> Menus:
        """Menus of this house, its flows read."""
        facts = facts_of(house, beside.contacts, beside.people, clock.now, beside.may_promise)
        look_up = HttpLookUps(house, beside.secrets, beside.networks)
        here = replace(around, facts=facts, look_up=look_up, promise=callback_of)
        return cls(house, flows, node, here, beside)

    def of(self, house: House) -> Menus:
        """The same surroundings with another house. Raises ConfigurationWrong; this one goes on then."""
        return Menus.opened(house, flows_of(house), self.node, self.around, self.beside)

    async def take(self, line: AgiLine, arrived: Arrival) -> bool:
        """cti.lines.Menu: True once the caller is queued, False if the line is gone."""
        hotline = self._hotline(arrived.remembered.get(variables.HOTLINE, ""))
        call = self._call(arrived, hotline)
        if waiting := self._brought_back(arrived, hotline):
            return await runner.resume(line, waiting, call, self.around) is not None
        self.around.offer(call)
        return await runner.run(line, self.flows[hotline.flow], hotline, call, self.around) is not None

    async def hand(self, line: AgiLine, order: RunFlow) -> bool:
        """cti.lines.FlowOf: one that this house does not have any more is over at once."""
        flow = self.flows.get(order.flow)
        if flow is None:
            return False
        who = (order.call, order.node, order.hotline, order.trunk, order.caller, order.language)
        around = self.around if order.opens_utc_s is None else self._closed_until(order.opens_utc_s)
        around = replace(around, queue=order.queue)
        return await runner.run(line, flow, self._hotline(order.hotline), CallArrived(*who), around) is not None

    def _closed_until(self, opens_utc_s: float) -> Surroundings:
        opens, facts = datetime.fromtimestamp(opens_utc_s, ZoneInfo(self.house.time_zone)), self.around.facts
        return replace(self.around, facts=lambda arrived: replace(facts(arrived), opens=opens))

    def _hotline(self, name: str) -> Hotline:
        """The dialplan knows hotlines of the last rendering; one taken away meanwhile gets the first."""
        return next((hotline for hotline in self.house.hotlines if hotline.id == name), self.house.hotlines[0])

    def _call(self, arrived: Arrival, hotline: Hotline) -> CallArrived:
        return CallArrived(
            call=arrived.call,
            node=self.node,
            hotline=hotline.id,
            trunk=TrunkId(arrived.remembered.get(variables.TRUNK, "")),
            caller=normalised(arrived.caller, self.house.number_plan),
            language=arrived.remembered.get(variables.LANGUAGE) or hotline.language,
        )

    def _brought_back(self, arrived: Arrival, hotline: Hotline) -> Waiting | None:
        """The place this caller has already, if any. What the channel remembers of it holds also when its moment does
        not: the caller has chosen that, before the dialplan served alone."""
        waiting = variables.read(arrived.remembered, self.around.boot_id)
        since_utc_s = variables.utc_seconds(arrived.remembered.get(variables.FALLBACK, ""))
        if since_utc_s is None or (waiting is not None and waiting.since_boot_s is not None):
            return waiting
        now = clock.now()
        since_boot_s = now.boot_s - max(0.0, now.wall.timestamp() - since_utc_s)
        queue = waiting.queue if waiting else hotline.queue
        priority = waiting.priority if waiting and arrived.remembered.get(variables.PRIORITY) else hotline.priority
        language = arrived.remembered.get(variables.LANGUAGE) or hotline.language
        return Waiting(queue, since_boot_s, priority, language)
