"""Who is banned by what the PBX's security log says, and who cannot be."""

from __future__ import annotations

import pytest

from cti.pbx.strangers import MOST_WATCHED, Attempts, stranger
from tests.ban_filter import FORGED, addresses
from tests.unit.test_deploy import DIGEST, LOGGED, SOMEBODY, WHERE

GUESSED = DIGEST.format("0" * 32)


@pytest.mark.parametrize(
    ("event", "rest", "found"),
    [
        ("InvalidAccountID", WHERE, "203.0.113.7"),
        ("RequestBadFormat", WHERE + ',RequestType="x"', "203.0.113.7"),
        ("ChallengeResponseFailed", WHERE + GUESSED, "203.0.113.7"),
        ("ChallengeResponseFailed", WHERE + DIGEST.format(FORGED), ""),
        ("SuccessfulAuth", WHERE, ""),
        ("ChallengeSent", WHERE, ""),
        ("InvalidAccountID", WHERE.replace("203.0.113.7", "2001:DB8::1").replace("IPV4", "IPV6"), "2001:db8::1"),
        ("InvalidAccountID", WHERE.replace("203.0.113.7", "999.1.1.1"), ""),
    ],
)
def test_whom_a_line_names(event: str, rest: str, found: str) -> None:
    assert stranger(LOGGED.format(event) + SOMEBODY.format("x", "a1") + rest) == found


@pytest.mark.parametrize(("account", "session"), [(FORGED, "a1"), ("s1", FORGED)])
def test_words_in_a_name_ban_nobody_else_and_fail2ban_would_say_the_same(account: str, session: str) -> None:
    line = LOGGED.format("InvalidAccountID") + SOMEBODY.format(account, session) + WHERE
    assert [stranger(line)] == addresses(line) == ["203.0.113.7"]


def test_so_many_within_a_minute_are_too_many_and_are_counted_once() -> None:
    attempts = Attempts(3)
    assert [attempts.note("a", at) for at in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)] == [False, False, True, False, False, True]
    assert [attempts.note("slow", at) for at in (0.0, 40.0, 80.0, 120.0)] == [False] * 4
    assert not any(Attempts(0).note("a", 0.0) for _ in range(100))


def test_many_addresses_are_watched_in_bounded_memory() -> None:
    attempts = Attempts(2)
    for number in range(MOST_WATCHED + 5):
        assert not attempts.note(str(number), 0.0)
    assert not attempts.note("0", 1.0)  # forgotten
    assert attempts.note(str(MOST_WATCHED), 1.0)
