"""Who was signed in, and who sat where, as records folded from outcomes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.events import AgentChanged, Outcome
from core.states import AgentStatus
from store.records import AgentSession, Break, SeatSession

AgentSessions = dict[str, AgentSession]
SeatSessions = dict[str, SeatSession]
_AWAY_FROM_CALLS = (AgentStatus.ON_BREAK, AgentStatus.AWAY)


def agent_changed(sessions: AgentSessions, seats: SeatSessions, event: AgentChanged, outcome: Outcome) -> None:
    """Put into both what this change opens and closes; of what was before, the open ones are enough."""
    at, number = outcome.at_utc_s, f"{outcome.sequence}.{outcome.ordinal}"
    seat = "" if event.seat is None else event.seat
    signed_out = event.status is AgentStatus.SIGNED_OUT
    session = next(_open_ones(sessions, event.agent), None)
    if session is None and not signed_out:
        session = AgentSession(f"{event.agent}@{number}", event.agent, seat, at, None, 0.0, 0.0, ())
    if session is not None:
        sessions[session.session] = _session_after(session, event, seat, at)
    _sit(seats, event.agent, "" if signed_out else seat, number, at)


def _open_ones(sessions: AgentSessions, agent: str) -> Iterator[AgentSession]:
    return (row for row in sessions.values() if row.agent == agent and row.ended_utc_s is None)


def _session_after(row: AgentSession, event: AgentChanged, seat: str, at: float) -> AgentSession:
    was_away = event.was_status in _AWAY_FROM_CALLS
    signed_out = event.status is AgentStatus.SIGNED_OUT
    return replace(
        row,
        seat=seat or row.seat,
        signed_in_s=row.signed_in_s + (event.lasted_s if event.was_status is not AgentStatus.SIGNED_OUT else 0.0),
        break_s=row.break_s + (event.lasted_s if was_away else 0.0),
        breaks=_breaks_after(row.breaks, event, at),
        ended_utc_s=at if signed_out else None,
    )


def _breaks_after(breaks: tuple[Break, ...], event: AgentChanged, at: float) -> tuple[Break, ...]:
    if event.status is event.was_status:
        return breaks
    if breaks and breaks[-1].ended_utc_s is None:
        breaks = (*breaks[:-1], replace(breaks[-1], ended_utc_s=at))
    if event.status in _AWAY_FROM_CALLS:
        reason = event.reason if event.status is AgentStatus.ON_BREAK else event.status.value
        breaks = (*breaks, Break(reason, at, None))
    return breaks


def _sit(seats: SeatSessions, agent: str, seat: str, number: str, at: float) -> None:
    """`agent` now sits at `seat` ("": nowhere); whoever sat there, and wherever the agent sat, is over."""
    if any((row.seat, row.agent, row.ended_utc_s) == (seat, agent, None) for row in seats.values()):
        return
    for row in list(seats.values()):
        if row.ended_utc_s is None and (row.agent == agent or row.seat == seat):
            seats[row.session] = replace(row, ended_utc_s=at)
    if seat:
        session = SeatSession(f"{seat}@{number}", seat, agent, at, None)
        seats[session.session] = session
