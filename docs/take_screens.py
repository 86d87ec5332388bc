"""Takes the pictures in docs/screens from a running `./thirdring up --demo`: python -m docs.take_screens

With the same THIRDRING_HOME, and Chromium on the machine. A user `pictures` is made for it, and disabled afterwards.
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
USER = "pictures"
SETTLES_MS = 4000
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


PICTURES = (
    Picture("floor-zh", "/floor", "zh-CN", "light", 1440),
    Picture("floor-en-390", "/floor", "en", "dark", 390, 844),
    Picture("figures-en", "/figures", "en", "light", 1440),
    Picture("wall-zh", "/wall", "zh-CN", "dark", 1440, 810),
)


async def take(instance: Instance, password: str, chromium: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for picture in PICTURES:
            await _one(browser, picture, instance.url, password)
        await browser.close()


async def _one(browser: Browser, picture: Picture, url: str, password: str) -> None:
    view = {"width": picture.width, "height": picture.height}
    context = await browser.new_context(viewport=view, color_scheme=picture.scheme)  # type: ignore[arg-type]
    await context.add_init_script(f"localStorage.setItem('thirdring.language', '{picture.language}')")
    page = await context.new_page()
    await page.goto(f"{url}{picture.path}")
    await page.fill("input[name=name]", USER)
    await page.fill("input[name=password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("input[name=name]", state="detached")
    await page.wait_for_timeout(SETTLES_MS)
    await page.screenshot(path=SCREENS / f"{picture.name}.png")
    await context.close()


def password_of(instance: Instance) -> str:
    """A supervisor's, who is made when there is none yet."""
    try:
        made = instance.post("/users", {"name": USER, "role": "supervisor"})
    except Refused:
        instance.ask("PATCH", f"/users/{USER}", {"disabled": False})
        made = instance.post(f"/users/{USER}/password", {})
    return str(made["password"])


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("there is no Chromium here; apt-get install chromium")
    instance = Instance(read_settings(os.environ))
    try:
        asyncio.run(take(instance, password_of(instance), chromium))
    finally:
        instance.ask("PATCH", f"/users/{USER}", {"disabled": True})


if __name__ == "__main__":
    main()
