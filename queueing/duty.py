"""How many agents on duty may serve a need: counted by profile, so that asking does not grow with the seats."""

from __future__ import annotations

from core.ids import AgentId
from queueing.line import Need

Profile = frozenset[Need]


class Duty:
    """Agents who are signed in and want calls, whatever they do at the moment."""

    def __init__(self) -> None:
        self._profiles: dict[AgentId, Profile] = {}
        self._counts: dict[Profile, int] = {}
        self._shares: dict[tuple[Need, Need], float] = {}
        """As long as nobody comes or goes."""

    def set(self, agent: AgentId, profile: Profile | None) -> None:
        """None: not on duty any more. Twice is once."""
        before = self._profiles.get(agent)
        if before is profile:
            return
        self._shares.clear()
        if before is not None:
            self._counts[before] -= 1
            del self._profiles[agent]
        if profile is not None:
            self._counts[profile] = self._counts.get(profile, 0) + 1
            self._profiles[agent] = profile

    def agents(self, need: Need) -> int:
        """How many may serve this need."""
        return sum(count for profile, count in self._counts.items() if need in profile)

    def share(self, other: Need, need: Need) -> float:
        """Of those who may serve `other`, the share that may serve `need` too."""
        found = self._shares.get((other, need))
        if found is None:
            found = self._shares[other, need] = self._share(other, need)
        return found

    def _share(self, other: Need, need: Need) -> float:
        if other == need:
            return 1.0
        all_of_them = self.agents(other)
        both = sum(count for profile, count in self._counts.items() if need in profile and other in profile)
        return both / all_of_them if all_of_them else 0.0
