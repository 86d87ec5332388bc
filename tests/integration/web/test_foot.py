"""The pages' list on a phone: four places and the way to the others, nothing to be scrolled sideways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from api.rights import Role
from tests.integration.web.browser import faults, opened_browser
from tests.integration.web.served import looking, served
from tests.unit.doors import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")
VIEW = {"width": 390, "height": 844}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


@pytest.mark.parametrize(("language", "more", "figures"), [("zh-CN", "更多", "报表"), ("en", "More", "Figures")])
async def test_further_pages_are_one_press_away(browser: Browser, language: str, more: str, figures: str) -> None:
    doors = Doors()
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, language, viewport=VIEW, color_scheme="dark") as page,
    ):
        await page.goto(f"{url}/floor")
        rail, link = page.locator(".rail"), page.locator(".rail a[href='/figures']")
        await expect(rail.locator("a:visible")).to_have_count(4)
        assert await rail.evaluate("rail => rail.scrollWidth <= rail.clientWidth")
        await page.get_by_role("button", name=more, exact=True).click()
        await expect(link.get_by_text(figures)).to_be_visible()
        assert await rail.evaluate("rail => rail.scrollWidth <= rail.clientWidth")
        assert await faults(page) == []
        await link.click()
        await expect(page).to_have_url(f"{url}/figures")
        await expect(link).to_be_hidden()
        await expect(page.get_by_role("button", name=more, exact=True)).to_have_class("more here")
        await page.get_by_role("button", name=more, exact=True).click()
        await page.keyboard.press("Escape")
        await expect(link).to_be_hidden()


async def test_who_has_few_pages_sees_them_all(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.AGENT, viewport=VIEW) as page:
        await page.goto(f"{url}/desk")
        await expect(page.locator(".rail a:visible").first).to_be_visible()
        assert await page.locator(".rail a:visible").count() == await page.locator(".rail a").count() <= 5
        await expect(page.locator(".rail .more")).to_have_count(0)
