"""What somebody has typed and not saved is there again: after the wrap-up, the next call, a reload, another sign-in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import APIResponse, Browser, Dialog, Locator, Page, Route, expect

from api.rights import Role
from core.customers import Customer
from core.inputs import AskCallback, OpenCase, Requested
from core.quality import QualityRules
from core.states import AgentState
from tests.integration.web.browser import faults, opened_browser
from tests.integration.web.served import looking, served
from tests.unit.api.test_recordings import ROW
from tests.unit.doors import PASSWORD, Doors
from tests.unit.floor import AGENT, NOON_UTC_S, SALES, SEAT, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIRST, SECOND = "node-1.1", "node-1.2"
QUALITY = QualityRules.model_validate({"questions": [{"id": "solved", "text": {"en": "Solved"}, "weight": 3}]})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory, thirdring_home: Path) -> AsyncIterator[Browser]:
    async with opened_browser(tmp_path_factory.mktemp("browser"), thirdring_home / "tools") as opened:
        yield opened


def pop_of(call: str, caller: str, state: str = "talking", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{call}/1", "call": call, "agent": AGENT, "seat": SEAT, "kind": "call", "state": state, "caller": caller,
        "language": "zh-CN", "queue": SALES, "offered_utc_s": NOON_UTC_S, "desktop": "", **more,
    }  # fmt: skip


class Desk:
    """An agent's desk, whose calls come and go as the test says."""

    def __init__(self, page: Page, doors: Doors, url: str) -> None:
        self.page, self.doors, self.url = page, doors, url
        self._step = 0

    async def shows(self, pop: dict[str, Any] | None) -> None:
        self._step += 1
        await self.doors.pops.replace("e", self._step, {f"pop/{AGENT}": pop} if pop else {})

    async def opens(self) -> None:
        await self.page.goto(f"{self.url}/desk")


@asynccontextmanager
async def desk(browser: Browser, doors: Doors) -> AsyncIterator[Desk]:
    here = signed_in(AgentState.IDLE)
    async with (
        served(doors, here) as url,
        looking(browser, doors, url, Role.AGENT, "en", name=AGENT) as page,
    ):
        await page.add_init_script("localStorage.setItem('thirdring.phone', 'desk')")
        yield Desk(page, doors, url)


def asked(doors: Doors, kind: type[Any]) -> dict[str, Any]:
    """What was asked of the engine, by the request's id: it does each once."""
    requests = [each for each in doors.offered if isinstance(each, Requested)]
    return {each.id: each.request for each in requests if isinstance(each.request, kind)}


async def test_a_form_is_typed_on_when_the_wrap_up_ends_and_when_the_next_call_comes(browser: Browser) -> None:
    doors = Doors(result="26000017")
    async with desk(browser, doors) as at:
        page, first = at.page, at.page.locator(f"[data-papers='{FIRST}']")
        await at.shows(pop_of(FIRST, "+8613800001234", "wrap_up"))
        await at.opens()
        await page.get_by_role("button", name="New case").click()
        about = first.get_by_label("What it is about")
        await about.press_sequentially("the pump ")
        await at.shows(None)  # by its clock, in the middle of a word
        await expect(first).to_contain_text("Not saved yet")
        await expect(about).to_be_focused()
        await page.keyboard.type("leaks")
        await at.shows(pop_of(SECOND, "+8613900005678"))
        await expect(page.locator(f"[data-papers='{SECOND}'] .note-card")).to_be_visible()
        await expect(about).to_be_focused()
        await page.keyboard.type(" again")
        await expect(about).to_have_value("the pump leaks again")
        assert await faults(page) == []
        await page.reload()
        await expect(about).to_have_value("the pump leaks again")
        await first.get_by_role("button", name="Open the case").click()
        await expect(first.locator(".made")).to_contain_text("26000017")  # not gone before it could be read out
        await first.get_by_role("button", name="Close").click()
        await expect(first).to_have_count(0)
    (opened,) = asked(doors, OpenCase).values()
    assert (opened.call, opened.text, opened.caller) == (FIRST, "the pump leaks again", "+8613800001234")


