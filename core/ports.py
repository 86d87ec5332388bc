"""What the packages need of each other, as Protocols. Each has an in-process twin that ships."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from core.commands import Command
from core.events import Outcome
from core.ids import CallId
from core.inputs import Input
from core.instants import Instant


class Inbox(Protocol):
    """The one door to the engine. Bounded; `offer` never waits and never runs the engine itself."""

    def offer(self, fact: Input) -> bool:
        """Put a fact in line. False: the inbox is full and the fact was counted and dropped."""
        ...


class Executor(Protocol):
    """Carries commands to the PBX. Its outcomes come back through the inbox as CommandDone / CommandFailed."""

    def execute(self, commands: Sequence[Command]) -> None:
        """Start these commands, in this order per call; returns at once."""
        ...


class Spool(Protocol):
    """The journal's first stop: one unsynced write, which outlives the process but not a power cut of a second."""

    def append_input(self, sequence: int, now: Instant, configuration: int, fact: Input) -> None:
        """Append before the decision. Raises nothing: a broken disk sets `broken` and calls go on."""
        ...

    def append_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Append after the decision."""
        ...

    @property
    def broken(self) -> str:
        """Why the spool cannot be written, or ""."""
        ...


class CallerLine(Protocol):
    """A caller's line while the menu owns it. All of it raises LineGone when the caller has gone.

    Cancelling any of these leaves the line usable by its next owner.
    """

    @property
    def call(self) -> CallId: ...

    async def play(self, files: Sequence[str], stop_on: str) -> str:
        """Play sound files in a row; a key of `stop_on` ends them and is returned, else ""."""
        ...

    async def wait_key(self, timeout_s: float) -> str:
        """The next key, or "" after `timeout_s` of silence."""
        ...

    async def record(self, file: str, longest_s: float) -> float:
        """After a tone record to `<file>.wav` until a key, silence or the hang-up, which ends it without LineGone.

        Returns the seconds that were recorded, the silence at their end included.
        """
        ...

    async def remember(self, name: str, value: str) -> None:
        """Set a channel variable: what must survive the engine."""
        ...

    async def music(self, on: bool) -> None:
        """Music until the line's next owner says otherwise; it outlives the engine."""
        ...

    async def hang_up(self) -> None: ...


class LiveBoard(Protocol):
    """The floor as documents: a snapshot, and diffs with sequence numbers that start anew with each epoch."""

    async def publish(self, epoch: str, sequence: int, diff: dict[str, object]) -> None: ...

    async def replace(self, epoch: str, sequence: int, snapshot: dict[str, object]) -> None: ...

    async def snapshot(self) -> tuple[str, int, dict[str, object]]:
        """Epoch, sequence, and the whole board at that sequence."""
        ...

    def follow(self, epoch: str, after: int) -> AsyncIterator[tuple[str, int, dict[str, object]]]:
        """Diffs after `after`; a gap or a new epoch is given as a whole snapshot under the key "snapshot"."""
        ...


Subscriber = Callable[[Sequence[Outcome], Instant], None]
"""Called by the pump after each decision, in the loop; it must not block or raise."""

Reload = Callable[[], Awaitable[None]]
"""Asks the PBX's supervisor to load the rendered configuration anew. Raises PbxUnavailable."""
