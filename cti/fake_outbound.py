"""The fake PBX's part in calls that we make: agents' own legs, and far ends behind trunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from core.commands import AskTrunk, CallAgent, CancelFar, DialFar, ExcuseFar, JoinFar
from core.ids import CallId, CommandId, NodeId, OfferId, SeatId, TrunkId
from core.inputs import (
    LINE_GONE,
    NOT_HELD,
    AgentLineHeld,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarLegEnded,
    FarProgressed,
    FarRang,
    Input,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeenFarLeg,
    SeenOutbound,
)

NORMAL, BUSY, CONGESTION, NOT_SELECTED = 16, 17, 34, 26
FAR_KEPT_S = 10.0
"""How long a far end that was consulted waits for the caller (asterisk-conf/pbx/extensions.conf.j2, kept)."""

EXCUSED_S = 5.0
"""How long the sentence is."""

Outbound = CallAgent | DialFar | AskTrunk | CancelFar


@dataclass(frozen=True, slots=True)
class Far:
    """What comes of a dial over a trunk. All times in seconds; None: never."""

    fails: bool = False
    """The carrier says 503."""
    busy: bool = False
    silent: bool = False
    sounds_after_s: float | None = None
    rings_after_s: float | None = 0.5
    answers_after_s: float | None = None
    talks_s: float | None = None


class OwnPhone(Protocol):
    """What an agent's phone does: cti.fake.Phone."""

    @property
    def answers_after_s(self) -> float | None: ...
    @property
    def rejects_after_s(self) -> float | None: ...
    @property
    def busy(self) -> bool: ...
    @property
    def talks_s(self) -> float | None: ...
    @property
    def rings_after_s(self) -> float: ...


@dataclass(slots=True)
class _Own:
    """An agent's own leg, or a caller's line (no `order`) that dials; `dial` is the one under way.

    The leg of an agent who consults outside counts as the caller's line.
    """

    call: CallId
    order: CallAgent | None
    answered: bool = False
    dial: DialFar | None = None
    far_answered: bool = False
    joins: CommandId | None = None
    """The order that brought caller and far end together."""


