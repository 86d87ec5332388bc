"""Parts of the application that cannot be fetched: the server is being started, or has another build by now."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from api.rights import Role
from tests.integration.web.browser import opened_browser
from tests.integration.web.served import looking, served
from tests.unit.doors import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")
FLOOR, FIGURES = re.compile("/assets/FloorPage"), re.compile("/assets/FiguresPage")
SESSION = re.compile("/sessions/current")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


async def _lost(route: Route) -> None:
    await route.abort()


@pytest.mark.parametrize("path", ["/", "/floor"])
async def test_the_first_page_opens_when_its_part_can_be_fetched_at_last(browser: Browser, path: str) -> None:
    """An engine that was killed after the frame had come, and before the floor's own part."""
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.route(FLOOR, _lost)
        await page.goto(url + path)
        await expect(page.locator(".freshness")).to_have_attribute("data-state", "live")
        await expect(page.locator("#page [role=status]")).to_contain_text("服务器恢复后会自动打开")
        await page.unroute(FLOOR, _lost)
        await expect(page.locator("[data-seat]").first).to_be_visible()
        await expect(page.locator("#page [role=status]")).to_have_count(0)


async def test_a_page_that_is_late_does_not_take_away_the_one_that_is_there(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/floor")
        await expect(page.locator("[data-seat]").first).to_be_visible()
        await page.route(FIGURES, _lost)
        await page.route(SESSION, _lost)
        await page.get_by_role("link", name="Figures").click()
        await expect(page.locator("#page [role=status]")).to_contain_text("as soon as the server answers")
        await expect(page.locator("[data-seat]").first).to_be_visible()
        await page.unroute(FIGURES, _lost)
        await page.unroute(SESSION, _lost)
        await expect(page).to_have_url(f"{url}/figures")
        await expect(page.locator(".figures")).to_be_visible()


async def test_nobody_is_asked_to_sign_in_because_the_server_is_away(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.route(SESSION, _lost)
        async with page.expect_request_finished(lambda request: "/assets/" in request.url):
            await page.goto(f"{url}/floor")
        async with page.expect_event("requestfailed", lambda request: "current" in request.url):
            pass
        await expect(page.locator("input[name=name]")).to_have_count(0)
        await page.unroute(SESSION, _lost)
        await expect(page.locator("[data-seat]").first).to_be_visible()
