"""Takes the pictures in docs/screens from a running `./thirdring up --demo`: python -m docs.take_screens [page …]

Each page in both languages, as a desk has it and as a telephone has it. With the same THIRDRING_HOME, and Chromium on
the machine. The users that look are made for it, and disabled afterwards. A picture has 128 colours: no eye misses
the others, and they are two thirds of the bytes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe
from playwright.async_api import Browser, StorageState, async_playwright

from app.instance import Instance
from app.settings import read_settings
from core.errors import Refused

SCREENS = Path(__file__).resolve().parent / "screens"
USER, AGENT, NOBODY = "camera", "agent-01", ""
ROLES = {USER: "administrator", AGENT: "agent"}
SETTLES_MS = 4000
TALKS_WITHIN_MS = 300_000
"""Until the demo's callers have come to this agent."""
PALETTE = "split[a][b];[a]palettegen=max_colors=128:reserve_transparent=0[p];[b][p]paletteuse=dither=none"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-proxy-server"]


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody sees a page."""

    suffix: str
    language: str
    scheme: str
    width: int
    height: int


EVERYBODY = (
    Look("zh", "zh-CN", "light", 1440, 900),
    Look("en", "en", "light", 1440, 900),
    Look("zh-390", "zh-CN", "dark", 390, 844),
    Look("en-390", "en", "dark", 390, 844),
)
FROM_AFAR = (Look("zh", "zh-CN", "dark", 1440, 810), Look("en", "en", "dark", 1440, 810))


@dataclass(frozen=True, slots=True)
class Page:
    """Where it is, who looks, and what has to be there first: a selector."""

    name: str
    path: str
    who: str = USER
    shows: str = "#page"
    looks: tuple[Look, ...] = EVERYBODY


PAGES = (
    Page("login", "/", NOBODY, "input[name=name]"),
    Page("desk", "/desk", AGENT, "[data-own-state=talking]"),
    Page("floor", "/floor"),
    Page("work", "/work"),
    Page("recordings", "/recordings", shows="[data-voice]"),
    Page("figures", "/figures"),
    Page("funnel", "/funnel"),
    Page("calls", "/calls", shows="[data-call]"),
    Page("staffing", "/staffing"),
    Page("users", "/users", shows="[data-user]"),
    Page("account", "/account"),
    Page("wall", "/wall", shows=".wall .large", looks=FROM_AFAR),
    Page("demo", "/demo", NOBODY, "main"),
    Page("house", "/admin/house"),
    Page("forms", "/admin/forms", shows=".forms .card"),
    Page("seats", "/admin/seats", shows="[data-seat-row]"),
    Page("customers", "/admin/customers"),
    Page("prompts", "/admin/prompts", shows="[data-prompt]"),
    Page("flows", "/admin/flows", shows=".drawing svg"),
    Page("roster", "/admin/roster", shows=".roster"),
    Page("state", "/admin/state", shows="[data-trunk]"),
    Page("audit", "/admin/audit", shows="[data-what]"),
)


async def take(instance: Instance, pages: Sequence[Page], passwords: dict[str, str], chromium: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        sessions = {who: await _signed_in(browser, instance.url, who, passwords[who]) for who in passwords}
        for page in pages:
            for look in page.looks:
                await _one(browser, page, look, instance.url, sessions.get(page.who))
        await browser.close()


async def _signed_in(browser: Browser, url: str, who: str, password: str) -> StorageState:
    """The cookies of somebody who has come in by the door."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await page.fill("input[name=name]", who)
    await page.fill("input[name=password]", password)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("input[name=password]", state="detached")
    session = await context.storage_state()
    await context.close()
    return session


async def _one(browser: Browser, wanted: Page, look: Look, url: str, session: StorageState | None) -> None:
    view = {"width": look.width, "height": look.height}
    context = await browser.new_context(viewport=view, color_scheme=look.scheme, storage_state=session)  # type: ignore[arg-type]
    await context.add_init_script(f"localStorage.setItem('thirdring.language', '{look.language}')")
    await context.add_init_script("localStorage.setItem('thirdring.phone', 'desk')")  # the demo's telephone answers
    page = await context.new_page()
    await page.goto(f"{url}{wanted.path}")
    await page.wait_for_selector(wanted.shows, timeout=TALKS_WITHIN_MS)
    await page.wait_for_timeout(SETTLES_MS)
    _keep(await page.screenshot(), SCREENS / f"{wanted.name}-{look.suffix}.png")
    await context.close()


def _keep(picture: bytes, path: Path) -> None:
    """With a palette of its own. Rows of few plain colours pack better as they are than predicted."""
    how = ["-vf", PALETTE, "-pred", "none", "-compression_level", "9"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-y", "-i", "-", *how, path], input=picture, check=True)


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
    known = {page.name: page for page in PAGES}
    if unknown := set(sys.argv[1:]) - known.keys():
        raise SystemExit(f"there is no page {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    pages = [known[name] for name in sys.argv[1:]] or PAGES
    instance = Instance(read_settings(os.environ))
    try:
        asyncio.run(take(instance, pages, {name: password_of(instance, name) for name in ROLES}, chromium))
    finally:
        for name in ROLES:
            able(instance, name, can=False)


if __name__ == "__main__":
    main()
