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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests compute, the others mostly wait: the files of both come in turns, so that the processors have some of
    either at any time, and the telephones' tests never all of them."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    place: dict[Path, float] = {}
    for kind in (True, False):
        same = [file for file in files if file.is_relative_to(UNIT) == kind]
        place |= {file: number / len(same) for number, file in enumerate(same)}
    items[:] = [item for file in sorted(files, key=place.__getitem__) for item in files[file]]


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
