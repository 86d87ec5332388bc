"""The supervisor's floor in a real browser, while real telephones call: what it shows, and what can be done on it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.integration.centre import Centre
from tests.integration.office import both_trunks, office, shared, shown, wait
from tests.integration.web.browser import at_browser, disable, faults, opened_browser, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOMORROW = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).strftime("%Y-%m-%dT12:00")
CUSTOMER = "13700000071"
FAULT = {"id": "fault", "name": {"zh-CN": "系统故障", "en": "Technical fault"}, "flow": "closed-fault"}
building, house = shared(office(2, closing_messages=[FAULT]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


async def test_a_caller_waits_is_hurried_and_answered_before_the_supervisors_eyes(
    house: Centre, browser: Browser
) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.5)
    await (await house.carrier.phone("seat-02")).register()
    async with at_browser(browser, house, "super-1") as person:
        page = person.page
        await person.sign_in("supervisor")
        await expect(page.locator(".freshness")).to_have_attribute("data-state", "live")
        await expect(page.locator("[data-tile=waiting]")).to_have_text("0")
        caller = await wait(house)
        call = (await shown(house, caller, "waiting"))["id"]
        row = page.locator(f"[data-call='{call}']")
        await expect(row).to_contain_text(caller.plan.caller[-4:])
        await expect(page.locator("[data-queue=presales] .waiting")).to_have_text("1")
        await row.locator("button").click()
        await page.get_by_role("button", name="设置优先级").click()
        await expect(row).to_contain_text("优先级 9")
        await house.sign_in("agent-01", "seat-01")
        seat = page.locator("[data-seat=seat-01]")
        await expect(seat).to_have_attribute("data-state", "talking")
        await expect(seat).to_contain_text("通话中")
        await expect(row).to_have_count(0)
        await seat.click()
        await page.locator("dialog[open]").get_by_role("button", name=caller.plan.caller[-4:]).click()
        await page.get_by_role("button", name="收听通话").click()
        await expect(page.locator("[data-listening=hearing]")).to_be_visible()
        await until(page, "document.querySelector('[data-side=caller]').value > 0.3")
        monitor = await house.carrier.phone("seat-02")
        await monitor.will_answer(0.1)
        await page.get_by_role("button", name="耳语指导").click()
        await expect(page.locator("[data-by-phone=whisper]")).to_be_visible()
        await monitor.answered()  # until then the page asks again, and the browser complains of each refusal
        await page.get_by_role("button", name="强插").click()
        await expect(page.locator("[data-by-phone=barge_in]")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("group", name="用话机收听").get_by_role("button", name="停止收听").click()
        await expect(page.locator("[data-by-phone='']")).to_be_visible()
        await page.keyboard.press("Escape")
        await caller.hang_up()
        await expect(seat).to_have_attribute("data-state", re.compile("wrap_up|idle"))
        await expect(page.locator("[data-queue=presales] .counts")).to_have_text("1 / 1 / 0")
        assert person.complaints == []


async def test_seats_and_queues_are_acted_on_and_a_refusal_is_said(house: Centre, browser: Browser) -> None:
    await house.sign_in("agent-01", "seat-01")
    async with at_browser(browser, house, "super-1", "en") as person:
        page = person.page
        await person.sign_in("supervisor")
        await page.click("[data-seat=seat-01]")
        await page.get_by_role("button", name="Meal").click()
        await house.until("agent/agent-01", lambda entry: entry["status"] == "on_break")
        await expect(page.locator("[data-seat=seat-01]")).to_contain_text("Meal")
        await page.click("[data-seat=seat-01]")
        await page.get_by_role("button", name="Set ready").click()
        await house.until("agent/agent-01", lambda entry: entry["status"] == "ready")
        await page.click("[data-queue=complaints] .link")
        await page.get_by_label("Opens again by itself").fill(TOMORROW)
        await page.get_by_label("They hear").select_option("fault")
        await page.get_by_role("button", name="Close the queue").click()
        await expect(page.locator("[data-queue=complaints]")).to_contain_text("Closed")
        await expect(page.locator("[data-queue=complaints]")).to_contain_text("Technical fault")
        await page.click("[data-queue=complaints] .link")
        await expect(page.locator("dialog[open]")).to_contain_text(re.compile("Opens again at .*12:00"))
        assert await faults(page) == []
        await page.get_by_label("They hear").select_option("")
        await page.get_by_role("button", name="Switch").click()
        await expect(page.locator("[data-queue=complaints]")).to_contain_text("The usual closing message")
        await page.click("[data-queue=complaints] .link")
        await expect(page.locator("dialog[open]")).to_contain_text(re.compile("Opens again at .*12:00"))
        await page.get_by_role("button", name="Open it again").click()
        await expect(page.locator("[data-queue=complaints]")).not_to_contain_text("Closed")
        await page.click("[data-queue=complaints] .link")
        await page.get_by_label("Callers go to").select_option("after-sales")
        answer = await house.api.post("/queues/after-sales/close", json={"to": "complaints"})
        assert answer.status_code == 200, answer.text
        await page.get_by_role("button", name="Close the queue").click()
        await expect(page.locator("dialog[open] [role=alert]")).to_contain_text("Not done: Calls of complaints would")
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog[open]")).to_have_count(0)
        assert (await house.api.post("/queues/after-sales/open")).status_code == 200


async def test_a_call_that_an_agent_makes_is_listened_to_as_well(house: Centre, browser: Browser) -> None:
    phone, customer = await house.carrier.phone("seat-01"), await house.carrier.callee(CUSTOMER)
    await phone.will_answer(0.1)
    await customer.will_answer(0.1)
    await both_trunks(house)
    await house.sign_in("agent-01", "seat-01")
    async with at_browser(browser, house, "super-1") as person:
        page = person.page
        await person.sign_in("supervisor")
        answer = await house.api.post("/agents/agent-01/call", json={"number": CUSTOMER})
        assert answer.status_code == 200, answer.text
        seat = page.locator("[data-seat=seat-01]")
        await expect(seat).to_have_attribute("data-state", "talking")
        await expect(seat).to_contain_text(f"呼出 {CUSTOMER[-4:]}")
        await seat.click()
        await page.get_by_role("button", name="收听通话").click()
        await expect(page.locator("[data-listening=hearing]")).to_be_visible()
        await until(page, "document.querySelector('[data-side=caller]').value > 0.3")
        assert await faults(page) == []
        await customer.hang_up()
        await expect(page.locator("dialog[open] [data-listening]")).to_have_count(0)
        assert person.complaints == []


async def test_a_message_stands_at_the_agents_desk_until_it_is_read(house: Centre, browser: Browser) -> None:
    text = "<img src=x onerror=alert(1)> 请晚走十分钟"
    await house.sign_in("agent-01", "seat-01")
    async with at_browser(browser, house, "super-1") as person, at_browser(browser, house, "agent-01") as agent:
        await agent.sign_in("agent", "/desk")
        await expect(agent.page.locator("[data-own-state]")).to_be_visible()
        await person.sign_in("supervisor")
        seat = person.page.locator("[data-seat=seat-01]")
        await seat.click()
        await person.page.get_by_label("给坐席发消息").fill(text)
        await person.page.get_by_role("button", name="发送").click()
        message, sent = agent.page.locator("[data-message]"), person.page.locator("[data-sent]").first
        await expect(message).to_contain_text(text)
        await expect(sent).to_contain_text("未读")
        await expect(seat).to_contain_text("1 条未读消息")
        assert await faults(person.page) == await faults(agent.page) == []
        await agent.page.reload()
        await expect(message).to_contain_text(text)
        await message.get_by_role("button", name="已读").click()
        await expect(message).to_have_count(0)
        await expect(sent).to_contain_text(re.compile(r"\d\d:\d\d 已读"))
        await expect(seat).not_to_contain_text("未读")
        assert person.complaints == agent.complaints == []


async def test_who_may_not_act_looks_on(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "figures-1") as person:
        await person.sign_in("operations")
        await person.page.click("[data-seat=seat-01]")
        await expect(person.page.locator("dialog[open]")).to_contain_text("没有操作权限")
        await expect(person.page.locator("dialog[open] button:not([aria-label])")).to_have_count(0)


async def test_the_floor_comes_back_by_itself_after_the_engine_was_killed(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "super-1") as person:
        await person.sign_in("supervisor")
        fresh = person.page.locator(".freshness")
        await expect(fresh).to_have_attribute("data-state", "live")
        os.kill(house.engine_pid(), signal.SIGKILL)
        await expect(fresh).to_contain_text("正在重连")
        await expect(fresh).to_have_attribute("data-state", "live", timeout=60_000)  # a whole start, on a busy machine
        await expect(person.page.locator("[data-seat=seat-01]")).to_be_visible()


async def test_a_wrong_password_and_an_ended_session_lead_to_the_door(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "super-1") as person:
        await person.open("/floor")
        await person.type_in("wrong-password")
        await expect(person.page.locator("[role=alert]")).to_have_text("用户名、密码或验证码不正确。")
        assert await faults(person.page) == []
        await person.sign_in("supervisor", "/floor")
        await expect(person.page.locator("[data-tile=waiting]")).to_be_visible()
        await disable(house, "super-1", True)
        await expect(person.page.locator("input[name=name]")).to_be_visible()
        await disable(house, "super-1", False)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
async def test_the_floor_is_for_everybody(house: Centre, browser: Browser, scheme: str, width: int) -> None:
    """No serious fault by axe-core, and nothing that has to be scrolled sideways."""
    await house.sign_in("agent-01", "seat-01")
    view = {"width": width, "height": 900}
    async with at_browser(browser, house, "super-1", viewport=view, color_scheme=scheme) as person:
        await person.sign_in("supervisor")
        await expect(person.page.locator("[data-seat=seat-01]")).to_have_attribute("data-state", "idle")
        assert await faults(person.page) == []
        assert await person.page.evaluate("document.documentElement.scrollWidth") <= width
        await person.page.click("[data-seat=seat-01]")
        assert await faults(person.page) == []
        assert person.complaints == []
