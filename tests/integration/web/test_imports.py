"""People, seats and customers from a CSV file, in the browser: tried first, each wrong line named, then all or none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from api.rights import Role
from tests.integration.web.browser import faults, opened_browser
from tests.integration.web.served import looking, served
from tests.unit.doors import CHEAP, Doors

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


async def choose(page: Page, text: str, word: str) -> Locator:
    """A file with this text, by the button that is called so; the box for it."""
    box = page.locator(".import")
    async with page.expect_file_chooser() as chooser:
        await box.get_by_role("button", name=word).click()
    await (await chooser.value).set_files({"name": "new.csv", "mimeType": "text/csv", "buffer": text.encode()})
    return box


async def test_people_are_taken_in_when_every_line_is_right(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.ADMINISTRATOR, "en") as page:
        await page.goto(f"{url}/users")
        before = dict(doors.people.persons)
        wrong = "name,role\nagent-07,agent\nagent-08,boss\nagent-07,agent\n"
        box = await choose(page, wrong, "Choose a file")
        await expect(box.get_by_role("status")).to_contain_text("1 to be added, 0 there already, 2 wrong")
        await expect(box.locator("tbody tr").first).to_have_attribute("data-line", "3")
        await expect(box.locator("[data-line='3']")).to_contain_text("role: 'boss' is none of")
        await expect(box.locator("[data-line='4']")).to_contain_text("is on line 2, too")
        await expect(box.get_by_role("button", name="Import")).to_have_count(0)
        assert await faults(page) == []
        await choose(page, wrong.replace("boss", "leader").replace("agent-07,agent\n", "", 1), "Choose a file")
        take = box.get_by_role("button", name="Import 2 lines")
        await expect(take).to_be_visible()
        assert doors.people.persons == before, "trying changes nothing"
        await take.click()
        await expect(box.get_by_role("status")).to_contain_text("2 added")
        password = await box.locator("[data-line='2'] code").last.inner_text()
        assert doors.people.persons["agent-08"].role == "leader"
        assert await CHEAP.matches(doors.people.persons["agent-08"], password)
        await expect(page.locator("[data-user='agent-07']")).to_be_visible()
        assert await faults(page) == []
        await box.get_by_role("button", name="Close").click()
        await expect(box.locator("code", has_text=password)).to_have_count(0)


async def test_seats_are_one_change_and_what_is_wrong_is_said_in_chinese(browser: Browser) -> None:
    doors, view = Doors(), {"width": 390, "height": 844}
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, viewport=view, color_scheme="dark") as page,
    ):
        await page.goto(f"{url}/admin/seats")
        box = await choose(page, "id,name\nseat-31,窗边\nSEAT 32,门边\n", "选择文件")
        await expect(box.locator("[data-line='3']")).to_contain_text("id：小写字母、数字和连字符")
        assert (await faults(page), doors.house.version) == ([], 1)
        await choose(page, "id,name\nseat-31,窗边\nseat-32,门边\n", "选择文件")
        await box.get_by_role("button", name="导入 2 行").click()
        await expect(box.locator("[data-line='3']")).to_contain_text("name-of-seat-32")
        assert (doors.house.version, [seat.name for seat in doors.house.house.seats][-2:]) == (2, ["窗边", "门边"])
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await choose(page, "colour\nred\n", "选择文件")
        await expect(box.get_by_role("alert")).to_contain_text("没有列 'colour'")


async def test_a_seats_phone_gets_another_password_which_is_in_sight(browser: Browser) -> None:
    doors, view = Doors(), {"width": 390, "height": 844}
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en", viewport=view) as page:
        await page.goto(f"{url}/admin/seats")
        row = page.locator("[data-seat-row]").last
        page.on("dialog", lambda asked: asyncio.ensure_future(asked.accept()))
        await row.get_by_role("button", name="New password").click()
        login = page.locator(".seat-login")
        await expect(login).to_contain_text(f"name-of-{await row.get_attribute('data-seat-row')}")
        await expect(login).to_contain_text("random1")
        await expect(login.locator("code").nth(1)).to_be_in_viewport()
        assert await faults(page) == []


async def test_a_customer_is_added_by_hand_and_changed_by_one_person_at_a_time(browser: Browser) -> None:
    doors, view = Doors(), {"width": 390, "height": 844}
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, "en", viewport=view, color_scheme="dark") as page,
    ):
        await page.goto(f"{url}/admin/customers")
        await page.get_by_role("button", name="Add a customer").click()
        dialog = page.locator("dialog[open]")
        await dialog.get_by_label("Name").fill("王小明")
        numbers = dialog.get_by_label("Numbers, one a line")
        await numbers.fill("138 0013 8000\nnobody")
        await dialog.get_by_label("Tags").fill("gold, 老客户")
        await dialog.get_by_role("button", name="Save").click()
        field = dialog.locator("label", has_text="Numbers, one a line")
        await expect(field.locator(".wrong")).to_have_text("the 2. is no telephone number")
        assert (await faults(page), doors.customers.rows) == ([], {})
        await numbers.fill("138 0013 8000\n02087654321")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_have_count(0)
        row = page.locator("[data-customer]")
        await expect(row).to_contain_text("+862087654321")
        (made,) = doors.customers.rows.values()
        assert (made.numbers, made.tags) == (("+8613800138000", "+862087654321"), ("gold", "老客户"))
        await page.get_by_role("button", name="Change 王小明").click()
        await expect(dialog.get_by_label("Tags")).to_have_value("gold, 老客户")
        doors.customers.rows[made.id] = replace(made, note="theirs", version=2)
        await dialog.get_by_label("VIP").check()
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("somebody was faster")
        await expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Read it again").click()
        await expect(dialog.get_by_label("Note")).to_have_value("theirs")
        await dialog.get_by_label("VIP").check()
        await dialog.get_by_role("button", name="Save").click()
        await expect(row).to_contain_text("VIP")
        changed = doors.customers.rows[made.id]
        assert (changed.note, changed.vip, changed.version) == ("theirs", True, 3)
        await page.get_by_role("button", name="Change 王小明").click()
        page.once("dialog", lambda asked: asked.accept())
        await dialog.get_by_role("button", name="Forget").click()
        await expect(row).to_have_count(0)
        assert (doors.customers.rows, await faults(page)) == ({}, [])
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_customers_come_in_when_the_one_wrong_line_is_mended(browser: Browser) -> None:
    doors, head = Doors(), "numbers,name,tags,note,vip\n"
    good, wrong = "13800138000;02087654321,王小明,gold,早上联系,yes\n", "13900139000,李小红,,,maybe\n"
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/admin/customers")
        box = await choose(page, head + good + wrong, "选择文件")
        await expect(box.get_by_role("status")).to_contain_text("可新增 1 行，已存在 0 行，有错 1 行")
        await expect(box.locator("tbody tr").first).to_have_attribute("data-line", "3")
        await expect(box.locator("[data-line='3']")).to_contain_text("'maybe'")
        await expect(box.locator("[data-line='2']")).to_contain_text("王小明")
        await expect(box.get_by_role("button", name="导入")).to_have_count(0)
        assert (await faults(page), doors.customers.rows) == ([], {})
        await choose(page, head + good + wrong.replace("maybe", "no"), "选择文件")
        await box.get_by_role("button", name="导入 2 行").click()
        rows = page.locator("[data-customer]")
        await expect(rows).to_have_count(2)
        await expect(rows.filter(has_text="王小明")).to_contain_text("+862087654321")
        assert sorted((each.name, each.vip) for each in doors.customers.rows.values()) == [
            ("李小红", False),
            ("王小明", True),
        ]
        assert await faults(page) == []
