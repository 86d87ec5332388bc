"""What ships is right: every flow that the shipped house names, alone and with its parts."""

from __future__ import annotations

from app.current_house import SHIPPED
from app.flows import known_to, parts_run_alone, read_flows
from core.documents import load
from core.house import House


def test_the_shipped_house_has_flows_without_a_mistake() -> None:
    house = load(SHIPPED.read_text(encoding="utf-8"), "house.yaml", House)
    flows, problems = read_flows(house, known_to(house))
    assert problems == []
    assert set(parts_run_alone(house)) >= {"message", "closed"} and set(parts_run_alone(house)) <= set(flows)
