"""Whom a leader leads: the agents of the groups that the house names for it, and themselves. Pure."""

from __future__ import annotations

from core.house import House
from core.ids import AgentId


def team_of(house: House, leader: str) -> frozenset[AgentId] | None:
    """None: everybody, where the house names no group, or does not know this person."""
    leads = next((agent.leads for agent in house.agents if agent.id == leader), ())
    if not leads:
        return None
    return frozenset(agent.id for agent in house.agents if agent.group in leads or agent.id == leader)
