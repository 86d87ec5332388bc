"""The other pages in a real browser: a call is found in the figures, its recording heard; people let in; the wall."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from api.second_factor import STEP_S, code_at
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import office, record_of, shared, shown, wait
from tests.integration.web.browser import PHONE_FLAGS, at_browser, disable, faults, opened_browser, password_of, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHIFTS = [{"id": "early", "name": {"zh-CN": "早班", "en": "Early"}, "start": "08:00", "end": "20:00"}]
QUALITY = {
    "questions": [
        {"id": "solved", "text": {"zh-CN": "解决了问题", "en": "Solved"}, "weight": 3},
        {"id": "greeting", "text": {"zh-CN": "问候", "en": "Greeting"}},
    ]
}
FLOOR = {"floor": [{"start": "08:00", "end": "20:00", "agents": 1}, {"start": "20:00", "end": "08:00", "agents": 0}]}
MICROPHONE_HZ = 620.0
TELLS_WHAT_IS_PLAYED = """{
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) {
    window.playedS = this.buffer.duration;
    return start.apply(this, when);
  };
}"""
building, house = shared(office(1, shifts=SHIFTS, staffing=FLOOR, quality=QUALITY))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    directory = tmp_path_factory.mktemp("browser")
    audio.write_tone(directory / "voice.wav", MICROPHONE_HZ, 5.0)
    microphone = (*PHONE_FLAGS, f"--use-file-for-fake-audio-capture={directory / 'voice.wav'}")
    async with opened_browser(directory, thirdring_home / "tools", ("--mute-audio", *microphone)) as opened:
        yield opened


async def test_a_figure_leads_to_the_recording_that_is_heard(house: Centre, browser: Browser) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.2, 2.0)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await shown(house, caller, "talking")
    await record_of(house, caller)
    async with at_browser(browser, house, "super-1") as person:
        page = person.page
        await person.sign_in("supervisor", "/figures")
        for subject, title in (("trunk", "占线率"), ("shift", "排班遵从率"), ("flow", "自助完成率")):
            await page.get_by_label("对象").select_option(subject)
            while await page.get_by_role("columnheader", name=title).count() == 0:  # as below
                await page.get_by_role("button", name="查看").click()
                await page.wait_for_timeout(300)
        await page.get_by_label("对象").select_option("queue")
        await page.get_by_role("button", name="查看").click()
        await expect(page.get_by_role("columnheader", name="接通率")).to_be_visible()
        row = page.locator("tbody tr", has_text="presales").last
        while await row.count() == 0:  # figures follow calls when the journal has been shipped
            await page.get_by_role("button", name="查看").click()
            await page.wait_for_timeout(300)
        await expect(row.locator("td").nth(2)).to_have_text("1")
        await expect(row).to_contain_text("100.0")
        today = await page.get_by_label("到", exact=True).input_value()
        await page.get_by_label("从", exact=True).fill(today)  # else the switch leads to days that are decided
        await page.get_by_label("首次解决率").check()
        await page.get_by_role("button", name="查看").click()
        await expect(row.locator("[data-figure=contact_pending]")).to_have_text("1")
        await expect(page.locator(".chart canvas")).to_be_visible()
        assert await faults(page) == []
        async with page.expect_download() as coming:
            await page.get_by_role("button", name="XLSX").click()
        book = await (await coming.value).path()
        assert (await coming.value).suggested_filename.endswith(".xlsx") and book.read_bytes()[:2] == b"PK"
        await page.emulate_media(media="print")
        await expect(page.locator(".filters")).to_be_hidden()
        await expect(row).to_be_visible()
        await page.emulate_media(media="screen")
        await row.locator("[data-figure=connection_rate]").click()
        await expect(page).to_have_url(re.compile("/calls.*queue=presales"))
        await expect(page.locator("[data-of]")).to_contain_text("达标 1，共 1")
        await expect(page.locator("[data-listed]")).to_have_text("已列出 1 / 1")
        found = page.locator("[data-call]")
        await expect(found).to_contain_text(caller.plan.caller[-4:])
        await expect(found).to_contain_text("达标")
        assert await faults(page) == []
        await page.get_by_role("button", name="未达标 0").click()
        await expect(found).to_have_count(0)
        await page.get_by_role("button", name="达标 1", exact=True).click()
        await found.get_by_role("link").click()
        await expect(page.locator("[data-stretch=talk]")).to_contain_text("坐席挂断")
        await expect(page.locator(".told")).to_contain_text("agent-01在seat-01接听")
        assert await faults(page) == []
        while await page.locator("[data-voice] audio").count() == 0:  # archived when ffmpeg is done
            await page.reload()
            await expect(page.locator("[data-stretch=talk]")).to_be_visible()
            await page.wait_for_timeout(300)
        await page.evaluate("document.querySelector('audio').play()")
        await until(page, "document.querySelector('audio').currentTime > 0.3")
        await page.get_by_role("button", name="评分", exact=True).click()
        await page.locator("[data-question=solved]").get_by_text("4", exact=True).click()
        await page.locator("[data-question=greeting]").get_by_text("5", exact=True).click()
        await page.get_by_label("评语").fill("很耐心")
        await expect(page.locator(".quality [role=status]")).to_have_text("85 分")
        assert await faults(page) == []
        await page.get_by_role("button", name="保存评分").click()
        await expect(page.locator("[data-score]")).to_have_text("85 分")
        place = f"/recordings/{(await house.get('/recordings'))['recordings'][0]['recording']}/quality"
        seen, theirs = (await house.api.get(place)).headers["ETag"], {"points": {"solved": 0, "greeting": 0}}
        assert (await house.api.put(place, json=theirs, headers={"If-Match": seen})).status_code == 200
        await page.get_by_role("button", name="重新评分").click()
        await page.get_by_role("button", name="保存评分").click()
        await expect(page.locator(".quality [role=alert]")).to_contain_text("有人抢先修改了：此通话刚被重新评分")
        await expect(page.locator("[data-score]")).to_have_text("0 分")
        assert await faults(page) == []
        await page.get_by_role("button", name="保存评分").click()  # knowing theirs
        await expect(page.locator("[data-score]")).to_have_text("85 分")
        await page.get_by_label("写评注").fill("问了两遍")
        await page.get_by_role("button", name="保存", exact=True).click()
        comment = page.locator("[data-comment]")
        await expect(comment).to_contain_text("问了两遍")
        await comment.get_by_role("button", name="跳到").click()
        await page.get_by_label("标签", exact=True).fill("培训")
        await page.get_by_role("button", name="添加", exact=True).click()
        await expect(page.get_by_role("button", name="去掉标签 培训")).to_be_visible()
        await page.get_by_role("button", name="验证").click()
        await expect(page.locator("[data-proof=whole]")).to_have_text("与封存时一致。")
        assert await faults(page) == []
        await person.open("/recordings")
        await page.get_by_label("评注或备注").fill("两遍")
        await page.get_by_label("标签", exact=True).fill("培训")
        await page.get_by_role("button", name="查找").click()
        await expect(page.locator("[data-voice]")).to_have_count(1)
        await page.get_by_role("button", name="收听").click()
        await page.locator("[data-comment]").get_by_role("button", name="删除这条评注").click()
        await expect(page.locator("[data-comment]")).to_have_count(0)
        assert await faults(page) == []
        await person.open("/funnel")
        await expect(page.locator(".chart canvas")).to_be_visible()
        assert await faults(page) == []
        await page.locator("[data-figure=callers]").first.click()
        await expect(page).to_have_url(re.compile("/calls.*node="))
        await expect(page.locator("[data-call]")).to_contain_text(caller.plan.caller[-4:])
        async with at_browser(browser, house, "agent-01", "en") as agent:
            await agent.sign_in("agent", "/desk")
            mark = agent.page.locator("[data-mark]")
            await mark.get_by_role("button", name="85 points").click()
            await expect(mark).to_contain_text("很耐心")
            await mark.get_by_label("My answer").fill("Thank you.")
            assert await faults(agent.page) == []
            await mark.get_by_role("button", name="Answer").click()
            await expect(mark).to_contain_text("Answered by the agent")
            assert agent.complaints == []
        assert person.complaints == []


async def test_somebody_is_let_in_and_out_again(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "chief", "en") as person:
        page = person.page
        await person.sign_in("administrator", "/users")
        await expect(page.locator(".users")).to_be_visible()  # the door has a field of that name, too
        name = page.locator(".users input.plain-input").first  # its label also says what is wrong with it
        await name.fill("no such name!")
        await page.get_by_role("button", name="Add a user").click()
        await expect(page.locator(".field .wrong")).to_contain_text("pattern")
        await name.fill("new-one")
        await page.get_by_role("button", name="Add a user").click()
        password = await page.locator(".secret code").inner_text()
        row = page.locator("[data-user=new-one]")
        await expect(row).to_contain_text("May sign in")
        async with at_browser(browser, house, "new-one") as other:
            await other.open("/")
            await other.type_in(password)
            await expect(other.page.locator(".rail")).to_be_visible()
            assert await other.page.locator(".rail a[href='/users']").count() == 0
            await disable(house, "new-one", True)  # by somebody else, which the page does not know yet
            await row.get_by_role("button", name="Disable").click()
            await expect(page.get_by_role("alert")).to_contain_text("somebody was faster")
            await expect(row).to_contain_text("Disabled")
            await row.get_by_role("button", name="Enable").click()
            await expect(row).to_contain_text("May sign in")
            await row.get_by_role("button", name="Disable").click()
            await expect(row).to_contain_text("Disabled")
            await expect(other.page.locator("input[name=name]")).to_be_visible()
        assert await faults(page) == []


async def test_a_leader_sets_up_a_second_factor_and_an_administrator_resets_it(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "chief-2", "en") as chief, at_browser(browser, house, "head-2") as person:
        page, password = person.page, await password_of(house, "head-2", "leader")
        await person.open("/account")
        await person.type_in(password)
        await page.locator(".second input[type=password]").fill(password)  # the door has a password, too
        await page.get_by_role("button", name="开始设置").click()
        await expect(page.locator("svg.qr path")).to_be_visible()
        assert await faults(page) == []
        secret = base64.b32decode(await page.locator(".second code").inner_text())
        await page.fill(".second input[name=code]", await code_now(secret, steps_off=-1))
        await page.keyboard.press("Enter")
        await expect(page.locator(".codes li")).to_have_count(10)
        recovery = await page.locator(".codes li").first.inner_text()
        assert await faults(page) == []
        await page.get_by_role("button", name="我已保存").click()
        await page.get_by_role("button", name="退出登录").click()
        await person.type_in(password)
        await expect(page.get_by_role("alert")).to_contain_text("用户名、密码或验证码不正确")
        for code in (await code_now(secret), recovery):
            await page.fill(".login input[name=code]", code)  # the account has a field of that name, too
            await person.type_in(password)
            await expect(page.locator(".second")).to_contain_text("已开启")
            await page.get_by_role("button", name="退出登录").click()
        await chief.sign_in("administrator", "/users")
        row = chief.page.locator("[data-user=head-2]")
        await expect(row).to_contain_text("second factor")
        await row.get_by_role("button", name="Reset second factor").click()
        await expect(row.get_by_role("button", name="Reset second factor")).to_have_count(0)
        await person.type_in(password)
        await expect(page.get_by_role("button", name="开始设置")).to_be_visible()
        await chief.open("/admin/audit")
        row = chief.page.locator("[data-what='DELETE /users/{user}/second-factor']")
        await expect(row).to_contain_text("Second factor reset")
        await expect(row).to_contain_text("head-2")
        assert await faults(chief.page) == []
        assert chief.complaints == person.complaints == []


@pytest.mark.parametrize("late", ["DELETE **/api/v1/sessions/current", "GET **/api/v1/sessions/current/second-factor"])
async def test_a_late_answer_to_whoever_was_here_before_ends_nobody_elses_visit(
    house: Centre, browser: Browser, late: str
) -> None:
    """They would lose what they press: the door stands there instead of the page."""
    method, path = late.split()
    may, answered = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method != method or answered.is_set():
            await route.fallback()
            return
        answered.set()
        answer = await route.fetch() if method == "DELETE" else None
        await may.wait()
        await (route.fulfill(response=answer) if answer else route.fulfill(status=401, json={}))

    async with at_browser(browser, house, "head-3") as person:
        page, password = person.page, await password_of(house, "head-3", "leader")
        await page.route(path, hold)
        await person.open("/account")
        await person.type_in(password)
        await page.get_by_role("button", name="退出登录").click()
        await person.type_in(password)  # the feed has told that the visit is over, if the answer has not
        await expect(page.get_by_role("button", name="开始设置")).to_be_visible()
        async with page.expect_response(
            lambda answer: answer.request.method == method and answer.url.endswith(path[2:])
        ):
            may.set()
        await page.evaluate("new Promise((over) => requestAnimationFrame(() => setTimeout(over)))")
        await expect(page.locator(".login")).to_have_count(0, timeout=1)
        assert person.complaints == []


async def code_now(secret: bytes, steps_off: int = 0) -> str:
    """What the authenticator app shows, or has shown: each code is taken once. One that is about to change is let pass,
    as people do: the one before it would be refused by the time it is typed."""
    if (left_s := STEP_S - time.time() % STEP_S) < STEP_S / 2:
        await asyncio.sleep(left_s)
    return code_at(secret, int(time.time()) // STEP_S + steps_off)


async def test_the_house_is_changed_after_its_differences_were_shown(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "chief", "en") as person:
        page = person.page
        await person.sign_in("administrator", "/admin")
        text = page.locator(".text-editor textarea")
        await expect(text).to_have_value(re.compile("seats:"))
        before = await text.input_value()
        await text.fill(before.replace("name: 工位01", "colour: red"))
        await page.get_by_role("button", name="Check and compare").click()
        await expect(page.locator(".changes")).to_contain_text("colour")
        await expect(page.locator(".changes .link").first).to_contain_text("Line")
        await text.fill(before.replace("name: 工位01", "name: 窗边"))
        await page.get_by_role("button", name="Check and compare").click()
        await expect(page.locator("[data-change='seats.seat-01.name'] ins")).to_have_text("窗边")
        assert await faults(page) == []
        await page.get_by_role("button", name="Apply 1").click()
        await house.until("seat/seat-01", lambda entry: entry["name"] == "窗边")
        await expect(page.locator(".changes")).to_have_count(0)
        await page.get_by_role("link", name="Seats").click()
        await page.get_by_label("Id").fill("seat-09")
        await page.get_by_role("button", name="Add a seat").click()
        await expect(page.locator(".seat-login code").nth(1)).to_have_text(re.compile(r"\S{20}"))
        assert await faults(page) == []
        await page.get_by_role("button", name="QR codes of seat-09").click()
        await expect(page.locator("[data-code=gs_wave] path")).to_be_visible()
        assert await faults(page) == []
        page.once("dialog", lambda dialog: dialog.accept())
        await page.get_by_role("button", name="Remove seat-09").click()
        await expect(page.locator("[data-seat-row=seat-09]")).to_have_count(0)
        assert person.complaints == []


async def test_flows_and_prompts_are_tried_before_callers_hear_them(
    house: Centre, browser: Browser, tmp_path: Path
) -> None:
    audio.write_tone(tmp_path / "own.wav", 440.0, 2.0)
    async with at_browser(browser, house, "chief") as person:
        page = person.page
        await person.sign_in("administrator", "/admin/flows")
        await expect(page.locator(".drawing svg")).to_be_visible()
        text = page.locator(".text-editor textarea")
        before = await text.input_value()
        await text.fill(before.replace("start: welcome", "start: nowhere"))
        await expect(page.locator(".found [role=status]")).to_contain_text("nowhere")
        await text.fill(before.replace("3: complaints", "4: complaints"))
        await expect(page.locator(".drawing svg")).to_be_visible()
        await page.get_by_role("button", name="检查并对比").click()
        await expect(page.locator(".changes ins")).to_contain_text("4: complaints")
        assert await faults(page) == []
        await person.open("/admin/prompts")
        row = page.locator("[data-prompt=goodbye]")
        async with page.expect_file_chooser() as chooser:
            await row.get_by_role("button", name="上传录音").click()
        await (await chooser.value).set_files(tmp_path / "own.wav")
        await expect(row).to_contain_text("真人录音")
        await row.get_by_role("button", name="收听").click()
        await until(page, "document.querySelector('audio').currentTime > 0.2")
        await row.get_by_role("button", name="恢复合成").click()
        await expect(row.locator(".chip")).to_have_text("合成")
        assert await faults(page) == []
        assert person.complaints == []


async def test_a_prompt_is_recorded_by_the_browsers_microphone(house: Centre, browser: Browser, tmp_path: Path) -> None:
    async with at_browser(browser, house, "chief", viewport={"width": 390, "height": 844}) as person:
        page = person.page
        await page.context.grant_permissions(["microphone"])
        await page.context.add_init_script(TELLS_WHAT_IS_PLAYED)
        await person.sign_in("administrator", "/admin/prompts")
        row = page.locator("[data-prompt=welcome-presales]")
        await row.get_by_role("button", name="录制 welcome-presales", exact=True).click()
        await row.get_by_role("button", name="开始录制").click()
        await expect(row.get_by_role("timer")).to_have_text("0:02")
        await until(page, "document.querySelector('.recorder meter').value > 0.1")
        assert await faults(page) == []
        await row.get_by_role("button", name="停止").click()
        await row.locator(".recorder").get_by_role("button", name="收听").click()
        await until(page, "window.playedS > 1.5")
        await expect(row.locator("[data-recorder=ready]")).to_be_visible()  # heard to its end
        await row.get_by_role("button", name="采用").click()
        await expect(row.get_by_role("status")).to_contain_text("已采用")
        await expect(row.locator(".chip")).to_have_text("真人录音")
        heard = await house.api.get("/prompts/zh-CN/welcome-presales/audio")
        (tmp_path / "heard.wav").write_bytes(heard.content)
        assert audio.dominant_hz(tmp_path / "heard.wav") == pytest.approx(MICROPHONE_HZ, abs=5)
        await row.get_by_role("button", name="恢复合成").click()
        await expect(row.locator(".chip")).to_have_text("合成")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        assert person.complaints == []


async def test_a_week_of_the_roster_is_changed_and_copied(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "super-1", viewport={"width": 390, "height": 844}) as person:
        page = person.page
        await person.sign_in("supervisor", "/admin/roster")
        cells = page.locator("[data-cell]")
        await expect(cells).to_have_count(7)
        day, agent = str(await cells.first.get_attribute("data-cell")).split()
        await expect(page.locator(f"[data-shortage='{day}']")).to_have_text("08:00 起 0/1 人")
        await cells.first.select_option("early")
        await expect(page.locator(f"[data-shortage='{day}']")).to_have_text("足够")
        await page.get_by_role("button", name="复制到下一周").click()
        await page.get_by_role("button", name="检查 2 处更改").click()
        await page.get_by_role("button", name=re.compile("应用")).click()
        await expect(page.locator(".changes")).to_have_count(0)
        later = (date.fromisoformat(day) + timedelta(days=7)).isoformat()
        await expect(page.locator(f"[data-cell='{later} {agent}']")).to_have_value("early")
        rows = await house.get(f"/roster?date={day}&days=8")
        assert [row["date"] for row in rows if row["shift"] == "early"] == [day, later]
        assert await faults(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_a_screen_shows_the_wallboard_without_a_login_until_it_is_revoked(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "chief") as person, at_browser(browser, house, "nobody") as screen:
        await person.sign_in("administrator", "/users")
        await person.page.locator(".screens input").fill("hall-1")
        await person.page.get_by_role("button", name="添加大屏").click()
        address = await person.page.locator(".screens code").inner_text()
        await screen.page.goto(address)
        await expect(screen.page.locator(".wall .large")).to_be_visible()
        assert "token" not in screen.page.url
        await screen.page.context.set_offline(True)
        await expect(screen.page.locator(".wall header [role=status]")).to_contain_text("正在重连")
        await screen.page.context.set_offline(False)
        await expect(screen.page.locator(".wall header [role=status]")).to_have_count(0)
        await wait(house)
        await expect(screen.page.locator(".wall .large dd").first).to_have_text("1")
        await house.carrier.hang_up_all()
        await expect(screen.page.locator(".wall .large dd").first).to_have_text("0")
        await screen.page.reload()
        await expect(screen.page.locator(".wall .large")).to_be_visible()
        assert [each for each in screen.complaints if "ERR_INTERNET" not in each] == []
        await person.page.locator("[data-screen=hall-1] button").click()
        await expect(screen.page.locator("input[name=name]")).to_be_visible()
        assert await faults(person.page) == []


async def test_the_wall_and_the_work_list_are_for_everybody(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "super-1", color_scheme="dark") as person:
        await person.sign_in("supervisor", "/wall")
        await expect(person.page.locator(".wall .large")).to_be_visible()
        assert await faults(person.page) == []
        await person.open("/work")
        await expect(person.page.locator("#work-title")).to_be_visible()
        assert await faults(person.page) == []
        assert person.complaints == []
