"""/webhooks: how the receivers of letters do, what waits for them or was set aside, and a test of each."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from api.access import Asker, Ports, needs
from api.audited import PERSONAL
from api.once import once
from api.problems import Problem, documented
from api.rights import Right
from api.router import Router
from api.routes.agents import NAME
from api.services import Services
from core.desk import Webhook
from store.outbox import Counts, Queued

MOST = 200
HookName = Annotated[str, Path(pattern=NAME, examples=["crm"])]
LETTER = r"^[A-Za-z0-9._-]{1,120}$"
LetterName = Annotated[str, Path(pattern=LETTER, examples=["4711.3.case.opened.crm"])]


class Hook(BaseModel):
    """A receiver, and how it does; times are seconds since 1970."""

    id: str = Field(examples=["crm"])
    url: str = Field(examples=["https://crm.example.com/thirdring"])
    kinds: list[str] = Field(examples=[["call", "case"]])
    enabled: bool
    waiting: int = Field(examples=[0], description="letters not delivered yet")
    dead: int = Field(examples=[0], description="set aside; send them again with …/again")
    oldest_utc_s: float | None = Field(examples=[None], description="of those that wait")
    failures: int = Field(examples=[0], description="in a row")
    why: str = Field(examples=[""], description="of the last failure")
    last_sent_utc_s: float | None = Field(examples=[1795000500.0], description="since the program was started")


class LetterShown(BaseModel):
    letter: str = Field(examples=["4711.3.case.opened.crm"], description="its id, which never changes")
    type: str = Field(examples=["case.opened"])
    about: str = Field(examples=["case/26000017"])
    body: str = Field(
        examples=['{"id":"4711.3.case.opened.crm"}'], description="what is sent; empty without the right see_numbers"
    )
    created_utc_s: float = Field(examples=[1795000500.0])
    tries: int = Field(examples=[3])
    next_utc_s: float = Field(examples=[1795000508.0])
    why: str = Field(examples=["crm.example.com: ConnectError"])
    done_utc_s: float | None = Field(examples=[None])


class LetterPage(BaseModel):
    """Oldest first; give `next_after` as `after` for the next page, null on the last."""

    letters: list[LetterShown]
    next_after: str | None = Field(examples=["4711.3.case.opened.crm"])


class Tried(BaseModel):
    """`problem` says why it was not taken, "" when it was."""

    problem: str = Field(examples=[""])


def routes() -> Router:
    router = once(tags=["webhooks"], dependencies=[needs(Right.EDIT_HOUSE)])
    router.add_api_route(
        "/webhooks", hooks, response_model=list[Hook], responses=documented(503), summary="All receivers"
    )
    router.add_api_route(
        "/webhooks/{hook}/letters",
        listed,
        openapi_extra=PERSONAL,
        response_model=LetterPage,
        responses=documented(404, 422, 503),
        summary="Letters that wait, were set aside, or were delivered in the last week",
    )
    router.add_api_route(
        "/webhooks/{hook}/letters/{letter}/again",
        again,
        methods=["POST"],
        status_code=204,
        responses=documented(404, 422, 503),
        summary="Send a letter again that was set aside or delivered",
    )
    router.add_api_route(
        "/webhooks/{hook}/test",
        test,
        methods=["POST"],
        response_model=Tried,
        responses=documented(404, 422, 503),
        summary="Send a test now, and say what came of it",
    )
    return router


async def hooks(services: Ports) -> list[Hook]:
    _, house = await services.house.current()
    counts = await services.webhooks.outbox.counts()
    return [_shown(hook, counts.get(hook.id, Counts()), services) for hook in house.desk.webhooks]


def _shown(hook: Webhook, counts: Counts, services: Services) -> Hook:
    seen = services.webhooks.receiver(hook.id)
    return Hook(
        id=hook.id,
        url=hook.url,
        kinds=list(hook.kinds),
        enabled=hook.enabled,
        waiting=counts.waiting,
        dead=counts.dead,
        oldest_utc_s=counts.oldest_utc_s,
        failures=seen.failures,
        why=seen.why,
        last_sent_utc_s=seen.last_sent_utc_s,
    )


async def listed(
    hook: HookName,
    asker: Asker,
    services: Ports,
    state: Annotated[Literal["waiting", "dead", "sent"], Query()] = "waiting",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    after: Annotated[str, Query(pattern=f"{LETTER}|^$", description="`next_after` of the page before")] = "",
) -> LetterPage:
    await _hook(hook, services)
    rows = await services.webhooks.outbox.page(hook, state, after=after, limit=limit)
    last = rows[-1].letter if len(rows) == limit else None
    whole = asker.may(Right.SEE_NUMBERS)
    return LetterPage(letters=[_letter(row, whole=whole) for row in rows], next_after=last)


def _letter(row: Queued, *, whole: bool) -> LetterShown:
    """What is sent names callers."""
    fields = {name: getattr(row, name) for name in LetterShown.model_fields}
    return LetterShown(**fields | ({} if whole else {"body": ""}))


async def again(hook: HookName, letter: LetterName, services: Ports) -> None:
    await _hook(hook, services)
    if not await services.webhooks.outbox.again(hook, letter, services.now().timestamp()):
        raise Problem(404, "there is no such letter, or it waits already")


async def test(hook: HookName, services: Ports) -> Tried:
    return Tried(problem=await services.webhooks.test(await _hook(hook, services)))


async def _hook(name: str, services: Services) -> Webhook:
    _, house = await services.house.current()
    found = next((hook for hook in house.desk.webhooks if hook.id == name), None)
    if found is None:
        raise Problem(404, f"there is no webhook {name}")
    return found
