"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

# a busy machine is slow; figures are for benchmarks. CI tries the same examples each time, so that a change is judged
# by what it changes; whoever works on it gets new ones.
settings.register_profile("thirdring", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("thirdring")


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
