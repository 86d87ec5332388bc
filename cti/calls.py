"""The table of legs: which channel is whose. Pure.

A caller's leg names itself: its UNIQUEID is the call id. An agent's leg is known by its endpoint
(which seat) and by its Linkedid (which call), because Dial creates it on behalf of the caller. Which
offer it belongs to is what we last ordered for that seat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.ids import CallId, OfferId, SeatId

NO_OFFER = OfferId("")
"""A leg that the native queue made, not we."""


@dataclass(slots=True)
class Leg:
    """A live channel. `seat` is None for a caller's; `gone`: its far end has hung up, the channel is not down yet."""

    channel: str
    call: CallId
    seat: SeatId | None = None
    offer: OfferId = NO_OFFER
    rang: bool = False
    answered: bool = False
    gone: bool = False


@dataclass(slots=True)
class Legs:
    """Live channels by UNIQUEID, and what is expected of the next ones.

    `endpoints` maps a SIP name to its seat; `trunks` are the endpoints callers come from.
    """

    endpoints: dict[str, SeatId] = field(default_factory=dict)
    trunks: frozenset[str] = frozenset()
    live: dict[str, Leg] = field(default_factory=dict)
    _ordered: dict[tuple[CallId, SeatId], OfferId] = field(default_factory=dict)
    _of_call: dict[CallId, set[str]] = field(default_factory=dict)
    reachable: dict[str, bool] = field(default_factory=dict)

    def configure(self, endpoints: Mapping[str, SeatId], trunks: frozenset[str]) -> None:
        """The house changed; live legs stay what they are."""
        self.endpoints = dict(endpoints)
        self.trunks = trunks

    def ordered(self, call: CallId, seat: SeatId, offer: OfferId) -> None:
        """We are about to ring this seat for this call."""
        self._ordered[call, seat] = offer

    def appeared(self, uniqueid: str, linkedid: str, channel: str) -> Leg | None:
        """A new channel; None when it is neither a caller nor a seat. Seeing it twice changes nothing."""
        if uniqueid in self.live:
            return self.live[uniqueid]
        endpoint = endpoint_of(channel)
        seat = self.endpoints.get(endpoint)
        if seat is None and endpoint not in self.trunks:
            return None
        call = CallId(linkedid if seat else uniqueid)
        leg = Leg(channel, call, seat, self._ordered.get((call, seat), NO_OFFER) if seat else NO_OFFER)
        self.live[uniqueid] = leg
        self._of_call.setdefault(call, set()).add(uniqueid)
        return leg

    def vanished(self, uniqueid: str) -> Leg | None:
        """A channel is gone; its leg, if it was ours."""
        leg = self.live.pop(uniqueid, None)
        if leg is None:
            return None
        siblings = self._of_call.get(leg.call, set())
        siblings.discard(uniqueid)
        if leg.seat is not None:
            self._ordered.pop((leg.call, leg.seat), None)
        if not siblings:
            self._of_call.pop(leg.call, None)
        return leg

    def forget_all(self) -> None:
        """Before a resync: what is live is what the PBX says."""
        self.live.clear()
        self._of_call.clear()
        self.reachable.clear()

    def caller(self, call: CallId) -> Leg | None:
        """The caller's own leg."""
        return self.live.get(call)

    def seat_legs(self, call: CallId, seat: SeatId, offer: OfferId) -> list[Leg]:
        """The legs of this offer: a seat may have two phones, and both ring."""
        return [leg for leg in self.of_call(call) if leg.seat == seat and leg.offer == offer]

    def of_call(self, call: CallId) -> list[Leg]:
        """All live legs of a call."""
        return [self.live[uniqueid] for uniqueid in sorted(self._of_call.get(call, ()))]

    def phones(self, seat: SeatId) -> list[str]:
        """SIP names of this seat that can be rung now, the desk phone before the browser's."""
        return [name for name, owner in self.endpoints.items() if owner == seat and self.reachable.get(name)]

    def seat_reachable(self, seat: SeatId) -> bool:
        return bool(self.phones(seat))


def endpoint_of(channel: str) -> str:
    """`PJSIP/<endpoint>-0000002a` -> `<endpoint>`; "" for other technologies."""
    technology, _, rest = channel.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""
