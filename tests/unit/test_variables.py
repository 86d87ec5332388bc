"""What is written on a channel is read back; whatever else stands there is no place in a queue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import variables
from core.ids import QueueId
from core.variables import Waiting

PLACES = st.builds(
    Waiting,
    st.text("abc-09", min_size=1).map(QueueId),
    st.floats(0, 1e9).map(lambda value: round(value, 6)),
    st.integers(0, 9),
    st.sampled_from(["zh-CN", "en"]),
)


@given(PLACES)
def test_a_written_place_is_read_back(place: Waiting) -> None:
    assert variables.read(variables.written(place, "boot"), "boot") == place


@given(PLACES)
def test_after_a_reboot_only_the_moment_is_lost(place: Waiting) -> None:
    found = variables.read(variables.written(place, "boot"), "another")
    assert found is not None and found.since_boot_s is None and found.queue == place.queue


def test_the_stage_is_written_last() -> None:
    assert list(variables.written(Waiting(QueueId("q"), 1.0, 0, "en"), "boot"))[-1] == variables.STAGE


@given(st.dictionaries(st.sampled_from(variables.ALL), st.text(max_size=20)))
def test_garbage_never_raises(found: dict[str, str]) -> None:
    place = variables.read(found, "")
    assert place is None or found[variables.STAGE] == "waiting"


@pytest.mark.parametrize("since", ["", "soon", "nan", "inf", "-1"])
def test_a_moment_that_is_none_counts_as_unknown(since: str) -> None:
    found = variables.read({variables.STAGE: "waiting", variables.QUEUE: "q", variables.SINCE: since}, "")
    assert found == Waiting(QueueId("q"), None, 0, "")


@pytest.mark.parametrize(
    ("text", "moment"),
    [("1795678783", 1795678783.0), ("1795678783.012427", 1795678783.012427)]
    + [(wrong, None) for wrong in ("", "now", "1.", ".5", "1e9", "-1", "1.5\n", "1_000", "nan", "9" * 40)],
)
def test_a_moment_of_the_dialplan(text: str, moment: float | None) -> None:
    assert variables.utc_seconds(text) == moment
