"""`./thirdring doctor`: everything a support person would ask for, each with its remedy.

A check is one small function: settings in, a Finding out. What it judges by is pure and apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.doctor import files, machine, ports, running, stores
from app.doctor.finding import Check, Finding, Level, fail
from app.settings import Settings
from core.errors import ThirdringError

__all__ = ["CHECKS", "Finding", "Level", "examine"]

CHECKS: Mapping[str, Check] = {
    "python": machine.python,
    "packages": machine.packages,
    "environment": machine.variables,
    "disk": machine.disk,
    "limits": machine.limits,
    "clock": machine.clock,
    "time zones": machine.time_zones,
    "ports": ports.ports,
    "secrets": files.secrets,
    "pbx": files.pbx,
    "sounds": files.sounds,
    "database": stores.database,
    "redis": stores.redis,
    "spool": files.spool,
    "engine": running.engine,
    "seats": running.seats,
    "trunks": running.trunks,
}


def examine(settings: Settings, checks: Mapping[str, Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Each check's name and finding, as they come; one that cannot look is a finding, too."""
    for name, check in checks.items():
        try:
            yield name, check(settings)
        except (OSError, ThirdringError) as error:
            yield name, fail(f"could not look: {error}", "run it as the instance's owner, or as root")
