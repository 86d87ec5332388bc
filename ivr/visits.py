"""Counts what happens at each node of a flow: one fact when a caller leaves it, and what came of the way. Pure.

A caller is served by the menu alone who hangs up after an answer (`answers` of a say node) was heard whole, or to whom
a goodbye is said that a key led to. What was promised or recorded before counts instead of that.
"""

from __future__ import annotations

from core.ids import CallId, HotlineId
from core.inputs import MenuNodeLeft
from core.states import MenuEnd
from ivr.flow import GIVING_UP, SHORTEST_MESSAGE_S, State, choice
from ivr.parts import PERSON_KEY, Say
from ivr.steps import Action, Happening, Key, Play, Played, PromiseCallback, Queue, Recorded


class Visits:
    """The node a caller is at, since when, and the tries that failed there; what was reached so far."""

    def __init__(self, call: CallId, hotline: HotlineId, state: State, now_s: float) -> None:
        self._call, self._hotline = call, hotline
        self._flow = state.flow
        self._seen: dict[str, None] = {}
        self._reached = MenuEnd.LEFT
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
        self._note(before, happening, action)
        to_person = key == PERSON_KEY and after.node == self._flow.person
        how = "gave_up" if gave_up else "person" if to_person else "went_on"
        chosen = choice(before, happening) or ""
        left = []
        for name in after.entered:
            if name != self._node:
                left.append(self._left(name, how, now_s, chosen))
                self._begin(name, now_s)
                how, chosen = "went_on", ""
        return left

    def over(self, how: str, now_s: float, state: State, wish: Queue | None) -> MenuNodeLeft:
        """The fact of the last node. `how` is ended or hung_up; `wish` is what the caller asked for in the end."""
        reached = self._reached
        if wish is not None:
            reached = MenuEnd.OUTSIDE if wish.outside else MenuEnd.AGENT
        elif reached is MenuEnd.LEFT and how == "ended" and state.keys:
            reached = MenuEnd.SERVED
        return self._left("", how, now_s, "", reached)

    def _note(self, before: State, happening: Happening, action: Action) -> None:
        node = before.flow.nodes[before.node]
        if isinstance(happening, Recorded) and happening.lasted_s >= SHORTEST_MESSAGE_S:
            self._reached = MenuEnd.MESSAGE
        elif isinstance(action, PromiseCallback):
            self._reached = MenuEnd.CALLBACK
        elif isinstance(node, Say) and node.answers and happening == Played() and self._reached is MenuEnd.LEFT:
            self._reached = MenuEnd.SERVED

    def _begin(self, node: str, now_s: float) -> None:
        self._node, self._since_s = node, now_s
        self._wrong = self._silent = 0
        self._again = node in self._seen
        self._seen[node] = None

    def _left(self, to: str, how: str, now_s: float, key: str, reached: str = "") -> MenuNodeLeft:
        lasted_s = max(0.0, now_s - self._since_s)
        visit = (self._call, self._hotline, self._flow.name, self._node, to, how, self._wrong, self._silent, lasted_s)
        return MenuNodeLeft(*visit, key, self._again, reached)
