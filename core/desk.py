"""The house's rules for agents' desktops."""

from __future__ import annotations

from pydantic import Field

from core.parts import Part


class DeskRules(Part):
    """What a desktop shows of a call, and whether the phone waits for it."""

    ring_after_pop: bool = Field(
        default=False,
        description="the phone rings only after the desktop has said that it shows the call; else the next agent is "
        "tried. Not for calls that were given to somebody by name, nor where nobody else is left",
    )
    pop_within_s: float = Field(default=0.3, ge=0.05, le=2, description="seconds that a desktop has for saying so")
