"""Parts of the application that cannot be fetched: the server is being started, or has another build by now."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from api.rights import Role
from tests.integration.web.browser import faults, opened_browser, until
from tests.integration.web.served import looking, served
from tests.unit.doors import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")
FLOOR, FIGURES = re.compile("/assets/FloorPage"), re.compile("/assets/FiguresPage")
SCRIPT, STYLES = re.compile(r"/assets/index-[^/]*\.js"), re.compile(r"/assets/index-[^/]*\.css")
SESSION = re.compile("/sessions/current")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


async def _lost(route: Route) -> None:
    await route.abort()


async def _lost_if_asked_for(route: Route) -> None:
    """The page asks whether its own address answers."""
    await (route.abort() if route.request.method == "HEAD" else route.continue_())


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


async def test_a_browser_that_got_nothing_but_the_frame_says_so_and_tries_again(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.route(SCRIPT, _lost)
        await page.route("**/floor", _lost_if_asked_for)
        await page.goto(f"{url}/floor")
        await says_that_it_opens(page)
        assert await faults(page) == []
        async with page.expect_event("load"):
            await page.unroute("**/floor", _lost_if_asked_for)
        assert await page.get_by_text("恢复后会自动打开").is_visible()  # at once this time
        await page.unroute(SCRIPT, _lost)
        await expect(page.locator("[data-seat]").first).to_be_visible()
        assert await page.evaluate("sessionStorage.getItem('thirdring.late')") is None
        await page.route(STYLES, _lost)
        await page.goto(f"{url}/floor")
        await page.unroute(STYLES, _lost)
        await until(page, "[...document.styleSheets].some((each) => each.href?.includes('/assets/index-'))")


async def says_that_it_opens(page: Page) -> None:
    """To whoever reads Chinese, and to whoever does not."""
    await expect(page.get_by_text("恢复后会自动打开")).to_be_visible()
    await expect(page.get_by_text("opens as soon as it does")).to_be_visible()


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
        await says_that_it_opens(page)
        await expect(page.locator("input[name=name]")).to_have_count(0)
        await page.unroute(SESSION, _lost)
        await expect(page.locator("[data-seat]").first).to_be_visible()
