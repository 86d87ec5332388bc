"""What people and programs may do. A route names the right it needs; the table says which role has it."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """One thing that somebody may do. Their names are the scopes of API tokens."""

    SEE_FLOOR = "see_floor"  # the live board, agents, seats, roster, the house; callers' numbers masked
    SEE_WALL = "see_wall"  # what stands on the wallboard: queues and counts, nobody's name or number
    SEE_OWN_CALLS = "see_own_calls"  # past calls that oneself has answered
    SEE_CALLS = "see_calls"  # all past calls and their stories
    SEE_NUMBERS = "see_numbers"  # callers' numbers whole, in what an agent needs to serve them
    SERVE = "serve"  # sign in, take a break, hold, transfer: for oneself
    LEAD = "lead"  # the same for others, and against the rules; move calls, close queues
    LISTEN = "listen"  # hear a talk that is going on
    WHISPER = "whisper"  # and be heard by the agent alone
    BARGE_IN = "barge_in"  # and be heard by both
    TAKE_OVER = "take_over"  # have the caller instead of the agent
    EDIT_HOUSE = "edit_house"
    HEAR_RECORDINGS = "hear_recordings"  # find, play and export them
    KEEP_RECORDINGS = "keep_recordings"  # legal holds, erasing, the audit of who heard what
    MANAGE_PEOPLE = "manage_people"  # logins, roles, API tokens; the deployment's settings


class Role(StrEnum):
    """What a person is."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    LEADER = "leader"
    AGENT = "agent"
    OPERATIONS = "operations"  # reads figures
    INTEGRATION = "integration"  # a program; its token says what it may do


_EVERYTHING = frozenset(Right)
_LEADING = frozenset(
    {
        Right.SEE_FLOOR,
        Right.SEE_WALL,
        Right.SEE_CALLS,
        Right.SEE_OWN_CALLS,
        Right.SEE_NUMBERS,
        Right.SERVE,
        Right.LEAD,
        Right.HEAR_RECORDINGS,
        Right.TAKE_OVER,
    }
)

_HEARING = frozenset({Right.LISTEN, Right.WHISPER})

GRANTED: dict[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: _EVERYTHING,
    Role.SUPERVISOR: _LEADING | {Right.EDIT_HOUSE, Right.KEEP_RECORDINGS} | _HEARING | {Right.BARGE_IN},
    Role.LEADER: _LEADING | _HEARING,
    Role.AGENT: frozenset({Right.SEE_FLOOR, Right.SEE_WALL, Right.SEE_OWN_CALLS, Right.SEE_NUMBERS, Right.SERVE}),
    Role.OPERATIONS: frozenset({Right.SEE_FLOOR, Right.SEE_WALL, Right.SEE_CALLS, Right.SEE_OWN_CALLS}),
    Role.INTEGRATION: _EVERYTHING - {Right.MANAGE_PEOPLE},
}
"""An integration's own login opens nothing: only its tokens do, each with its scope."""

DISPLAY = frozenset({Right.SEE_WALL})
"""What the token of a screen may do, and nothing else: only such a token may lie in a browser."""

EVERYTHING = "all"
"""The scope of a token that may do whatever its user may."""


def scope_of(rights: frozenset[Right]) -> str:
    """What is stored with a token: the rights' names with spaces between (RFC 6749, section 3.3)."""
    return " ".join(sorted(rights))


def rights_of(scope: str) -> frozenset[Right]:
    """The rights a stored scope names; words of another version give nothing."""
    return _EVERYTHING if scope == EVERYTHING else frozenset(set(Right) & set(scope.split()))
