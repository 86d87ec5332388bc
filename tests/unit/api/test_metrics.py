"""/metrics: documented names, a dashboard that uses only them, nothing of a caller, and who may read it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import METRICS, exposition, samples
from api.rights import Role
from core.events import AlarmChanged, BlockedCounted, PbxChanged, RingEnded, StaffCounted, TrunkChanged
from core.states import AlarmState, RingOutcome
from tests.unit.doors import ORIGIN, Doors, client_of
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    APPLIED,
    CALL,
    ENTERED,
    NODE,
    NOON_UTC_S,
    OFFER,
    OFFERED,
    RANG,
    RESERVED,
    SALES,
    SEAT,
    TRUNK,
    board_after,
    signed_in,
)

DOCS = Path(__file__).parents[3] / "docs"
RAISED = AlarmChanged("trunk-down", TRUNK, AlarmState.RAISED, "critical", 1.0, "text", "")
PICKED_UP = RingEnded(CALL, OFFER, SEAT, AGENT, SALES, RingOutcome.ANSWERED, 7.0)
BUSY = board_after(
    (0, APPLIED), (0, signed_in()), (0, StaffCounted(1, 2, 3)), (0, TrunkChanged(TRUNK, True)), (0, RAISED),
    (0, BlockedCounted(NODE, TRUNK, 4)), (0, PbxChanged(NODE, True)), (1, ENTERED), (6, OFFERED), (6, RESERVED),
    (7, RANG), (14, PICKED_UP), (14, ANSWERED),
)  # fmt: skip


def read(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels in their order, read by Prometheus' own parser."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_board_is_told_in_prometheus_words() -> None:
    found = read(exposition(BUSY.snapshot(), NOON_UTC_S + 16).decode())
    assert found["thirdring_board_age_seconds",] == 2.0
    assert found["thirdring_queue_calls_total", "answered", SALES] == 1.0
    assert found["thirdring_queue_connection_rate", SALES] == 1.0
    assert found["thirdring_queue_service_level", SALES, "v3"] == 1.0
    assert found["thirdring_lines_in_use", TRUNK] == found["thirdring_trunk_up", TRUNK] == 1.0
    assert found["thirdring_calls_blocked_total", TRUNK] == 4.0
    assert found["thirdring_staff", "needed"] == 2.0
    assert found["thirdring_alarms", "trunk-down", "critical"] == 1.0
    assert found["process_resident_memory_bytes",] > 0


def test_every_metric_is_told_and_documented() -> None:
    told = {name for name, _, value in samples(BUSY.snapshot(), NOON_UTC_S) if value is not None}
    assert told == set(METRICS)
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(thirdring_\w+)`", page, re.MULTILINE)) == set(METRICS)


def test_the_dashboard_uses_metrics_and_labels_that_exist() -> None:
    dashboard = json.loads((DOCS / "grafana/thirdring.json").read_text(encoding="utf-8"))
    targets = [target for panel in dashboard["panels"] for target in panel["targets"]]
    used = {name for target in targets for name in re.findall(r"\bthirdring_\w+", target["expr"])}
    assert used == set(METRICS)
    for target in targets:
        labels = {label for name in re.findall(r"\bthirdring_\w+", target["expr"]) for label in METRICS[name][2]}
        assert set(re.findall(r"\{\{(\w+)\}\}|\{(\w+)=", target["legendFormat"] + target["expr"])) <= {
            pair for label in labels for pair in ((label, ""), ("", label))
        }
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_nothing_of_a_caller_is_in_it() -> None:
    text = exposition(BUSY.snapshot(), NOON_UTC_S).decode()
    assert "1234" not in text and CALL not in text
    allowed = {"trunk", "node", "queue", "hotline", "outcome", "variant", "state", "count", "rule", "severity"}
    assert {label for _, _, labels in METRICS.values() for label in labels} == allowed


def test_an_empty_board_can_be_told() -> None:
    assert ("thirdring_queue_waiting", SALES) not in read(exposition({}, NOON_UTC_S).decode())


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATIONS, 200), (Role.AGENT, 200), (None, 401)])
async def test_it_is_as_closed_as_the_floor(role: Role | None, status: int) -> None:
    doors, headers = Doors(), dict[str, str]()
    await doors.show(BUSY)
    if role is not None:
        await doors.add_person("me", role)
        headers["Authorization"] = f"Bearer {await doors.token_of('me')}"
    async with client_of(doors, admin=False, **headers) as client:
        answer = await client.get(f"{ORIGIN}/metrics")
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_a_token_without_the_right_is_refused() -> None:
    doors = Doors()
    await doors.add_person("crm", Role.INTEGRATION)
    token = await doors.people.add_token("narrow", "crm", "see_calls", doors.now(), timedelta(days=1))
    async with client_of(doors, admin=False, Authorization=f"Bearer {token}") as client:
        assert (await client.get(f"{ORIGIN}/metrics")).status_code == 403
