"""Takes the pictures in docs/screens from a running `./thirdring up --demo`: python -m docs.take_screens

With the same THIRDRING_HOME, and Chromium on the machine. The users that look are made for it, and disabled afterwards.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from app.instance import Instance
from app.settings import read_settings
from core.errors import Refused

SCREENS = Path(__file__).resolve().parent / "screens"
USER, AGENT = "pictures", "agent-01"
ROLES = {USER: "supervisor", AGENT: "agent"}
SETTLES_MS = 4000
TALKS_WITHIN_MS = 300_000
"""Until the demo's callers have come to this agent."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-proxy-server"]


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as somebody sees it."""

    name: str
    path: str
    language: str
    scheme: str
    width: int
    height: int = 900
    who: str = USER
    shows: str = ""
    """What has to be on the page first: a selector."""


PICTURES = (
    Picture("floor-zh", "/floor", "zh-CN", "light", 1440),
    Picture("floor-en-390", "/floor", "en", "dark", 390, 844),
    Picture("figures-en", "/figures", "en", "light", 1440),
    Picture("wall-zh", "/wall", "zh-CN", "dark", 1440, 810),
    Picture("recordings-zh", "/recordings", "zh-CN", "light", 1440),
    Picture("staffing-en", "/staffing", "en", "dark", 1440),
    Picture("flows-zh", "/admin/flows", "zh-CN", "light", 1440),
    Picture("forms-en-390", "/admin/forms", "en", "light", 390, 844),
    Picture("desk-zh", "/desk", "zh-CN", "light", 1440, who=AGENT, shows="[data-own-state=talking]"),
    Picture("desk-en-390", "/desk", "en", "dark", 390, 844, who=AGENT, shows="[data-own-state=talking]"),
)


async def take(instance: Instance, passwords: dict[str, str], chromium: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for picture in PICTURES:
            await _one(browser, picture, instance.url, passwords[picture.who])
        await browser.close()


async def _one(browser: Browser, picture: Picture, url: str, password: str) -> None:
    view = {"width": picture.width, "height": picture.height}
    context = await browser.new_context(viewport=view, color_scheme=picture.scheme)  # type: ignore[arg-type]
    await context.add_init_script(f"localStorage.setItem('thirdring.language', '{picture.language}')")
    await context.add_init_script("localStorage.setItem('thirdring.phone', 'desk')")  # the demo's telephone answers
    page = await context.new_page()
    await page.goto(f"{url}{picture.path}")
    await page.fill("input[name=name]", picture.who)
    await page.fill("input[name=password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("input[name=name]", state="detached")
    if picture.shows:
        await page.wait_for_selector(picture.shows, timeout=TALKS_WITHIN_MS)
    await page.wait_for_timeout(SETTLES_MS)
    await page.screenshot(path=SCREENS / f"{picture.name}.png")
    await context.close()


def password_of(instance: Instance, name: str) -> str:
    """A user's, who is made when there is none yet."""
    try:
        made = instance.post("/users", {"name": name, "role": ROLES[name]})
    except Refused:
        able(instance, name, can=True)
        made = instance.post(f"/users/{name}/password", {})
    return str(made["password"])


def able(instance: Instance, name: str, *, can: bool) -> None:
    """Let a user sign in, or not any more."""
    version = next(user["version"] for user in instance.get("/users") if user["name"] == name)
    instance.ask("PATCH", f"/users/{name}", {"disabled": not can}, {"If-Match": f'"{version}"'})


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("there is no Chromium here; apt-get install chromium")
    instance = Instance(read_settings(os.environ))
    try:
        asyncio.run(take(instance, {name: password_of(instance, name) for name in ROLES}, chromium))
    finally:
        for name in ROLES:
            able(instance, name, can=False)


if __name__ == "__main__":
    main()
