"""tests/protections.py takes each protection away; here is seen that it still could, for every line of security."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.protections import PROTECTIONS, ROOT, Protection


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda each: f"{each.line}-{each.file}")
def test_each_place_is_there_once_and_its_test_exists(protection: Protection) -> None:
    text = (ROOT / protection.file).read_text(encoding="utf-8")
    assert text.count(protection.text) == 1, f"{protection.file}: {protection.text}"
    file, _, name = protection.test.partition("::")
    assert re.search(rf"^(async )?def {name}\b", (ROOT / file).read_text(encoding="utf-8"), re.M), protection.test


def test_every_line_of_security_is_among_them() -> None:
    text = Path(ROOT / "docs/security.md").read_text(encoding="utf-8")
    assert {each.line for each in PROTECTIONS} == {int(line) for line in re.findall(r"^\| (\d+)\b", text, re.M)}
