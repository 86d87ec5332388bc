"""Documents in the shape of each version of the program, so that the next ones can be held to reading them.

`python -m tests.unit.shapes N` records those of this program as version N, before it is released. Recorded files
are never changed: machines in the field have such documents.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from hypothesis import given, seed, settings

from app import restore
from app.clock import Boot
from core import events, inputs
from core.commands import RingSeat
from core.decisions import stamped
from core.ids import OfferId, SeatId
from core.inputs import SeenSeatLeg
from core.states import CallState
from store.codec import Codec, event_codec, input_codec
from tests.unit.queueing.builders import CARE, SALES, TestFloor, agent, all_of, house, opened, seen, talking
from tests.unit.store.records import of_class

RECORDED = Path(__file__).parent / "recorded"


def a_floor_with_everything() -> TestFloor:
    """Talks, rings, misses, breaks, wrap-up, a caller in the menu, in line, in the fallback, and an ended one."""
    floor = opened(("a1", "s1"), ("a2", "s2"), ("a3", "s3"))
    floor.configure(house(*(agent(f"a{number}") for number in range(1, 6))), version=2)
    floor.sign_in("a4", "s4")
    floor.take_break("a3")
    talking(floor, "talked")
    floor.hang_up("talked")
    floor.queue("stuck", CARE, priority=3)
    talking(floor, "talks")
    ring = talking(floor, "over")
    floor.leg_end(ring)
    floor.after(9.0)
    floor.arrive("menu")
    floor.queue("rings", SALES, since=floor.now_s - 30.0)
    floor.resync(
        seen("stuck", CallState.WAITING, queue=CARE),
        seen("talks", CallState.TALKING, SeenSeatLeg(SeatId("s2"), OfferId("talks/1"), True)),
        seen("menu", CallState.MENU),
        seen("back", CallState.FALLBACK, SeenSeatLeg(SeatId("s9"), OfferId(""), False)),
        seen("rings", CallState.WAITING),
    )
    floor.take_break("a2")
    floor.rang(all_of(RingSeat, floor.after(1.1))[0])
    floor.rang(all_of(RingSeat, floor.after(15.1))[0])
    return floor


def snapshot_document() -> dict[str, Any]:
    """What a snapshot of that floor holds."""
    floor = a_floor_with_everything()
    the_house = house()
    state = restore.fresh(the_house)
    state.version, state.boot = 2, Boot("0b1c6f0e-boot", 1_767_571_200.0)
    for fact, now, sequence in floor.history:
        decision = state.engine.handle(fact, now, sequence)
        for outcome in stamped(decision, sequence, now):
            state.wallboard.apply(outcome)
    return state.document(state.boot)


def journal_lines(union: Any, codec: Codec) -> Iterator[dict[str, Any]]:
    """One record of each class."""
    for kind in get_args(union):
        tag, body = codec.encode(_fullest(kind))
        yield {"tag": tag, "body": json.loads(body)}


def _fullest(kind: type) -> object:
    """Of some drawn objects the one with most in it."""
    drawn: list[object] = []

    @seed(22)
    @settings(max_examples=40, database=None)
    @given(of_class(kind))
    def draw(value: object) -> None:
        drawn.append(value)

    draw()
    return max(drawn, key=lambda value: len(repr(value)))


def record(version: str) -> None:
    RECORDED.mkdir(exist_ok=True)
    document = json.dumps(snapshot_document(), ensure_ascii=False, indent=1)
    (RECORDED / f"snapshot-{version}.json").write_text(document + "\n", encoding="utf-8")
    for name, union, codec in (("inputs", inputs.Input, input_codec()), ("events", events.Event, event_codec())):
        lines = [json.dumps(line) for line in journal_lines(union, codec)]
        (RECORDED / f"{name}-{version}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(sys.argv[1])
