"""Two people may be editing: a change names the version it was made from (RFC 9110, If-Match)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

from api.problems import Problem

ETAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')
IfMatch = Annotated[
    str | None, Header(max_length=40, examples=['"7"'], description="The ETag this change was made from")
]


def etag(version: int) -> str:
    return f'"{version}"'


def expected(if_match: str | None) -> int:
    """The version that the change was made from. Raises Problem."""
    if if_match is None:
        raise Problem(428, "send If-Match with the ETag of the version you changed")
    tag = ETAG.fullmatch(if_match.strip())
    if tag is None:
        raise Problem(422, 'If-Match must be an ETag of what you change, such as "7"')
    return int(tag[1])
