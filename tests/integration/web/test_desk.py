"""An agent's desk in a real browser: its own phone rings, both sides hear each other, and the desk does with the call
what is asked of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cti.carrier.callee import Callee
from cti.carrier.caller import CallerCall
from tests.integration import audio
from tests.integration.centre import BRIEF, PATIENCE_S, Centre
from tests.integration.office import both_trunks, happened, office, shared, shown, story_of, wait
from tests.integration.survival import engine_back, kill_engine
from tests.integration.web.browser import PHONE_FLAGS, Person, at_browser, faults, opened_browser, password_of, until
from tests.integration.web.desk import AGENT_HZ, AUDIBLE_DBFS, take_seat

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOMORROW = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)).strftime("%Y-%m-%dT12:00")
DESK = {
    "wrap_up_codes": [{"id": "invoice", "name": {"zh-CN": "开发票", "en": "Invoice"}}],
    "snippets": [
        {"id": "prices", "title": {"en": "Prices"}, "text": {"en": "On request."}, "places": ["presales"]},
        {"id": "returns", "title": {"en": "Returns"}, "text": {"en": "Within 14 days,\nwith the receipt."}},
    ],
    "greeting": {"en": "Office, good morning."},
    "closing": {"en": "Thank you for calling."},
}
LOADED_BYTES = """performance.getEntriesByType("resource").filter((each) => each.name.includes("/assets/"))
  .reduce((sum, each) => sum + each.encodedBodySize, 0)"""
INTERRUPTED_HZ = 3100.0
EXCUSED_HZ, CALLED_AGAIN_HZ = 3400.0, 3700.0
TONES = {
    **BRIEF,
    ("zh-CN", "line-interrupted"): INTERRUPTED_HZ,
    ("zh-CN", "call-interrupted"): EXCUSED_HZ,
    ("zh-CN", "call-interrupted-again"): CALLED_AGAIN_HZ,
}
ALL_DAY = {"start": "00:00", "end": "23:59"}
building, house = shared(
    office(2, wrap_up_s=60.0, desk=DESK, outside={"numbers": ["0755*"]}, callbacks=ALL_DAY), TONES, is_audited=True
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    """Its microphone hears a tone."""
    directory = tmp_path_factory.mktemp("browser")
    audio.write_tone(directory / "voice.wav", AGENT_HZ, 5.0)
    flags = (*PHONE_FLAGS, f"--use-file-for-fake-audio-capture={directory / 'voice.wav'}")
    async with opened_browser(directory, thirdring_home / "tools", flags) as opened:
        yield opened


async def talking(person: Person) -> CallerCall:
    """The seat is taken, and a caller's call answered by the browser."""
    await take_seat(person)
    caller = await wait(person.house)
    await person.page.get_by_role("button", name="接听").click()
    await expect(person.page.locator("[data-own-state=talking]")).to_be_visible()
    return caller


async def choose_the_colleague(person: Person) -> None:
    """Agent 02 signs in, is found by name, and is whom the caller is to be given to."""
    await person.house.sign_in("agent-02", "seat-02")
    await person.page.get_by_role("combobox", name="转给").fill("坐席02")
    await expect(person.page.locator("[data-choice]")).to_have_text(["坐席02空闲"])
    await person.page.keyboard.press("Enter")


