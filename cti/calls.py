"""The table of legs: which channel is whose. Pure.

A caller's leg names itself: its UNIQUEID is the call id. An agent's leg is known by its endpoint
(which seat) and by its Linkedid (which call), because Dial creates it on behalf of the caller. Which
offer it belongs to is what we last ordered for that seat.

A leader who is rung at night is a far end without anybody who called it.

In a call that we make it is the other way about: the agent's own leg has the call's id, and the far end's leg, on
a trunk, was created on its behalf. Its attempt is what we last ordered for that call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.ids import NO_OFFER, CallId, OfferId, SeatId, TrunkId, own_offer

TRUNK = "trunk-"
"""How the endpoint of a trunk begins; its id follows (asterisk-conf/pbx/pjsip.conf.j2)."""

BOOTH_CONTEXT = "booth"
"""Where in the dialplan a seat's phone is that has dialled us, to record prompts; a leg that we dial is elsewhere."""


@dataclass(slots=True)
class Leg:
    """A live channel. `seat` is None for a caller's and for a far end's, which has `far`, its trunk.

    `gone`: its far end has hung up, the channel is not down yet; `bridge` is that it is in, or "".
    """

    channel: str
    call: CallId
    seat: SeatId | None = None
    offer: OfferId = NO_OFFER
    rang: bool = False
    answered: bool = False
    gone: bool = False
    far: TrunkId | None = None
    bridge: str = ""
    recorded: bool = False

    @property
    def is_caller(self) -> bool:
        return self.seat is None and self.far is None


