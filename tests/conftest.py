"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("thirdring", deadline=None)  # a busy machine is slow; figures are for benchmarks
settings.load_profile("thirdring")
