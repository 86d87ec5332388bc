"""A window that is the phone of a talk and is gone: its caller is looked after, and it finds the caller again."""

from __future__ import annotations

import asyncio

from api.phone_windows import PhoneWindows
from core.ids import AgentId
from core.inputs import AgentRequest, HangUp, Hold, Resume

ME = AgentId("agent-01")
SOON_S = 0.02


class Asked:
    """What was asked of the engine, in order."""

    def __init__(self) -> None:
        self.requests: list[AgentRequest] = []
        self.grants = True
        self.refuses: list[type[AgentRequest]] = []
        self.windows = PhoneWindows(self, SOON_S, 3 * SOON_S, SOON_S)

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
    asked.windows = PhoneWindows(asked, SOON_S, 1000.0)
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
    asked.refuses, asked.windows = [HangUp], PhoneWindows(asked, SOON_S, 2 * SOON_S, 1000.0)
    asked.windows.says(ME, "w1", "talking")
    asked.windows.gone(ME, "w1")
    await asked.until(3)
    asked.windows.says(ME, "w2", "talking")
    await asked.until(4)
    assert asked.requests[2:] == [HangUp(ME), Resume(ME)]
