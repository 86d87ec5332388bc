"""The application: everything is built here from the services, nothing at import."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

from fastapi import Depends
from starlette.types import Scope

from api import problems
from api.access import needs, required
from api.audited import Audited
from api.document import Application
from api.rights import Right
from api.router import Router, add_routes
from api.routes import (
    agents,
    alarms,
    audit,
    bans,
    call_record,
    callbacks,
    calls,
    cases,
    coming_hours,
    customers,
    demo,
    desk_messages,
    drain,
    figure_calls,
    flow_trials,
    flows,
    health,
    house,
    listening,
    live,
    metrics,
    notes,
    pages,
    phones,
    pops,
    prompts,
    quality,
    queues,
    recording_notes,
    recordings,
    roster,
    seat_codes,
    seats,
    second_factors,
    sessions,
    settings,
    snippets,
    staffing,
    stats,
    supervision,
    tokens,
    trunks,
    twin,
    users,
    webhooks,
    work,
)
from api.services import ApiOptions, Services
from api.shell import Shell
from api.texts import without_nul

PREFIX = "/api/v1"


def create_app(services: Services) -> Application:
    """The ASGI application over these services. It starts no task and opens nothing by itself."""
    app = Application(
        title="Thirdring",
        summary="The live floor, agents, seats, the house and calls of a call centre.",
        version=_release(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.services = services
    add_routes(app.router, _open(), PREFIX, [Depends(without_nul)])
    add_routes(app.router, _guarded(), PREFIX, [Depends(required), Depends(without_nul)])
    add_routes(app.router, metrics.routes(), "", [Depends(required), needs(Right.SEE_FLOOR)])
    app.router.routes += [*live.websocket(PREFIX).routes, *listening.websocket(PREFIX).routes, *pages.open_pages()]
    problems.install(app)
    options = services.options
    limit = partial(_body_limit, options)
    app.add_middleware(Audited, prefix=PREFIX)
    app.add_middleware(Shell, limit_of=limit, https=options.https, phone_socket=options.phone_socket)
    return app


def _body_limit(options: ApiOptions, scope: Scope) -> int:
    """Sound is larger than anything else that is sent to us."""
    is_recording = prompts.RECORDING.fullmatch(scope["path"].removeprefix(PREFIX)) is not None
    return options.recording_limit_bytes if is_recording else options.body_limit_bytes


@dataclass(frozen=True, slots=True)
class _Undone:
    """Services of an application that answers nothing: its document needs none."""

    options: ApiOptions


def described() -> dict[str, Any]:
    """The API as OpenAPI 3.1, without an instance."""
    return create_app(cast(Services, _Undone(ApiOptions(frozenset())))).openapi()


def _open() -> Router:
    """The only routes without a session or token: signing in, whether the process lives, links that carry a right."""
    router = Router()
    for noun in (health, sessions, recordings, demo):
        add_routes(router, noun.open_routes())
    return router


def _guarded() -> Router:
    router = Router(responses=problems.documented(401, 403, 429, 503))
    # first, because it is asked for most: routes are tried one after the other
    add_routes(router, live.routes(), dependencies=[needs(Right.SEE_FLOOR)])
    for noun in (
        audit, bans, sessions, second_factors, settings, users, tokens, webhooks, recordings, recording_notes, quality,
        listening, pages,
    ):  # fmt: skip
        add_routes(router, noun.routes())
    nouns = (
        health,
        agents,
        desk_messages,
        pops,
        phones,
        roster,
        supervision,
        seats,
        seat_codes,
        house,
        drain,
        flows,
        flow_trials,
        prompts,
        calls,
        call_record,
        notes,
        snippets,
        callbacks,
        cases,
        customers,
        work,
        stats,
        figure_calls,
        staffing,
        coming_hours,
        twin,
        trunks,
        queues,
        alarms,
    )
    for noun in nouns:
        add_routes(router, noun.routes(), dependencies=[needs(Right.SEE_FLOOR)])
    return router


def _release() -> str:
    try:
        return version("thirdring")
    except PackageNotFoundError:
        return "0"
