"""What lists and figures of the pages say is so: of whole calls, in business time, and of what was looked for; and what
cannot be shown is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from api.rights import Role
from core.customers import Customer
from core.desk import DeskRules, WrapUpCode
from tests.integration.web.browser import faults, opened_browser
from tests.integration.web.served import looking, served
from tests.unit.api.test_recordings import ID, ROW
from tests.unit.api.test_work import MESSAGE
from tests.unit.contacts import DAY_S, came, noted
from tests.unit.doors import Doors
from tests.unit.floor import ANSWERED, ENTERED, NOON_UTC_S, OFFERED, SERVICE, journal

pytestmark = pytest.mark.asyncio(loop_scope="module")
ZONE = ZoneInfo("Asia/Shanghai")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


async def refused(route: Route) -> None:
    problem = {"title": "Service Unavailable", "status": 503, "detail": "the database is away", "errors": []}
    await route.fulfill(status=503, json=problem)


async def test_a_call_that_was_moved_is_one_call_on_the_wall(browser: Browser) -> None:
    doors, moved = Doors(), (replace(OFFERED, queue=SERVICE), replace(ANSWERED, queue=SERVICE))
    async with served(doors, ENTERED, OFFERED, *moved) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/wall")
        await expect(page.locator(".wall .large dd").nth(2)).to_have_text("100\u00a0%")
        token = await doors.token_of("the-supervisor", "see_wall")
        await page.context.clear_cookies()
        await page.goto("about:blank")
        await page.goto(f"{url}/wall#token={token}")
        await expect(page.locator(".wall .large dd").nth(2)).to_have_text("100\u00a0%")


async def test_midnight_is_the_hour_0_and_a_day_is_one_of_the_house(browser: Browser) -> None:
    doors = Doors()
    today = datetime.now(ZONE).date()
    midnight = datetime.combine(today, time(0, 5), ZONE)
    doors.ledger.rows = [replace(ROW, expected_utc_s=midnight.timestamp(), opened_utc_s=midnight.timestamp())]
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, "en", timezone_id="America/New_York") as page,
    ):
        await page.goto(f"{url}/recordings")
        await expect(page.locator("[data-voice] td").first).to_have_text(f"{today:%m/%d}, 00:05")
        await page.goto(f"{url}/calls")
        span = f"{today:%m/%d}, 00:00 – {today + timedelta(days=1):%m/%d}, 00:00"
        await expect(page.locator(".behind .about")).to_contain_text(span)
        night = {"from": f"{today}T20:00", "to": f"{today}T20:15", "of": "shift", "by": "shift", "shift": "night"}
        await page.goto(f"{url}/calls?figure=answered&{urlencode(night)}")
        about = page.locator(".behind .about")
        await expect(about).to_contain_text(f"{today:%m/%d}, 20:00")
        await expect(about).not_to_contain_text("20:15")  # its calls are of the night, up to the next morning


async def test_a_report_by_shift_names_what_is_in_none_and_is_read_on_a_phone(browser: Browser) -> None:
    doors, began_s = Doors(), datetime.now(UTC).timestamp() - NOON_UTC_S - DAY_S / 2
    doors.figures.outcomes = journal(*came("a", began_s))
    async with (
        served(doors) as url,
        looking(browser, doors, url, Role.SUPERVISOR, viewport={"width": 390, "height": 844}) as page,
    ):
        await page.goto(f"{url}/figures")
        house = page.locator("tbody td", has_text="全部热线").first
        await expect(house).to_be_visible()
        box = await house.bounding_box()
        assert box and box["height"] < 60  # one line, not a letter a line
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await page.get_by_label("对象").select_option("shift")
        await page.get_by_role("button", name="查看").click()
        await expect(page.locator("tbody td").nth(1)).to_have_text("班次之外")
        assert await faults(page) == []


async def test_recordings_under_a_legal_hold_are_looked_for(browser: Browser) -> None:
    doors = Doors()
    doors.ledger.rows, doors.ledger.holds = [ROW], {ID: "court order"}
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/recordings?from=2020-01-01&to={datetime.now(ZONE).date()}")
        await expect(page.locator("[data-voice]")).to_contain_text("Legal hold")
        await page.get_by_label("Legal hold").check()
        async with page.expect_response(re.compile("/recordings\\?.*on_hold=true")):
            await page.get_by_role("button", name="Search").click()
        await expect(page.locator("[data-voice]")).to_have_count(1)
    assert [wanted.on_hold for wanted in doors.ledger.asked] == [False, True]


async def test_more_is_of_what_was_looked_for(browser: Browser) -> None:
    doors = Doors()
    for n in range(60):
        await doors.customers.add(Customer(f"n{n:02}", (f"+86138001380{n:02}",)), "x", 1.0)
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/customers")
        await expect(page.locator("[data-customer]")).to_have_count(50)
        await page.locator("input[type=search]").fill("somebody else")
        await page.get_by_role("button", name="More", exact=True).click()
        await expect(page.locator("[data-customer]")).to_have_count(60)


async def test_a_proof_that_cannot_be_had_is_told_to_whoever_asked(browser: Browser) -> None:
    """A leader, who keeps no recordings, and so has no form beside it."""
    doors = Doors()
    doors.ledger.rows = [replace(ROW, expected_utc_s=datetime.now(UTC).timestamp())]
    async with served(doors) as url, looking(browser, doors, url, Role.LEADER, "en") as page:
        await page.route(f"**/recordings/{ID}/proof", refused)
        await page.goto(f"{url}/recordings")
        await page.locator("[data-voice] button").click()
        await page.get_by_role("button", name="Verify").click()
        await expect(page.locator(".player > .wrong")).to_contain_text("the database is away")


async def test_work_goes_on_behind_the_first_page_and_whoever_is_late_is_told(browser: Browser) -> None:
    doors = Doors()
    doors.work.rows = [replace(MESSAGE, item=f"w-{n}.1", owner="", state="open") for n in range(1, 61)]
    async with served(doors) as url, looking(browser, doors, url, Role.AGENT, "en") as page:
        await page.goto(f"{url}/work")
        await expect(page.locator("[data-work]")).to_have_count(50)
        await page.get_by_role("button", name="More", exact=True).click()
        await expect(page.locator("[data-work]")).to_have_count(60)
        doors.work.rows[0] = replace(doors.work.rows[0], owner="agent-02", state="claimed")
        await page.locator("[data-work='w-1.1'] .link").click()
        await expect(page.get_by_role("alert")).to_contain_text("somebody else's")
        await expect(page.locator("[data-work] .open")).to_have_count(0)
        assert await faults(page) == []


async def test_a_dialog_stays_when_a_selection_ends_outside_of_it(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/customers")
        await page.get_by_role("button", name="Add a customer").click()
        name = page.locator("dialog input").first
        await name.fill("王小明")
        box = await name.bounding_box()
        assert box is not None
        await page.mouse.move(box["x"] + 5, box["y"] + 5)
        await page.mouse.down()
        await page.mouse.move(5, box["y"] + 5)
        await page.mouse.up()
        await expect(name).to_have_value("王小明")
        await expect(page.locator("dialog[open]")).to_be_visible()
        await page.mouse.click(5, box["y"] + 5)
        await expect(page.locator("dialog[open]")).to_have_count(0)


async def test_the_browser_asks_before_edits_are_lost_to_a_reload(browser: Browser) -> None:
    """On a busy machine it loses patience with a page, and asks nothing: so the page alone is asked here."""
    doors, leave = Doors(), "dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/house")
        text = page.locator("textarea")
        await expect(text).not_to_have_value("")
        assert await page.evaluate(leave) is True
        await text.click()
        await page.keyboard.type("# mine")
        assert await page.evaluate(leave) is False


async def test_who_cannot_be_signed_out_is_told_and_stays(browser: Browser) -> None:
    """Their session goes on, so whoever opened the page next would be they."""
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/customers")
        await page.route("**/sessions/current", refused)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator(".said")).to_contain_text("the database is away")
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await page.unroute("**/sessions/current")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("input[name=name]")).to_be_visible()


async def test_what_is_not_known_is_not_none(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.route("**/api/v1/work*", refused)
        await page.route("**/api/v1/recordings*", refused)
        await page.route("**/api/v1/webhooks", refused)
        await page.goto(f"{url}/work")
        await expect(page.locator(".work-page")).to_contain_text("cannot be reached")
        await expect(page.get_by_text("Nothing to do.")).to_be_hidden()
        await page.goto(f"{url}/recordings")
        await expect(page.get_by_role("alert")).to_contain_text("the database is away")
        await expect(page.get_by_text("No recording fits.")).to_be_hidden()
        await page.goto(f"{url}/admin/state")
        await expect(page.locator("section", has_text="Webhooks")).to_contain_text("cannot be reached")


async def test_a_moment_of_another_year_says_of_which(browser: Browser) -> None:
    doors = Doors()
    then = datetime(datetime.now(ZONE).year - 1, 12, 31, 23, 30, tzinfo=ZONE).timestamp()
    doors.ledger.rows = [replace(ROW, expected_utc_s=then, opened_utc_s=then)]
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/recordings?from={datetime.now(ZONE).year - 1}-12-01&to={datetime.now(ZONE).date()}")
        shown = f"{datetime.now(ZONE).year - 1}/12/31 23:30"
        await expect(page.locator("[data-voice] td").first).to_have_text(shown)


async def test_a_refused_field_is_told_with_why(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/recordings")
        await page.locator("[inputmode=tel]").evaluate("each => each.removeAttribute('pattern')")
        await page.locator("[inputmode=tel]").fill("nobody")
        async with page.expect_response(lambda answer: answer.status == 422) as answered:
            await page.get_by_role("button", name="查找").click()
        why = (await (await answered.value).json())["errors"][0]["problem"]
        await expect(page.get_by_role("alert")).to_contain_text(why)


async def test_who_asks_who_called_again_sees_days_that_are_decided_and_a_rate_of_0_opens_its_calls(
    browser: Browser,
) -> None:
    """Of the last seven days all calls were pending, and 0 % led nowhere."""
    doors, now_s = Doors(), datetime.now(UTC).timestamp() - NOON_UTC_S
    doors.figures.outcomes = journal(*came("a", now_s - 8.5 * DAY_S), *came("b", now_s - 2 * DAY_S))
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/figures")
        first, last = page.get_by_label("从", exact=True), page.get_by_label("到", exact=True)
        today = await last.input_value()
        asked = page.get_by_label("首次解决率")
        await asked.check()
        assert await last.input_value() == (date.fromisoformat(today) - timedelta(days=8)).isoformat()
        await page.get_by_role("button", name="查看").click()
        rate = page.locator("tfoot tr").first.locator("[data-figure=first_contact]")
        await expect(rate).to_have_text(re.compile(r"^0"))
        await asked.uncheck()
        assert await last.input_value() == today
        await first.fill("2026-01-01")
        await asked.check()
        assert await last.input_value() == today, "days that somebody chose stay"
        await rate.click()
        await expect(page.locator("[data-call]")).to_have_count(1)


async def test_a_recording_that_is_set_aside_says_so(browser: Browser) -> None:
    doors, now_s = Doors(), datetime.now(UTC).timestamp() - 60.0
    lost = replace(ROW, state="lost", recording="", path="", expected_utc_s=now_s, opened_utc_s=now_s)
    doors.ledger.rows = [
        replace(lost, cause="unreadable"), replace(lost, voice="c/2", cause="caller_unreadable"),
        replace(lost, voice="c/3", cause="no_file"),
    ]  # fmt: skip
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/recordings")
        chips = page.locator("tr[data-voice] .chip")
        await expect(chips).to_have_count(2)
        assert sorted(await chips.all_inner_texts()) == ["已搁置：文件无法读取", "缺来电者：该文件无法读取"]
        assert await faults(page) == []


async def test_who_called_again_is_shown_to_whoever_asks_and_opens_the_calls(browser: Browser) -> None:
    doors, began_s = Doors(), datetime.now(UTC).timestamp() - NOON_UTC_S - 4 * DAY_S
    desk = DeskRules(first_contact_days=1, wrap_up_codes=(WrapUpCode(id="done", name={"en": "Done"}, solved="yes"),))
    doors.house.house = doors.house.house.model_copy(update={"desk": desk})
    calls = [*came("a", began_s), noted("a", began_s + 50, "done"), *came("b", began_s + DAY_S / 2)]
    calls += came("c", began_s + 3.5 * DAY_S)
    doors.figures.outcomes = journal(*sorted(calls, key=lambda moment: moment[0]))
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.goto(f"{url}/figures")
        total, heads = page.locator("tfoot tr").first, page.get_by_role("columnheader")
        await expect(total).to_contain_text("3")
        await expect(heads.filter(has_text="首次解决率")).to_have_count(0)
        await page.get_by_label("首次解决率").check()
        await page.get_by_label("到", exact=True).fill(datetime.now(ZONE).date().isoformat())
        await page.get_by_role("button", name="查看").click()
        await expect(heads.filter(has_text="首次解决率")).to_be_visible()
        await expect(page.locator(".chart canvas")).to_be_visible()
        for figure, told in (
            ("first_contact", "50.0"),
            ("contact_again", "1"),
            ("contact_pending", "1"),
            ("code_solved", "100"),
        ):
            await expect(total.locator(f"[data-figure={figure}]")).to_contain_text(told)
        assert await faults(page) == []
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await faults(page) == []
        await total.locator("[data-figure=first_contact]").click()
        await expect(page).to_have_url(re.compile("/calls.*figure=first_contact"))
        await expect(page.locator("[data-of]")).to_contain_text("达标 1，共 2")
        await page.get_by_role("button", name="未达标 1").click()
        await expect(page.locator("[data-call]")).to_have_count(1)
        await expect(page.locator("[data-call]")).to_contain_text("未达标")
        await page.get_by_role("button", name=re.compile("^达标")).click()
        await expect(page.locator("[data-call] .chip.good")).to_have_text("达标")
        assert await faults(page) == []
        await page.goto(f"{url}/figures")
        await expect(page.get_by_label("首次解决率")).to_be_checked()
        await page.get_by_label("对象").select_option("trunk")
        await page.get_by_role("button", name="查看").click()
        await expect(heads.filter(has_text="占线率")).to_be_visible()
        await expect(page.get_by_label("首次解决率")).to_be_hidden()
