"""Delivers the outbox: signed, at least once, about each thing in its order, again and again until it is taken.

A receiver that fails is left alone for longer each time, up to a minute; each letter for longer too, up to an hour. One
that cannot be delivered for `give_up_s` is set aside, which is told on the floor; the next about the same thing goes.
A clock that is set back makes no pause longer. Receivers do not wait for each other. What was delivered is forgotten
after a week, what was set aside after a month.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.outside import Network, NotSent, send_outside
from core.desk import Webhook
from core.errors import PeerFault
from store.outbox import Outbox, Queued

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
AT_ONCE = 8
FIRST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_WAIT_S = 1.0, 60.0, 3600.0
DOWN_AFTER = 3
"""So many failures in a row, of different letters, are the receiver's; when it is back, none need wait any longer."""
SWEEP_EVERY_S = 3600.0
KEEP_SENT_S, KEEP_DEAD_S = 7 * 86_400.0, 30 * 86_400.0

Send = Callable[[Webhook, str, str], Awaitable[None]]
"""Hook, id and body of a letter. Raises NotSent."""


@dataclass(slots=True)
class Receiver:
    """How one receiver has done lately. `until_utc_s`: it is left alone until then."""

    failures: int = 0
    until_utc_s: float = 0.0
    last_sent_utc_s: float | None = None
    why: str = ""


@dataclass(slots=True)
class Webhooks:
    """Run `run` in a task. `hooks` gives those of the house in force, `tell` puts an alarm on the floor."""

    outbox: Outbox
    hooks: Callable[[], Sequence[Webhook]]
    send: Send
    tell: Callable[[str, str], None]
    now_utc_s: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    receivers: dict[str, Receiver] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    """Receivers to whom letters are on their way."""
    _swept_utc_s: float = 0.0

    async def run(self) -> None:
        """For ever; cancelling loses nothing, and may deliver once more what was under way."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                for hook in self.hooks():
                    if hook.id not in self._busy:
                        self._busy.add(hook.id)
                        tasks.create_task(self._serve(hook), name=f"letters-{hook.id}")
                await self._sweep()
                await self.sleep(LOOK_EVERY_S)

    async def deliver(self) -> None:
        """Try what may be tried now, for all receivers."""
        await asyncio.gather(*(self._deliver_to(hook) for hook in self.hooks()))

    async def _serve(self, hook: Webhook) -> None:
        try:
            await self._deliver_to(hook)
        except PeerFault as error:
            log.warning("letters to %s wait: %s", hook.id, error)
        finally:
            self._busy.discard(hook.id)

    async def test(self, hook: Webhook) -> str:
        """Send a letter that says only that it is a test; why it was not taken, or ""."""
        letter = f"test.{secrets.token_hex(8)}"
        about = {"id": letter, "type": "test", "at_utc_s": self.now_utc_s(), "about": "", "data": {}}
        try:
            await self.send(hook, letter, json.dumps(about, separators=(",", ":")))
        except NotSent as error:
            return str(error)
        return ""

    def receiver(self, hook: str) -> Receiver:
        return self.receivers.setdefault(hook, Receiver())

    async def _deliver_to(self, hook: Webhook) -> None:
        receiver, now_utc_s = self.receiver(hook.id), self.now_utc_s()
        if 0 < receiver.until_utc_s - now_utc_s <= LONGEST_PAUSE_S:
            return
        few = 1 if receiver.failures else AT_ONCE  # one is enough to see whether it is back
        letters = await self.outbox.heads(hook.id, now_utc_s, few, LONGEST_WAIT_S)
        tries = [self._try(hook, receiver, letter) for letter in letters]
        for became in await asyncio.gather(*tries, return_exceptions=True):  # what is under way comes to its end first
            if isinstance(became, BaseException):
                raise became

    async def _try(self, hook: Webhook, receiver: Receiver, letter: Queued) -> None:
        try:
            await self.send(hook, letter.letter, letter.body)
        except NotSent as error:
            await self._failed(hook, receiver, letter, str(error))
            return
        was_down, now_utc_s = receiver.failures >= DOWN_AFTER, self.now_utc_s()
        receiver.failures, receiver.why, receiver.last_sent_utc_s = 0, "", now_utc_s
        await self.outbox.sent(letter.letter, now_utc_s)
        if was_down:
            await self.outbox.release(hook.id)

    async def _failed(self, hook: Webhook, receiver: Receiver, letter: Queued, why: str) -> None:
        now_utc_s, tries = self.now_utc_s(), letter.tries + 1
        receiver.failures, receiver.why = receiver.failures + 1, why
        receiver.until_utc_s = now_utc_s + _pause_s(receiver.failures, LONGEST_PAUSE_S)
        if now_utc_s - letter.created_utc_s < hook.give_up_s:
            await self.outbox.failed(letter.letter, tries, why, now_utc_s + _pause_s(tries, LONGEST_WAIT_S))
            return
        await self.outbox.given_up(letter.letter, tries, why, now_utc_s)
        log.error("letter %s was not taken after %d tries: %s", letter.letter, tries, why)
        self.tell("webhook", f"{hook.id} has not taken a letter ({letter.type}) for {hook.give_up_s:.0f} s: {why}")

    async def _sweep(self) -> None:
        now_utc_s = self.now_utc_s()
        if now_utc_s - self._swept_utc_s >= SWEEP_EVERY_S:
            self._swept_utc_s = now_utc_s
            try:
                await self.outbox.sweep(now_utc_s - KEEP_SENT_S, now_utc_s - KEEP_DEAD_S)
            except PeerFault as error:
                log.warning("old letters are not cleared away: %s", error)


def _pause_s(failures: int, longest_s: float) -> float:
    return min(longest_s, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 20))


# --- over HTTP ---------------------------------------------------------------------------------------
def signature(key: bytes, utc_s: int, body: bytes) -> str:
    """What the receiver computes again: HMAC-SHA256 over the time, a dot, and the body as it came."""
    return hmac.new(key, f"{utc_s}.".encode() + body, hashlib.sha256).hexdigest()


def http_sender(directory: Path, networks: Sequence[Network], now_utc_s: Callable[[], float]) -> Send:
    """Signs with the key in `directory`, and posts to public addresses and these networks only."""

    async def send(hook: Webhook, letter: str, body: str) -> None:
        try:
            key = (await asyncio.to_thread((directory / hook.secret_file).read_bytes)).strip()
        except OSError as error:
            raise NotSent(f"secrets/{hook.secret_file}: {error.strerror}") from error
        if not key:
            raise NotSent(f"secrets/{hook.secret_file} is empty")
        content, utc_s = body.encode(), int(now_utc_s())
        signed = {"Thirdring-Id": letter, "Thirdring-Signature": f"t={utc_s},v1={signature(key, utc_s, content)}"}
        await send_outside(hook.url, content, signed, networks)

    return send
