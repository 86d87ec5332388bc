"""What holds for every test."""

from __future__ import annotations

import os

from hypothesis import settings

# a busy machine is slow; figures are for benchmarks. CI tries the same examples each time, so that a change is judged
# by what it changes; whoever works on it gets new ones.
settings.register_profile("thirdring", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("thirdring")
