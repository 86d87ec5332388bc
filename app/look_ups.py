"""Flows ask other systems: one POST of a JSON object, answered by one within the look-up's time limit.

    {"case": "20260001", "caller": "13800138000"}  ->  {"answer": "ready", "values": {"price": "120.00"}}

Whatever goes wrong is no answer, and the flow goes on with its `otherwise`. Neither the values that are
sent nor the answer are logged: they may be secrets.
"""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.outside import Network, NotSent, post_outside
from core.house import House, LookUp

log = logging.getLogger(__name__)

LONGEST_VALUE = 64
_BREAKS = str.maketrans("\t\r\n", "   ")
NO_ANSWER: tuple[str, Mapping[str, str]] = "", {}


class HttpLookUps:
    """ivr.runner.LookUps over HTTP. `secrets` is the directory of the tokens, `networks` are ours that may be asked."""

    def __init__(self, house: House, secrets: Path, networks: Sequence[Network]) -> None:
        self._look_ups = {each.id: each for each in house.look_ups}
        self._secrets, self._networks = secrets, networks

    async def __call__(
        self, name: str, values: Mapping[str, str], wanted: tuple[str, ...]
    ) -> tuple[str, Mapping[str, str]]:
        look_up = self._look_ups.get(name)
        if look_up is None or not look_up.url:
            return NO_ANSWER
        try:
            async with asyncio.timeout(look_up.timeout_s):
                headers = {"Authorization": f"Bearer {token}"} if (token := await self._token(look_up)) else {}
                return read_answer(await post_outside(look_up.url, values, headers, self._networks), wanted)
        except (NotSent, OSError, TimeoutError, ValueError) as error:
            log.warning(
                "look-up %s gave no answer: %s", name, error if isinstance(error, NotSent) else type(error).__name__
            )
            return NO_ANSWER

    async def _token(self, look_up: LookUp) -> str:
        if not look_up.secret_file:
            return ""
        text = await asyncio.to_thread((self._secrets / look_up.secret_file).read_text, encoding="utf-8")
        return text.strip()


def read_answer(document: Any, wanted: tuple[str, ...]) -> tuple[str, Mapping[str, str]]:
    """The answer, and those of the wanted values that are short texts or numbers. Raises ValueError on other shapes.

    A text with what no journal writes (half a UTF-16 character), or with control characters, is no value; several lines
    are one.
    """
    answer = document.get("answer") if isinstance(document, dict) else None
    given = document.get("values", {}) if isinstance(document, dict) else None
    if not isinstance(answer, str) or not isinstance(given, dict):
        raise ValueError("not {answer, values}")
    values = {name: _one_line(given[name]) for name in wanted if isinstance(given.get(name), str | int | float)}
    return answer, {name: value for name, value in values.items() if len(value) <= LONGEST_VALUE and _is_text(value)}


def _one_line(value: str | int | float) -> str:
    return str(value).translate(_BREAKS).strip()


def _is_text(value: str) -> bool:
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value)
