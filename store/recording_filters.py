"""Which recordings a search shows: of those calls, and with what the recordings themselves are like."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from core.ledger import CALLER, VoiceState
from store.call_search import EVERY_CALL, CallSearch
from store.call_search import conditions as conditions_of_calls
from store.models import call_notes, calls, cases, outcomes, recording_holds, recordings
from store.recording_notes import noted, tagged


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """What a search asks for; None and "" ask nothing. Lengths and shares in seconds, times since 1970 in UTC.

    `calls` names agent, queue and hotline of the recording itself; if it looks within calls (`CallSearch.looks_within`,
    a trunk, a node), it is the recordings of the calls that it finds.
    """

    calls: CallSearch = EVERY_CALL
    since_utc_s: float | None = None
    until_utc_s: float | None = None
    caller: str = ""
    """The number's last digits, or all of it."""
    call: str = ""
    state: str = ""
    mark: int | None = None
    least_s: float | None = None
    most_s: float | None = None
    talk_over_s: float | None = None
    silence_s: float | None = None
    held_s: float | None = None
    on_hold: bool = False
    """Only those under a legal hold."""
    tag: str = ""
    text: str = ""
    """Stands in a note about the recording, or one that an agent wrote about its call."""
    case: str = ""
    agents: Collection[str] | None = None
    """Of these alone; None: everybody's."""


def conditions(wanted: RecordingFilter) -> list[Any]:
    row = recordings.c
    equal = {row.call: wanted.call, row.agent: wanted.calls.agent}
    of_found_calls = wanted.calls.looks_within or wanted.calls.trunk or wanted.calls.node
    equal |= {} if of_found_calls else {row.queue: wanted.calls.queue, row.hotline: wanted.calls.hotline}
    found: list[Any] = [row.kind != CALLER, *(column == value for column, value in equal.items() if value)]
    for column, least in (
        (row.expected_utc_s, wanted.since_utc_s), (row.lasted_s, wanted.least_s), (row.held_s, wanted.held_s),
        (row.talk_over_s, wanted.talk_over_s), (row.silence_s, wanted.silence_s),
    ):  # fmt: skip
        found += [column >= least] if least is not None else []
    found += [row.expected_utc_s < wanted.until_utc_s] if wanted.until_utc_s is not None else []
    found += [row.lasted_s <= wanted.most_s] if wanted.most_s is not None else []
    found.append(row.state == wanted.state if wanted.state else row.state != VoiceState.WITHDRAWN)
    if wanted.caller:
        found.append(or_(calls.c.caller == wanted.caller, calls.c.caller.endswith(wanted.caller, autoescape=True)))
    if of_found_calls:
        found.append(row.call.in_(select(calls.c.call).where(*conditions_of_calls(wanted.calls))))
    found += [tagged(wanted.tag)] if wanted.tag else []
    found += [or_(noted(wanted.text), _noted_of_call(wanted.text))] if wanted.text else []
    found += [_of_case(wanted.case)] if wanted.case else []
    found += [row.agent.in_(wanted.agents)] if wanted.agents is not None else []
    if wanted.on_hold:
        found.append(recording_holds.c.recording.is_not(None))
    if wanted.mark is not None:
        said = outcomes.c.body.contains(f'"mark":{wanted.mark}', autoescape=True)
        marked = select(outcomes.c.call).where(outcomes.c.tag == "SurveyMarked", said)
        found.append(row.call.in_(marked))
    return found


def _noted_of_call(text: str) -> ColumnElement[bool]:
    found = func.lower(call_notes.c.text).contains(text.lower(), autoescape=True)
    return recordings.c.call.in_(select(call_notes.c.call).where(found))


def _of_case(name: str) -> ColumnElement[bool]:
    """The call in which it was opened, and the same caller's while it is open."""
    case = cases.c
    until = or_(case.closed_utc_s.is_(None), calls.c.entered_utc_s <= case.closed_utc_s)
    meanwhile = and_(
        case.caller != "", calls.c.caller == case.caller, calls.c.entered_utc_s >= case.opened_utc_s, until
    )
    found = select(case.case).where(case.case == name, or_(recordings.c.call == case.call, meanwhile))
    return found.correlate(recordings, calls).exists()
