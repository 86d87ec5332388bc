"""A flow tried as a caller beside its editor, as it stands there and before anybody hears it."""

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
from tests.unit.queueing.test_staffing_plan import shipped

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
async def test_keys_and_silence_lead_through_the_text_as_it_stands(browser: Browser, width: int, scheme: str) -> None:
    doors = Doors()
    doors.house.house = shipped()
    view = {"width": width, "height": 900}
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, viewport=view, color_scheme=scheme) as page,
    ):
        await page.goto(f"{url}/admin/flows")
        # not by its label: what the list holds is part of the label's text, once it is there
        await page.locator(".part .above select").select_option("presales")
        await page.get_by_role("button", name="以来电者身份试听").click()
        heard, way = page.locator("[data-step]"), page.locator("[data-way]")
        await expect(heard).to_contain_text(["您好，这里是售前咨询热线。"])
        await page.get_by_role("button", name="听完").click()
        await expect(way).to_contain_text("welcome → main")
        await page.locator(".trial .keys").get_by_role("button", name="4", exact=True).click()
        await expect(way).to_contain_text("welcome → main → person")
        text = page.locator(".text-editor textarea")
        await text.fill((await text.input_value()).replace("4: person", "4: enough"))
        await page.get_by_role("button", name="退回一步").click()
        await page.locator(".trial .keys").get_by_role("button", name="4", exact=True).click()
        await expect(way).to_contain_text("welcome → main → enough")
        await page.get_by_role("button", name="听完").click()
        await page.locator(".trial .keys").get_by_role("button", name="1", exact=True).click()
        await page.get_by_role("button", name="听完").click()
        await expect(heard.last).to_have_attribute("data-step", "hang_up")
        await expect(page.locator(".trial .keys")).to_have_count(0)
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
