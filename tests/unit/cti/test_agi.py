"""FastAGI against hostile and broken peers: only the call concerned is affected, the loop never stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from core.errors import LineGone
from core.ids import CallId
from cti.agi import SESSIONS, UNPROVEN, AgiLine, AgiServer, AgiSession
from cti.keys import Keys

HEADERS = b"agi_network: yes\nagi_network_script: secret\nagi_uniqueid: n1-1.1\nagi_callerid: 13800138000\n\n"


class Pbx:
    """The other end of one session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def asked(self) -> str:
        return (await self.reader.readline()).decode().rstrip("\n")

    def say(self, text: str) -> None:
        self.writer.write(text.encode())

    async def is_closed(self) -> bool:
        return await self.reader.read() == b""


@asynccontextmanager
async def serving(
    serve: Callable[[AgiSession], Awaitable[None]], **limits: float
) -> AsyncIterator[Callable[[bytes], Awaitable[Pbx]]]:
    server = AgiServer("secret", serve, **limits)
    await server.start("127.0.0.1", 0)
    assert server._server is not None
    port = server._server.sockets[0].getsockname()[1]
    opened: list[asyncio.StreamWriter] = []

    async def dial(first: bytes) -> Pbx:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        opened.append(writer)
        writer.write(first)
        return Pbx(reader, writer)

    try:
        yield dial
    finally:
        for writer in opened:
            writer.close()
        await server.stop()


async def never(session: AgiSession) -> None:
    raise AssertionError("no session should come of this")


async def test_a_port_scan_does_not_stop_the_loop() -> None:
    reached = asyncio.Event()

    async def serve(session: AgiSession) -> None:
        reached.set()

    async with serving(serve) as dial:
        for _ in range(20):
            scanner = await dial(b"")
            scanner.writer.close()
        await dial(HEADERS)
        await asyncio.wait_for(reached.wait(), 2)


async def test_a_silent_client_is_let_go() -> None:
    async with serving(never, header_deadline_s=0.05) as dial:
        assert await (await dial(b"agi_network: yes\n")).is_closed()


async def test_endless_headers_are_cut_off() -> None:
    """By their size, long before their time is over."""
    async with serving(never, header_deadline_s=600) as dial:
        peer = await dial(b"agi_network: yes\n" * 5000)
        with pytest.raises((ConnectionError, AssertionError)):
            assert not await asyncio.wait_for(peer.is_closed(), 20)
            await peer.writer.drain()


async def test_any_number_of_silent_connections_leave_room_for_a_caller() -> None:
    reached = asyncio.Event()

    async def serve(session: AgiSession) -> None:
        reached.set()

    async with serving(serve, header_deadline_s=60) as dial:
        silent = [await dial(b"") for _ in range(SESSIONS + UNPROVEN)]
        await dial(HEADERS)
        await asyncio.wait_for(reached.wait(), 2)
        assert await asyncio.wait_for(silent[0].is_closed(), 2), "the one that was silent longest went first"


@pytest.mark.parametrize("path", [b"", b"other", b"secret/../x", b"secrets"])
async def test_another_path_is_refused(path: bytes) -> None:
    reached: list[AgiSession] = []

    async def serve(session: AgiSession) -> None:
        reached.append(session)

    async with serving(serve) as dial:
        assert await (await dial(HEADERS.replace(b"script: secret", b"script: " + path))).is_closed()
    assert reached == []


async def test_answers_stay_with_their_commands_through_hangup_and_usage_lines() -> None:
    answers: asyncio.Queue[tuple[int, str]] = asyncio.Queue()

    async def serve(session: AgiSession) -> None:
        for name in ("ONE", "TWO", "THREE", "FOUR", "FIVE"):
            reply = await session.ask(name)
            answers.put_nowait((reply.code, reply.result))

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        assert await pbx.asked() == "ONE"
        pbx.say("100 Trying\nHANGUP\n200 result=49\n")
        assert await pbx.asked() == "TWO"
        pbx.say(
            "520-Invalid command syntax.  Proper usage follows:\nUsage: TWO\n 200 result=7\n520 End of proper usage.\n"
        )
        assert await pbx.asked() == "THREE"
        pbx.say("511 Command Not Permitted on a dead channel or intercept routine\n")
        assert await pbx.asked() == "FOUR"
        pbx.say("510 Invalid or unknown command\n")
        assert await pbx.asked() == "FIVE"
        pbx.say("200 result=-1\n")
        wanted = [(200, "49"), (520, "-1"), (511, "-1"), (510, "-1"), (200, "-1")]
        assert [await answers.get() for _ in wanted] == wanted


async def test_a_value_with_parentheses_comes_whole() -> None:
    answers: asyncio.Queue[str] = asyncio.Queue()

    async def serve(session: AgiSession) -> None:
        answers.put_nowait((await session.ask("GET VARIABLE", "X")).data)

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        assert await pbx.asked() == 'GET VARIABLE "X"'
        pbx.say("200 result=1 (a (b) c)\n")
        assert await answers.get() == "a (b) c"


async def test_the_end_of_the_connection_is_a_gone_line() -> None:
    ends: asyncio.Queue[str] = asyncio.Queue()

    async def serve(session: AgiSession) -> None:
        try:
            await session.ask("WAIT FOR DIGIT", "5000")
        except LineGone as gone:
            ends.put_nowait(str(gone))
            raise

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        await pbx.asked()
        pbx.writer.close()
        assert await ends.get() == "closed by the PBX"


