"""What a decision gives to what it orders."""

from __future__ import annotations

from core.commands import LetGo
from core.ids import CallId, NodeId
from queueing.decision import Draft

NODE = NodeId("a")


def test_of_the_calls_that_one_decision_makes_no_id_begins_another_one() -> None:
    draft, made = Draft(7, 0.0), list[CallId]()
    for _ in range(120):
        made.append(draft.new_call(NODE, "out"))
        draft.order(LetGo(draft.next_id(), 1.0, NODE, made[-1]))
    assert not [(one, other) for one in made for other in made if one != other and other.startswith(one)]
