"""First-contact resolution of answered calls as one mergeable state; docs/figures.md defines each figure. Pure.

It is derived from the calls' records whenever somebody asks (store.first_contact), and kept nowhere: a call of today
changes what a call of last week was, and who called again is known by their number.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.figures import Share
from core.mergeable import Mergeable

DAY_S = 86400


@dataclass(slots=True)
class Contacts(Mergeable):
    """Every answered call is one of the first four; the last two are those of which an agent's code says so."""

    solved: int = 0
    again: int = 0
    pending: int = 0
    withheld: int = 0
    code_yes: int = 0
    code_no: int = 0

    @property
    def at_first(self) -> Share:
        """Solved at the first contact, of the calls whose days are over."""
        return Share(self.solved, self.solved + self.again)

    @property
    def by_code(self) -> Share:
        """Solved by the word of the agents, of the calls of which one was said."""
        return Share(self.code_yes, self.code_yes + self.code_no)
