"""A Chromium on one machine of the network, which trusts one CA, and the browser phone in it.

JsSIP is fetched with npm, once, and packed with the phone's script.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from app.settings import read_settings
from app.web_build import npm_of
from tests.integration.lan.networks import Machine
from tests.integration.lan.tools import tool

SOURCE = Path(__file__).resolve().parents[2] / "browser"
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-proxy-server",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip


def phone_script(directory: Path) -> Path:
    """tests/browser/phone.js with JsSIP in one file; fetched with npm ci where that was not done yet."""
    if not (SOURCE / "node_modules/.package-lock.json").exists():
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    _npm("run", "build", "--", f"--outfile={directory / 'phone.js'}")
    return directory / "phone.js"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the browser stands: its machine, its own home, the CA it trusts, a WAV it speaks, its tree of tools.

    `names` are the names it finds in the network's DNS.
    """

    machine: Machine
    home: Path
    ca: Path
    voice: Path
    tools: Path
    names: Mapping[str, str]


@asynccontextmanager
async def browser_page(desk: Desk) -> AsyncIterator[Page]:
    """An empty page; the browser ends with the context."""
    _trust(desk.home / ".pki/nssdb", desk.ca, desk.tools)
    mapping = ",".join(f"MAP {name} {address}" for name, address in desk.names.items())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=launcher(desk.machine.enter, desk.home, desk.tools),
            args=[*_FLAGS, f"--use-file-for-fake-audio-capture={desk.voice}", f"--host-resolver-rules={mapping}"],
            env={**os.environ, "HOME": str(desk.home)},
        )
        context = await browser.new_context(permissions=["microphone"])
        yield await context.new_page()
        await browser.close()


async def on_phone(page: Page, do: str, argument: object = None) -> Any:
    """Call one function of phone.js."""
    return await page.evaluate(f"argument => phone.{do}(argument)", argument)


def _trust(database: Path, ca: Path, tools: Path) -> None:
    """The database Chromium on Linux reads; the browser checks the certificate as a person's does."""
    database.mkdir(parents=True)
    program, environment = tool("certutil", tools)
    for arguments in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "thirdring", "-i", str(ca)]):
        command = [program, "-d", f"sql:{database}", *arguments]
        subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)


def launcher(enter: Sequence[str], directory: Path, tools: Path) -> Path:
    """A program that starts Chromium on that machine: Playwright takes a file, no command line."""
    program, environment = tool("chromium", tools)
    words = [*enter, "env", *(f"{name}={value}" for name, value in environment.items()), program]
    file = directory / "chromium"
    file.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    file.chmod(0o755)
    return file


def _npm(*arguments: str) -> None:
    command, environment = npm_of(read_settings().home, print)
    done = subprocess.run([*command, *arguments], cwd=SOURCE, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"npm {arguments[0]} failed: {done.stderr[-2000:]}")
