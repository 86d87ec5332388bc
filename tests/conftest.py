"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is slow; figures are for benchmarks. CI tries the same examples each time, so that a change is judged
# by what it changes; whoever works on it gets new ones.
settings.register_profile("thirdring", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("thirdring")


UNIT = Path(__file__).parent / "unit"
LONGEST = frozenset(
    Path(__file__).parent / "integration" / name
    for name in ("test_soak.py", "test_answer_by.py", "test_voice_logger.py", "test_waiting.py", "web/test_desk.py",
                 "web/test_pages.py")
)  # fmt: skip
"""Files of more than a hundred seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests compute, browsers draw, databases write, telephones wait: the files of each folder come in turns, so
    that the processors have some of each at any time. The longest begin first: begun late, all would wait for them."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(UNIT if file.is_relative_to(UNIT) else file.parent, []).append(file)
    place = {file: number / len(same) for same in folders.values() for number, file in enumerate(same)}
    in_turn = sorted(files, key=lambda file: (file not in LONGEST, place[file]))
    items[:] = [item for file in in_turn for item in files[file]]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """The program, and the tests that are made of it, are never garbage. While they come, nothing is collected, and
    afterwards nobody looks at them again: a full collection of them takes longer than most tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
