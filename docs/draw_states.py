"""Draws the life cycles of queueing/lifecycles.py into docs/design.md: python -m docs.draw_states

Each drawing stands between `<!-- states: NAME -->` and `<!-- end -->`. tests/unit/test_docs.py fails
while the page shows something else than the tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import ledger
from queueing import lifecycles

PAGE = Path(__file__).resolve().parent / "design.md"

Table = Mapping[Any, Mapping[str, Any]]
"""{state: {event: next state}}, over any of the enums."""

TABLES: Mapping[str, Table] = {
    "call": lifecycles.CALL,
    "agent status": lifecycles.AGENT_STATUS,
    "agent state": lifecycles.AGENT_STATE,
    "outbound": lifecycles.OUTBOUND,
    "voice": ledger.VOICE,
    "callback": lifecycles.CALLBACK,
    "case": lifecycles.CASE,
    "seat": lifecycles.SEAT,
    "alarm": lifecycles.ALARM,
}


def diagram(table: Table) -> str:
    """Mermaid: the first state is where it begins, a state without a way on is an end."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(table))}"]
    for state, ways in table.items():
        lines += [f"    {state} --> {after}: {event}" for event, after in ways.items()]
        if not ways:
            lines.append(f"    {state} --> [*]")
    return "\n".join([*lines, "```"])


def with_diagrams(page: str, tables: Mapping[str, Table]) -> str:
    """The page with every drawing made anew.

    Raises:
        ValueError: a table has no place in the page, or more than one.
    """
    for name, table in tables.items():
        head, tail = f"<!-- states: {name} -->\n", "<!-- end -->"
        place = re.compile(f"{re.escape(head)}.*?{re.escape(tail)}", re.DOTALL)
        if (count := len(place.findall(page))) != 1:
            raise ValueError(f"{name} has {count} places in the page, not one")
        page = place.sub(f"{head}{diagram(table)}\n{tail}", page)
    return page


if __name__ == "__main__":
    PAGE.write_text(with_diagrams(PAGE.read_text(encoding="utf-8"), TABLES), encoding="utf-8")
