"""Every sentence with which the engine, or the API behind a page, refuses something has a Chinese one."""

from __future__ import annotations

import json
import re

from tests.unit.web.refusals import ROOT, sentences, told_by_parts

KNOWN: dict[str, str] = json.loads((ROOT / "web/src/words/refusals.json").read_text(encoding="utf-8"))
PAGES = (
    "access", "auth", "csv_lines", "customer_csv", "imports", "proving", "routes/agents", "routes/call_record",
    "routes/calls", "routes/cases", "routes/customers", "routes/desk_messages", "routes/figure_calls", "routes/flows",
    "routes/house", "routes/notes", "routes/phones", "routes/pops", "routes/prompts", "routes/quality",
    "routes/recording_notes", "routes/recordings", "routes/seat_codes", "routes/seats", "routes/second_factors",
    "routes/sessions", "routes/staffing", "routes/tokens", "routes/users", "routes/webhooks", "routes/work",
)  # fmt: skip
"""What pages ask; figures have their own reports."""
SHOWN = (
    "queueing",
    "core/calling.py",
    "core/numbers.py",
    "app/past.py",
    "app/planning.py",
    "app/twin.py",
    "store/customer_files.py",
    "store/customers.py",
    "recording/logger.py",
    *(f"api/{name}.py" for name in PAGES),
)
RETURNED = 11
"""Sentences that the engine hands on by return or as an argument; the code has them word for word."""


def test_every_refusal_has_a_chinese_sentence() -> None:
    assert sentences(SHOWN) - KNOWN.keys() == set()


def test_what_each_part_says_of_itself_has_a_chinese_sentence() -> None:
    said = told_by_parts()
    assert "calls to finish {}" in said and "the loop is {} s late" in said
    assert said - KNOWN.keys() == set()


def test_every_chinese_sentence_is_of_a_refusal_that_there_is() -> None:
    code = " ".join(file.read_text(encoding="utf-8") for file in (ROOT / "queueing").rglob("*.py"))
    others = KNOWN.keys() - sentences(SHOWN) - told_by_parts()
    assert len(others) <= RETURNED
    for sentence in others:
        longest = max(sentence.split("{}"), key=len)  # in the code it may go on in another line
        assert longest.strip(" ,")[:24] in code, sentence


def test_what_is_filled_in_stands_in_the_chinese_sentence_too() -> None:
    for english, chinese in KNOWN.items():
        assert re.search("[一-鿿]", chinese), chinese
        assert {int(place) for place in re.findall(r"{(\d)}", chinese)} <= set(range(english.count("{}"))), english