class FakeOutbound:
    """`tell` gives a fact, `after` does something later, `phone` is what a seat's phone does (None: not there)."""

    def __init__(
        self,
        node: NodeId,
        tell: Callable[[Input], None],
        after: Callable[[float, Callable[[], None]], None],
        far: Mapping[TrunkId, Far],
        boot_s: Callable[[], float],
    ) -> None:
        self._boot_s = boot_s
        self._node = node
        self._tell = tell
        self._after = after
        self._far = far
        self._own: dict[CallId, _Own] = {}
        self.numbers: list[str] = []
        self.double_dials = 0
        """How often a number was dialled that was being dialled already."""

    def holds(self, call: CallId) -> bool:
        return call in self._own

    def rings(self, seat: SeatId) -> bool:
        return any(own.order is not None and own.order.seat == seat for own in self._own.values())

    def seen(self) -> tuple[SeenOutbound, ...]:
        orders = ((own, own.order) for own in self._own.values() if own.order is not None)
        return tuple(SeenOutbound(own.call, order.seat, own.answered, self.far_of(own.call)) for own, order in orders)

    def far_of(self, call: CallId) -> tuple[SeenFarLeg, ...]:
        """Whom this line has called."""
        own = self._own.get(call)
        if own is None or own.dial is None:
            return ()
        return (SeenFarLeg(own.dial.attempt, own.dial.trunk, own.far_answered),)

    # --- the agent's own leg --------------------------------------------------------------------
    def call_agent(self, order: CallAgent, phone: OwnPhone | None) -> None:
        if phone is None:
            self._tell(CommandFailed(order.id, "the phone cannot be rung"))
            return
        self._tell(CommandDone(order.id))
        own = self._own[order.call] = _Own(order.call, order)
        if phone.busy:
            self._after(phone.rings_after_s, lambda: self.end(order.call, BUSY))
            return
        self._later(own, phone.rings_after_s, lambda: self._tell(SeatRang(order.call, order.offer, order.seat)))
        if phone.answers_after_s is not None:
            self._later(own, phone.answers_after_s, lambda: self._answer(own, phone))
        if phone.rejects_after_s is not None:
            self._later(own, phone.rejects_after_s, lambda: self.end(order.call, 21))
        self._after(order.ring_s, lambda: None if own.answered else self.end(order.call, 0))

    def _later(self, own: _Own, seconds: float, happen: Callable[[], None]) -> None:
        """If the leg is still there then."""
        self._after(seconds, lambda: happen() if self._own.get(own.call) is own else None)

    def _answer(self, own: _Own, phone: OwnPhone) -> None:
        own.answered = True
        assert own.order is not None
        self._tell(SeatAnswered(own.call, own.order.offer, own.order.seat))
        self._tell(AgentLineHeld(own.call, self._node, self._boot_s()))
        if phone.talks_s is not None:
            self._later(own, phone.talks_s, lambda: self.end(own.call, NORMAL))

    def end(self, call: CallId, cause: int) -> None:
        """The line is gone, and whatever it dialled with it."""
        own = self._own.pop(call, None)
        if own is None:
            return
        if own.dial is not None:
            self._tell(FarLegEnded(call, own.dial.attempt, NORMAL))
            self._tell(CommandFailed(own.dial.id, LINE_GONE))
        if own.order is not None:
            self._tell(SeatLegEnded(call, own.order.offer, own.order.seat, cause))

    # --- a consult ------------------------------------------------------------------------------
    def asker_left(self, call: CallId, *, caller_waits: bool) -> None:
        """The agent's leg is gone from its Dial: the far end waits for the caller, or its leg ends too."""
        own = self._own.get(call)
        if own is None or own.dial is None:
            self._own.pop(call, None)
        elif own.far_answered and caller_waits:
            dial = own.dial
            self._while(own, dial, FAR_KEPT_S, lambda: None if own.joins else self._return(own, NORMAL, ""))
        else:
            del self._own[call]
            self._tell(FarLegEnded(call, own.dial.attempt, NORMAL))

    def speaks(self, call: CallId) -> bool:
        """Is a far end that was consulted there?"""
        own = self._own.get(call)
        return own is not None and own.order is None and own.dial is not None and own.far_answered

    def stays(self, call: CallId, command: CommandId) -> bool:
        """Has the far end the caller now that the agent has left the three? Then its talk is this order's."""
        if not self.speaks(call):
            return False
        self._own[call].joins = command
        return True

    def join(self, order: JoinFar) -> bool:
        """Is the far end of this attempt there for the caller? Then its talk is this order's."""
        own = self._own.get(order.call)
        if own is None or own.dial is None or not own.far_answered or own.dial.attempt != order.attempt:
            return False
        own.joins = order.id
        return True

    # --- the far end ----------------------------------------------------------------------------
    def dial(self, order: DialFar, *, of_caller: bool) -> None:
        if of_caller:
            self._own.setdefault(order.call, _Own(order.call, None, answered=True))
        own = self._own.get(order.call)
        if own is None or not own.answered:
            self._tell(CommandFailed(order.id, NOT_HELD))
            return
        dials = (other.dial for other in self._own.values() if other.dial is not None)
        self.double_dials += any(dial.number == order.number for dial in dials)
        self.numbers.append(order.number)
        own.dial, own.far_answered = order, False
        self._play(own, order, self._far.get(order.trunk, Far(answers_after_s=2.0)))

    def _play(self, own: _Own, order: DialFar, far: Far) -> None:
        where = (order.call, order.attempt)
        if far.fails or far.busy:
            cause, status = (CONGESTION, "CONGESTION") if far.fails else (BUSY, "BUSY")
            self._while(own, order, 0.05, lambda: self._return(own, cause, status))
        if far.silent or far.fails or far.busy:
            return
        if far.sounds_after_s is not None:
            self._while(own, order, far.sounds_after_s, lambda: self._tell(FarProgressed(*where)))
        if far.rings_after_s is not None:
            self._while(own, order, far.rings_after_s, lambda: self._tell(FarRang(*where)))
        if far.answers_after_s is not None:
            self._while(own, order, far.answers_after_s, lambda: self._far_answers(own, order, far))
        self._while(own, order, order.ring_s, lambda: None if own.far_answered else self._return(own, 0, "NOANSWER"))

    def _while(self, own: _Own, order: DialFar, seconds: float, happen: Callable[[], None]) -> None:
        """If this dial is still the one under way then."""
        self._later(own, seconds, lambda: happen() if own.dial is order else None)

    def _far_answers(self, own: _Own, order: DialFar, far: Far) -> None:
        own.far_answered = True
        self._tell(FarAnswered(order.call, order.attempt))
        if far.talks_s is not None:
            self._while(own, order, far.talks_s, lambda: self._return(own, NORMAL, "ANSWER"))

    def _return(self, own: _Own, cause: int, status: str) -> None:
        """The far leg ends, and Dial comes back."""
        dial, command = own.dial, own.joins
        assert dial is not None
        own.dial = own.joins = None
        self._tell(FarLegEnded(dial.call, dial.attempt, cause))
        self._tell(CommandDone(command or dial.id, f"{status}/{cause}"))

    def ask(self, order: AskTrunk) -> None:
        own = self._own.get(order.call)
        far = self._far.get(own.dial.trunk) if own and own.dial else None
        self._tell(CommandDone(order.id, "" if far is not None and far.silent else "SIP 100 Trying"))

    def cancel(self, order: CancelFar) -> None:
        self._tell(CommandDone(order.id))
        own = self._own.get(order.call)
        if own is not None and own.dial is not None and own.dial.attempt == order.attempt:
            self._return(own, NOT_SELECTED, "CHANUNAVAIL")

    def excuse(self, order: ExcuseFar) -> None:
        """It hears the sentence on a line of its own, and its Dial is over at once."""
        own = self._own.get(order.call)
        if own is None or own.dial is None or not own.far_answered or own.dial.attempt != order.attempt:
            self._tell(CommandFailed(order.id, "the far end is not in this call any more"))
            return
        dial, own.dial = own.dial, None
        self._tell(CommandDone(order.id))
        self._tell(CommandDone(dial.id, f"ANSWER/{NORMAL}"))
        self._after(EXCUSED_S, lambda: self._tell(FarLegEnded(dial.call, dial.attempt, NORMAL)))

    def withdraw(self, call: CallId, offer: OfferId) -> None:
        if (own := self._own.get(call)) and own.order is not None and own.order.offer == offer:
            self.end(call, NOT_SELECTED)
