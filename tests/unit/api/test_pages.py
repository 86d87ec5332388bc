"""The page that needs no build: both languages whole, nothing from elsewhere, nothing that the CSP would stop."""

from __future__ import annotations

import re

import pytest

from api.app import PAGES
from core.states import AgentState, AgentStatus, CallState
from tests.unit.doors import ORIGIN, Doors, client_of

FILES = sorted(path.name for path in PAGES.iterdir())
WORDS = (PAGES / "words.js").read_text()


def keys_of(language: str) -> set[str]:
    block = re.search(rf'^  "?{language}"?: \{{\n(.*?)^  \}}', WORDS, re.DOTALL | re.MULTILINE)
    assert block is not None
    without_texts = re.sub(r'"[^"]*"', '""', block[1])
    return set(re.findall(r"(\w+): \"\"", without_texts))


def test_every_text_exists_in_both_languages() -> None:
    assert keys_of("zh-CN") == keys_of("en")
    assert len(keys_of("en")) > 40


def test_every_text_that_the_page_uses_exists() -> None:
    used = set(re.findall(r'data-text="(\w+)"', (PAGES / "index.html").read_text()))
    used |= set(re.findall(r'\bt\("(\w+)"', (PAGES / "floor.js").read_text()))
    assert used <= keys_of("en")
    assert "signIn" in used


def test_every_state_and_every_alarm_has_a_word() -> None:
    shown = {state.value for states in (AgentState, AgentStatus, CallState) for state in states}
    assert shown <= keys_of("en")
    sources = [
        file.read_text()
        for package in ("app", "monitor", "queueing")
        for file in (PAGES.parents[1] / package).rglob("*.py")
    ]
    named = {
        name for text in sources for name in re.findall(r'(?:Alarmed|\.alarm)\(\s*"(\w+)"|^ALARM = "(\w+)"', text, re.M)
    }
    alarms = {"".join(either) for either in named}
    assert {"below_floor", "journal_disk"} <= alarms
    assert {f"alarm_{name}" for name in alarms} <= keys_of("en")


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_elsewhere_or_inline(name: str) -> None:
    text = (PAGES / name).read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//cdn", text)
    assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|<script>|<style|\sstyle=|\son\w+=\"", text)


async def test_the_page_and_its_files_are_open_to_everybody() -> None:
    async with client_of(Doors(), admin=False) as client:
        page = await client.get(f"{ORIGIN}/")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text):
            assert (await client.get(f"{ORIGIN}{asset}")).status_code == 200
        assert (await client.get(f"{ORIGIN}/assets/../app.py")).status_code == 404
        assert (await client.get(f"{ORIGIN}/assets/%2e%2e/app.py")).status_code == 404