async def test_a_caller_and_the_browser_hear_each_other_and_the_call_is_wrapped_up(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        caller = await wait(house)
        pop = page.locator("[data-pop]")
        await expect(pop).to_contain_text(caller.plan.caller[-4:])
        await expect(page.get_by_role("button", name="接听")).to_be_focused()
        await page.keyboard.press("F8")
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        heard = await page.evaluate("heard()")
        assert heard["dbfs"] > AUDIBLE_DBFS
        assert math.isclose(heard["hz"], caller.tone_hz, abs_tol=10)
        await expect(page.locator(".phone-bar")).to_contain_text("音质")
        loaded = await page.evaluate(LOADED_BYTES)
        assert 0 < loaded < 400_000, "first load of the desk, compressed"
        assert await faults(page) == []
        await page.get_by_role("button", name="挂断").click()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        await expect(page.locator(".status .since")).to_contain_text("剩余")
        longer = page.get_by_role("button", name="延长")
        await longer.click()
        await expect(page.locator(".status .since")).to_contain_text("1:")
        await page.reload()
        await expect(longer).to_be_disabled()  # once a wrap-up
        await page.get_by_role("button", name="处理完毕").click()
        await expect(page.locator("[data-own-state=idle]")).to_be_visible()
        assert math.isclose(audio.dominant_hz(await caller.heard(), -1.5), AGENT_HZ, abs_tol=10)
        assert person.complaints == []


async def test_a_call_is_held_consulted_about_and_handed_over(house: Centre, browser: Browser) -> None:
    colleague = await house.carrier.phone("seat-02")
    await colleague.will_answer(0.2)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        caller = await talking(person)
        await page.get_by_role("button", name="静音", exact=True).click()
        await expect(page.get_by_role("button", name="取消静音")).to_be_visible()
        await page.get_by_role("button", name="保持").click()
        await expect(page.locator("[data-own-state=holding]")).to_be_visible()
        await page.get_by_role("button", name="回到来电者").click()
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        await choose_the_colleague(person)
        await page.get_by_label("给接手人的备注").fill("要退款")
        await page.get_by_role("button", name="先咨询").click()
        await expect(page.locator("[data-own-state=consulting]")).to_be_visible()
        await house.until("agent/agent-02", lambda entry: entry["state"] == "consulting")
        await expect(page.locator("[data-pop]")).to_contain_text("坐席02")
        await page.get_by_role("button", name="转接过去").click()
        await house.until("agent/agent-02", lambda entry: entry["state"] == "talking")
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        await caller.hang_up()


async def test_a_caller_whom_nobody_knows_is_a_customer_from_then_on(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        caller = await talking(person)
        card, dialog = page.locator("section.customer"), page.locator("dialog[open]")
        await card.get_by_role("button", name="添加客户").click()
        assert (await dialog.get_by_label("号码，每行一个").input_value()).endswith(caller.plan.caller[-10:])
        await dialog.get_by_label("姓名").fill("林伟")
        await dialog.get_by_role("button", name="保存").click()
        await expect(card.get_by_role("heading", name="林伟")).to_be_visible()
        await card.get_by_role("button", name="修改").click()
        await dialog.get_by_label("备注").fill("早上联系")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="保存").click()
        await expect(card).to_contain_text("早上联系")
        (found,) = (await house.get(f"/customers?number={caller.plan.caller}"))["customers"]
        assert (found["name"], found["note"], found["version"]) == ("林伟", "早上联系", 2)
        await caller.hang_up()
        assert person.complaints == []


async def test_a_colleague_joins_the_talk_and_keeps_the_caller(house: Centre, browser: Browser) -> None:
    colleague = await house.carrier.phone("seat-02")
    await colleague.will_answer(0.2)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        caller = await talking(person)
        await choose_the_colleague(person)
        await page.get_by_role("button", name="先咨询").click()
        await house.until("agent/agent-02", lambda entry: entry["state"] == "consulting")
        await page.get_by_role("button", name="三方通话").click()
        call = (await shown(house, caller, "talking"))["id"]
        await house.until(f"call/{call}", lambda entry: entry.get("consult", {}).get("with_caller"))
        near = " || ".join(f"Math.abs(hz - {hz}) < 10" for hz in (caller.tone_hz, colleague.tone_hz))
        await until(page, f"heard().then(({{ hz }}) => {near})")
        await page.get_by_role("button", name="挂断").click()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        await house.until("agent/agent-02", lambda entry: entry["state"] == "talking")
        assert not caller.over
        await caller.hang_up()
        assert [each["how"] for each in happened(await story_of(house, caller), "CallTransferred")] == ["conference"]


async def test_a_page_loaded_anew_in_mid_call_has_the_same_caller_again(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        caller = await talking(person)
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))  # "leave this page?"
        await page.locator(".note-card textarea").fill("未保存就刷新")
        await page.reload()
        await expect(page.locator("[data-note=saved] textarea")).to_have_value("未保存就刷新")
        await expect(page.locator(".phone-bar")).to_contain_text("音质")  # a line that carries sound again
        heard = await page.evaluate("heard()")
        assert math.isclose(heard["hz"], caller.tone_hz, abs_tol=10)
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        assert not caller.over
        await page.get_by_role("button", name="挂断").click()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        assert [each["how"] for each in happened(await story_of(house, caller), "CallTransferred")] == ["again"]


