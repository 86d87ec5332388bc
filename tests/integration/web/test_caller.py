"""One person with two tabs is caller and agent: /demo calls a hotline from the browser, the desk answers it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from app.demo_visitor import leave_word, with_visitor
from cti.carrier.carrier import Carrier
from cti.credentials import load_credentials
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import opened
from tests.integration.web.browser import PHONE_FLAGS, Person, at_browser, faults, opened_browser
from tests.integration.web.desk import AGENT_HZ, AUDIBLE_DBFS, one_seat, take_seat

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def demo_house() -> AsyncIterator[Centre]:
    """A house whose carrier lets browsers call, as `up --demo` starts it, without its crowd."""
    async with opened(one_seat()) as running:
        await running.carrier.stop()
        credentials = load_credentials(running.settings.home / "secrets/seats.key")
        plan = with_visitor(running.carrier.plan, running.settings, credentials)
        running.carrier = await Carrier.start(plan)
        leave_word(running.settings, plan)
        try:
            yield running
        finally:
            await running.carrier.stop()


async def test_a_caller_in_one_tab_speaks_with_the_agent_in_the_other(
    demo_house: Centre, tmp_path: Path, thirdring_home: Path
) -> None:
    audio.write_tone(tmp_path / "voice.wav", AGENT_HZ, 5.0)
    flags = (*PHONE_FLAGS, f"--use-file-for-fake-audio-capture={tmp_path / 'voice.wav'}")
    async with (
        opened_browser(tmp_path, thirdring_home / "tools", flags) as browser,
        at_browser(browser, demo_house, "agent-01") as agent,
    ):
        await take_seat(agent)
        caller = Person(await agent.page.context.new_page(), demo_house, "caller")
        await caller.open("/demo")
        assert await faults(caller.page) == []
        await caller.page.get_by_role("button", name="95001").click()
        await expect(caller.page.locator("[data-talk=talking]")).to_be_visible()
        assert (await caller.page.evaluate("heard()"))["dbfs"] > AUDIBLE_DBFS  # the menu speaks
        await caller.page.locator(".keys").get_by_text("1", exact=True).click()
        await agent.page.get_by_role("button", name="接听").click()
        await expect(agent.page.locator("[data-own-state=talking]")).to_be_visible()
        for page in (agent.page, caller.page):
            heard = await page.evaluate("heard()")
            assert heard["dbfs"] > AUDIBLE_DBFS
            assert math.isclose(heard["hz"], AGENT_HZ, abs_tol=10)
        await caller.page.get_by_role("button", name="挂断").click()
        await expect(agent.page.locator("[data-own-state=wrap_up]")).to_be_visible()
        assert agent.complaints == caller.complaints == []
