"""A flow as a drawing: what stands under a node's name, and by what each arrow leads on."""

from __future__ import annotations

from ivr.draw import arrows, caption
from ivr.nodes import FlowFile

DRAWN = FlowFile.model_validate(
    {
        "languages": ["zh-CN"],
        "start": "open",
        "person": "agents",
        "nodes": {
            "open": {
                "kind": "hours",
                "rows": [{"days": "mon-fri", "start": "08:00", "end": "20:00", "go": "agents"}],
                "otherwise": "other",
            },
            "other": {"kind": "outside", "number": "13900139000", "queue": "presales"},
            "agents": {"kind": "queue"},
        },
    }
)


def test_an_outside_number_and_a_queue_are_named() -> None:
    found = {name: caption(node) for name, node in DRAWN.nodes.items()}
    assert found == {"open": "hours", "other": "outside: 13900139000", "agents": "queue: of the hotline"}


def test_an_arrow_says_at_which_hours_it_is_taken() -> None:
    assert sorted(arrows(DRAWN)) == [("open", "agents", "mon-fri 08:00-20:00"), ("open", "other", "otherwise")]