async def test_a_promise_and_a_note_stay_until_they_are_dropped(browser: Browser) -> None:
    doors = Doors()
    case = {
        "case": "26000003", "kind": "use", "text": "how to", "state": "in_work", "owner": AGENT,
        "opened_utc_s": NOON_UTC_S, "due_utc_s": NOON_UTC_S + 9e5,
    }  # fmt: skip
    async with desk(browser, doors) as at:
        page, first = at.page, at.page.locator(f"[data-papers='{FIRST}']")
        about = {"status": "unknown", "cases": [case]}
        await at.shows(pop_of(FIRST, "+8613800001234", about=about))
        await at.opens()
        await page.get_by_role("button", name="Promise a call").click()
        number = first.get_by_label("Number")
        await expect(number).to_have_value("+8613800001234")
        await number.fill("+8613800004444")
        await page.get_by_role("button", name="26000003").click()
        note = first.get_by_label("What happened")
        await note.fill("asked the works")
        await at.shows(pop_of(SECOND, "+8613900005678", about=about))
        second = page.locator(f"[data-papers='{SECOND}']")
        await second.get_by_role("button", name="26000003").click()
        await expect(second.get_by_label("What happened")).to_have_value("")  # of this call nothing was written
        await expect(note).to_have_value("asked the works")
        await first.get_by_role("button", name="Promise", exact=True).click()
        await expect(first).to_contain_text("promised")
        page.once("dialog", lambda question: question.dismiss())
        await first.get_by_role("button", name="Drop").click()
        await expect(note).to_have_value("asked the works")
        page.once("dialog", lambda question: question.accept())
        await first.get_by_role("button", name="Drop").click()
        await expect(first).to_have_count(0)
    (promised,) = asked(doors, AskCallback).values()
    assert promised.number == "+8613800004444"


async def test_a_customers_form_outlives_the_call_and_what_somebody_else_saved(browser: Browser) -> None:
    doors = Doors()
    known = await doors.customers.add(Customer("林伟", ("+8613800001234",)), "x", 1.0)
    shown = {"id": known.id, "name": "林伟", "numbers": ["+8613800001234"], "version": 1}
    async with desk(browser, doors) as at:
        page, dialog = at.page, at.page.locator("dialog[open]")
        await at.shows(pop_of(FIRST, "+8613800001234", about={"status": "found", "customer": shown}))
        await at.opens()
        await page.locator("section.customer").get_by_role("button", name="Change").click()
        await dialog.get_by_label("Note").fill("mornings only")
        await dialog.get_by_label("Tags").fill("gold")
        await at.shows(None)
        await expect(page.locator("section.customer")).to_have_count(0)
        await expect(dialog.get_by_label("Note")).to_have_value("mornings only")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        doors.customers.rows[known.id] = replace(known, note="evenings", reference="crm-1", version=2)
        await page.get_by_role("button", name="Go on").click()
        await expect(dialog.get_by_label("Note")).to_have_value("mornings only")
        await expect(dialog.locator("[data-theirs]")).to_have_text("Somebody else has made it: evenings")
        await expect(dialog.get_by_label("Id in the business system")).to_have_value("crm-1")
        assert await faults(page) == []
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.locator("[data-papers]")).to_have_count(0)
    saved = doors.customers.rows[known.id]
    assert (saved.note, saved.tags, saved.reference, saved.version) == ("mornings only", ("gold",), "crm-1", 3)


async def test_what_one_agent_left_is_not_shown_to_the_next_at_this_browser(browser: Browser) -> None:
    doors = Doors()
    await doors.add_person("agent-02", Role.AGENT)
    async with desk(browser, doors) as at:
        page = at.page
        await at.shows(pop_of(FIRST, "+8613800001234"))
        await at.opens()
        await page.get_by_role("button", name="New case").click()
        await page.get_by_label("What it is about").fill("a secret")
        await at.shows(None)
        await expect(page.locator("[data-papers]")).to_have_count(1)
        for name, count in (("agent-02", 0), (AGENT, 1)):
            await page.get_by_role("button", name="Sign out").first.click()
            await page.fill("input[name=name]", name)
            await page.fill("input[name=password]", PASSWORD)
            await page.keyboard.press("Enter")
            await expect(page.locator(".desk")).to_be_visible()
            await expect(page.locator("[data-papers]")).to_have_count(count)


def beating(every_s: float) -> Doors:
    """So soon an ended session is found out without a request."""
    doors = Doors()
    doors.options = replace(doors.options, heartbeat_s=every_s)
    return doors


async def signed_in_again(page: Page, doors: Doors, name: str) -> None:
    """The session has ended, which the live feed tells."""
    doors.people.sessions.clear()
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", PASSWORD)
    await page.keyboard.press("Enter")


async def test_a_text_of_the_house_is_there_again_when_the_session_ended(browser: Browser) -> None:
    doors = beating(0.2)
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/house")
        editor = page.get_by_role("textbox")
        await expect(editor).to_have_value(re.compile("坐席01"))
        text = (await editor.input_value()).replace("坐席01", "窗边")
        await editor.fill(text)
        await signed_in_again(page, doors, "the-supervisor")
        await expect(page.locator("[data-kept]")).to_be_visible()
        await expect(editor).to_have_value(text)
        doors.house.changed(name="别人的热线")
        assert await faults(page) == []
        await page.get_by_role("button", name="Check").click()
        await expect(page.locator("[data-change]")).to_have_count(1)
        await editor.press("End")
        await editor.press("Space")  # what is shown is no longer what would apply
        await expect(page.locator("[data-change]")).to_have_count(0)
        await page.get_by_role("button", name="Check").click()
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("[data-kept]")).to_have_count(0)
    house = doors.house.house
    assert (house.seats[0].name, house.name) == ("窗边", "别人的热线")


