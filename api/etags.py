"""Two people may be editing: a change names the version it was made from (RFC 9110, If-Match).

Whoever sends none is told to (428); whoever changes what somebody else has changed meanwhile is told what (412).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import Header

from api.problems import FieldProblem, Problem

ETAG = re.compile(r'(?:W/)?"([\w.-]{1,36})"', re.ASCII)
NUMBER = re.compile(r"[0-9]{1,18}")
MOMENT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
IfMatch = Annotated[
    str | None, Header(max_length=40, examples=['"7"'], description="The ETag this change was made from")
]


def etag(version: int | float | str) -> str:
    return f'"{version}"'


def seen(if_match: str | None, form: re.Pattern[str]) -> str:
    """The version that the change was made from. Raises Problem."""
    if if_match is None:
        raise Problem(428, "send If-Match with the ETag of the version you changed")
    tag = ETAG.fullmatch(if_match.strip())
    if tag is None or not form.fullmatch(tag[1]):
        raise Problem(422, 'If-Match must be an ETag of what you change, such as "7"')
    return tag[1]


def expected(if_match: str | None) -> int:
    """Of what counts its versions. Raises Problem."""
    return int(seen(if_match, NUMBER))


def moment(if_match: str | None) -> float:
    """Of what is known by its last change: seconds since 1970. Raises Problem."""
    return float(seen(if_match, MOMENT))


def moved_on(detail: str, changes: Iterable[tuple[str, str]]) -> Problem:
    """Somebody was faster: 412, with the fields that have changed and what they are now."""
    return Problem(412, detail, errors=[FieldProblem(field=field, problem=now) for field, now in changes])
