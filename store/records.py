"""What the store tells about calls and people: one frozen class a projection, fields named as its columns.

Times are seconds since 1970 in UTC (`…_utc_s`); None means not yet, "" not known.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, one record. It is final when `ended_utc_s` is set.

    `offered_utc_s` is when it first asked for an agent, `answered_utc_s` when an agent first answered;
    `queue`, `agent` and `seat` are the last ones; `waited_s` is the wait in all queues until then, ringing
    included; `talk_s` is the sum of its talks; `how` is that of core.events.CallEnded; `outcome` is what became of its
    request for an agent, which is counted once: answered, abandoned, callback, message, flowed_out, lost, or "" (none,
    or open).

    A call that we made has no hotline: `caller` is whom we called, `waited_s` counts from the agent's ring to the
    answer, `tries` counts trunks, and `how` is a core.states.OutboundOutcome.
    """

    call: str
    hotline: str
    trunk: str
    caller: str
    language: str
    queue: str
    entered_utc_s: float
    offered_utc_s: float | None
    answered_utc_s: float | None
    ended_utc_s: float | None
    waited_s: float
    talk_s: float
    tries: int
    how: str
    agent: str
    seat: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """One wait in a queue, ring, talk, hold or consult of a call.

    `outcome` is the wait's (store.waits), the ring's (core.states.RingOutcome), who ended the talk
    (core.events.TalkEnded), "resumed" or who ended the talk with the hold, or how the consult ended
    (core.events.ConsultEnded). A talk's `lasted_s` is without its holds; that of a consult is the time of speaking.

    `lasted_s` of a ring counts from the first 180 Ringing, 0 if there was none.
    """

    segment: str
    call: str
    kind: str
    queue: str
    seat: str
    agent: str
    began_utc_s: float
    ended_utc_s: float | None
    lasted_s: float
    outcome: str


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """One alarm of a rule, from when it was raised until it was over; `value` is that of the moment it was raised."""

    alarm: str
    rule: str
    subject: str
    severity: str
    value: float
    text: str
    raised_utc_s: float
    acknowledged_utc_s: float | None
    acknowledged_by: str
    cleared_utc_s: float | None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something to do for a caller, at `number`; its words are those of core.events.WorkOpened and WorkClosed.

    `state` is open, claimed or closed; `note` is the last one written.
    """

    item: str
    kind: str
    call: str
    number: str
    queue: str
    hotline: str
    language: str
    about: str
    file: str
    lasted_s: float
    mark: int
    busy: bool
    opened_utc_s: float
    due_utc_s: float
    state: str
    owner: str
    overdue: bool
    note: str
    closed_utc_s: float | None
    closed_by: str
    how: str


@dataclass(frozen=True, slots=True)
class ListeningRecord:
    """Who heard which call, from where; `why` is that of core.events.ListeningEnded.

    `seat` is that of the phone, "" in a browser; `modes` the core.states.ListenModes, in the order of their first use.
    """

    listening: str
    call: str
    by: str
    address: str
    seat: str
    modes: str
    began_utc_s: float
    ended_utc_s: float | None
    why: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case of our own; its words are those of core.events.CaseOpened. `note` is the last one written."""

    case: str
    kind: str
    text: str
    caller: str
    call: str
    state: str
    owner: str
    note: str
    overdue: bool
    opened_utc_s: float
    opened_by: str
    due_utc_s: float
    changed_utc_s: float
    closed_utc_s: float | None


@dataclass(frozen=True, slots=True)
class CaseMoment:
    """Something that happened to a case: `what` is opened, taken, noted, overdue, or the state that it came to."""

    moment: str
    case: str
    at_utc_s: float
    what: str
    by: str
    owner: str
    note: str


@dataclass(frozen=True, slots=True)
class CallNote:
    """What an agent wrote about a call; `note` names both."""

    note: str
    call: str
    agent: str
    text: str
    code: str
    tags: tuple[str, ...]
    at_utc_s: float


@dataclass(frozen=True, slots=True)
class Break:
    """Time away from calls within a session: the break's reason, or "away" when the engine set it."""

    reason: str
    began_utc_s: float
    ended_utc_s: float | None


@dataclass(frozen=True, slots=True)
class AgentSession:
    """From sign-in to sign-out, with the breaks between. The sums come from the boot-time clock."""

    session: str
    agent: str
    seat: str
    began_utc_s: float
    ended_utc_s: float | None
    signed_in_s: float
    break_s: float
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True)
class SeatSession:
    """Who sat at a seat, from when to when."""

    session: str
    seat: str
    agent: str
    began_utc_s: float
    ended_utc_s: float | None
