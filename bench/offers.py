"""Callers of the traffic twin who are offered a callback while they wait, and customers who are called back.

A waiting caller is asked at each announcement whether a callback would do; so many say yes, and are not asked where the
queue offers none. Who is called back picks up after a few rings, or does not; the talk is the one that the call
would have had.
"""

from __future__ import annotations

from random import Random

from core.commands import CallAgent, Command, DialFar, LetGo
from core.events import CallOffered, Event
from core.ids import CallId, QueueId
from core.inputs import (
    AgentLineHeld,
    CallbackRequested,
    CommandDone,
    FarAnswered,
    FarLegEnded,
    FarRang,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
)
from queueing.twin import HUNG_UP, NODE, Twin

FIRST_ASKED_AFTER_S, ASKED_EVERY_S = 20.0, 45.0
WILLING, REACHED = 0.3, 0.8
"""Shares: of those asked, each time; and of those called, at each try."""
PICKS_UP_AFTER_S, RINGS_S = 8.0, 45.0


class Offered:
    """The same callers say the same whatever else is different: dice are thrown by call and by try."""

    def __init__(self, twin: Twin, seed: int) -> None:
        self._twin, self._seed = twin, seed
        self._talks_s: dict[str, float] = {}
        self._legs: dict[CallId, CallAgent] = {}
        self._asked: dict[str, int] = {}
        twin.listen(self._hear)
        twin.obey_with(self._obey)

    def _hear(self, event: Event, now_s: float) -> None:
        if isinstance(event, CallOffered):
            call, queue = event.call, event.queue
            self._twin.at(now_s + FIRST_ASKED_AFTER_S, lambda: self._ask(call, queue))

    def _ask(self, call: CallId, queue: QueueId) -> None:
        twin, caller = self._twin, self._twin.waiting(call)
        if caller is None:
            return
        if twin.engine.offers(queue).callbacks and self._says_yes(call, WILLING):
            number = f"+86139{int(call[1:]):08}"
            self._talks_s[number] = caller.talk_s
            hotline, trunk = twin.house.hotlines[0].id, twin.house.trunks[0].id
            twin.give(CallbackRequested(call, NODE, hotline, trunk, number, number, queue, caller.language))
        else:
            twin.at(twin.now_s + ASKED_EVERY_S, lambda: self._ask(call, queue))

    def _says_yes(self, who: str, share: float) -> bool:
        self._asked[who] = self._asked.get(who, 0) + 1
        return Random(f"{self._seed}/{who}/{self._asked[who]}").random() < share

    def _obey(self, command: Command) -> None:
        twin = self._twin
        match command:
            case CallAgent():
                self._legs[command.call] = command
                twin.at(twin.now_s, lambda: self._picks_up(command))
            case DialFar():
                twin.at(twin.now_s, lambda: self._rings(command))
            case LetGo() if command.call in self._legs:
                leg = self._legs.pop(command.call)
                twin.at(twin.now_s, lambda: twin.give(SeatLegEnded(leg.call, leg.offer, leg.seat, HUNG_UP)))

    def _picks_up(self, order: CallAgent) -> None:
        leg = (order.call, order.offer, order.seat)
        for fact in (SeatRang(*leg), SeatAnswered(*leg), AgentLineHeld(order.call, NODE, self._twin.now_s)):
            self._twin.give(fact)

    def _rings(self, dial: DialFar) -> None:
        twin = self._twin
        twin.give(FarRang(dial.call, dial.attempt))
        if self._says_yes(dial.number, REACHED):
            twin.at(twin.now_s + PICKS_UP_AFTER_S, lambda: self._answers(dial))
        else:
            twin.at(twin.now_s + RINGS_S, lambda: twin.give(CommandDone(dial.id, "NOANSWER/0")))

    def _answers(self, dial: DialFar) -> None:
        twin = self._twin
        twin.give(FarAnswered(dial.call, dial.attempt))
        over_s = twin.now_s + self._talks_s[dial.number]
        twin.at(over_s, lambda: twin.give(FarLegEnded(dial.call, dial.attempt, HUNG_UP)))
