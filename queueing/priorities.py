"""A caller's priority: the highest of what the hotline and the menu choice, the VIP list and the language give.

The VIP list names numbers, or beginnings of numbers; the longest one that fits counts. A withheld number is nobody's.
"""

from __future__ import annotations

from core.house import House
from core.numbers import PREFIX, Plan, listed

HIGHEST = 9


class Priorities:
    """The house's rules, read once, so that a call costs a few lookups however long the list is."""

    def __init__(self, house: House | None) -> None:
        self._languages = {str(name): step for name, step in house.language_priority.items()} if house else {}
        self._vips: dict[str, int] = {}
        for vip in house.vips if house else ():
            self._vips[listed(vip.number, house.number_plan if house else Plan())] = vip.priority
        beginnings = (len(listed_as) - len(PREFIX) for listed_as in self._vips if listed_as.endswith(PREFIX))
        self._lengths = sorted(set(beginnings), reverse=True)
        """Of the beginnings in the list, the longest first."""

    def of(self, given: int, caller: str, language: str) -> int:
        """0 to 9. `given` is that of hotline and menu; `caller` is in the inside form, "" when withheld."""
        highest = max(given, self._languages.get(language, 0), self._of_number(caller))
        return max(0, min(HIGHEST, highest))

    def _of_number(self, caller: str) -> int:
        if not caller or not self._vips:
            return 0
        if (whole := self._vips.get(caller)) is not None:
            return whole
        beginnings = (f"{caller[:length]}{PREFIX}" for length in self._lengths if length <= len(caller))
        return next((self._vips[beginning] for beginning in beginnings if beginning in self._vips), 0)
