"""The traffic twin: what a caller and a phone do on virtual time, and who may watch."""

from __future__ import annotations

from bench.theory import QUEUE, house
from core.commands import Command, RingSeat
from core.events import CallAbandoned, CallAnswered, Event
from core.ids import CallId
from queueing.twin import Caller, Twin


def floor(agents: int = 1) -> Twin:
    twin = Twin(house(agents))
    twin.open()
    return twin


def test_who_watches_sees_every_order_and_who_still_waits() -> None:
    twin, orders = floor(), list[Command]()
    twin.obey_with(orders.append)
    twin.callers([Caller(CallId("c1"), 1.0, QUEUE, 60.0), Caller(CallId("c2"), 2.0, QUEUE, 60.0)])
    twin.run(3.0)
    assert [twin.waiting(CallId(name)) is not None for name in ("c1", "c2", "c3")] == [True, True, False]
    twin.sign_in_everybody()
    twin.run(10.0)
    assert twin.now_s == 10.0 and twin.waiting(CallId("c1")) is None, "who talks waits no more"
    assert [order.call for order in orders if isinstance(order, RingSeat)] == ["c1"]


def test_a_phone_that_is_never_picked_up_loses_its_caller_to_patience() -> None:
    twin, told = Twin(house(1), pick_up_s=lambda ring: None), list[tuple[type[Event], float]]()
    twin.listen(lambda event, at_s: told.append((type(event), at_s)))
    twin.open()
    twin.sign_in_everybody()
    twin.callers([Caller(CallId("c1"), 1.0, QUEUE, 60.0, patience_s=10.0)])
    twin.run(200.0)
    assert (CallAbandoned, 11.0) in told and CallAnswered not in [kind for kind, _ in told]
