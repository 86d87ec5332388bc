"""The house, the PBX, requests of people, the governor's measures, and alarms."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import AgentId, NodeId, QueueId, RequestId, SeatId, TrunkId
from core.states import AlarmState


@frozen
class TrunkChanged:
    """A carrier's qualify says so."""

    trunk: TrunkId
    reachable: bool


@frozen
class PbxChanged:
    """`up` is False while the engine cannot see the PBX."""

    node: NodeId
    up: bool


@frozen
class HouseApplied:
    """The house's seats, agents and queues, by name: what the live picture has to show."""

    version: int
    lines: int
    queues: tuple[QueueId, ...]
    seats: tuple[SeatId, ...]
    agents: tuple[tuple[AgentId, str], ...]


@frozen
class DrainBegan:
    """The house takes no more calls, and stops when those it has are over or `within_s` have passed; or a new limit."""

    by: str
    within_s: float


@frozen
class DrainEnded:
    """It takes calls again, by somebody's word or because it has been started anew."""

    by: str


@frozen
class HouseDrained:
    """Nothing is left, or the limit has come: the house stops now. `left` are the calls that end with it."""

    left: int


@frozen
class RequestGranted:
    """`result` is the id of what was made, if anything was."""

    request: RequestId
    result: str = ""


@frozen
class RequestRefused:
    request: RequestId
    reason: str


@frozen
class GovernorStepped:
    """The governor of a queue went from step `was` to `step` of the ladder; rates are None when not judged."""

    queue: QueueId
    was: int
    step: int
    measure: str
    why: str
    connection_rate: float | None
    service_level: float | None
    forecast: float | None


@frozen
class OffersChanged:
    """What a queue offers every waiting caller, by its governor (queueing.offers)."""

    queue: QueueId
    callbacks: bool
    messages: bool
    why: str


@frozen
class AlarmChanged:
    """An alarm of a rule was raised, acknowledged `by` somebody, or is over. `text` names no caller."""

    rule: str
    subject: str
    state: AlarmState
    severity: str
    value: float
    text: str
    by: str


@frozen
class Alarmed:
    """Something a person must know. `text` names no caller; pages make sentences, in any language, of `values`."""

    name: str
    text: str
    values: tuple[tuple[str, str], ...] = ()
