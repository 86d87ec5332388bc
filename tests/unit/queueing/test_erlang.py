"""Theory against published figures (kpi.md) and against itself at its limits."""

from __future__ import annotations

import pytest

from queueing.erlang import erlang_a, erlang_b, erlang_c


@pytest.mark.parametrize(("per_h", "handling_s", "agents", "wait"), [(160, 180, 10, 0.4092), (600, 240, 45, 0.3407)])
def test_erlang_c(per_h: float, handling_s: float, agents: int, wait: float) -> None:
    assert erlang_c(per_h / 3600, handling_s, agents).wait == pytest.approx(wait, abs=5e-5)


@pytest.mark.parametrize(
    ("per_h", "handling_s", "agents", "wait", "abandon"),
    [(160, 180, 10, 0.2624, 0.0621), (600, 240, 42, 0.3356, 0.0508)],
)
def test_erlang_a(per_h: float, handling_s: float, agents: int, wait: float, abandon: float) -> None:
    found = erlang_a(per_h / 3600, handling_s, 120, agents)
    assert found.wait == pytest.approx(wait, abs=5e-5)
    assert found.abandon == pytest.approx(abandon, abs=5e-5)


def test_erlang_b_of_one_line_is_load_over_one_and_load() -> None:
    assert erlang_b(2.0, 1) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("load", "agents"), [(3000, 10), (20_000, 500), (9_000, 10_000), (0.001, 40)])
def test_what_cannot_be_carried_is_abandoned_and_no_number_overflows(load: float, agents: int) -> None:
    """In overload the fluid limit 1 - agents / load (Garnett, Mandelbaum and Reiman 2002)."""
    found = erlang_a(load / 300, 300, 120, agents)
    assert found.abandon == pytest.approx(max(0.0, 1 - agents / load), abs=1e-3)


def test_patience_without_end_is_erlang_c() -> None:
    assert erlang_a(160 / 3600, 180, 1e9, 10).wait == pytest.approx(erlang_c(160 / 3600, 180, 10).wait, abs=1e-6)


def test_without_agents_everybody_gives_up() -> None:
    assert erlang_a(0.1, 180, 120, 0).abandon == pytest.approx(1.0)
