"""Recording a prompt by telephone, played from a script."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.ids import CallId
from ivr.booth import MOST_CODES, PROMPTS, Booth, Wanted, record_prompt
from ivr.line import HANG_UP, ScriptedLine
from ivr.prompts import languages_of, load_prompts
from ivr.recordings import Fault

GOODBYE = Wanted("123456", "goodbye", "en", "admin")


@dataclass
class Desk:
    """Knows one code; judges what is brought as it is told to, then takes it."""

    aside: Path
    says: list[Sequence[Fault] | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    taken: list[Wanted] = field(default_factory=list)

    def booth(self) -> Booth:
        return Booth(Path("/s"), self.aside, "zh-CN", self.find, self.take)

    def find(self, code: str) -> Wanted | None:
        self.asked.append(code)
        return GOODBYE if code == GOODBYE.code else None

    async def take(self, wanted: Wanted, file: Path) -> Sequence[Fault] | None:
        assert file == self.aside / "booth-c.wav"
        said = self.says.pop(0) if self.says else ()
        if said == ():
            self.taken.append(wanted)
        return said


async def heard(desk: Desk, *script: str) -> list[str]:
    """The prompts that were played, without those that are played always."""
    (desk.aside / "booth-c.wav").write_bytes(b"RIFF")
    line = ScriptedLine(CallId("c"), script)
    await record_prompt(line, desk.booth())
    assert line.gone, "the line is given up in the end"
    assert not (desk.aside / "booth-c.wav").exists(), "what was recorded is nobody's any more"
    return [Path(each).name for each in line.heard if Path(each).name not in ("booth-code", "booth-choices")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_hear_record_hear_again_and_accept(desk: Desk) -> None:
    assert await heard(desk, "123456", "1", "2", "", "5s", "3", "", "2", "", "4s", "4") == [
        "goodbye", "booth-speak", "booth-c", "booth-speak", "booth-taken"
    ]  # fmt: skip
    assert desk.taken == [GOODBYE]


async def test_nothing_is_accepted_before_something_is_recorded(desk: Desk) -> None:
    assert await heard(desk, "123456", "4", "", "3", HANG_UP) == ["booth-nothing", "booth-nothing"]
    assert desk.taken == []


async def test_what_is_wrong_with_it_is_said_and_it_is_recorded_anew(desk: Desk) -> None:
    desk.says += [("quiet", "pause"), None]
    script = ("123456", "2", "", "5s", "4", "", "2", "", "5s", "4", "", "4")
    assert await heard(desk, *script) == [
        "booth-speak", "booth-quiet", "booth-pause", "booth-speak", "booth-failed", "booth-taken"
    ]  # fmt: skip
    assert desk.taken == [GOODBYE]


@pytest.mark.parametrize("typed", ["", "1#", "000000", "##########", "*", "12345*654321"])
async def test_a_wrong_code_is_asked_for_three_times_and_no_more(desk: Desk, typed: str) -> None:
    assert await heard(desk, *[typed, ""] * MOST_CODES) == ["booth-wrong-code"] * MOST_CODES
    assert len(desk.asked) == MOST_CODES and desk.taken == []


async def test_the_star_begins_the_code_anew(desk: Desk) -> None:
    await heard(desk, "99*123456", "2", "", "5s", "4")
    assert desk.asked == ["123456"] and desk.taken == [GOODBYE]


@pytest.mark.parametrize("seed", range(60))
async def test_whatever_keys_come_it_ends(desk: Desk, seed: int) -> None:
    dice = random.Random(seed)
    items = ["", "5s", HANG_UP, *"0123456789*#ABCD", "4" * 40, "*#" * 20]
    script = ["123456" if seed % 2 else "7" * 40, *(dice.choice(items) for _ in range(200))]
    await heard(desk, *script)


def test_everything_that_is_said_has_a_text_in_both_languages() -> None:
    known = languages_of(load_prompts())
    assert {prompt: known.get(prompt) for prompt in PROMPTS} == {prompt: {"zh-CN", "en"} for prompt in PROMPTS}
