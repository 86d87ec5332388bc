"""Alarms to people who are not at a screen: e-mail, webhooks, the robots of group chats. Never in the way of a call.

Messages wait in a bounded line and are sent one after the other, each tried three times. In quiet hours only critical
ones go out, and the others when the hours end; of an alarm that began and ended in them, nothing. A message that cannot
be sent is logged, counted, and told on the floor.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from app.alarm_shapes import Message, post, refusal
from app.mail import send_mail
from app.outside import Network, NotSent, post_outside
from app.settings import Settings
from core.alarms import SEVERITIES, AlarmRule, QuietHours, Recipient
from core.events import AlarmChanged, Outcome
from core.house import House
from core.instants import Instant
from core.parts import is_between
from core.states import AlarmState

log = logging.getLogger(__name__)

WAITING_MOST = 1000
AGAIN_S = (2.0, 10.0)
LOOK_EVERY_S = 20.0

Send = Callable[[Recipient, Message], Awaitable[None]]
"""Raises NotSent."""


class Notifier:
    """Give `take` to the pump and run `run` in a task. `failed` counts messages that nobody got."""

    def __init__(
        self,
        house: Callable[[], House],
        send: Send,
        utc_s: Callable[[], float],
        tell: Callable[[str, str], None],
        *,
        again_s: Sequence[float] = AGAIN_S,
    ) -> None:
        self._house, self._send, self._utc_s, self._tell = house, send, utc_s, tell
        self._again_s = again_s
        self._line: deque[tuple[Recipient, Message]] = deque()
        self._held: dict[tuple[str, str, str], tuple[Recipient, list[Message]]] = {}
        self._news = asyncio.Event()
        self.failed = 0

    def take(self, outcomes: Sequence[Outcome], now: Instant) -> None:
        """Put what is to be told in line; never blocks."""
        for outcome in outcomes:
            if isinstance(outcome.event, AlarmChanged):
                self._changed(outcome.event, outcome.at_utc_s)

    async def run(self) -> None:
        """Send until cancelled; what still waits then is lost."""
        while True:
            while self._line:
                await self._try(*self._line.popleft())
            self._news.clear()
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._release()

    def _changed(self, event: AlarmChanged, at_utc_s: float) -> None:
        house = self._house()
        message = _message(house, event, at_utc_s)
        for recipient in _recipients(house, event):
            key = (event.rule, event.subject, recipient.id)
            _, held = self._held.pop(key, (recipient, []))
            news = _settled(held, message)
            if news and self._is_quiet(house) and event.severity != "critical":
                self._held[key] = recipient, news
            else:
                self._put(recipient, news)

    def _put(self, recipient: Recipient, messages: Sequence[Message]) -> None:
        for message in messages:
            if len(self._line) >= WAITING_MOST:
                self.failed += 1
                continue
            self._line.append((recipient, message))
            self._news.set()

    def _is_quiet(self, house: House) -> bool:
        quiet, now = house.alarms.quiet, datetime.fromtimestamp(self._utc_s(), ZoneInfo(house.time_zone))
        return quiet is not None and is_within(now.time(), quiet)

    def _release(self) -> None:
        """The quiet hours may be over."""
        if self._held and not self._is_quiet(self._house()):
            for recipient, messages in self._held.values():
                self._put(recipient, messages)
            self._held.clear()

    async def _try(self, recipient: Recipient, message: Message) -> None:
        why = ""
        for wait_s in (0.0, *self._again_s):
            await asyncio.sleep(wait_s)
            try:
                await self._send(recipient, message)
                return
            except NotSent as error:
                why = str(error)
        self.failed += 1
        log.error("alarm %s of %s did not reach %s: %s", message.rule, message.subject, recipient.id, why)
        self._tell("message_not_sent", f"{message.rule} of {message.subject} did not reach {recipient.id}: {why}")


def _settled(held: Sequence[Message], news: Message) -> list[Message]:
    """What waits to be told, with these news: an end takes with it a beginning that nobody has been told of."""
    raised = next((place for place, message in enumerate(held) if message.state == AlarmState.RAISED), None)
    if news.state == AlarmState.CLEARED and raised is not None:
        return list(held[:raised])
    return [*held, news]


def _message(house: House, event: AlarmChanged, at_utc_s: float) -> Message:
    at = datetime.fromtimestamp(at_utc_s, ZoneInfo(house.time_zone)).isoformat(timespec="seconds")
    state = event.state.value
    return Message(house.name, event.rule, event.subject, state, event.severity, event.value, event.text, at)


def _recipients(house: House, event: AlarmChanged) -> Iterator[Recipient]:
    """Who wants this one; that somebody has acknowledged it is for programs only."""
    rule: AlarmRule | None = next((each for each in house.alarms.rules if each.id == event.rule), None)
    for recipient in house.alarms.recipients:
        named = rule is None or not rule.to or recipient.id in rule.to
        grave = SEVERITIES.index(recipient.least) <= _grade(event.severity)
        told = event.state is not AlarmState.ACKNOWLEDGED or recipient.kind == "webhook"
        if named and grave and told:
            yield recipient


def _grade(severity: str) -> int:
    """One of another version counts as the gravest."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def is_within(moment: time, quiet: QuietHours) -> bool:
    """Hours that end when they begin are none."""
    return quiet.start != quiet.end and is_between(moment, quiet.start, quiet.end)


# --- sending -----------------------------------------------------------------------------------
def sender(settings: Settings) -> Send:
    """Sends by these settings."""

    async def send(recipient: Recipient, message: Message) -> None:
        if recipient.kind == "email":
            await asyncio.to_thread(_mail, settings, recipient.address, message)
        else:
            await _post(settings.home / "secrets", recipient, message, settings.own_networks)

    return send


async def _post(secrets: Path, recipient: Recipient, message: Message, networks: Sequence[Network]) -> None:
    secret = ""
    if recipient.secret_file:
        try:
            secret = (await asyncio.to_thread((secrets / recipient.secret_file).read_text, encoding="utf-8")).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NotSent(f"secrets/{recipient.secret_file} cannot be read: {type(error).__name__}") from error
    asked = post(recipient, message, secret, datetime.now(UTC).timestamp())
    if why := refusal(await post_outside(asked.url, asked.body, asked.headers, networks)):
        raise NotSent(f"the robot says {why}")


def _mail(settings: Settings, address: str, message: Message) -> None:
    """One message over SMTP. Raises NotSent."""
    mail = EmailMessage()
    mail["To"] = address
    mail["Subject"] = f"{message.severity} {message.state}: {message.rule}"
    mail.set_content(message.line + "\n")
    send_mail(settings, mail)
