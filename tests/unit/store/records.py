"""Hypothesis strategies for everything the journal can hold."""

from __future__ import annotations

from datetime import UTC
from typing import get_args

from hypothesis import strategies as st

from core import events, inputs
from core.events import Event, Outcome
from core.house import Hotline, House, Lines, Queue, Seat, Trunk
from core.ids import HotlineId, QueueId, SeatId, TrunkId
from core.inputs import Input
from core.instants import Instant
from core.parts import Language
from core.staff import Shift

_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SHOWN = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=20)
_NAMES = st.dictionaries(st.sampled_from(get_args(Language)), _SHOWN, max_size=2)
"""JSON carries no infinity and UTF-8 no surrogate; facts hold neither. A house's names are one line."""


@st.composite
def houses(draw: st.DrawFn) -> House:
    count = draw(st.integers(1, 3))
    return House(
        name=draw(st.text("热线 abc", min_size=1, max_size=8)),
        lines=Lines(inbound=draw(st.integers(1, 2000))),
        skills=("presales",),
        trunks=tuple(Trunk(id=TrunkId(f"t{n}"), name=draw(_SHOWN), host="127.0.0.2") for n in range(count)),
        hotlines=tuple(
            Hotline(id=HotlineId(f"h{n}"), number=f"9500{n}", name=draw(_NAMES), flow="main", queue=QueueId("q0"))
            for n in range(count)
        ),
        queues=tuple(Queue(id=QueueId(f"q{n}"), name={}, skills={"presales": 3}) for n in range(count)),
        seats=tuple(Seat(id=SeatId(f"s{n}"), name=draw(_SHOWN)) for n in range(count)),
        agents=(),
        shifts=tuple(Shift(id=f"s{n}", name={}, start=draw(st.times()), end=draw(st.times())) for n in range(count)),
    )


for _type, _strategy in ((float, _FINITE), (str, _TEXT), (House, houses())):
    st.register_type_strategy(_type, _strategy)


def of_class(kind: type) -> st.SearchStrategy[object]:
    return st.builds(kind)


def any_input() -> st.SearchStrategy[Input]:
    return st.one_of([st.builds(kind) for kind in get_args(inputs.Input)])


def any_event() -> st.SearchStrategy[Event]:
    return st.one_of([st.builds(kind) for kind in get_args(events.Event)])


def instants() -> st.SearchStrategy[Instant]:
    return st.builds(Instant, boot_s=_FINITE, wall=st.datetimes(timezones=st.just(UTC)))


def outcomes(sequence: st.SearchStrategy[int]) -> st.SearchStrategy[Outcome]:
    return st.builds(Outcome, sequence, st.integers(0, 99), _FINITE, _FINITE, any_event())
