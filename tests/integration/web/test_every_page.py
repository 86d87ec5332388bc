"""Every page there is, for everybody: axe-core finds no serious fault, nothing is wider than the screen, and no browser
complains; light and dark, both languages, on a desk and on a telephone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from api.rights import Role
from core.customers import Customer
from core.events import CallEntered, Outcome, TrunkFailed
from core.ids import CallId
from tests.integration.centre import CHECKOUT
from tests.integration.web.browser import NO_FAULT, faults, opened_browser
from tests.integration.web.served import looking, served
from tests.unit.api.test_webhooks import CRM, told
from tests.unit.doors import Doors
from tests.unit.queueing.test_staffing_plan import shipped

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOWS = {
    "/desk": ".take-seat", "/floor": ".floor", "/work": "#work-title", "/recordings": ".filters",
    "/figures": ".filters", "/funnel": ".funnel", "/staffing": ".staffing", "/users": ".users", "/wall": ".wall",
    "/account": ".account", "/demo": "h1", "/calls": ".behind", "/calls/:call": ".one-call",
    "/admin/house": ".text-editor", "/admin/forms": ".forms .card", "/admin/seats": "[data-seat-row]",
    "/admin/customers": ".import", "/admin/prompts": ".prompts", "/admin/flows": ".drawing svg",
    "/admin/roster": ".roster", "/admin/state": "[data-trunk]", "/admin/audit": ".deeds",
}  # fmt: skip
"""By what each page is known to be there."""
CALL = "n-1.7"
ADDRESSES = {"/calls": "/calls?from=2026-11-20&to=2026-11-27", "/calls/:call": f"/calls/{CALL}"}
"""Of pages that are about something."""
ROUTER = CHECKOUT / "web/src/router.ts"


def routes() -> set[str]:
    """As the pages' own router has them."""
    text = ROUTER.read_text(encoding="utf-8")
    parts = re.findall(r"^  (\w+): \(\) => import\(", text, re.MULTILINE)
    pages = re.findall(r'path: "(/[\w/:]+)", name: ', text)
    return {*(page for page in pages if page != "/admin"), *(f"/admin/{part}" for part in parts)}


async def test_no_page_is_forgotten_here_nor_by_the_pictures() -> None:
    assert routes() == SHOWS.keys()
    pictures = (CHECKOUT / "docs/take_screens.py").read_text(encoding="utf-8")
    shown = set(re.findall(r'Page\("\w+", "(/[\w/]*)"', pictures))
    assert shown == {each for each in routes() if ":" not in each} | {"/"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


@pytest.mark.parametrize(("language", "scheme", "width"), [("zh-CN", "light", 1440), ("en", "dark", 390)])
async def test_every_page_is_for_everybody(
    browser: Browser, tmp_path: Path, language: str, scheme: str, width: int
) -> None:
    doors = at_work(tmp_path)
    view = {"width": width, "height": 900}
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.ADMINISTRATOR, language, viewport=view, color_scheme=scheme) as page,
    ):
        complaints = complaints_of(page)
        wrong = {path: found for path in SHOWS if (found := await _looked_at(page, url, path, width))}
        assert wrong == {}
        assert complaints == []


@pytest.mark.parametrize(("language", "scheme", "width"), [("zh-CN", "light", 1440), ("en", "dark", 390)])
async def test_the_door_is_for_everybody(browser: Browser, language: str, scheme: str, width: int) -> None:
    """Before anybody has signed in, and after a wrong password."""
    async with served(Doors()) as url:
        opened = await browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        await opened.add_init_script(f"localStorage.setItem('thirdring.language', '{language}')")
        page = await opened.new_page()
        complaints = complaints_of(page)
        await page.goto(url)
        await page.fill("input[name=name]", "nobody")
        assert await faults(page) == []
        await page.fill("input[name=password]", "a wrong password")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).not_to_be_empty()
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []
        await opened.close()


async def _looked_at(page: Page, url: str, path: str, width: int) -> list[str]:
    """What is wrong with this page."""
    await page.goto(f"{url}{ADDRESSES.get(path, path)}")
    await expect(page.locator(SHOWS[path]).first).to_be_visible()
    await expect(page.locator(".old")).to_have_count(0)  # it fades while the picture is not fresh
    wide = await page.evaluate("document.documentElement.scrollWidth")
    return [*await faults(page), *([f"{wide} pixels wide"] if wide > width else [])]


def at_work(directory: Path) -> Doors:
    """A house with a customer, a failed call and a letter that was set aside; whoever looks is an agent, too."""
    doors = told()
    house = shipped()
    me = house.agents[0].model_copy(update={"id": "the-administrator"})
    desk = house.desk.model_copy(update={"webhooks": (CRM,)})
    doors.house.house = house.model_copy(update={"agents": (*house.agents, me), "desk": desk})
    failed = TrunkFailed(CallId(CALL), house.trunks[0].id, "CONGESTION/34/503")
    now = datetime.now(UTC).timestamp()
    came = CallEntered(CallId(CALL), house.hotlines[0].id, house.trunks[0].id, "", "zh-CN")
    doors.figures.outcomes = doors.calls.moments = [Outcome(1, 0, 0.0, now, came), Outcome(2, 0, 0.0, now, failed)]
    doors.customers.rows["c-1"] = Customer(
        "王小明", ("+8613800138000",), ("gold",), "早上联系", True, id="c-1", version=1
    )
    visitor = directory / "visitor.json"
    visitor.write_text('{"uri": "sip:visitor@127.0.0.1", "password": "x", "socket": "ws://127.0.0.1:9/ws"}')
    doors.options = replace(doors.options, visitor=visitor)
    return doors


def complaints_of(page: Page) -> list[str]:
    """What the browser writes on its console from now on."""
    found: list[str] = []

    def heard(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning") and not NO_FAULT.search(said.text):
            found.append(f"{said.text} ({said.location.get('url', '')})")

    page.on("console", heard)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found
