"""RFC 9457 problem answers for everything that goes wrong. The input is never echoed: it may hold a password."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.answers import EngineBusy, IdReused, NoAnswer
from core.errors import ConfigurationWrong, PeerFault, PlacedProblems, Refused

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
UNREADABLE = "must be JSON in UTF-8, and not nested a thousandfold"


class FieldProblem(BaseModel):
    """One wrong field: its place in the request, dotted, and what is wrong with it."""

    field: str = Field(examples=["body.seats.3.id"])
    problem: str = Field(examples=["'seat-01' is already taken; each id must occur once"])


class ProblemDocument(BaseModel):
    """RFC 9457. `type` is about:blank: the status says what kind it is, `detail` says what to do."""

    type: str = "about:blank"
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(default="", examples=["seat-01 is taken by agent-02"])
    errors: list[FieldProblem] = []


class Problem(Exception):
    """Raised in a route; becomes a problem answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: dict[str, str] | None = None,
        errors: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.errors = errors


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for the OpenAPI document."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
        for status in statuses
    }


def document_of(status: int, detail: str = "", errors: Sequence[FieldProblem] = ()) -> dict[str, Any]:
    """One problem, as JSON says it."""
    document = ProblemDocument(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return document.model_dump(exclude_defaults=False)


def answer(
    status: int, detail: str = "", errors: Sequence[FieldProblem] = (), headers: dict[str, str] | None = None
) -> JSONResponse:
    """One problem answer."""
    return JSONResponse(document_of(status, detail, errors), status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(ConfigurationWrong, _configuration_wrong)
    app.add_exception_handler(IdReused, _id_reused)
    app.add_exception_handler(PeerFault, _peer_fault)
    app.add_exception_handler(ClientDisconnect, _not_whole)
    app.add_exception_handler(OSError, _machine)
    app.add_exception_handler(Exception, _bug)


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return answer(error.status, error.detail, error.errors, error.headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own 400 is of a body that cannot even be read: not UTF-8, or nested without end."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return answer(422, error.detail, [FieldProblem(field="body", problem=UNREADABLE)])
    headers = dict(error.headers) if error.headers else None
    return answer(error.status_code, error.detail, headers=headers)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [problem for item in error.errors() for problem in _fields(item)]
    return answer(422, "; ".join(f"{problem.field}: {problem.problem}" for problem in problems[:3]), problems)


def _fields(item: dict[str, Any]) -> list[FieldProblem]:
    """A validator of the whole document tells several places at once."""
    place = tuple(item["loc"])
    cause = item.get("ctx", {}).get("error")
    if isinstance(cause, PlacedProblems):
        return [FieldProblem(field=_dotted((*place, *inner)), problem=_clean(text)) for inner, text in cause.problems]
    return [FieldProblem(field=_dotted(place), problem=_clean(item["msg"]))]


def _dotted(place: tuple[str | int, ...]) -> str:
    return _clean(".".join(map(str, place)))[:200]


def _clean(text: str) -> str:
    """Lone surrogates of the request cannot be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()


async def _refused(request: Request, error: Exception) -> JSONResponse:
    return answer(409, str(error))


async def _configuration_wrong(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConfigurationWrong)
    return answer(422, str(error), [FieldProblem(field="body", problem=problem) for problem in error.problems])


async def _id_reused(request: Request, error: Exception) -> JSONResponse:
    return answer(422, str(error))


async def _peer_fault(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, NoAnswer):
        return answer(504, str(error))
    return answer(503, str(error), headers={"Retry-After": "1"} if isinstance(error, EngineBusy) else None)


async def _not_whole(request: Request, error: Exception) -> JSONResponse:
    """Whoever asked has left; or the body was too large or too slow, which api.shell says in place of this."""
    return answer(400, "the body did not arrive whole")


async def _machine(request: Request, error: Exception) -> JSONResponse:
    """A file of the centre's machine that is not as it should be; where it lies stands in the log alone.

    What the network does is dealt with where it is asked.
    """
    assert isinstance(error, OSError)
    if isinstance(error, ConnectionError | TimeoutError) or not error.strerror:
        raise error
    log.error("%s %s: %s", request.method, request.url.path, error)
    return answer(503, f"the centre's machine cannot do it: {error.strerror}; ./thirdring doctor says more")


async def _bug(request: Request, error: Exception) -> JSONResponse:
    """Our own mistake; the server logs it."""
    return answer(500, "an error of ours; it is in the log")
