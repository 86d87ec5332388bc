"""/audit: who did what, and who looked at personal data; newest first. `api.audited` says what is in it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field

from api.access import Ports, needs
from api.problems import documented
from api.rights import Right
from api.router import Router
from store.audit import AuditRow

MOST = 200
CURSOR = r"^[0-9]{1,12}(\.[0-9]{1,12})?~[0-9a-f]{24}$"
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


class Difference(BaseModel):
    """One field that is different now. Secrets are said to differ, no more; long values are cut."""

    field: str = Field(examples=["role"])
    before: Any = Field(examples=["agent"])
    after: Any = Field(examples=["leader"])


class DeedShown(BaseModel):
    """One row. `what` is a route, or what was done with a recording; `status` 0 was noted before it happened."""

    id: str = Field(examples=["5f0c1b2a3d4e5f60718293a4"])
    at_utc_s: float = Field(examples=[1795000500.0])
    by: str = Field(examples=["admin"])
    address: str = Field(examples=["192.0.2.7"])
    what: str = Field(examples=["PATCH /users/{user}"])
    about: str = Field(examples=["agent-07"])
    detail: str = Field(examples=['{"role": "leader"}'], description="what was asked, without secrets")
    differences: list[Difference]
    status: int = Field(examples=[200])


class AuditPage(BaseModel):
    """Rows, and what to give as `before` for the next page; null on the last."""

    rows: list[DeedShown]
    next_before: str | None = Field(examples=["1795000500.0~5f0c1b2a3d4e5f60718293a4"])


def routes() -> Router:
    router = Router(tags=["audit"], dependencies=[needs(Right.KEEP_RECORDINGS)])
    router.add_api_route(
        "/audit", audit, response_model=AuditPage, responses=documented(422), summary="Who did what, newest first"
    )
    return router


async def audit(
    services: Ports,
    by: Word = "",
    about: Word = "",
    what: Word = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> AuditPage:
    at, _, id = (before or "").partition("~")
    place = (float(at), id) if before else None
    rows = await services.audit.page(by=by, about=about, what=what, before=place, limit=limit)
    last = rows[-1] if len(rows) == limit else None
    return AuditPage(rows=[_shown(row) for row in rows], next_before=f"{last.at_utc_s!r}~{last.id}" if last else None)


def _shown(row: AuditRow) -> DeedShown:
    found = json.loads(row.difference) if row.difference else []
    return DeedShown(
        id=row.id, at_utc_s=row.at_utc_s, by=row.by, address=row.address, what=row.what, about=row.about,
        detail=row.detail, differences=[Difference(**each) for each in found], status=row.status,
    )  # fmt: skip
