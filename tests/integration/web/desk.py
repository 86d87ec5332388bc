"""How tests sit down at a desk in the browser, and what they speak and hear there."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from core.house import House
from tests.integration.office import office
from tests.integration.web.browser import Person

AGENT_HZ = 700.0
"""What the browser's microphone hears."""
AUDIBLE_DBFS = -35.0
EARS = Path(__file__).with_name("ears.js")


def one_seat() -> House:
    return office(1, wrap_up_s=60.0)


async def take_seat(person: Person, seat: str = "seat-01") -> None:
    """Through the page, with the browser as the phone and a headset on."""
    page = person.page
    await page.context.add_init_script(path=EARS)
    await page.context.grant_permissions(["microphone"])
    await person.sign_in("agent")
    await page.select_option(".take-seat select", seat)
    await page.locator(".take-seat [type=checkbox]").check()
    await page.locator(".take-seat [type=submit]").click()
    await expect(page.locator("[data-line=ready]")).to_be_visible()
    await person.house.until(f"seat/{seat}", lambda entry: entry["reachable"])
