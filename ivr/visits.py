"""Counts what happens at each node of a flow: one fact when a caller leaves it. Pure."""

from __future__ import annotations

from core.ids import CallId, HotlineId
from core.inputs import MenuNodeLeft
from ivr.flow import GIVING_UP, Action, Happening, Key, Play, Played, State
from ivr.parts import PERSON_KEY


class Visits:
    """The node a caller is at, since when, and the tries that failed there."""

    def __init__(self, call: CallId, hotline: HotlineId, state: State, now_s: float) -> None:
        self._call, self._hotline = call, hotline
        self._flow = state.flow
        self._begin(state.node, now_s)

    def stepped(
        self, before: State, happening: Happening, after: State, action: Action, now_s: float
    ) -> list[MenuNodeLeft]:
        """The facts of the nodes that were left by this step: one that is gone through at once is visited, too."""
        key = happening.key if isinstance(happening, Played | Key) else ""
        gave_up = isinstance(action, Play) and action.prompts[:1] == (GIVING_UP,)
        if after.tries > before.tries or gave_up:
            self._wrong += bool(key)
            self._silent += not key
        to_person = key == PERSON_KEY and after.node == self._flow.person
        how = "gave_up" if gave_up else "person" if to_person else "went_on"
        left = []
        for name in after.entered:
            if name != self._node:
                left.append(self._left(name, how, now_s))
                self._begin(name, now_s)
                how = "went_on"
        return left

    def over(self, how: str, now_s: float) -> MenuNodeLeft:
        """The fact of the last node. `how` is ended or hung_up."""
        return self._left("", how, now_s)

    def _begin(self, node: str, now_s: float) -> None:
        self._node, self._since_s = node, now_s
        self._wrong = self._silent = 0

    def _left(self, to: str, how: str, now_s: float) -> MenuNodeLeft:
        lasted_s = max(0.0, now_s - self._since_s)
        return MenuNodeLeft(
            self._call, self._hotline, self._flow.name, self._node, to, how, self._wrong, self._silent, lasted_s
        )
