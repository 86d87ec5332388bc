"""Codes to record prompts by telephone, and the process that does the work: its answers, its death, its deadline."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import studio
from app.house_desk import HouseDesk
from app.studio import CODE_LASTS_S, MOST_CODES, MOST_WRONG, Codes, Studio
from core.errors import PeerFault, Refused
from core.house import House
from ivr.recordings import Unusable
from tests.unit.floor import small_house


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_code_stands_for_its_prompt_until_it_is_used_or_too_old() -> None:
    clock = Clock()
    codes = Codes(clock)
    first, second = codes.issue("goodbye", "en", "admin"), codes.issue("goodbye", "zh-CN", "lead")
    found = codes.find(second)
    assert found is not None and (found.prompt, found.language, found.by) == ("goodbye", "zh-CN", "lead")
    codes.used(second)
    assert codes.find(second) is None
    clock.now_s += CODE_LASTS_S
    assert codes.find(first) is None


def test_whoever_guesses_ends_all_codes() -> None:
    codes = Codes(Clock())
    code = codes.issue("goodbye", "en", "admin")
    for guess in range(MOST_WRONG - 1):
        assert codes.find(f"x{guess}") is None
    assert codes.find(code) is not None
    assert codes.find("") is None and codes.find(code) is None


def test_codes_are_bounded_and_the_oldest_go_first() -> None:
    codes = Codes(Clock())
    issued = [codes.issue("goodbye", "en", "admin") for _ in range(MOST_CODES + 1)]
    assert codes.find(issued[0]) is None or issued[0] in issued[1:]
    assert codes.find(issued[-1]) is not None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ('{"refused": "it is too quiet", "faults": ["quiet"]}', Unusable),
        ('{"refused": "there is none"}', Refused),
        ('{"failed": "no ffmpeg"}', PeerFault),
        ("", PeerFault),
        ("Killed", PeerFault),
    ],
)
async def test_what_the_process_says_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, told: type[Exception]
) -> None:
    monkeypatch.setattr(studio, "WORKER", (sys.executable, "-c", f"import sys; sys.stdin.read(); print({answer!r})"))
    with pytest.raises(told) as error:
        await Studio(tmp_path, small_house).take("goodbye", "en", b"sound", "admin")
    assert type(error.value) is told


async def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "WORKER", (sys.executable, "-c", "import time; time.sleep(600)"))
    monkeypatch.setattr(studio, "TAKE_WITHIN_S", 0.5)
    with pytest.raises(PeerFault, match="took too long"):
        await Studio(tmp_path, small_house).give_back("goodbye", "en", "admin")


async def test_an_unknown_prompt_is_refused_before_any_process_begins(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no prompt '\.\./x' in en"):
        await Studio(tmp_path, small_house).take("../x", "en", b"sound", "admin")


class Stored:
    """store.house.HouseStore with one newer version, and app.pbx_loading.PbxLoading that has nothing to do."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def seed(self, house: House, now: datetime) -> None:
        """There is one."""

    async def newest(self) -> int:
        return 2

    async def current(self) -> tuple[int, House]:
        return 2, self.house

    async def load(self) -> None:
        """Nothing."""


async def test_a_house_whose_texts_cannot_be_spoken_now_is_in_force_all_the_same_and_alarms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a start, when the store has a newer version: calls go on by it. A change by hand is refused before that."""
    monkeypatch.setattr(studio, "WORKER", (sys.executable, "-c", """print('{"failed": "no espeak-ng"}')"""))
    before = small_house()
    done: list[object] = []
    after = before.model_copy(update={"prompts": {"our-address": {"en": "One, Culture Road."}}})
    floor = SimpleNamespace(
        state=SimpleNamespace(version=1, house=before),
        apply=lambda version, house: done.append(version),
        feed=SimpleNamespace(alarm=lambda name, text: done.append(name)),
    )
    made = Studio(tmp_path, lambda: before)
    stored = Stored(after)
    await HouseDesk(floor, stored, stored, made).catch_up()  # type: ignore[arg-type]
    assert done == ["prompts", 2]
    with pytest.raises(PeerFault, match="no espeak-ng"):
        await made.prepare(after)
    await made.prepare(before)
