"""What a supervisor presses, and what it changes in the running house: an alarm, a break, a swap, a legal hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.integration.centre import PATIENCE_S, Centre
from tests.integration.office import SKILLS, idle, office, shared, shown, wait
from tests.integration.web.browser import at_browser, faults, opened_browser

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIFTS = [
    {"id": "early", "name": {"zh-CN": "早班", "en": "Early"}, "start": "08:00", "end": "20:00"},
    {"id": "night", "name": {"zh-CN": "晚班", "en": "Night"}, "start": "20:00", "end": "08:00"},
]
PEOPLE = [
    {"id": f"agent-0{n}", "name": f"坐席0{n}", "shift": shift, "skills": dict.fromkeys(SKILLS, 5)}
    for n, shift in enumerate(("", "early", "night"), start=1)
]
"""The one who takes calls here has no shift, which might end just now."""
ONE_ALWAYS = {"floor": [{"start": "00:00", "end": "00:00", "agents": 1}]}
SOMEBODY_WAITS = {"rules": [{"id": "somebody-waits", "figure": "waiting", "above": 0}]}
building, house = shared(office(1, agents=PEOPLE, shifts=SHIFTS, staffing=ONE_ALWAYS, alarms=SOMEBODY_WAITS))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(
        tmp_path_factory.mktemp("browser"), thirdring_home / "tools", ("--mute-audio",)
    ) as opened:
        yield opened


async def test_an_alarm_is_somebodys_once_it_is_acknowledged(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "super-1", "en") as person:
        page = person.page
        await person.sign_in("supervisor")
        caller = await wait(house)
        alarm = page.locator("[data-alarm='somebody-waits/presales']")
        await expect(alarm).to_be_visible()
        assert (await house.get("/live"))["snapshot"]["alarm/somebody-waits/presales"]["state"] == "raised"
        await alarm.get_by_role("button", name="Acknowledge").click()
        await expect(alarm).to_contain_text("acknowledged by super-1")
        await expect(alarm.get_by_role("button")).to_have_count(0)
        entry = await house.until("alarm/somebody-waits/presales", lambda found: found["state"] == "acknowledged")
        assert entry["by"] == "super-1"
        assert await faults(page) == []
        await caller.hang_up()
        await expect(alarm).to_have_count(0)
        assert person.complaints == []
    told = await _found(house, "/alarms?rule=somebody-waits", lambda page: page["alarms"][0]["cleared_utc_s"])
    assert told["alarms"][0]["acknowledged_by"] == "super-1"


async def test_a_break_that_breaks_the_floor_is_refused_until_a_leader_overrides_it(
    house: Centre, browser: Browser
) -> None:
    await house.sign_in("agent-01", "seat-01")
    await idle(house)
    async with at_browser(browser, house, "super-1", "en") as person:
        page = person.page
        await person.sign_in("supervisor")
        await page.click("[data-seat=seat-01]")
        dialog = page.locator("dialog[open]")
        await dialog.get_by_role("button", name="Training").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("1 agents must be on the line now, and 1 are.")
        assert (await house.get("/live"))["snapshot"]["agent/agent-01"]["status"] == "ready"
        await dialog.get_by_label("Also if the floor falls too low").check()
        await dialog.get_by_role("button", name="Training").click()
        await expect(dialog).to_have_count(0)
        entry = await house.until("agent/agent-01", lambda found: found["status"] == "on_break")
        assert entry["reason"] == "training"
        await expect(page.locator("[data-seat=seat-01]")).to_contain_text("Training")
        assert await faults(page) == []
    told = (await house.get("/live"))["snapshot"]["alarms"]["last"]
    assert any("super-1 let agent-01 through (break: training)" in each["text"] for each in told)
    rows = (await house.get("/audit?about=agent-01"))["rows"]
    asked = [
        (row["status"], "override" in row["detail"]) for row in rows if row["what"] == "POST /agents/{agent}/break"
    ]
    assert asked == [(200, True), (409, False)]


async def test_two_agents_work_each_others_shift_on_the_day_of_a_swap(house: Centre, browser: Browser) -> None:
    day = (date.today() + timedelta(days=7)).isoformat()
    async with at_browser(browser, house, "super-1", "en") as person:
        page = person.page
        await person.sign_in("supervisor", "/admin/roster")
        assert await _shifts(house, day) == {"agent-02": "early", "agent-03": "night"}
        form = page.locator("form.filters")
        await form.get_by_label("Agent").select_option("agent-02")
        await form.get_by_label("Day").fill(day)
        await form.get_by_label("With").select_option("agent-03")
        await form.get_by_role("button", name="Check and compare").click()
        await expect(page.locator(f"[data-change='roster.{day} agent-02+agent-03']")).to_be_visible()
        assert await _shifts(house, day) == {"agent-02": "early", "agent-03": "night"}, "shown, not applied"
        assert await faults(page) == []
        await page.get_by_role("button", name="Apply 1 changes").click()
        await expect(page.locator(".changes")).to_have_count(0)
        assert await _shifts(house, day) == {"agent-02": "night", "agent-03": "early"}
        assert person.complaints == []


async def test_a_recording_under_a_legal_hold_cannot_be_erased_until_the_hold_is_ended(
    house: Centre, browser: Browser
) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.2, 2.0)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await shown(house, caller, "talking")
    await caller.ended(PATIENCE_S)
    found = await _found(house, "/recordings", lambda page: page["recordings"] and page["recordings"][0]["recording"])
    voice, recording = (found["recordings"][0][key] for key in ("voice", "recording"))
    async with at_browser(browser, house, "super-1", "en") as person:
        page = person.page
        await person.sign_in("supervisor", "/recordings")
        row = page.locator(f"[data-voice='{voice}']")
        await row.get_by_role("button", name="Listen").click()
        await page.get_by_label("Why it is kept").fill("a dispute about order 4711")
        await page.get_by_role("button", name="Legal hold").click()
        await expect(row).to_contain_text("Legal hold")
        assert [each["voice"] for each in (await house.get("/recordings?on_hold=true"))["recordings"]] == [voice]
        refused = await house.api.request("DELETE", f"/recordings/{recording}", json={"why": "no longer needed"})
        assert (refused.status_code, "a legal hold forbids" in refused.json()["detail"]) == (409, True)
        assert await faults(page) == []
        await page.get_by_role("button", name="End the hold").click()
        await expect(row).not_to_contain_text("Legal hold")
        assert (await house.get("/recordings?on_hold=true"))["recordings"] == []
        erased = await house.api.request("DELETE", f"/recordings/{recording}", json={"why": "no longer needed"})
        assert erased.status_code == 200, erased.text
        assert person.complaints == []


async def _shifts(house: Centre, day: str) -> dict[str, str]:
    """Who works what on this day, of those who have a shift."""
    rows = await house.get(f"/roster?date={day}&days=1")
    return {row["agent"]: row["shift"] for row in rows if row["shift"]}


async def _found(house: Centre, path: str, wanted: Any) -> Any:
    """What this says as soon as it is as wanted: what is stored follows what happens."""
    async with asyncio.timeout(PATIENCE_S):
        while not wanted(page := await house.get(path)):  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.2)
    return page
