"""How many calls back callers may ask for: so many a day to one number, and so many from one number to others.

Nobody is to be rung day and night because a stranger keeps leaving their number. A day is 24 hours from the first. What
people of the house promise is theirs to answer for, and not counted; nor is who asks again while a promise stands. A
caller who withholds the number is held to the bound of the number that they leave.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import Alarmed
from core.ids import CallId
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import Hour

DAY_S = 86_400.0


def check(floor: Floor, now_s: float, caller: str, number: str) -> None:
    """May this caller be promised a call to this number? Raises Refused."""
    most = _most(floor)
    if any(_counted(floor, now_s, name).count >= most for name in _names(caller, number)):
        raise Refused(f"{most} callbacks to that number, or from this one, were asked for within a day.")


def count(floor: Floor, draft: Draft, caller: str, number: str, call: CallId) -> None:
    """One more was promised; somebody is told of the last that is allowed."""
    most, full = _most(floor), False
    for name in _names(caller, number):
        before = _counted(floor, draft.now_s, name)
        floor.state.promised_a_day.keep(name, Hour(before.began_boot_s, before.count + 1))
        full = full or before.count + 1 == most
    if full:
        text = f"{most} callbacks to one number, or from one, were asked for within a day; further ones are refused."
        draft.tell(Alarmed("callbacks_bounded", text, (("count", str(most)), ("call", call))))


def _most(floor: Floor) -> int:
    return floor.state.house.callbacks.per_number_day if floor.state.house else 0


def _names(caller: str, number: str) -> tuple[str, ...]:
    return (f"to {number}",) if caller in ("", number) else (f"to {number}", f"from {caller}")


def _counted(floor: Floor, now_s: float, name: str) -> Hour:
    found = floor.state.promised_a_day.get(name)
    return found if found is not None and now_s - found.began_boot_s < DAY_S else Hour(now_s)
