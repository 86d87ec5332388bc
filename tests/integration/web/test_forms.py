"""The administration's forms over parts in memory: an edit is shown, applied, and touches nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from api.rights import Role
from core.house import CallerList
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
    "contacts",
    "hints",
    "webhooks",
    "quality",
    "skills",
    "groups",
    "staffing",
    "calendar",
    "caller_lists",
    "vips",
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
        doors.house.changed(queues=(doors.house.house.queues[0], theirs, *doors.house.house.queues[2:]))
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


async def test_two_people_who_edit_one_queue_undo_nothing_of_each_other(doors: Doors, browser: Browser) -> None:
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/forms?of=queues")
        await page.locator("[data-field=wrap_up_s] input").fill("42")
        await page.locator("[data-field=least_agents] input").fill("3")
        first, *rest = doors.house.house.queues
        theirs = first.model_copy(update={"wrap_up_s": 7.0, "service_level_s": 9.0})
        doors.house.changed(queues=(theirs, *rest))
        await page.get_by_role("button", name="Check 1 changes").click()
        clash = page.locator("[data-clash]")
        await expect(clash).to_have_attribute("data-clash", f"queues.{first.id}.wrap_up_s")
        await expect(clash.locator("dd")).to_have_text([str(first.wrap_up_s), "7.0", "42.0"])
        await expect(page.locator("[data-change]")).to_have_count(2)
        assert await faults(page) == []
        await page.get_by_role("button", name="1 of them over somebody else's").click()
        await expect(page.locator("[data-change]")).to_have_count(0)
    mine = doors.house.house.queues[0]
    assert (mine.wrap_up_s, mine.least_agents, mine.service_level_s) == (42.0, 3, 9.0)


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


@asynccontextmanager
async def form(browser: Browser, doors: Doors, part: str) -> AsyncIterator[Page]:
    """A supervisor at this form, in English."""
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/forms?of={part}")
        await expect(page.locator(".forms .card")).to_be_visible()
        yield page


async def add(page: Page, name: str) -> None:
    await page.locator(".new-id").fill(name)
    await page.get_by_role("button", name="Add", exact=True).first.click()


async def check(page: Page) -> list[str]:
    """The keys of what would change."""
    await page.get_by_role("button", name=re.compile(r"^Check \d")).click()
    await expect(page.locator(".changes h2")).to_have_text("What would change")
    return [str(await each.get_attribute("data-change")) for each in await page.locator("[data-change]").all()]


async def refused(page: Page) -> str:
    """What the form says of what cannot be."""
    await page.get_by_role("button", name=re.compile(r"^Check \d")).click()
    return await page.locator("[data-wrong]").inner_text()


async def apply(page: Page) -> None:
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator(".changes")).to_have_count(0)


async def test_the_floor_is_set_hour_by_hour_and_leaves_no_hole(doors: Doors, browser: Browser) -> None:
    async with form(browser, doors, "staffing") as page:
        rows = page.locator("[data-row]")
        await expect(rows).to_have_count(4)
        await rows.nth(1).locator("[data-field=agents] input").fill("9")
        await rows.nth(0).locator("[data-field=end] input").fill("08:30")
        said = await refused(page)
        assert said.startswith("Floor and staffing · Agents there must be") and "says nothing of 08:30-09:00" in said
        await page.get_by_role("button", name="Add", exact=True).click()
        await rows.nth(4).locator("[data-field=start] input").fill("08:30")
        await rows.nth(4).locator("[data-field=end] input").fill("09:00")
        await rows.nth(4).locator("[data-field=agents] input").fill("6")
        await page.locator("[data-field=late_after_s] input").fill("120")
        assert await check(page) == [
            "staffing.floor.08:00:00.end",
            "staffing.floor.09:00:00.agents",
            "staffing.floor.08:30:00",
            "staffing.late_after_s",
        ]
        assert await faults(page) == []
        await apply(page)
        await rows.nth(4).get_by_role("button", name="Remove").click()
        await rows.nth(0).locator("[data-field=end] input").fill("09:00")
        assert await check(page) == ["staffing.floor.08:00:00.end", "staffing.floor.08:30:00"]
        await apply(page)
    staffing = doors.house.house.staffing
    assert [hours.agents for hours in staffing.floor] == [4, 9, 4, 2]
    assert (staffing.late_after_s, staffing.labour, staffing.night_calls) == (
        120.0, shipped().staffing.labour, shipped().staffing.night_calls,
    )  # fmt: skip


async def test_a_skill_comes_and_one_that_is_asked_for_stays(doors: Doors, browser: Browser) -> None:
    async with form(browser, doors, "skills") as page:
        await page.get_by_role("button", name="Remove").click()
        said = await refused(page)
        assert "Queues · Presales · Skill levels (1–9) · presales unknown skill 'presales'" in said
        await page.locator("[data-part=groups]").click()  # asks first: the edit is not lost by a slip
        await expect(page.locator("[data-part=skills]")).to_have_attribute("aria-pressed", "true")
        await page.reload()
        page.once("dialog", lambda asked: asked.accept())
        await page.get_by_role("button", name="Drop it").click()
        await add(page, "english")
        assert await check(page) == ["skills"]
        await apply(page)
    assert doors.house.house.skills == (*shipped().skills, "english")


async def test_a_group_has_rules_and_people(doors: Doors, browser: Browser) -> None:
    async with form(browser, doors, "groups") as page:
        await add(page, "evening")
        await page.get_by_label("English").fill("Evening team")
        await page.get_by_label("Chinese").fill("晚间组")
        await page.locator("[data-field=highest_occupancy] input").fill("85")
        await page.locator("[data-field=reserve] input").check()
        assert await check(page) == ["groups.evening"]
        await apply(page)
        await page.locator("[data-part=agents]").click()
        await page.locator("[data-field=group] select").select_option(label="Evening team")
        assert await check(page) == ["agents.agent-01.group"]
        await apply(page)
    group = doors.house.house.groups[-1]
    assert (group.id, group.highest_occupancy, group.reserve, group.cool_down_s) == ("evening", 0.85, True, 0.0)
    assert doors.house.house.agents[0].group == "evening"


async def test_a_year_of_the_calendar_is_put_in_festival_by_festival(doors: Doors, browser: Browser) -> None:
    async with form(browser, doors, "calendar") as page:
        await page.locator("[data-field=holidays] [data-day='2026-01-03']").click()
        await add(page, "2027")
        holidays, worked = page.locator("[data-field=holidays]"), page.locator("[data-field=working_days]")
        await holidays.get_by_label("first day").fill("2027-10-01")
        await holidays.get_by_label("last day").fill("2027-10-07")
        await holidays.get_by_role("button", name="Add days").click()
        await expect(holidays.locator("[data-day]")).to_have_count(7)
        await worked.get_by_label("first day").fill("2027-10-08")
        await worked.get_by_role("button", name="Add days").click()
        assert "Calendar · 2 · Weekend days that are worked" in (said := await refused(page)), said
        assert "2027-10-08 is no Saturday or Sunday" in said
        await worked.locator("[data-day]").click()
        await worked.get_by_label("first day").fill("2027-10-09")
        await worked.get_by_role("button", name="Add days").click()
        assert await check(page) == ["calendar.2026.holidays.2026-01-03", "calendar.2027"]
        await apply(page)
    first, second = doors.house.house.calendar
    assert date(2026, 1, 3) not in first.holidays and len(first.holidays) == len(shipped().calendar[0].holidays) - 1
    assert second.holidays == tuple(date(2027, 10, day) for day in range(1, 8))
    assert second.working_days == (date(2027, 10, 9),)


async def test_callers_are_listed_and_others_served_first(doors: Doors, browser: Browser) -> None:
    async with form(browser, doors, "caller_lists") as page:
        await add(page, "blocked")
        numbers = page.locator("[data-field=numbers] textarea")
        await numbers.fill("+8613800138000\nnobody\n+86755*")
        await numbers.blur()
        assert "Caller lists · blocked · Numbers" in (said := await refused(page)) and "nobody" in said, said
        await numbers.fill("+8613800138000\n+86755*")
        await numbers.blur()
        assert await check(page) == ["caller_lists.blocked"]
        await apply(page)
        await page.locator("[data-part=vips]").click()
        await add(page, "13900139000")
        await page.locator("[data-field=name] input").fill("李总")
        await page.locator("[data-field=priority] input").fill("10")
        assert "VIP callers · 李总 · Priority" in (said := await refused(page)), said
        await page.locator("[data-field=priority] input").fill("9")
        assert await check(page) == ["vips.13900139000"]
        await apply(page)
        await expect(page.locator(".one-item")).to_contain_text("13900139000 李总")
    house = doors.house.house
    assert [(each.id, each.numbers) for each in house.caller_lists] == [("blocked", ("+8613800138000", "+86755*"))]
    assert [(vip.number, vip.priority, vip.name) for vip in house.vips] == [("13900139000", 9, "李总")]


async def test_a_list_is_taken_as_it_is_typed(doors: Doors, browser: Browser) -> None:
    doors.house.changed(caller_lists=(CallerList(id="blocked", numbers=("+8613800138000",)),))
    async with form(browser, doors, "caller_lists") as page:
        numbers, check_one = page.locator("[data-field=numbers] textarea"), page.get_by_role("button", name="Check 1")
        await numbers.press("Control+End")
        await numbers.press_sequentially("\n+86755*，")
        await expect(numbers).to_have_value("+8613800138000\n+86755*，")  # the separator is not taken away in mid-word
        await numbers.press_sequentially("9*")
        await expect(numbers).to_be_focused()
        await expect(check_one).to_be_enabled()
        await page.reload()  # as another page would, without the field being left
        await expect(numbers).to_have_value("+8613800138000\n+86755*\n9*")
        assert await check(page) == ["caller_lists.blocked.numbers"]
        await apply(page)
    assert doors.house.house.caller_lists[0].numbers == ("+8613800138000", "+86755*", "9*")


async def test_a_code_says_that_it_solves_and_the_house_for_how_long(doors: Doors, browser: Browser) -> None:
    async with form(browser, doors, "codes") as page:
        await add(page, "invoice")
        await page.locator("[data-field=name] input").last.fill("Invoice")
        await add(page, "advised")
        await page.locator("[data-field=name] input").last.fill("Advised")
        await page.locator("[data-field=solved] select").select_option("solved")
        assert await check(page) == ["desk.wrap_up_codes.invoice", "desk.wrap_up_codes.advised"]
        await apply(page)
        await page.locator("[data-part=contacts]").click()
        await page.locator("[data-field=first_contact_days] input").fill("91")
        assert "Solved when the caller does not come again for" in (said := await refused(page)), said
        await page.locator("[data-field=first_contact_days] input").fill("14")
        assert await check(page) == ["desk.first_contact_days"]
        await apply(page)
    desk = doors.house.house.desk
    assert {code.id: code.solved for code in desk.wrap_up_codes} == {"invoice": "", "advised": "yes"}
    assert desk.first_contact_days == 14


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