async def test_a_flow_and_the_forms_are_there_again_when_the_session_ended(browser: Browser) -> None:
    doors = beating(0.2)
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.goto(f"{url}/admin/flows")
        editor = page.get_by_role("textbox").last
        await expect(editor).to_have_value(re.compile("nodes"))
        text = "# mine\n" + await editor.input_value()
        await editor.fill(text)
        await signed_in_again(page, doors, "the-supervisor")
        await expect(editor).to_have_value(text)
        await page.get_by_role("button", name="Drop it").click()  # the question is answered no: nobody listens
        await expect(editor).to_have_value(text)
        page.once("dialog", lambda question: question.accept())
        await page.get_by_role("button", name="Drop it").click()
        await expect(editor).not_to_have_value(text)
        await page.goto(f"{url}/admin/forms?of=agents")
        await page.locator(".one-item").select_option(label="话务员02")
        await page.locator("[data-field=name] input").fill("小王")
        await signed_in_again(page, doors, "the-supervisor")
        await expect(page.locator("[data-field=name] input")).to_have_value("小王")
        page.once("dialog", lambda question: question.accept())
        await page.get_by_role("link", name="Audit").click()  # gone to another page: let go
        await expect(page).to_have_url(f"{url}/admin/audit")
        await page.go_back()
        await expect(page.locator("[data-field=name] input")).to_have_value("话务员01")
        await expect(page.locator("[data-kept]")).to_have_count(0)


async def test_what_was_asked_and_not_answered_is_done_once(browser: Browser) -> None:
    doors = Doors(result="26000017")
    lost: list[APIResponse] = []

    async def drop_answer(route: Route) -> None:
        """It is done, and its answer lost on the way."""
        if not lost:
            lost.append(await route.fetch())
            await route.abort()
        else:
            await route.continue_()

    async with desk(browser, doors) as at:
        page = at.page
        await page.route("**/api/v1/cases", drop_answer)
        await at.shows(pop_of(FIRST, "+8613800001234"))
        await at.opens()
        await page.get_by_role("button", name="New case").click()
        await page.get_by_label("What it is about").fill("the pump leaks")
        await page.get_by_role("button", name="Open the case").click()
        await expect(page.locator(".case-card [role=alert]")).to_contain_text("cannot be reached")
        await page.get_by_role("button", name="Open the case").click()
        await expect(page.locator(".made")).to_contain_text("26000017")
        await page.get_by_role("button", name="New case").click()
        await page.get_by_label("What it is about").fill("the pump leaks")
        await page.get_by_role("button", name="Open the case").click()
        await expect(page.get_by_label("What it is about")).to_have_count(0)
    assert len(asked(doors, OpenCase)) == 2, "the second was meant, and is another one"


async def test_the_door_says_that_a_session_has_ended_and_knows_the_name(browser: Browser) -> None:
    doors = beating(60.0)
    async with desk(browser, doors) as at:
        page = at.page
        await at.opens()
        await expect(page.get_by_role("button", name="Meal")).to_be_visible()
        doors.people.sessions.clear()
        await page.get_by_role("button", name="Meal").click()
        await expect(page.locator("[data-ended]")).to_contain_text("still there")
        await expect(page.locator("input[name=name]")).to_have_value(AGENT)
        await expect(page.locator("input[name=password]")).to_be_focused()
        assert await faults(page) == []
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.locator(".desk")).to_be_visible()


async def test_words_to_an_agent_and_a_mark_are_there_again(browser: Browser) -> None:
    doors = Doors()
    doors.ledger.rows = [replace(ROW, agent=AGENT)]
    doors.house.house = doors.house.house.model_copy(update={"quality": QUALITY})
    async with (
        served(doors, signed_in(AgentState.IDLE)) as url,
        looking(browser, doors, url, Role.SUPERVISOR, "en") as page,
    ):
        await page.goto(f"{url}/floor")
        await page.click(f"[data-seat={SEAT}]")
        await page.get_by_label("Message to the agent").fill("call the works")
        await page.keyboard.press("Escape")
        await page.click(f"[data-seat={SEAT}]")
        await expect(page.get_by_label("Message to the agent")).to_have_value("call the works")
        await page.goto(f"{url}/recordings?from=2026-01-01&to=2027-01-01")
        await page.get_by_role("button", name="Listen").click()
        await page.get_by_role("button", name="Judge").click()
        await page.locator("[data-question=solved]").get_by_text("4", exact=True).click()
        await page.get_by_label("Comment", exact=True).fill("patient")
        await page.reload()
        await page.get_by_role("button", name="Listen").click()
        await expect(page.locator("[data-question=solved] input:checked + span")).to_have_text("4")
        await expect(page.get_by_label("Comment", exact=True)).to_have_value("patient")


