"""The administration's forms over parts in memory: an edit is shown, applied, and touches nothing else."""

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
PARTS = (
    "closings",
    "queues",
    "hotlines",
    "agents",
    "shifts",
    "alarms",
    "governor",
    "trunks",
    "snippets",
    "codes",
    "hints",
    "webhooks",
    "quality",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def doors() -> Doors:
    found = Doors()
    found.house.house = shipped()
    return found


async def test_a_queue_is_changed_and_an_agent_while_somebody_else_changes_the_house(
    doors: Doors, browser: Browser
) -> None:
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/admin/forms?of=queues")
        await page.locator("[data-field=wrap_up_s] input").fill("42")
        await page.locator("[data-field=service_level_target] input").fill("85")
        await page.locator("[data-field=skills] input").first.fill("4")
        theirs = doors.house.house.queues[1].model_copy(update={"wrap_up_s": 7.0})
        rest = (doors.house.house.queues[0], theirs, *doors.house.house.queues[2:])
        doors.house.house, doors.house.version = doors.house.house.model_copy(update={"queues": rest}), 2
        await page.get_by_role("button", name="检查 1 处更改").click()
        changes = page.locator("[data-change]")
        await expect(page.locator("[data-change$='.wrap_up_s'] ins")).to_have_text("42.0")
        await expect(changes).to_have_count(3)
        assert await faults(page) == []
        await page.get_by_role("button", name="应用").click()
        await expect(changes).to_have_count(0)
        mine, other = doors.house.house.queues[:2]
        assert (mine.wrap_up_s, mine.service_level_target, other.wrap_up_s) == (42.0, 0.85, 7.0)
        await page.locator("[data-part=agents]").click()
        await page.get_by_label("哪一项").select_option(label="坐席02")
        await page.get_by_label("班次").select_option("late")
        await page.get_by_role("button", name="检查 1 处更改").click()
        await page.get_by_role("button", name="应用").click()
        await expect(changes).to_have_count(0)
        assert [agent.shift for agent in doors.house.house.agents[:2]] == ["early", "late"]


async def test_a_question_is_added_and_what_cannot_be_is_said(doors: Doors, browser: Browser) -> None:
    async with served(doors) as url, looking(browser, doors, url, Role.ADMINISTRATOR, "en") as page:
        await page.goto(f"{url}/admin/forms?of=quality")
        await expect(page.get_by_text("There is nothing yet")).to_be_visible()
        await page.get_by_label("New id").fill("solved")
        await page.get_by_role("button", name="Add", exact=True).click()
        check = page.get_by_role("button", name="Check 1 changes")
        await page.locator("[data-field=weight] input").fill("-3")
        await page.get_by_label("English").fill("Was it solved?")
        await page.get_by_label("Chinese").fill("解决了吗？")
        await check.click()
        await expect(page.locator("[data-wrong]")).to_contain_text("Weight")
        await page.locator("[data-field=weight] input").fill("3")
        await check.click()
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator(".changes")).to_have_count(0)
        (question,) = doors.house.house.quality.questions
        assert (question.id, question.text["en"], question.weight) == ("solved", "Was it solved?", 3.0)


async def test_a_snippet_is_written_and_a_hint_changes_nothing_beside_it(doors: Doors, browser: Browser) -> None:
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/forms?of=snippets")
        await page.get_by_label("New id").fill("returns")
        await page.get_by_role("button", name="Add", exact=True).click()
        await page.locator("[data-field=title] input").last.fill("Returns")
        await page.locator("[data-field=text] textarea").last.fill("Within 14 days,\nwith the receipt.")
        await page.locator("[data-field=places] input").fill("after-sales, complaints")
        await page.get_by_role("button", name="Check 1 changes").click()
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator(".changes")).to_have_count(0)
        await page.locator("[data-part=hints]").click()
        await page.locator("[data-field=greeting] input").last.fill("Good morning.")
        await page.get_by_role("button", name="Check 1 changes").click()
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator(".changes")).to_have_count(0)
        desk = doors.house.house.desk
        assert desk.greeting["en"] == "Good morning."
        assert [(each.text["en"], each.places) for each in desk.snippets] == [
            ("Within 14 days,\nwith the receipt.", ("after-sales", "complaints"))
        ]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
async def test_every_form_is_for_everybody(doors: Doors, browser: Browser, width: int, scheme: str) -> None:
    view = {"width": width, "height": 900}
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, viewport=view, color_scheme=scheme) as page,
    ):
        for part in PARTS:
            await page.goto(f"{url}/admin/forms?of={part}")
            await expect(page.locator(".forms .card")).to_be_visible()
            assert await faults(page) == [], part
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, part
