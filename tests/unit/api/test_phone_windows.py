"""A window that is the phone of a talk and is gone: its caller is looked after, and it finds the caller again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from api.phone_windows import Phone, PhoneWindows, WindowTalk
from core.ids import AgentId, CallId
from core.inputs import AgentRequest, HangUp, Hold, Resume

ME, CALL = AgentId("agent-01"), CallId("c1")
SOON_S = 0.02


class Asked:
    """What was asked of the engine, in order."""

    def __init__(self) -> None:
        self.requests: list[AgentRequest] = []
        self.grants = True
        self.refuses: list[type[AgentRequest]] = []
        self.windows = PhoneWindows(self, grace_s=SOON_S, gone_s=3 * SOON_S, again_s=SOON_S)

    async def __call__(self, request: AgentRequest) -> bool:
        self.requests.append(request)
        if type(request) in self.refuses:
            self.refuses.remove(type(request))
            return False
        return self.grants

    async def until(self, many: int) -> None:
        async with asyncio.timeout(20):
            while len(self.requests) < many:  # noqa: ASYNC110 - a test that waits for its own list
                await asyncio.sleep(SOON_S / 4)


async def test_a_talk_whose_window_is_gone_is_held_and_then_given_back_to_the_queue() -> None:
    asked = Asked()
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    await asked.until(3)
    assert asked.requests == [Hold(ME, is_lost=True), Hold(ME, is_lost=True), HangUp(ME)]


async def test_a_window_loaded_anew_in_time_changes_nothing() -> None:
    asked = Asked()
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    asked.windows.says(ME, "w2", "ready")
    await asyncio.sleep(5 * SOON_S)
    assert asked.requests == []


async def test_a_window_that_comes_while_the_caller_is_on_hold_has_them_back() -> None:
    asked = Asked()
    asked.windows = PhoneWindows(asked, grace_s=SOON_S, gone_s=1000.0)
    for phone, wanted in (("ready", [Hold(ME, is_lost=True)]), ("talking", [Hold(ME, is_lost=True), Resume(ME)])):
        asked.requests.clear()
        asked.windows.says(ME, "w1", "talking")
        asked.windows.gone(ME, "w1")
        await asked.until(1)
        asked.windows.says(ME, "w2", phone)  # type: ignore[arg-type]
        await asked.until(len(wanted))
        await asyncio.sleep(SOON_S)
        assert asked.requests == wanted, phone
        asked.windows.says(ME, "w2", "none")
        asked.windows.gone(ME, "w2")


async def test_a_window_that_was_no_phone_or_had_no_talk_may_go() -> None:
    asked = Asked()
    for phone in ("none", "ready"):
        asked.windows.says(ME, "w1", phone)
        asked.windows.gone(ME, "w1")
    asked.windows.says(ME, "w1", "talking")
    asked.windows.says(ME, "w2", "ready")  # the phone has moved to another tab
    asked.windows.gone(ME, "w1")
    await asyncio.sleep(5 * SOON_S)
    assert asked.requests == []


async def test_a_talk_that_is_over_anyway_is_not_ended_twice() -> None:
    asked = Asked()
    asked.grants = False
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    await asked.until(1)
    await asyncio.sleep(5 * SOON_S)
    assert asked.requests == [Hold(ME, is_lost=True)]


async def test_an_end_that_is_refused_for_a_moment_is_asked_for_again_but_not_for_ever() -> None:
    """The PBX may be out of sight, or a request about the call be under way."""
    for refusals, asked_for in ((2, 3), (100, 5)):
        asked = Asked()
        asked.refuses = [HangUp] * refusals
        asked.windows.says(ME, "w1", "talking")
        asked.windows.gone(ME, "w1")
        await asked.until(1 + 2 * asked_for)
        await asyncio.sleep(5 * SOON_S)
        assert asked.requests == [Hold(ME, is_lost=True), *[Hold(ME, is_lost=True), HangUp(ME)] * asked_for]


async def test_a_window_that_comes_while_the_end_is_refused_has_the_caller_back() -> None:
    asked = Asked()
    asked.refuses = [HangUp]
    asked.windows = PhoneWindows(asked, grace_s=SOON_S, gone_s=2 * SOON_S, again_s=1000.0)
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    await asked.until(3)
    asked.windows.says(ME, "w2", "talking")
    await asked.until(4)
    assert asked.requests[2:] == [HangUp(ME), Resume(ME)]


# --- an engine that is replaced meanwhile ------------------------------------------------------------------
class Kept(Asked):
    """With what outlives the process, and the call in which the agent is."""

    def __init__(self, *, return_s: float = SOON_S) -> None:
        super().__init__()
        self.call: CallId | None = CALL
        self.kept: dict[AgentId, WindowTalk] = {}
        times = {"grace_s": SOON_S, "gone_s": 3 * SOON_S, "again_s": SOON_S, "return_s": return_s}
        self.windows = PhoneWindows(self, lambda _: self.call, self.keep, **times)

    def keep(self, talks: Mapping[AgentId, WindowTalk]) -> None:
        self.kept = dict(talks)

    async def comes_to_rest(self) -> None:
        await asyncio.sleep(8 * SOON_S)


async def test_a_talk_is_kept_from_its_first_sign_to_its_last() -> None:
    asked = Kept()
    asked.windows.says(ME, "w1", "ready")
    assert asked.kept == {}
    asked.windows.says(ME, "w1", "talking")
    assert asked.kept == {ME: WindowTalk(CALL)}
    asked.call = CallId("c2")
    asked.windows.says(ME, "w1", "talking")
    assert asked.kept == {ME: WindowTalk(CallId("c2"))}
    asked.windows.says(ME, "w1", "ready")
    assert asked.kept == {}


async def test_a_window_that_speaks_in_no_call_is_not_kept() -> None:
    """It records a prompt, or listens by phone."""
    asked = Kept()
    asked.call = None
    asked.windows.says(ME, "w1", "talking")
    assert asked.kept == {}


async def test_what_is_looked_after_is_kept_until_it_is_done_and_left_to_the_successor_at_our_end() -> None:
    asked, ended = Kept(), Kept()
    for each in (asked, ended):
        each.windows.says(ME, "w1", "talking")
        each.windows.gone(ME, "w1")
    await asked.until(1)
    await ended.until(1)
    ended.windows.close()
    await asked.comes_to_rest()
    assert asked.kept == {}
    assert (ended.kept, ended.requests) == ({ME: WindowTalk(CALL, True)}, [Hold(ME, is_lost=True)])


async def test_a_hold_that_is_refused_for_a_moment_delays_the_callers_notice_and_nothing_else() -> None:
    asked = Kept()
    asked.refuses = [Hold]
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    await asked.comes_to_rest()
    assert asked.requests == [Hold(ME, is_lost=True), Hold(ME, is_lost=True), HangUp(ME)]


async def test_an_agent_who_is_in_another_call_by_now_is_left_alone_there() -> None:
    """At a desk phone."""
    asked = Kept()
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    await asked.until(1)
    asked.call = CallId("c2")
    await asked.comes_to_rest()
    assert (asked.requests, asked.kept) == ([Hold(ME, is_lost=True)], {})


@pytest.mark.parametrize("is_held", [False, True])
async def test_a_window_that_died_while_no_engine_was_there_is_looked_after_by_the_next(is_held: bool) -> None:
    asked = Kept()
    asked.windows.expect({ME: WindowTalk(CALL, is_held)})
    await asked.until(3)
    assert asked.requests == [Hold(ME, is_lost=True), Hold(ME, is_lost=True), HangUp(ME)]


@pytest.mark.parametrize(("phone", "is_held"), [("talking", False), ("talking", True), ("ready", True)])
async def test_a_window_that_comes_back_to_the_next_engine_goes_on(phone: Phone, is_held: bool) -> None:
    """One that was held has its caller again; one that was loaded anew has itself rung."""
    asked = Kept(return_s=2 * SOON_S)
    asked.windows.expect({ME: WindowTalk(CALL, is_held)})
    asked.windows.says(ME, "w1", phone)
    await asked.comes_to_rest()
    assert asked.requests == ([Resume(ME)] if is_held and phone == "talking" else [])


async def test_a_talk_that_is_over_or_becomes_another_is_not_looked_after_by_the_next_engine() -> None:
    over, other = Kept(), Kept()
    over.call = None
    over.windows.expect({ME: WindowTalk(CALL)})
    other.windows.expect({ME: WindowTalk(CALL)})
    other.call = CallId("c2")
    await over.comes_to_rest()
    assert over.requests == other.requests == []
