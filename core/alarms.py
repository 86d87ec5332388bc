"""When people must be told, and who: rules of alarms, recipients, quiet hours. Parts of the house (core.house)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from core.parts import Name, Part, TimeOfDay
from core.staff import Place

Figure = Literal[
    "connection_rate", "service_level", "longest_wait_s", "waiting", "agents_missing", "roster_missing", "trunk_down",
    "pbx_down", "agent_stuck_s", "disk_free", "journal_lag_s", "journal_broken", "figures_broken", "blocked",
    "recording_coverage", "outbound_spend",
]  # fmt: skip
"""What a rule looks at; monitor.readings says how each is read and of what."""

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")


class AlarmRule(Part):
    """Raised when a figure was beyond its bound for `for_s`, over when it was back by `margin` for `clear_after_s`."""

    id: Name
    figure: Figure
    of: Name | Literal[""] = Field(default="", description="one queue, trunk, agent or node; empty: each of them")
    below: float | Literal["target"] | None = Field(
        default=None, description="raised below it; target: the queue's own target of that figure"
    )
    above: float | None = Field(default=None, description="raised above it; one of below and above is given")
    margin: float = Field(default=0.0, ge=0, le=1e6, description="how far inside the bound counts as over")
    for_s: float = Field(default=0.0, ge=0, le=86400, description="beyond the bound so long")
    clear_after_s: float = Field(default=0.0, ge=0, le=86400, description="inside bound and margin so long")
    severity: Severity = "warning"
    to: tuple[Name, ...] = Field(default=(), description="recipients; empty: all of them")
    enabled: bool = True

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.below is None) is (self.above is None):
            raise ValueError("give one of below and above")
        if self.below == "target" and self.figure not in ("connection_rate", "service_level"):
            raise ValueError(f"queues have no target of {self.figure}; give a number")
        return self


class Recipient(Part):
    """Where messages go. A robot's secret is a file in <home>/secrets, as is a webhook's bearer token."""

    id: Name
    kind: Literal["email", "webhook", "dingtalk", "wecom", "feishu"]
    address: str = Field(
        pattern=r"^(https?://[^\s@\\]{1,500}|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200})$",
        description="an e-mail address, or the robot's or webhook's URL",
    )
    secret_file: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._\-]{0,79})?$",
        description="dingtalk and feishu: the signing secret; webhook: a bearer token",
    )
    least: Severity = Field(default="warning", description="nothing below this severity")

    @model_validator(mode="after")
    def _address_fits(self) -> Self:
        if (self.kind == "email") is self.address.startswith(("http://", "https://")):
            raise ValueError("an e-mail recipient needs an e-mail address, every other one a URL")
        return self


class QuietHours(Part):
    """Business time in which only critical alarms are sent; the others are sent afterwards if they still stand."""

    start: TimeOfDay
    end: TimeOfDay


def _shipped() -> tuple[AlarmRule, ...]:
    return (
        AlarmRule(id="connection-rate", figure="connection_rate", below="target", margin=0.01, for_s=60,
                  clear_after_s=60),
        AlarmRule(id="service-level", figure="service_level", below="target", margin=0.02, for_s=300,
                  clear_after_s=300),
        AlarmRule(id="longest-wait", figure="longest_wait_s", above=120, margin=60),
        AlarmRule(id="floor-now", figure="agents_missing", above=0, for_s=60, severity="critical"),
        AlarmRule(id="floor-soon", figure="roster_missing", above=0),
        AlarmRule(id="trunk-down", figure="trunk_down", above=0, for_s=15, clear_after_s=15, severity="critical"),
        AlarmRule(id="pbx-down", figure="pbx_down", above=0, for_s=5, severity="critical"),
        AlarmRule(id="agent-stuck", figure="agent_stuck_s", above=900),
        AlarmRule(id="disk", figure="disk_free", below=0.05, margin=0.02, severity="critical"),
        AlarmRule(id="journal-behind", figure="journal_lag_s", above=60, margin=50),
        AlarmRule(id="journal-disk", figure="journal_broken", above=0, severity="critical"),
        AlarmRule(id="figures-broken", figure="figures_broken", above=0, severity="critical"),
        AlarmRule(id="outbound-spend", figure="outbound_spend", above=1000.0, severity="critical"),
        AlarmRule(id="recording-coverage", figure="recording_coverage", below=1.0, severity="critical"),
    )  # fmt: skip


class Alarms(Part):
    """What the house wants to be told."""

    rules: tuple[AlarmRule, ...] = Field(default_factory=_shipped, max_length=100)
    recipients: tuple[Recipient, ...] = Field(default=(), max_length=50)
    quiet: QuietHours | None = None


def alarm_problems(alarms: Alarms) -> Iterator[tuple[Place, str]]:
    """Ids that occur twice, and recipients that do not exist."""
    for part in ("rules", "recipients"):
        seen: set[str] = set()
        for position, item in enumerate(getattr(alarms, part)):
            if item.id in seen:
                yield ("alarms", part, position, "id"), f"{item.id!r} is already taken; each id must occur once"
            seen.add(item.id)
    known = {recipient.id for recipient in alarms.recipients}
    for position, rule in enumerate(alarms.rules):
        if unknown := [name for name in rule.to if name not in known]:
            yield ("alarms", "rules", position, "to"), f"unknown recipient {unknown[0]!r}"


HOUSE = "house"
"""The subject of an alarm that is of nothing smaller."""
