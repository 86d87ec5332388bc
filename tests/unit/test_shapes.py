"""Whatever a released version wrote is read whole by this one: snapshots and journal lines as it left them.

Fails here after a field was renamed or dropped? Its step belongs in app.restore.STEPS (snapshots), store.upgrades
(journal lines), or is an alias in core.house (the house).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app import restore
from core.inputs import CallerHungUp, Requested, SignOut
from core.upgrades import Document, WrittenByLater
from store.codec import Codec, event_codec, input_codec
from store.errors import UnknownRecord
from tests.unit.shapes import RECORDED

SNAPSHOTS = sorted(RECORDED.glob("snapshot-*.json"))
LINES = [
    pytest.param(codec, line["tag"], line["body"], id=f"{file.stem}-{line['tag']}")
    for kind, codec in (("inputs", input_codec()), ("events", event_codec()))
    for file in sorted(RECORDED.glob(f"{kind}-*.jsonl"))
    for line in map(json.loads, file.read_text(encoding="utf-8").splitlines())
]
assert SNAPSHOTS and LINES


def document(file: Path = SNAPSHOTS[0]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("file", SNAPSHOTS, ids=lambda file: file.stem)
def test_a_recorded_snapshot_is_read_and_nothing_of_it_is_passed_over(file: Path) -> None:
    before = document(file)
    state = restore.from_document(before, 7, strict=True)
    after = json.loads(json.dumps(state.document(state.boot)))  # type: ignore[arg-type]
    assert _lacking(before, after) == []


def _lacking(before: object, after: object, place: str = "") -> list[str]:
    """What stood in `before` and does not stand in `after`."""
    if isinstance(before, dict) and isinstance(after, dict):
        missing = [f"{place}/{key}" for key in before if key not in after]
        return missing + [
            each for key in before if key in after for each in _lacking(before[key], after[key], f"{place}/{key}")
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [each for at, (old, new) in pairs for each in _lacking(old, new, f"{place}/{at}")]
    return [] if before == after or place in ("/format", "/wallboard/changed") else [place]


@pytest.mark.parametrize(("codec", "tag", "body"), LINES)
def test_a_recorded_line_is_read_and_no_field_of_it_is_passed_over(
    codec: Codec, tag: str, body: dict[str, object]
) -> None:
    codec.decode(tag, json.dumps(body), strict=True)


def test_a_snapshot_that_lacks_what_a_later_version_added_gets_the_default() -> None:
    older = document()
    for record in older["engine"]["agents"].values():
        del record["misses"]
    del older["wallboard"]["entries"]["call/talks"]["menu"]
    del older["format"]
    state = restore.from_document(older, 7)
    assert state.engine.snapshot().agents["a1"].misses == 0  # type: ignore[index]
    assert state.wallboard.snapshot()["call/talks"]["menu"] == ""  # type: ignore[index]


def test_a_snapshot_with_a_renamed_field_is_read_by_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    older = document()
    for record in older["engine"]["agents"].values():
        record["missed_rings"] = record.pop("misses") + 1

    def step(document: Document) -> Document:
        for record in document["engine"]["agents"].values():
            record["misses"] = record.pop("missed_rings")
        return document

    monkeypatch.setattr(restore, "STEPS", (step,))
    state = restore.from_document(older, 7, strict=True)
    assert state.engine.snapshot().agents["a2"].misses == 1  # type: ignore[index]
    assert state.document(state.boot)["format"] == 2  # type: ignore[arg-type]


def test_a_snapshot_of_a_later_version_is_refused() -> None:
    with pytest.raises(WrittenByLater, match="version 2"):
        restore.from_document(document() | {"format": 2}, 7)


# --- journal lines ---------------------------------------------------------------------------------
def _cause_was_called_reason(document: Document) -> Document:
    return document | {"cause": document.pop("reason")}


def _numbers_were_negative(document: Document) -> Document:
    return document | {"cause": -document["cause"]}


def test_lines_of_each_older_version_are_read_by_the_steps_from_there_on() -> None:
    codec = Codec(CallerHungUp | SignOut, {"CallerHungUp": (_cause_was_called_reason, _numbers_were_negative)}, {})
    assert codec.encode(CallerHungUp("c", 16)) == ("CallerHungUp.3", b'{"call":"c","cause":16}')  # type: ignore[arg-type]
    for tag, body in (
        ("CallerHungUp", b'{"call":"c","reason":-16}'),
        ("CallerHungUp.2", b'{"call":"c","cause":-16}'),
        ("CallerHungUp.3", b'{"call":"c","cause":16}'),
    ):
        assert codec.decode(tag, body, strict=True) == CallerHungUp("c", 16)  # type: ignore[arg-type]


def test_lines_of_a_renamed_class_are_read() -> None:
    codec = Codec(CallerHungUp | SignOut, {}, {"HungUp": "CallerHungUp"})
    assert codec.decode("HungUp", b'{"call":"c","cause":16}') == CallerHungUp("c", 16)  # type: ignore[arg-type]


def test_a_request_inside_an_input_has_a_version_of_its_own() -> None:
    codec = Codec(Requested | SignOut, {"SignOut": (lambda old: {"agent": old["who"]},)}, {})
    old = b'{"id":"r","by":"x","request":{"class":"SignOut","who":"a1"}}'
    asked = codec.decode("Requested", old, strict=True)
    assert asked.request == SignOut("a1")  # type: ignore[arg-type]
    assert b'"class":"SignOut.2"' in codec.encode(asked)[1]


@pytest.mark.parametrize("tag", ["CallerHungUp.2", "CallerHungUp.0", "CallerHungUp.x", "CallerHungUp.-1"])
def test_a_line_of_a_version_that_there_is_not_is_refused(tag: str) -> None:
    with pytest.raises(UnknownRecord):
        input_codec().decode(tag, b'{"call":"c","cause":16}')


def test_a_step_that_does_not_fit_is_told_without_the_content() -> None:
    codec = Codec(CallerHungUp | SignOut, {"CallerHungUp": (_cause_was_called_reason,)}, {})
    with pytest.raises(UnknownRecord) as caught:
        codec.decode("CallerHungUp", b'{"call":"13800000000"}')
    assert "13800000000" not in str(caught.value)
