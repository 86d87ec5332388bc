"""What of a leader's rights ends at the own team: to act for agents, to hear and to judge them, to read their desks.

Callers who wait, queues, alarms and figures are the house's, and every leader's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.auth import Identity
from api.rights import Role
from api.services import Services
from core.states import CallState
from core.teams import team_of

SPEAKING = {CallState.TALKING, CallState.HELD}


async def with_team(identity: Identity, services: Services) -> Identity:
    """Looked up anew for each request: a changed house holds at once. Raises PeerFault."""
    if identity.role is not Role.LEADER:
        return identity
    _, house = await services.house.current()
    return replace(identity, team=team_of(house, identity.person))


async def need_lead_of_call(call: str, asker: Identity, services: Services) -> None:
    """Raises Problem: 403 when somebody of another team speaks in it."""
    if asker.team is not None:
        _, _, board = await services.board.snapshot()
        made: Any = board.get(f"outbound/{call}")
        entry: Any = made or board.get(f"call/{call}") or {}
        if made or entry.get("state") in SPEAKING:
            asker.need_team(entry.get("agent", ""))
