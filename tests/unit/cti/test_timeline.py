"""Waiting for facts."""

from __future__ import annotations

import asyncio

import pytest

from cti.carrier.timeline import Timeline


async def test_next_waits_for_what_comes_after_the_last_fact_it_gave() -> None:
    timeline = Timeline("phone")
    timeline.note("ringing", call="1")
    timeline.note("cancelled", call="1")
    assert (await timeline.next("ringing")).details == {"call": "1"}
    waiting = asyncio.create_task(timeline.next("ringing"))
    await asyncio.sleep(0)
    timeline.note("ringing", call="2")
    assert (await waiting).details == {"call": "2"}


async def test_facts_nobody_waited_for_are_passed_over() -> None:
    timeline = Timeline("phone")
    for call in "12":
        timeline.note("ringing", call=call)
        timeline.note("rejected", call=call)
    await timeline.next("rejected")
    assert (await timeline.next("ringing")).details == {"call": "2"}


async def test_equal_facts_at_one_instant_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti.carrier.timeline.boot_s", lambda: 1.0)
    timeline = Timeline("phone")
    timeline.note("ringing")
    timeline.note("ringing")
    await timeline.next("ringing")
    await timeline.next("ringing")
    with pytest.raises(TimeoutError):
        await timeline.next("ringing", timeout_s=0.01)


async def test_a_wait_in_vain_tells_what_was_seen_instead() -> None:
    timeline = Timeline("phone seat-01")
    timeline.note("invited", caller="138")
    with pytest.raises(TimeoutError, match=r"phone seat-01: no 'answered' in 0\.01 s; seen: invited caller=138"):
        await timeline.next("answered", timeout_s=0.01)


async def test_a_cancelled_wait_takes_nothing() -> None:
    timeline = Timeline("phone")
    waiting = asyncio.create_task(timeline.next("ringing"))
    await asyncio.sleep(0)
    timeline.note("ringing")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await timeline.next("ringing", timeout_s=0.01)
