"""Who is told of an alarm, when, and what happens when nobody listens. The servers are real ones, on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, time
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.alarm_shapes import Message
from app.mail import NotToAll, send_mail
from app.notify import Notifier, is_within, sender
from app.outside import NotSent, may_reach, post_outside
from app.settings import Settings
from core.alarms import Alarms, QuietHours, Recipient, Severity
from core.events import AlarmChanged
from core.house import House
from core.instants import Instant
from core.states import AlarmState
from tests.unit.floor import NOON_UTC_S, TRUNK, journal, small_house

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
BOSS = Recipient(id="boss", kind="email", address="boss@example.com")
DUTY = Recipient(id="duty", kind="webhook", address="https://hook.example/x", least="info")
NOW = Instant(1.0, datetime.fromtimestamp(NOON_UTC_S, UTC))
NIGHT = QuietHours(start=time(18), end=time(8))
"""NOON_UTC_S is 19:15 in Shanghai: within."""


def alarm(state: AlarmState, severity: Severity = "warning", rule: str = "trunk-down") -> AlarmChanged:
    return AlarmChanged(rule, TRUNK, state, severity, 1.0, "trunk_down of trunk-a is 1, above 0", "")


class Desk:
    """A notifier whose messages are kept: who, state and severity."""

    def __init__(self, quiet: QuietHours | None = None, broken: int = 0, **more: Any) -> None:
        self.house: House = small_house().model_copy(
            update={"alarms": Alarms(recipients=(BOSS, DUTY), quiet=quiet, **more)}
        )
        self.sent: list[tuple[str, str, str]] = []
        self.told: list[str] = []
        self.broken, self.utc_s = broken, NOON_UTC_S
        self.notifier = Notifier(
            lambda: self.house, self._send, lambda: self.utc_s, lambda name, _: self.told.append(name), again_s=(0, 0)
        )

    async def _send(self, recipient: Recipient, message: Message) -> None:
        if self.broken:
            self.broken -= 1
            raise NotSent("away")
        self.sent.append((recipient.id, message.state, message.severity))

    def happens(self, *events: AlarmChanged) -> None:
        self.notifier.take(journal(*((0.0, event) for event in events)), NOW)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.notifier.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def until_sent(self, count: int) -> list[tuple[str, str, str]]:
        async with asyncio.timeout(20):
            while len(self.sent) < count:  # noqa: ASYNC110 - what was sent is a list
                await asyncio.sleep(0.01)
        return self.sent


async def test_people_are_told_of_the_beginning_and_the_end_and_programs_of_everything() -> None:
    desk = Desk()
    async with desk.running():
        desk.happens(alarm(AlarmState.RAISED), alarm(AlarmState.ACKNOWLEDGED), alarm(AlarmState.CLEARED))
        sent = await desk.until_sent(5)
    assert [state for who, state, _ in sent if who == "boss"] == ["raised", "cleared"]
    assert [state for who, state, _ in sent if who == "duty"] == ["raised", "acknowledged", "cleared"]


async def test_a_small_matter_goes_to_who_wants_small_matters() -> None:
    desk = Desk()
    async with desk.running():
        desk.happens(alarm(AlarmState.RAISED, "info"))
        assert await desk.until_sent(1) == [("duty", "raised", "info")]


async def test_in_quiet_hours_only_what_is_critical_goes_out_and_the_rest_afterwards() -> None:
    desk = Desk(NIGHT)
    async with desk.running():
        desk.happens(alarm(AlarmState.RAISED), alarm(AlarmState.RAISED, "critical", "pbx-down"))
        desk.happens(alarm(AlarmState.RAISED, rule="disk"), alarm(AlarmState.CLEARED, rule="disk"))
        assert {severity for _, _, severity in await desk.until_sent(2)} == {"critical"}
        desk.utc_s += 14 * 3600
        desk.happens(alarm(AlarmState.RAISED, "info", "another"))  # wakes it
        later = (await desk.until_sent(5))[2:]
    assert sorted(later) == [("boss", "raised", "warning"), ("duty", "raised", "info"), ("duty", "raised", "warning")]


async def test_after_quiet_hours_programs_are_told_what_was_acknowledged_and_everybody_what_ended() -> None:
    """An end of what had been told before; what began and ended in the hours is of no use to anybody."""
    desk = Desk()
    async with desk.running():
        desk.happens(alarm(AlarmState.RAISED, rule="before"))
        await desk.until_sent(2)
        desk.house = desk.house.model_copy(update={"alarms": Alarms(recipients=(BOSS, DUTY), quiet=NIGHT)})
        desk.happens(alarm(AlarmState.CLEARED, rule="before"))
        desk.happens(*(alarm(state, rule="passing") for state in (AlarmState.RAISED, AlarmState.ACKNOWLEDGED)))
        desk.happens(alarm(AlarmState.CLEARED, rule="passing"))
        desk.happens(alarm(AlarmState.RAISED), alarm(AlarmState.ACKNOWLEDGED))
        desk.utc_s += 14 * 3600
        desk.happens(alarm(AlarmState.RAISED, "info", "another"))  # wakes it
        later = [(who, state) for who, state, severity in (await desk.until_sent(8))[2:] if severity != "info"]
    assert [state for who, state in later if who == "boss"] == ["cleared", "raised"]
    assert [state for who, state in later if who == "duty"] == ["cleared", "raised", "acknowledged"]


async def test_a_message_is_tried_three_times_and_then_told_on_the_floor() -> None:
    desk = Desk(broken=2)
    async with desk.running():
        desk.happens(alarm(AlarmState.RAISED))
        assert len(await desk.until_sent(2)) == 2
    desk = Desk(broken=3)
    async with desk.running():
        desk.happens(alarm(AlarmState.RAISED))
        await desk.until_sent(1)
    assert (desk.notifier.failed, desk.told) == (1, ["message_not_sent"])


@pytest.mark.parametrize(
    ("moment", "inside"), [(time(18), True), (time(7, 59), True), (time(8), False), (time(12), False)]
)
def test_quiet_hours_may_go_over_midnight(moment: time, inside: bool) -> None:
    assert is_within(moment, NIGHT) is inside
    assert is_within(moment, QuietHours(start=NIGHT.end, end=NIGHT.start)) is not inside


# --- over the wire -----------------------------------------------------------------------------
class Hook:
    """A real HTTP server that keeps what it is sent."""

    def __init__(self, status: int = 200, answer: object = None, headers: dict[str, str] | None = None) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append((self.path, dict(self.headers.items()), json.loads(body)))
                text = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/hook?key=1"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook(answer={"errcode": 0})
    yield hook
    hook.close()


def settings(home: Path, **more: Any) -> Settings:
    return Settings(home=home, webhook_networks="127.0.0.0/8 ::1/128", **more)


MESSAGE = Message("h", "trunk-down", "a", "raised", "critical", 1.0, "text", "2026-11-20T10:00:00+08:00")


async def test_a_webhook_gets_the_alarm_with_its_token(tmp_path: Path, hook: Hook) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/hook.token").write_text("t0ken\n")
    to = Recipient(id="r", kind="webhook", address=hook.url, secret_file="hook.token")
    await sender(settings(tmp_path))(to, MESSAGE)
    ((path, headers, body),) = hook.got
    assert (path, body["rule"], headers["Authorization"]) == ("/hook?key=1", "trunk-down", "Bearer t0ken")
    assert headers["Host"].startswith("localhost:")
    with pytest.raises(NotSent, match=r"secrets/gone"):
        await sender(settings(tmp_path))(to.model_copy(update={"secret_file": "gone"}), MESSAGE)


async def test_a_hook_in_our_own_network_is_refused_unless_the_settings_name_it(tmp_path: Path, hook: Hook) -> None:
    to = Recipient(id="r", kind="webhook", address=hook.url)
    with pytest.raises(NotSent, match=r"not public; allow its network in webhook_networks"):
        await sender(Settings(home=tmp_path))(to, MESSAGE)
    assert hook.got == []


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("1.1.1.1", True), ("2606:4700:4700::1111", True), ("127.0.0.1", False), ("10.0.0.1", False),
        ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False), ("fe80::1", False), ("fd00::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:169.254.169.254", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_only_public_addresses_are_reached(address: str, may: bool) -> None:
    assert may_reach(ipaddress.ip_address(address), ()) is may


def test_a_network_that_the_settings_name_is_reached_in_either_clothes() -> None:
    assert may_reach(ipaddress.ip_address("::ffff:127.0.0.1"), LOOPBACK)
    assert not may_reach(ipaddress.ip_address("10.0.0.1"), LOOPBACK)


async def test_a_redirect_is_not_followed_and_a_refusal_is_told(tmp_path: Path, hook: Hook) -> None:
    elsewhere = Hook(302, headers={"Location": hook.url})
    try:
        with pytest.raises(NotSent, match="302"):
            await post_outside(elsewhere.url, {}, {}, (*LOOPBACK, ipaddress.ip_network("::1/128")))
    finally:
        elsewhere.close()
    assert hook.got == []
    robot = Hook(answer={"errcode": 310000, "errmsg": "sign not match"})
    try:
        to = Recipient(id="r", kind="dingtalk", address=robot.url)
        with pytest.raises(NotSent, match="sign not match"):
            await sender(settings(tmp_path))(to, MESSAGE)
    finally:
        robot.close()


async def test_a_name_without_an_address_is_told() -> None:
    with pytest.raises(NotSent, match="has no address"):
        await post_outside("http://nowhere.invalid/x", {}, {}, ())


async def test_an_e_mail_goes_to_the_mail_server(tmp_path: Path) -> None:
    mails: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As much of RFC 5321 as a client needs."""
        writer.write(b"220 mail\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                mails.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "mail_from": "centre@example.com"}
        await sender(settings(tmp_path, **mail))(BOSS, MESSAGE)
    assert b"Subject: critical raised: trunk-down" in mails[0]
    assert b"To: boss@example.com" in mails[0]
    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        await sender(settings(tmp_path, **mail))(BOSS, MESSAGE)
    with pytest.raises(NotSent, match="no smtp_host"):
        await sender(settings(tmp_path))(BOSS, MESSAGE)


async def test_who_gets_a_mail_that_the_server_takes_for_some_is_told_and_a_rude_good_bye_is_none(
    tmp_path: Path,
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        while line := await reader.readline():
            if line.startswith(b"data"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            answer = (
                b"550 nobody\r\n" if b"gone@" in line else b"421 busy\r\n" if line[:4] == b"QUIT" else b"250 ok\r\n"
            )
            writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        by = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "mail_from": "centre@example.com"}
        for to, refused in (("boss@example.com", ""), ("boss@example.com, gone@example.com", "gone@example.com")):
            mail = EmailMessage()
            mail["To"] = to
            with pytest.raises(NotToAll, match=refused) if refused else nullcontext():
                await asyncio.to_thread(send_mail, settings(tmp_path, **by), mail)


def test_networks_are_checked_when_the_settings_are_read() -> None:
    with pytest.raises(ValueError, match="is no network"):
        Settings(home=Path("/x"), webhook_networks="10.0.0.1/8")