@dataclass(slots=True)
class Legs:
    """Live channels by UNIQUEID, and what is expected of the next ones.

    `endpoints` maps a SIP name to its seat; `trunks` are the endpoints callers come from. Both are those of the house
    in force, and a call outlives them: `names` are all that this process has known.
    """

    endpoints: dict[str, SeatId] = field(default_factory=dict)
    names: dict[str, SeatId] = field(default_factory=dict)
    trunks: frozenset[str] = frozenset()
    live: dict[str, Leg] = field(default_factory=dict)
    joining: dict[CallId, list[SeatId | OfferId]] = field(default_factory=dict)
    """Whom we are bringing a caller together with, until the bridge shows both: seats, or a far end's attempt."""
    _given: dict[str, tuple[CallId, OfferId]] = field(default_factory=dict)
    """Listeners' lines that took a call over, by UNIQUEID: they are legs of that call, whoever created them."""
    _ordered: dict[CallId, dict[SeatId, OfferId]] = field(default_factory=dict)
    _dialled: dict[CallId, OfferId] = field(default_factory=dict)
    _of_call: dict[CallId, set[str]] = field(default_factory=dict)
    reachable: dict[str, bool] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    """Where each phone registered last, "" once it has left; those that have not moved since the resync are missing."""
    dialling: dict[str, SeatId] = field(default_factory=dict)
    """Channels of seats' phones that dial us, by UNIQUEID: no call of anybody's."""

    def configure(self, endpoints: Mapping[str, SeatId], trunks: frozenset[str]) -> None:
        """The house changed; live legs stay what they are, also when they are asked for anew."""
        self.endpoints = dict(endpoints)
        self.names |= endpoints
        self.trunks = trunks

    def ordered(self, call: CallId, seat: SeatId, offer: OfferId) -> None:
        """We are about to ring this seat for this call."""
        self._ordered.setdefault(call, {})[seat] = offer

    def dialled(self, call: CallId, attempt: OfferId) -> None:
        """We are about to dial a far end for this call."""
        self._dialled[call] = attempt

    def appeared(self, uniqueid: str, linkedid: str, channel: str) -> Leg | None:
        """A new channel; None when it is neither a caller's nor a seat's nor a far end's. Seeing it twice is once."""
        if uniqueid in self.live:
            return self.live[uniqueid]
        if not self.is_ours(channel):
            return None
        seat = self.names.get(endpoint_of(channel))
        leg = self.live[uniqueid] = self._leg(channel, uniqueid, linkedid, seat)
        self._of_call.setdefault(leg.call, set()).add(uniqueid)
        return leg

    def is_ours(self, channel: str) -> bool:
        """Is it of a seat's phone or of a carrier, of this house or of one before?"""
        endpoint = endpoint_of(channel)
        return endpoint in self.names or endpoint.startswith(TRUNK)

    def _leg(self, channel: str, uniqueid: str, linkedid: str, seat: SeatId | None) -> Leg:
        """A channel that nobody's dial created is its own call."""
        call = CallId(linkedid)
        if seat is not None and uniqueid in self._given:
            given, offer = self._given[uniqueid]
            return Leg(channel, given, seat, offer)
        if seat is not None:
            ordered = self._ordered.get(call, {}).get(seat, NO_OFFER)
            return Leg(channel, call, seat, own_offer(call) if linkedid == uniqueid else ordered)
        far = TrunkId(endpoint_of(channel).removeprefix(TRUNK))
        if linkedid == uniqueid and is_summons(call):
            return Leg(channel, call, None, OfferId(f"{call}/1"), far=far)
        if linkedid == uniqueid:
            return Leg(channel, call)
        return Leg(channel, call, None, self._dialled.get(call, NO_OFFER), far=far)

    def dials(self, uniqueid: str, channel: str) -> bool:
        """Is this new channel a seat's phone that dials us? Then it is no leg."""
        seat = self.endpoints.get(endpoint_of(channel))
        if seat is not None:
            self.dialling[uniqueid] = seat
        return seat is not None

    def give(self, uniqueid: str, call: CallId, offer: OfferId) -> Leg | None:
        """This leg is one of that call from now on; None when it is gone."""
        leg = self.live.get(uniqueid)
        if leg is None:
            return None
        self._of_call.get(leg.call, set()).discard(uniqueid)
        self._of_call.setdefault(call, set()).add(uniqueid)
        self._given[uniqueid] = (call, offer)
        leg.call, leg.offer = call, offer
        return leg

    def vanished(self, uniqueid: str) -> Leg | None:
        """A channel is gone; its leg, if it was ours. With the caller's go the orders whose leg never came."""
        self.dialling.pop(uniqueid, None)
        self._given.pop(uniqueid, None)
        self._ordered.pop(CallId(uniqueid), None)
        self._dialled.pop(CallId(uniqueid), None)
        self.joining.pop(CallId(uniqueid), None)
        leg = self.live.pop(uniqueid, None)
        if leg is None:
            return None
        siblings = self._of_call.get(leg.call, set())
        siblings.discard(uniqueid)
        if leg.seat is not None and self._ordered.get(leg.call, {}).get(leg.seat) == leg.offer:
            del self._ordered[leg.call][leg.seat]  # a ring of after it may be ordered already
        if not siblings:
            self._of_call.pop(leg.call, None)
        return leg

    def forget_all(self) -> None:
        """Before a resync: what is live is what the PBX says."""
        self.live.clear()
        self.dialling.clear()
        self._of_call.clear()
        self.reachable.clear()
        self.contacts.clear()

    def forget_orders(self) -> None:
        """After a resync: those of calls that ended unseen."""
        self._ordered = {call: orders for call, orders in self._ordered.items() if call in self.live}
        self._dialled = {call: attempt for call, attempt in self._dialled.items() if call in self.live}

    def caller(self, call: CallId) -> Leg | None:
        """The caller's own leg."""
        return self.live.get(call)

    def seat_legs(self, call: CallId, seat: SeatId, offer: OfferId) -> list[Leg]:
        """The legs of this offer: a seat may have two phones, and both ring."""
        return [leg for leg in self.of_call(call) if leg.seat == seat and leg.offer == offer]

    def own_legs(self) -> list[Leg]:
        """The agents' own legs in calls that we make."""
        return [leg for leg in self.live.values() if leg.seat is not None and leg.offer == own_offer(leg.call)]

    def absent_trunks(self) -> list[str]:
        """Endpoints of carriers that do not answer their qualify."""
        return [name for name in sorted(self.trunks) if not self.reachable.get(name, True)]

    def far_legs(self, call: CallId, attempt: OfferId) -> list[Leg]:
        """The far end's leg of this attempt."""
        return [leg for leg in self.of_call(call) if leg.far is not None and leg.offer == attempt]

    def answered_far(self, call: CallId, attempt: OfferId) -> Leg | None:
        """The far end of this attempt, if it speaks or is kept."""
        return next((leg for leg in self.far_legs(call, attempt) if leg.answered), None)

    def answered_leg(self, call: CallId, seat: SeatId) -> Leg | None:
        """The phone of this seat that speaks, or is kept, for this call."""
        return next((leg for leg in self.of_call(call) if leg.seat == seat and leg.answered), None)

    def joined(self, call: CallId) -> list[Leg]:
        """Whom we were bringing this caller together with and who is in one bridge with them now; each told once."""
        wanted = self.joining.get(call, [])
        here = {leg.seat or leg.offer: leg for leg in self.with_caller(call)} if wanted else {}
        found = [here[name] for name in wanted if name in here]
        if found:
            self.joining[call] = [name for name in wanted if name not in here]
        return found

    def with_caller(self, call: CallId) -> list[Leg]:
        """The answered legs that are in one bridge with the caller."""
        caller = self.caller(call)
        bridge = caller.bridge if caller else ""
        return [leg for leg in self.of_call(call) if leg.answered and bridge and leg.bridge == bridge]

    def of_call(self, call: CallId) -> list[Leg]:
        """All live legs of a call."""
        return [self.live[uniqueid] for uniqueid in sorted(self._of_call.get(call, ()))]

    def voices(self, call: CallId) -> dict[str, Leg]:
        """The legs on which somebody speaks, by UNIQUEID."""
        legs = {uniqueid: self.live[uniqueid] for uniqueid in sorted(self._of_call.get(call, ()))}
        return {name: leg for name, leg in legs.items() if not leg.gone and (leg.answered or leg.is_caller)}

    def agent_voice(self, call: CallId) -> str | None:
        """The UNIQUEID of the leg of ours that speaks in this call; with the caller, if any is."""
        legs = {name: leg for name, leg in self.voices(call).items() if leg.seat is not None}
        caller = self.live.get(call)
        bridge = caller.bridge if caller is not None else ""
        return next((name for name, leg in legs.items() if bridge and leg.bridge == bridge), next(iter(legs), None))

    def phones(self, seat: SeatId) -> list[str]:
        """SIP names of this seat that can be rung now, the desk phone before the browser's."""
        return [name for name, owner in self.endpoints.items() if owner == seat and self._can_ring(name)]

    def _can_ring(self, name: str) -> bool:
        return self.reachable.get(name, False) and self.contacts.get(name) != ""

    def seat_reachable(self, seat: SeatId) -> bool:
        return bool(self.phones(seat))


def is_summons(call: CallId) -> bool:
    """Is it a leader's mobile that we ring? Its channel belongs to no caller and no agent."""
    return "-sum-" in call


def endpoint_of(channel: str) -> str:
    """`PJSIP/<endpoint>-0000002a` -> `<endpoint>`; "" for other technologies."""
    technology, _, rest = channel.partition("/")
    return rest.rpartition("-")[0] if technology == "PJSIP" else ""
