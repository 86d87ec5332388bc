"""Alarms of rules: raised, acknowledged, over. What a rule measures is monitor.readings' business.

One that is noticed twice is one alarm; one that has passed and comes again is a new one.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import AlarmChanged
from core.inputs import AcknowledgeAlarm, AlarmNoticed, AlarmPassed
from core.states import AlarmState
from queueing import lifecycles
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AlarmRecord

MOST = 500
"""Open at once. More are not kept: whoever has 500 alarms needs no 501st."""


def noticed(floor: Floor, draft: Draft, fact: AlarmNoticed) -> None:
    """Raise it, unless it stands already."""
    alarms, key = floor.state.alarms, _key(fact.rule, fact.subject)
    if key in alarms or len(alarms) >= MOST:
        return
    state = lifecycles.advance(lifecycles.ALARM, AlarmState.CLEARED, "noticed")
    alarms[key] = AlarmRecord(fact.rule, fact.subject, fact.severity, fact.value, fact.text, state)
    _tell(draft, alarms[key], "")


def passed(floor: Floor, draft: Draft, fact: AlarmPassed) -> None:
    """It is over, whether anybody has acknowledged it or not."""
    if alarm := floor.state.alarms.pop(_key(fact.rule, fact.subject), None):
        alarm.state = lifecycles.advance(lifecycles.ALARM, alarm.state, "passed")
        _tell(draft, alarm, alarm.by)


def acknowledge(floor: Floor, draft: Draft, request: AcknowledgeAlarm, by: str) -> None:
    """Somebody looks after it. Raises Refused."""
    alarm = floor.state.alarms.get(_key(request.rule, request.subject))
    if alarm is None:
        raise Refused(f"There is no alarm {request.rule} of {request.subject} now.")
    if alarm.state is AlarmState.ACKNOWLEDGED:
        raise Refused(f"{alarm.by} has acknowledged it already.")
    alarm.state = lifecycles.advance(lifecycles.ALARM, alarm.state, "acknowledged")
    alarm.by = by
    _tell(draft, alarm, by)


def _key(rule: str, subject: str) -> str:
    return f"{rule}/{subject}"


def _tell(draft: Draft, alarm: AlarmRecord, by: str) -> None:
    told = AlarmChanged(alarm.rule, alarm.subject, alarm.state, alarm.severity, alarm.value, alarm.text, by)
    draft.tell(told)
