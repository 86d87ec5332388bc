"""An agent's desk in a real browser: its own phone rings, both sides hear each other, and the desk does with the call
what is asked of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.integration import audio
from tests.integration.centre import BRIEF, Centre
from tests.integration.office import happened, office, shared, story_of, wait
from tests.integration.web.browser import PHONE_FLAGS, Person, at_browser, faults, opened_browser
from tests.integration.web.desk import AGENT_HZ, AUDIBLE_DBFS, take_seat

pytestmark = pytest.mark.asyncio(loop_scope="module")

building, house = shared(office(2, wrap_up_s=60.0), BRIEF)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    """Its microphone hears a tone."""
    directory = tmp_path_factory.mktemp("browser")
    audio.write_tone(directory / "voice.wav", AGENT_HZ, 5.0)
    flags = (*PHONE_FLAGS, f"--use-file-for-fake-audio-capture={directory / 'voice.wav'}")
    async with opened_browser(directory, thirdring_home / "tools", flags) as opened:
        yield opened


async def test_a_caller_and_the_browser_hear_each_other_and_the_call_is_wrapped_up(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        caller = await wait(house)
        pop = page.locator("[data-pop]")
        await expect(pop).to_contain_text(caller.plan.caller[-4:])
        await expect(page.get_by_role("button", name="接听")).to_be_focused()
        await page.keyboard.press("F8")
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        heard = await page.evaluate("heard()")
        assert heard["dbfs"] > AUDIBLE_DBFS
        assert math.isclose(heard["hz"], caller.tone_hz, abs_tol=10)
        await expect(page.locator(".phone-bar")).to_contain_text("音质")
        assert await faults(page) == []
        await page.get_by_role("button", name="挂断").click()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        await expect(page.locator(".status .since")).to_contain_text("剩余")
        await page.get_by_role("button", name="延长").click()
        await expect(page.locator(".status .since")).to_contain_text("1:")
        await page.get_by_role("button", name="处理完毕").click()
        await expect(page.locator("[data-own-state=idle]")).to_be_visible()
        assert math.isclose(audio.dominant_hz(await caller.heard(), -1.5), AGENT_HZ, abs_tol=10)
        assert person.complaints == []


async def test_a_call_is_held_consulted_about_and_handed_over(house: Centre, browser: Browser) -> None:
    colleague = await house.carrier.phone("seat-02")
    await colleague.will_answer(0.2)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        caller = await wait(house)
        await page.get_by_role("button", name="接听").click()
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        await page.get_by_role("button", name="静音", exact=True).click()
        await expect(page.get_by_role("button", name="取消静音")).to_be_visible()
        await page.get_by_role("button", name="保持").click()
        await expect(page.locator("[data-own-state=holding]")).to_be_visible()
        await page.get_by_role("button", name="回到来电者").click()
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        await house.sign_in("agent-02", "seat-02")
        await page.select_option(".give select", "agent agent-02")
        await page.get_by_label("给接手人的备注").fill("要退款")
        await page.get_by_role("button", name="先咨询").click()
        await expect(page.locator("[data-own-state=consulting]")).to_be_visible()
        await house.until("agent/agent-02", lambda entry: entry["state"] == "consulting")
        await expect(page.locator("[data-pop]")).to_contain_text("坐席02")
        await page.get_by_role("button", name="转接过去").click()
        await house.until("agent/agent-02", lambda entry: entry["state"] == "talking")
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        await caller.hang_up()


async def test_a_page_loaded_anew_in_mid_call_has_the_same_caller_again(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        caller = await wait(house)
        await page.get_by_role("button", name="接听").click()
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))  # "leave this page?"
        await page.reload()
        await expect(page.locator(".phone-bar")).to_contain_text("音质")  # a line that carries sound again
        heard = await page.evaluate("heard()")
        assert math.isclose(heard["hz"], caller.tone_hz, abs_tol=10)
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        assert not caller.over
        await page.get_by_role("button", name="挂断").click()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        assert [each["how"] for each in happened(await story_of(house, caller), "CallTransferred")] == ["again"]


async def test_breaks_and_a_second_window_with_one_phone(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        await take_seat(person)
        second = Person(await person.page.context.new_page(), house, "agent-01")
        await second.open("/desk")
        await expect(second.page.locator("[data-line=elsewhere]")).to_be_visible()
        await second.page.get_by_role("button", name="改在这里接听").click()
        await expect(second.page.locator("[data-line=ready]")).to_be_visible()
        await expect(person.page.locator("[data-line=elsewhere]")).to_be_visible()
        await second.page.get_by_role("button", name="用餐").click()
        await expect(person.page.locator("[data-own-state=on_break]")).to_contain_text("用餐")
        await person.page.get_by_role("button", name="恢复就绪").click()
        await expect(second.page.locator("[data-own-state=idle]")).to_be_visible()
        await second.page.get_by_role("button", name="签出").click()
        await expect(person.page.locator(".take-seat")).to_be_visible()


async def test_the_desk_is_for_everybody_on_small_screens_in_the_dark(house: Centre, browser: Browser) -> None:
    view = {"width": 390, "height": 844}
    async with at_browser(browser, house, "agent-01", viewport=view, color_scheme="dark") as person:
        await take_seat(person)
        assert await faults(person.page) == []
        assert await person.page.evaluate("document.documentElement.scrollWidth") <= view["width"]
