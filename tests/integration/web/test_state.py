"""The state page over parts in memory: what failed over a trunk, receivers tried, letters set aside sent again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from api.ports import Setting
from api.rights import Role
from core.events import Outcome, TrunkFailed
from core.ids import CallId
from tests.integration.web.browser import faults, opened_browser
from tests.integration.web.served import looking, served
from tests.unit.api.test_webhooks import LETTER, told
from tests.unit.doors import Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


async def test_a_trunks_last_failures_are_told_in_words(browser: Browser) -> None:
    doors = Doors()
    (trunk,) = doors.house.house.trunks
    now = datetime.now(UTC).timestamp()
    failed = TrunkFailed(CallId("n-out-7.0"), trunk.id, "CONGESTION/34/503")
    doors.figures.outcomes = doors.calls.moments = [Outcome(1, 0, 0.0, now, failed)]
    async with served(doors) as url, looking(browser, doors, url, Role.ADMINISTRATOR, "en") as page:
        await page.goto(f"{url}/admin/state")
        row = page.locator(f"[data-trunk='{trunk.id}']")
        await expect(row).to_contain_text("answers within 12 ms")
        await expect(row).to_contain_text("never seen otherwise")
        await row.locator("summary").click()
        await expect(row.locator("li")).to_contain_text("Refused by the carrier")
        await expect(row.locator("li")).to_contain_text("SIP 503")
        await expect(row.locator("li")).to_contain_text("cause 34")
        assert await faults(page) == []


async def test_administrators_see_what_was_set_and_where_and_supervisors_nothing_of_it(browser: Browser) -> None:
    doors = Doors(
        settings=(
            Setting("bind", "10.1.2.3", "file", "/var/lib/thirdring/thirdring.yaml:3", "127.0.0.1", "address"),
            Setting("smtp_host", "", "default", "", "", "mail server"),
        )
    )
    async with served(doors) as url, looking(browser, doors, url, Role.ADMINISTRATOR, "en") as page:
        await page.goto(f"{url}/admin/state")
        rows = page.locator("[data-setting]")
        await expect(rows).to_have_text([re.compile(r"bind\s*10\.1\.2\.3\s*/var/lib/thirdring/thirdring\.yaml:3")])
        await page.get_by_label("Also those that nobody set").check()
        await expect(rows.nth(1)).to_contain_text("default")
        assert await faults(page) == []
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/state")
        await expect(page.get_by_role("heading", name="Parts")).to_be_visible()
        assert await page.locator("[data-setting]").count() == 0


async def test_a_receiver_is_tried_and_what_was_set_aside_is_sent_again(browser: Browser) -> None:
    doors, view = told(), {"width": 390, "height": 844}
    doors.webhooks.rows = [replace(LETTER, letter=name) for name in ("l-1", "l-2", "l-3")]
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, viewport=view, color_scheme="dark") as page,
    ):
        await page.goto(f"{url}/admin/state")
        row = page.locator("[data-hook=crm]")
        doors.webhooks.problem = "crm.test: answered 500"
        await row.get_by_role("button", name="测试").click()
        await expect(row.get_by_role("status")).to_have_text("crm.test: answered 500")
        doors.webhooks.problem = ""
        await row.get_by_role("button", name="测试").click()
        await expect(row.get_by_role("status")).to_have_text("测试已被接收。")
        await row.locator("[aria-expanded]").click()
        await expect(row.locator("code", has_text="case.opened")).to_have_count(3)
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await row.get_by_role("button", name="重发", exact=True).first.click()
        await expect(row.locator("code", has_text="case.opened")).to_have_count(2)
        await row.get_by_role("button", name="全部重发").click()
        await expect(row.locator("code", has_text="case.opened")).to_have_count(0)
        assert doors.webhooks.sent_again == ["l-1", "l-2", "l-3"]
