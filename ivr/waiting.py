"""What a waiting caller is told, as prompts: the place, the wait that was promised, what a key brings. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from core.commands import CALLBACK_KEY, MESSAGE_KEY, TellWait
from ivr.say import said

MINUTE_S = 60.0
NEXT, LATER, SOON = "you-are-next", "longer-than-said", "as-soon-as-possible"
OFFERS = {CALLBACK_KEY: "offer-callback", MESSAGE_KEY: "offer-message"}
PROMPTS = (NEXT, LATER, SOON, *OFFERS.values())


def words(told: TellWait) -> tuple[str, ...]:
    """The prompts, in order. Where nothing is promised, that somebody comes as soon as possible."""
    return (*_place(told), *_wait(told), *(OFFERS[key] for key in told.keys if key in OFFERS))


def _place(told: TellWait) -> Iterator[str]:
    if told.ahead == 0:
        yield NEXT
    elif told.ahead is not None:
        yield from said("ahead", str(told.ahead), told.language)


def _wait(told: TellWait) -> Iterator[str]:
    if told.overdue:
        yield LATER
    elif told.high_s > 0:
        yield from said("wait", f"{told.low_s / MINUTE_S:.0f}-{told.high_s / MINUTE_S:.0f}", told.language)
    else:
        yield SOON