async def test_enter_ends_a_word_of_an_input_method_before_it_gives_a_tag(browser: Browser) -> None:
    async with desk(browser, Doors()) as at:
        page, tag = at.page, at.page.locator("#note-tag")
        await at.shows(pop_of(FIRST, "+8613800001234"))
        await at.opens()
        await tag.fill("yaofapiao")
        event = "new KeyboardEvent('keydown', {key: 'Enter', isComposing: composing})"
        press = f"(each, composing) => each.dispatchEvent({event})"
        await tag.evaluate(press, True)
        await expect(tag).to_have_value("yaofapiao")
        await tag.evaluate(press, False)
        await expect(page.locator(".tags .chip")).to_have_count(1)


async def test_pages_that_are_no_secure_context_open_all_the_same(browser: Browser) -> None:
    """A screen on the wall over plain HTTP: browsers keep randomUUID and the microphone from it."""
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR) as page:
        await page.add_init_script("delete Crypto.prototype.randomUUID; delete Navigator.prototype.mediaDevices")
        await page.goto(f"{url}/wall")
        await expect(page.locator(".wall h1")).to_be_visible()


async def test_a_password_that_is_shown_once_is_not_left_by_a_slip(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.ADMINISTRATOR, "en") as page:
        await page.goto(f"{url}/users")
        await page.locator(".users input.plain-input").first.fill("new-1")
        await page.get_by_role("button", name="Add a user").click()
        secret = page.locator(".secret code")
        await expect(secret).to_be_visible()
        page.once("dialog", lambda question: question.dismiss())
        await page.locator(".rail a[href='/floor']").click()
        await expect(secret).to_be_visible()
        shown = await secret.inner_text()
        leaves = page.get_by_role("button", name="Sign out")
        await refusing(page, "only once", leaves)
        await page.locator(".users input.plain-input").first.fill("new-2")
        await refusing(page, "only once", page.get_by_role("button", name="Add a user"))
        await expect(secret).to_have_text(shown)
        await page.locator(".secret").get_by_role("button", name="Close").click()
        await page.locator(".rail a[href='/floor']").click()  # nothing is asked: a question would be answered no
        await expect(page.locator(".floor")).to_be_visible()
        await leaves.click()
        await expect(page.locator("input[name=password]")).to_be_visible()


SPEAKS = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const [voice, heard] = [new OscillatorNode(context), context.createMediaStreamDestination()];
  voice.connect(heard);
  voice.start();
  return heard.stream;
};
"""


async def test_a_recording_that_was_not_sent_is_not_lost_by_a_slip(browser: Browser) -> None:
    doors = Doors()
    async with served(doors) as url, looking(browser, doors, url, Role.SUPERVISOR, "en") as page:
        await page.add_init_script(SPEAKS)
        await page.goto(f"{url}/admin/prompts")
        row, box = page.locator("[data-prompt=goodbye]"), page.locator(".recorder")
        opens = row.get_by_role("button", name="Record goodbye", exact=True)
        await opens.click()
        await opens.click()  # nothing was spoken: nothing is asked
        await expect(box).to_have_count(0)
        await opens.click()
        await box.get_by_role("button", name="Begin to record").click()
        await refusing(page, "not in use yet", box.get_by_role("button", name="Close"))
        await box.get_by_role("button", name="Stop").click()
        use = box.get_by_role("button", name="Use it")
        await expect(use).to_be_enabled()
        for leaves in (
            box.get_by_role("button", name="Close"),
            opens,
            page.locator(".rail a[href='/floor']"),
            page.get_by_role("button", name="Sign out"),
        ):
            await refusing(page, "not in use yet", leaves)
        await page.get_by_label("Words").fill("nothing is called so")
        await page.get_by_label("Language").select_option("zh-CN")
        await expect(use).to_be_enabled()
        assert await faults(page) == []
        await use.click()
        await expect(box).to_have_count(0)
        assert [(name, language) for name, language, _, _ in doors.prompts.taken] == [("goodbye", "en")]
        await page.locator(".rail a[href='/floor']").click()
        await expect(page.locator(".floor")).to_be_visible()


async def refusing(page: Page, question: str, press: Locator) -> None:
    """Press it; it asks once, and the answer is no."""
    asked: list[str] = []

    async def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", refuse)
    await press.click()
    page.remove_listener("dialog", refuse)
    assert [question in each for each in asked] == [True], asked