async def test_a_cancelled_command_does_not_shift_the_next_answer() -> None:
    answers: asyncio.Queue[str] = asyncio.Queue()

    async def serve(session: AgiSession) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await session.ask("STREAM FILE", "long", "")
        answers.put_nowait((await session.ask("WAIT FOR DIGIT", "1")).result)

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        await pbx.asked()
        await pbx.asked()
        pbx.say("200 result=0\n200 result=53\n")
        assert await answers.get() == "53"


async def test_cancelling_a_session_is_not_swallowed() -> None:
    waiting = asyncio.Event()
    cancelled = asyncio.Event()

    async def serve(session: AgiSession) -> None:
        waiting.set()
        try:
            await session.ask("WAIT FOR DIGIT", "-1")
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with serving(serve) as dial:
        await dial(HEADERS)
        await waiting.wait()
    assert cancelled.is_set()


async def test_keys_come_as_characters_and_strange_ones_as_none() -> None:
    keys: asyncio.Queue[str] = asyncio.Queue()

    async def serve(session: AgiSession) -> None:
        line = AgiLine(session, CallId("n1-1.1"))
        for _ in range(3):
            keys.put_nowait(await line.wait_key(1))
        with pytest.raises(LineGone):
            await line.play(["x"], "")
        keys.put_nowait("gone")

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        for result in ("35", "0", "120", "-1", "-1"):
            await pbx.asked()
            pbx.say(f"200 result={result}\n")
        assert [await keys.get() for _ in range(4)] == ["#", "", "", "gone"]


async def test_a_prompt_that_is_not_there_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    """Asterisk answers as to a caller who has hung up, and holds the line all the same (res_agi.c)."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def serve(session: AgiSession) -> None:
        heard.put_nowait(await AgiLine(session, CallId("n1-1.1")).play(["/s/lost", "/s/there"], "12"))

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        asked = []
        for result in ("-1", "6", "49"):
            asked.append((await pbx.asked()).split()[:2])
            pbx.say(f"200 result={result} endpos=0\n")
        assert await heard.get() == "1"
    assert asked == [["STREAM", "FILE"], ["CHANNEL", "STATUS"], ["STREAM", "FILE"]]
    assert [record.getMessage() for record in caplog.records] == ["/s/lost cannot be played"]


# --- keys that AMI tells of --------------------------------------------------------------------
async def keyed(answers: list[str], heard: list[list[str]], calls: list[str]) -> tuple[list[str], list[str]]:
    """What the line gives when AGI answers each command with `answers` while AMI tells of `heard`; and the commands."""
    given: list[str] = []
    keys, over = Keys(), asyncio.Event()

    async def serve(session: AgiSession) -> None:
        line = AgiLine(session, CallId("c"), keys)
        for what in calls:
            given.append(await line.wait_key(1.0) if what == "wait" else await line.play(["a", "b"], what))
        over.set()

    asked: list[str] = []
    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        for answer, told in zip(answers, heard, strict=True):
            asked.append((await pbx.asked()).split()[0])
            for key in told:
                keys.heard(key)
            pbx.say(f"200 result={ord(answer) if answer else 0}\n")
        await asyncio.wait_for(over.wait(), 2)
    return given, asked


async def test_a_key_is_taken_once_though_agi_and_ami_both_tell_of_it() -> None:
    assert await keyed(["1", "2"], [["1"], ["2"]], ["12", "wait"]) == (["1", "2"], ["STREAM", "WAIT"])


async def test_a_key_that_agi_lost_between_two_prompts_still_counts() -> None:
    assert await keyed([""], [["5"]], ["12345"]) == (["5"], ["STREAM"])


async def test_keys_typed_ahead_answer_without_another_command() -> None:
    assert await keyed(["1"], [["1", "2", "3"]], ["123", "wait", "123"]) == (["1", "2", "3"], ["STREAM"])


async def test_keys_that_a_prompt_does_not_want_are_gone() -> None:
    assert await keyed(["", "", "7"], [["9"], [], ["7"]], ["12", "wait"]) == (["", "7"], ["STREAM", "STREAM", "WAIT"])


async def test_a_key_that_ami_tells_late_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.keys.AMI_IS_LATE_S", 0.01)
    assert await keyed(["1", "2"], [[], ["1", "2"]], ["12", "wait"]) == (["1", "2"], ["STREAM", "WAIT"])


async def test_the_key_that_ends_a_message_answers_nothing_else_and_its_length_is_told() -> None:
    told: list[object] = []
    keys, over = Keys(), asyncio.Event()

    async def serve(session: AgiSession) -> None:
        line = AgiLine(session, CallId("c"), keys)
        told.append(await line.record("/m/c-1", 60.0))
        told.append(await line.play(["a"], "#"))
        told.append(await line.record("/m/c-2", 60.0))
        over.set()

    async with serving(serve) as dial:
        pbx = await dial(HEADERS)
        assert await pbx.asked() == 'RECORD FILE "/m/c-1" "wav" "0123456789*#" "60000" "BEEP" "s=6"'
        keys.heard("#")
        pbx.say("200 result=35 (dtmf) endpos=20000\n")
        assert (await pbx.asked()).startswith('STREAM FILE "a"')
        pbx.say("200 result=0 endpos=100\n")
        await pbx.asked()
        pbx.say("200 result=-1 (hangup) endpos=8000\n")
        await asyncio.wait_for(over.wait(), 2)
    assert told == [2.5, "", 1.0]
