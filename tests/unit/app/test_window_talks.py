"""Talks of agents' windows outlive the engine's process."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.phone_windows import WindowTalk
from app.window_talks import TalkFile
from core.ids import AgentId, CallId

TALKS = {AgentId("a1"): WindowTalk(CallId("c1")), AgentId("a2"): WindowTalk(CallId("c2"), True)}


def test_what_one_process_kept_the_next_one_reads(tmp_path: Path) -> None:
    file = tmp_path / "talks.json"
    assert TalkFile(file).read() == {}
    TalkFile(file).keep(TALKS)
    assert TalkFile(file).read() == TALKS
    TalkFile(file).keep({})
    assert TalkFile(file).read() == {}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a1": 1}', '{"a1": ["c1"]}'])
def test_a_file_that_is_none_of_ours_keeps_no_engine_from_starting(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "talks.json"
    file.write_text(text)
    assert TalkFile(file).read() == {}
    assert "cannot be read" in caplog.text


def test_a_disk_that_takes_nothing_is_told_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    TalkFile(tmp_path / "gone" / "talks.json").keep(TALKS)
    assert "cannot be written" in caplog.text
