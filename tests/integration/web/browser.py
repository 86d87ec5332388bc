"""A Chromium in front of a running house, and the people who sign in there."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from tests.integration.centre import CHECKOUT, Centre
from tests.integration.lan.browser import launcher

AXE = CHECKOUT / "web/node_modules/axe-core/axe.min.js"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-proxy-server")
PHONE_FLAGS = (
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
"""For one that is somebody's phone; everything is on this machine."""
PATIENCE_MS = 20_000
NO_FAULT = re.compile("status of (401|412)")
"""What Chromium itself writes down when the page asks whether somebody is signed in, and when somebody was faster."""

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def opened_browser(directory: Path, tools: Path, flags: Sequence[str] = ()) -> AsyncIterator[Browser]:
    """It ends with the context. One that is nobody's phone lets everybody's voice go first."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=launcher(() if flags else ("nice", "-n", "5"), directory, tools),
            args=[*FLAGS, *flags],
            env={**os.environ, "HOME": str(directory)},
        )
        try:
            yield browser
        finally:
            await browser.close()


class Person:
    """Somebody at a browser of their own. `complaints` is what the browser wrote on its console."""

    def __init__(self, page: Page, house: Centre, name: str) -> None:
        self.page, self.house, self.name = page, house, name
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not NO_FAULT.search(message.text):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    async def open(self, path: str) -> None:
        await self.page.goto(f"http://127.0.0.1:{self.house.settings.ports.api}{path}")

    async def sign_in(self, role: str, path: str = "/") -> None:
        """As a new user of this role, through the page."""
        await self.open(path)
        await self.type_in(await password_of(self.house, self.name, role))

    async def type_in(self, password: str) -> None:
        await self.page.fill("input[name=name]", self.name)
        await self.page.fill("input[name=password]", password)
        await self.page.keyboard.press("Enter")


@asynccontextmanager
async def at_browser(
    browser: Browser, house: Centre, name: str, language: str = "zh-CN", **context: Any
) -> AsyncIterator[Person]:
    """A person with a fresh profile; 1440 pixels wide unless told otherwise."""
    opened = await browser.new_context(viewport=context.pop("viewport", {"width": 1440, "height": 900}), **context)
    await opened.add_init_script(f"localStorage.setItem('thirdring.language', '{language}')")
    try:
        yield Person(await opened.new_page(), house, name)
    finally:
        await opened.close()


async def password_of(house: Centre, name: str, role: str) -> str:
    """A user's, made when there is none of this name yet."""
    answer = await house.api.post("/users", json={"name": name, "role": role})
    if answer.status_code == 409:
        answer = await house.api.post(f"/users/{name}/password")
    answer.raise_for_status()
    return str(answer.json()["password"])


async def disable(house: Centre, name: str, disabled: bool) -> None:
    """Whatever the user is at the moment."""
    seen = next(each["version"] for each in await house.get("/users") if each["name"] == name)
    answer = await house.api.patch(f"/users/{name}", json={"disabled": disabled}, headers={"If-Match": f'"{seen}"'})
    answer.raise_for_status()


async def until(page: Page, expression: str) -> None:
    """Wait until this is true in the page; Playwright's own waiting evaluates text there, which the CSP forbids."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while True:
            if await page.evaluate(expression):
                return
            await asyncio.sleep(0.1)


async def faults(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands: rule and first place."""
    await page.evaluate(AXE.read_text())  # a script element would need a hole in the CSP
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    grave = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary']}" for each in grave]