async def test_what_is_written_in_a_call_outlives_a_lost_network_and_an_ended_session(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        caller = await wait(house)
        call = (await shown(house, caller, "ringing"))["id"]
        await page.get_by_role("button", name="接听").click()
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        await page.context.set_offline(True)
        await expect(page.locator(".freshness")).to_contain_text("正在重连")
        await page.locator(".note-card textarea").fill("要发票")
        await page.get_by_label("小结分类").select_option("invoice")
        await expect(page.locator("[data-note=kept]")).to_be_visible()
        await page.context.set_offline(False)
        await expect(page.locator("[data-note=saved]")).to_be_visible()
        await expect(page.locator(".freshness")).to_have_attribute("data-state", "live")
        await page.locator(".note-card textarea").fill("要发票，抬头见附件")
        password = await password_of(house, "agent-01", "agent")  # a new one: every session of hers ends
        await expect(page.locator("input[name=name]")).to_be_visible()
        await person.type_in(password)
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        await expect(page.locator("[data-note=saved] textarea")).to_have_value("要发票，抬头见附件")
        assert page.url.endswith("/desk")
        await caller.hang_up()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        noted = await _noted(house, call, "要发票，抬头见附件")
        assert (noted["code"], noted["agent"]) == ("invoice", "agent-01")


async def _noted(house: Centre, call: str, text: str) -> dict[str, Any]:
    """The stored note, once the journal has been shipped."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for note in await house.get(f"/calls/{call}/notes"):
                if note["text"] == text:
                    return dict(note)
            await asyncio.sleep(0.1)


async def test_a_case_is_opened_and_a_call_promised_and_the_recording_paused(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01", "en") as person:
        page = person.page
        await take_seat(person, "seat-01")
        caller = await wait(house)
        await expect(page.locator("[data-hint=greeting]")).to_contain_text("Office, good morning.")
        await page.get_by_role("button", name="Answer").click()
        await expect(page.locator("[data-hint=closing]")).to_contain_text("Thank you for calling.")
        snippets = page.locator("[data-snippet] summary")
        await expect(snippets).to_have_text(["Prices"])  # the caller's queue
        await page.get_by_role("searchbox", name="Search by words").fill("receipt RETURNS")
        await expect(snippets).to_have_text(["Returns"])
        await expect(page.locator("[data-snippet=returns] p")).to_be_visible()
        await page.get_by_role("button", name="Pause recording").click()
        await expect(page.get_by_role("button", name="Record again (1:")).to_be_visible()
        await page.get_by_role("combobox", name="Give to").fill("075512345678")
        await expect(page.locator("[data-choice='number 075512345678']")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="New case").click()
        await page.get_by_label("What it is about").fill("the pump leaks")
        await page.get_by_role("button", name="Open the case").click()
        number = await page.locator(".made strong").inner_text()
        await expect(page.locator(f"[data-case='{number}']")).to_contain_text("the pump leaks")
        await page.get_by_role("button", name="Promise a call").click()
        await page.get_by_label("Not before").fill(TOMORROW)
        await page.get_by_role("button", name="Promise", exact=True).click()
        await expect(page.locator(".follow-up [role=status]")).to_contain_text("promised")
        await page.get_by_role("button", name="Mark as abusive").click()
        await expect(page.get_by_text("Marked as abusive")).to_be_visible()
        assert await faults(page) == []
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.locator("[data-own-state=wrap_up]")).to_be_visible()
        async with page.expect_response(lambda answer: answer.url.endswith(f"/cases/{number}")):
            await page.get_by_role("button", name=number).click()
        case, state = page.locator(f"[data-case='{number}']"), page.locator(".case-card li select")
        (await house.api.patch(f"/cases/{number}", json={"note": "the part has come"})).raise_for_status()
        await state.select_option("closed")
        await expect(case).to_contain_text("the part has come")
        await expect(page.locator(".case-card [role=alert]")).to_contain_text("somebody was faster")
        await state.select_option("closed")
        await expect(case).to_contain_text("Closed")
        (promise,) = await house.get("/callbacks")
        assert (promise["number"][-4:], promise["state"]) == (caller.plan.caller[-4:], "retry")
        assert datetime.fromtimestamp(promise["next_utc_s"], ZoneInfo("Asia/Shanghai")).hour in (11, 12)
        assert (await house.api.delete(f"/callbacks/{promise['id']}")).status_code == 200
        assert person.complaints == []


async def test_a_number_that_the_house_forbids_is_refused_in_the_readers_language(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        await page.locator("[data-dial]").fill("110")
        await page.get_by_role("button", name="拨打").click()
        await expect(page.get_by_role("alert").filter(has_text="服务号码")).to_be_visible()


async def test_a_number_is_dialled_and_the_browsers_own_phone_answered(house: Centre, browser: Browser) -> None:
    await both_trunks(house)
    customer = await house.carrier.callee("13900000001")
    await customer.will_answer(after_s=0.3)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        await page.locator("[data-dial]").fill("13900000001")
        dial = page.get_by_role("button", name="拨打")
        await dial.click()
        await page.get_by_role("button", name="接听").click()
        await expect(page.locator("[data-own-state=talking]")).to_be_visible()
        await until(page, f"heard().then(({{ hz }}) => Math.abs(hz - {customer.tone_hz}) < 10)")  # after the notice
        await expect(dial).to_be_disabled()
        await page.get_by_role("button", name="按键").click()
        for key in "5#":
            await page.get_by_role("group", name="按键").get_by_role("button", name=key, exact=True).click()
        heard = [(await customer.timeline.nth("key", place)).details["digit"] for place in (0, 1)]
        assert heard == ["5", "#"]
        assert await faults(page) == []
        await page.get_by_role("button", name="挂断").click()
        await expect(page.locator("[data-own-state=talking]")).to_have_count(0)
        await customer.ended()
        assert person.complaints == []


async def test_a_tab_that_dies_in_a_talk_loses_neither_the_caller_nor_their_place(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        await take_seat(person)
        caller = await wait(house)
        call = (await shown(house, caller, "ringing"))["id"]
        await person.page.get_by_role("button", name="接听").click()
        await expect(person.page.locator("[data-own-state=talking]")).to_be_visible()
        await person.page.close()  # no question asked, as when a browser crashes
        await house.until(f"call/{call}", lambda entry: entry["state"] == "held")
        again = Person(await person.page.context.new_page(), house, "agent-01")
        await again.open("/desk")
        await expect(again.page.locator(".phone-bar")).to_contain_text("音质")
        assert math.isclose((await again.page.evaluate("heard()"))["hz"], caller.tone_hz, abs_tol=10)
        await expect(again.page.locator("[data-own-state=talking]")).to_be_visible()
        await again.page.close()
        await house.until(f"call/{call}", lambda entry: entry["state"] == "held")
        waits = house.until(f"call/{call}", lambda entry: entry["state"] == "waiting" and entry["priority"] == 9, 15.0)
        await waits  # the PBX itself would notice after half a minute
        assert not caller.over
        assert caller.plan.heard is not None
        heard = audio.order_of(caller.plan.heard, (AGENT_HZ, INTERRUPTED_HZ))
        assert heard.count(INTERRUPTED_HZ) == 2, "told each time that the line was interrupted"


async def test_a_colleague_whose_page_is_loaded_anew_or_dies_leaves_the_agent_with_the_caller(
    house: Centre, browser: Browser
) -> None:
    await (await house.carrier.phone("seat-02")).will_answer(0.2)
    await house.sign_in("agent-02", "seat-02")
    caller = await wait(house)
    await house.until("agent/agent-02", lambda entry: entry["state"] == "talking")
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))  # "leave this page?"
        await take_seat(person)
        for lost in (page.reload, page.close):
            await house.until("seat/seat-01", lambda entry: entry["reachable"])
            asked = await house.api.post("/agents/agent-02/consult", json={"agent": "agent-01"})
            assert asked.status_code == 200, asked.text
            await page.get_by_role("button", name="接听").click()
            await house.until("agent/agent-01", lambda entry: entry["state"] == "consulting")
            await lost()
            await house.until("agent/agent-01", lambda entry: entry["state"] == "idle", 20.0)  # the PBX: half a minute
            await house.until("agent/agent-02", lambda entry: entry["state"] == "holding")
    assert not caller.over
    await caller.hang_up()


async def test_a_tab_that_dies_with_the_engine_leaves_the_caller_to_the_next_engine(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        caller = await talking(person)
        call = (await shown(house, caller, "talking"))["id"]
        dead = await kill_engine(house)
        await person.page.close()
        await engine_back(house, dead)
        waits = house.until(f"call/{call}", lambda entry: entry["state"] == "waiting" and entry["priority"] == 9, 40.0)
        await waits  # the PBX itself would end the talk, and the caller with it
        assert not caller.over
        await caller.hang_up()


async def speaks_with(page: Page, customer: Callee, number: str, queue: str = "") -> None:
    """Call this number from the desk, and hear who answers."""
    await page.locator("[data-dial]").fill(number)
    if queue:
        await page.get_by_label("为哪个队列").select_option(queue)
    await page.get_by_role("button", name="拨打").click()
    await page.get_by_role("button", name="接听").click()
    await until(page, f"heard().then(({{ hz }}) => Math.abs(hz - {customer.tone_hz}) < 10)")


async def test_somebody_called_by_a_tab_that_dies_is_told_and_called_again_by_a_colleague(
    house: Centre, browser: Browser
) -> None:
    await both_trunks(house)
    customer = await house.carrier.callee("13900000002")
    await customer.will_answer(after_s=0.3)
    colleague = await house.carrier.phone("seat-02")
    await colleague.will_answer(0.2)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        await speaks_with(page, customer, "13900000002", queue="presales")
        await house.sign_in("agent-02", "seat-02")
        await page.close()
        await customer.ended()
        assert CALLED_AGAIN_HZ in audio.order_of(await customer.heard(), (AGENT_HZ, CALLED_AGAIN_HZ))
        await customer.answered(40)
        await house.until("agent/agent-02", lambda entry: entry["state"] == "talking")
        await colleague.hang_up()
        await customer.ended()


async def test_a_page_loaded_anew_has_lost_whom_it_called_and_they_are_told_at_once(
    house: Centre, browser: Browser
) -> None:
    await both_trunks(house)
    customer = await house.carrier.callee("13900000003")
    await customer.will_answer(after_s=0.3)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))  # "leave this page?"
        await take_seat(person)
        await speaks_with(page, customer, "13900000003")
        await page.reload()
        await customer.ended()
        await expect(page.locator("[data-own-state=idle]")).to_be_visible()
        assert EXCUSED_HZ in audio.order_of(await customer.heard(), (AGENT_HZ, EXCUSED_HZ))


async def test_a_second_browser_opened_in_mid_call_does_not_end_the_call_that_was_made_in_the_first(
    house: Centre, browser: Browser
) -> None:
    await both_trunks(house)
    customer = await house.carrier.callee("13900000004")
    await customer.will_answer(after_s=0.3)
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        await speaks_with(page, customer, "13900000004")
        own = {"cookies": (await page.context.storage_state())["cookies"], "origins": []}
        async with at_browser(browser, house, "agent-01", storage_state=own, permissions=["microphone"]) as other:
            await other.open("/desk")
            await expect(other.page.locator("[data-own-state=talking]")).to_be_visible()
            await expect(other.page.locator("[data-line=ready]")).to_be_visible()
            with pytest.raises(TimeoutError):
                await customer.ended(5)
            await until(page, f"heard().then(({{ hz }}) => Math.abs(hz - {customer.tone_hz}) < 10)")
        await customer.hang_up()
        await house.until("agent/agent-01", lambda entry: entry["state"] != "talking")


async def test_the_phone_lives_and_is_heard_of_whatever_page_is_open(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        page = person.page
        await take_seat(person)
        await page.locator(".rail a[href='/work']").click()
        await expect(page.locator(".work-page")).to_be_visible()
        caller = await wait(house)
        call = (await shown(house, caller, "ringing"))["id"]
        bar = page.locator(".ring-bar")
        await expect(bar).to_contain_text(caller.plan.caller[-4:])
        assert await faults(page) == []
        await page.keyboard.press("F8")
        await expect(page.locator("[data-ring=talking]")).to_be_visible()
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))  # "leave this page?"
        await page.reload()
        await expect(page.locator("[data-ring=talking]")).to_be_visible()
        await until(page, f"heard().then(({{ hz }}) => Math.abs(hz - {caller.tone_hz}) < 10)")
        await page.close()
        held = await house.until(f"call/{call}", lambda entry: entry["state"] == "held")
        assert held["agent"] == "agent-01"
        await caller.hang_up()
        await house.until("agent/agent-01", lambda entry: entry["state"] == "wrap_up")


async def test_who_signs_out_is_nobodys_phone_any_more_and_in_a_talk_nobody_does(
    house: Centre, browser: Browser
) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        out = person.page.get_by_role("button", name="退出登录")
        caller = await talking(person)
        await out.click()
        await expect(person.page.locator(".said")).to_contain_text("请先挂机")
        await expect(person.page.locator("[data-own-state=talking]")).to_be_visible()
        await caller.hang_up()
        await expect(person.page.locator("[data-own-state=wrap_up]")).to_be_visible()
        await out.click()
        await expect(person.page.locator("input[name=name]")).to_be_visible()
        await house.until("seat/seat-01", lambda entry: not entry["reachable"])


async def test_a_page_closed_while_its_phone_rings_leaves_the_caller_to_the_next_phone_at_once(
    house: Centre, browser: Browser
) -> None:
    """Its WebSocket is gone, and with it the place at which it was registered: not a ring that somebody missed."""
    async with at_browser(browser, house, "agent-01") as person:
        await take_seat(person)
        await house.sign_in("agent-02", "seat-02")
        caller = await wait(house)
        await expect(person.page.get_by_role("button", name="接听")).to_be_visible()
        await person.page.close()
        assert (await shown(house, caller, "talking"))["seat"] == "seat-02"
        await caller.hang_up()
        rings = happened(await story_of(house, caller), "RingEnded")
    assert [(ring["seat"], ring["outcome"]) for ring in rings] == [("seat-01", "failed"), ("seat-02", "answered")]


async def test_breaks_and_a_second_window_with_one_phone(house: Centre, browser: Browser) -> None:
    async with at_browser(browser, house, "agent-01") as person:
        await take_seat(person)
        second = Person(await person.page.context.new_page(), house, "agent-01")
        await second.open("/desk")
        await expect(second.page.locator("[data-line=elsewhere]")).to_be_visible()
        await second.page.get_by_role("button", name="改在这里接听").click()
        await expect(second.page.locator("[data-line=ready]")).to_be_visible()
        await expect(person.page.locator("[data-line=elsewhere]")).to_be_visible()
        await second.page.get_by_role("button", name="用餐").click()
        await expect(person.page.locator("[data-own-state=on_break]")).to_contain_text("用餐")
        await person.page.get_by_role("button", name="恢复就绪").click()
        await expect(second.page.locator("[data-own-state=idle]")).to_be_visible()
        await second.page.get_by_role("button", name="签出").click()
        await expect(person.page.locator(".take-seat")).to_be_visible()


async def test_the_desk_is_for_everybody_on_small_screens_in_the_dark(house: Centre, browser: Browser) -> None:
    view = {"width": 390, "height": 844}
    async with at_browser(browser, house, "agent-01", viewport=view, color_scheme="dark") as person:
        await take_seat(person)
        assert await faults(person.page) == []
        assert await person.page.evaluate("document.documentElement.scrollWidth") <= view["width"]
