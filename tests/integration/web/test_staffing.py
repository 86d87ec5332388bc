"""The staffing page over stored figures and a stored day: the planner and the twin answer as they always do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect
from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api.coming_hours import ComingHours
from api.rights import Role
from app.planning import Plans
from app.twin import Twins
from store.migrations import migrate
from store.models import inputs, outcomes, rollups
from store.rollups import _text
from store.session import sqlite_url
from store.writer import Writer
from tests.integration.store.test_twin import journal_rows
from tests.integration.web.browser import faults, opened_browser, until
from tests.integration.web.served import looking, served
from tests.unit.app.test_planning import stored
from tests.unit.app.test_twin import DAY
from tests.unit.doors import Doors
from tests.unit.queueing.test_staffing_plan import shipped

PLAN = re.compile(r"/staffing\?")
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    """The shipped house, with six weeks of figures up to today, and a journal of one day."""
    home = tmp_path_factory.mktemp("home")
    (home / "data").mkdir()
    found = Doors()
    found.house.house = shipped()
    (home / "data" / "house.json").write_text(shipped().model_dump_json())
    url = sqlite_url(home / "data" / "thirdring.sqlite3")
    await migrate(url)
    figures = [
        row._asdict() | {"state": _text(state.to_json())} for row, state in stored(until=date.today(), quarterly=12)
    ]
    heard, told = journal_rows()
    writer = Writer(url)
    for table, rows in ((rollups, figures), (inputs, heard), (outcomes, told)):
        await writer.write(partial(_fill, table, rows))
    await writer.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THIRDRING_HOME", str(home))
        yield found


async def _fill(table: Table, rows: list[dict[str, Any]], connection: AsyncConnection) -> None:
    await connection.execute(insert(table), rows)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(doors: Doors) -> AsyncIterator[str]:
    async with served(doors, plans=Plans(), coming=ComingHours(Plans()), twins=Twins()) as found:
        yield found


async def test_a_week_is_planned_and_the_head_count_judged_in_plain_words(
    doors: Doors, url: str, browser: Browser
) -> None:
    async with looking(browser, doors, url, Role.OPERATIONS) as page:
        async with page.expect_response(PLAN, timeout=60_000) as heard:
            await page.goto(f"{url}/staffing")
        plan = await (await heard.value).json()
        verdict = page.locator("[data-verdict=tooFew]")
        await expect(verdict).to_contain_text("12 名坐席排不满全周的最低在岗")
        await expect(verdict).to_contain_text("需要 28 名")
        await expect(page.locator("[data-errors]")).to_contain_text("照抄上周")
        await expect(page.locator(".chart canvas")).to_be_visible()
        days = page.locator("[data-day]")
        await expect(days).to_have_count(7)
        most = max(each["to_roster"] for each in plan["quarters"][:96])
        assert most > plan["by_day"][0]["most_needed"]
        await expect(days.first.locator("td").nth(3)).to_have_text(str(most))  # as drawn: with those on breaks
        monday = await days.first.get_attribute("data-day")
        await days.nth(2).get_by_role("button").click()
        await expect(page.get_by_label("看哪一天")).not_to_have_value("")
        assert await faults(page) == []
        may = asyncio.Event()

        async def hold(route: Route) -> None:
            await may.wait()
            await route.continue_()

        await page.route(PLAN, hold)
        await page.get_by_label("下一周").click()
        await expect(page.locator("[data-verdict]")).to_have_count(0)  # of another week than the one that is named
        may.set()
        await expect(days.first).not_to_have_attribute("data-day", str(monday))
        await page.get_by_label("按多少名坐席评判").fill("60")
        await page.get_by_role("button", name="计算").click()
        await expect(page.locator("[data-verdict=enough]")).to_contain_text("60 名坐席")


async def test_the_floor_shows_the_next_hours_of_the_same_plan(doors: Doors, url: str, browser: Browser) -> None:
    """Row by row what the API said."""
    async with looking(browser, doors, url, Role.LEADER) as page:
        async with page.expect_response("**/staffing/hours*", timeout=60_000) as heard:
            await page.goto(f"{url}/floor")
        told = await (await heard.value).json()
        rows = page.locator("[data-half-hour]")
        await expect(rows).to_have_count(12)
        assert (told["history_days"], told["has_shifts"], len(told["half_hours"])) == (42, True, 12)
        for each in told["half_hours"]:
            row = page.locator(f"[data-half-hour='{each['start_utc_s']}']")
            short = f"缺 {each['short']} 人" if each["short"] else ""
            wanted = f"{round(each['calls'])}{each['to_roster']}{each['rostered']}{short}"
            assert re.sub(r"\s", "", await row.inner_text())[5:] == wanted.replace(" ", "")
        worst = max(each["short"] for each in told["half_hours"])
        await expect(page.locator("[data-coming]")).to_contain_text(f"少 {worst} 人" if worst else "排班人手够")
        await expect(page.locator("[data-coming]")).to_contain_text("的 42 天")
        assert await faults(page) == []


async def test_a_house_without_a_past_says_plainly_that_nothing_can_be_forecast(browser: Browser) -> None:
    doors, view = Doors(), {"width": 390, "height": 844}
    async with (
        served(doors) as empty,
        looking(browser, doors, empty, Role.SUPERVISOR, "en", viewport=view, color_scheme="dark") as page,
    ):
        await page.goto(f"{empty}/floor")
        await expect(page.locator("[data-no-history]")).to_contain_text("No calls on record yet")
        await expect(page.locator("[data-coming]")).to_contain_text("The house has no shifts")
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_past_day_is_replayed_with_one_more_agent(doors: Doors, url: str, browser: Browser) -> None:
    async with looking(browser, doors, url, Role.SUPERVISOR, viewport={"width": 390, "height": 844}) as page:
        await page.goto(f"{url}/staffing?part=twin")
        await page.get_by_label("日").fill(DAY.isoformat())
        await page.get_by_label("从", exact=True).fill("01:00")
        await page.get_by_label("到（空：到午夜）").fill("02:00")
        await expect(page.locator("[data-seat-change]")).to_have_attribute("data-seat-change", "+1@01:00-02:00")
        await page.get_by_role("button", name="重演").click()
        await expect(page.locator("[data-reproduced]")).to_contain_text("原样重现")
        abandoned = page.locator("[data-figure=abandoned] td")
        assert int(await abandoned.nth(1).inner_text()) < int(await abandoned.nth(0).inner_text())
        await expect(page.locator("[data-call]").first).to_contain_text("增加的坐席 1")
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await page.get_by_label("日").fill((DAY - timedelta(days=1)).isoformat())
        await page.get_by_role("button", name="重演").click()
        await expect(page.get_by_role("alert").filter(has_text="日志里没有")).to_be_visible()


async def test_how_far_a_long_plan_is_is_shown_until_its_figures_are(doors: Doors, url: str, browser: Browser) -> None:
    async with looking(browser, doors, url, Role.LEADER, "en") as page:
        await page.goto(f"{url}/staffing")
        await expect(page.locator("[data-day]")).to_have_count(7)
        await page.get_by_label("Play it through").check()
        await page.get_by_role("button", name="Compute").click()
        await until(page, "document.querySelector('.progress-line progress[value]') !== null")
        await expect(page.locator(".progress-line")).to_have_count(0, timeout=120_000)
        await expect(page.locator(".expected")).to_contain_text("engine:")
        assert await faults(page) == []
