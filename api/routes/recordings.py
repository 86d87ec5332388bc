"""/recordings: found, heard, held, erased, and whether all talk is there. Callers' numbers are masked.

Rights are looked at each time, and who heard, took, held or erased what, when and from where is written down first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from api.access import Asker, Ports
from api.audited import noted
from api.auth import Identity, still_valid
from api.once import once
from api.problems import Problem, documented
from api.ranges import Part, part_of
from api.rights import Right
from api.router import Router
from api.routes.audit import CURSOR as ROW
from api.routes.calls import place_of, searched
from api.services import Services
from api.teams import with_team
from core.ledger import RecordingRecord, VoiceState, coverage
from core.numbers import DIGITS_SHOWN, masked
from core.parts import Day, Shown
from store.audit import AuditRow
from store.call_search import CallSearch
from store.recording_filters import RecordingFilter
from store.recordings import Found

MOST = 200
RecordingName = Annotated[str, Path(pattern=r"^[a-z2-7]{26}$", examples=["273xis6eftlcselagp4pbzz2nh"])]
TAG = r"^[\w][\w .-]{0,39}$"
TAG_OR_NONE = rf"{TAG}|^$"
Kind = Literal["mp3", "flac", "wav"]
KINDS = {"mp3": "audio/mpeg", "flac": "audio/flac", "wav": "audio/wav"}
CURSOR = r"^[0-9]{1,12}(\.[0-9]{1,12})?~[A-Za-z0-9._/-]{1,120}$"
Seconds = Annotated[float | None, Query(ge=0, le=1e7)]
Moment = Annotated[float | None, Query(ge=0, le=1e11, description="seconds since 1970, UTC")]
Named = Annotated[str, Query(pattern=r"^[A-Za-z0-9._-]{0,80}$")]


class RecordingShown(BaseModel):
    """An agent's voice with the caller's: the caller left, the agent right. Times are seconds since 1970 in UTC."""

    recording: str = Field(examples=["273xis6eftlcselagp4pbzz2nh"], description="empty: nothing is archived")
    voice: str = Field(examples=["a-1795000000.17/1"])
    call: str = Field(examples=["a-1795000000.17"])
    kind: str = Field(examples=["talk"], description="talk, consult, outbound, outside")
    state: str = Field(
        examples=["finished"], description="expected, open, growing, closed, finished, lost, withdrawn, erased"
    )
    cause: str = Field(
        examples=[""],
        description="why it is lost or not whole: no_file, empty, cut, short, …; unreadable, caller_unreadable: "
        "it, or its caller's side, is set aside, and the original kept",
    )
    caller: str = Field(examples=["**********1234"])
    language: str = Field(examples=["zh-CN"])
    hotline: str = Field(examples=["presales"])
    queue: str = Field(examples=["presales"])
    agent: str = Field(examples=["agent-01"])
    seat: str = Field(examples=["seat-01"])
    due: bool = Field(examples=[True], description="does the house want this talk recorded?")
    opened_utc_s: float | None = Field(examples=[1795000520.2])
    due_from_utc_s: float | None = Field(examples=[1795000520.2])
    due_to_utc_s: float | None = Field(examples=[1795000615.2])
    lasted_s: float = Field(examples=[95.0])
    missing_s: float = Field(examples=[0.0], description="of the talk due, not in the archive")
    held_s: float = Field(examples=[12.5], description="the caller heard music")
    paused_s: float = Field(examples=[0.0], description="digital silence for card data")
    caller_dbfs: float = Field(examples=[-22.5], description="level of the caller's speech without its pauses")
    agent_dbfs: float = Field(examples=[-20.1])
    caller_silence_s: float = Field(examples=[50.2])
    agent_silence_s: float = Field(examples=[48.9])
    silence_s: float = Field(examples=[9.1], description="nobody speaks")
    talk_over_s: float = Field(examples=[3.3], description="both speak")
    caller_longest_s: float = Field(examples=[14.0], description="longest monologue")
    agent_longest_s: float = Field(examples=[22.0])
    size_bytes: int = Field(examples=[812345])
    sha256: str = Field(examples=["f1e25a24…"])
    on_hold: bool = Field(examples=[False], description="a legal hold forbids erasing it")
    tags: list[str] = Field(examples=[["praise", "training"]])


class RecordingPage(BaseModel):
    """Recordings, and what to give as `before` for the next page; null on the last."""

    recordings: list[RecordingShown]
    next_before: str | None = Field(examples=["1795000100.25~a-1795000000.17/1"])


class CoverageShown(BaseModel):
    """Of the talk due for recording on a day, how much is in the archive."""

    day: date = Field(examples=["2026-11-26"])
    rate: float = Field(examples=[1.0])
    due_s: float = Field(examples=[81234.5])
    missing_s: float = Field(examples=[0.0])
    segments: int = Field(examples=[912])
    lost: int = Field(examples=[0])
    pending: int = Field(examples=[3], description="talks whose recordings are not settled yet")


class LinkShown(BaseModel):
    """Give it to a player; it needs no token and ends soon."""

    url: str = Field(examples=["/api/v1/recordings/links/…"])
    expires_utc_s: float = Field(examples=[1795000900.0])


class PeaksShown(BaseModel):
    """The waveform: the loudest sample of each tenth of a second, 0-255."""

    per_s: int = 10
    caller: list[int] = Field(examples=[[0, 12, 200]])
    agent: list[int] = Field(examples=[[90, 0, 3]])


class Proof(BaseModel):
    """Whether the FLAC file is the one that was sealed; `sha256` of what lies in the archive now, "" where nothing is.

    The chain of all seals is looked at by `recordings verify`.
    """

    state: Literal["whole", "altered", "removed", "unsealed"]
    sha256: str = Field(examples=["f1e25a24…"])
    sealed_sha256: str = Field(examples=["f1e25a24…"])


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: Annotated[Shown, Field(min_length=3, examples=["court order 4711"])]


class NotedShown(BaseModel):
    at_utc_s: float = Field(examples=[1795000500.0])
    what: str = Field(examples=["played"], description="played, exported, linked, held, released, erased")
    recording: str = Field(examples=["273xis6eftlcselagp4pbzz2nh"])
    by: str = Field(examples=["leader-01"])
    address: str = Field(examples=["192.0.2.7"])
    detail: str = Field(examples=["mp3"])


class NotedPage(BaseModel):
    """What was noted of recordings, and what to give as `before` for the next page; null on the last."""

    rows: list[NotedShown]
    next_before: str | None = Field(examples=["1795000500.0~5f0c1b2a3d4e5f60718293a4"])


def routes() -> Router:
    router = once(tags=["recordings"])
    get, own = router.add_api_route, documented(403, 404, 422, 503)
    get(
        "/recordings",
        search,
        response_model=RecordingPage,
        responses=documented(403, 422, 503),
        summary="Find recordings, newest first",
    )
    get(
        "/recordings/coverage",
        covered,
        response_model=CoverageShown,
        responses=documented(403, 422, 503),
        summary="How much of a day's talk is recorded",
    )
    get("/recordings/audit", audit, response_model=NotedPage, responses=own, summary="Who did what, newest first")
    get("/recordings/{recording}", one, response_model=RecordingShown, responses=own, summary="One recording")
    get("/recordings/{recording}/audio", audio, responses=own | documented(416), summary="Its sound; ranges are served")
    get("/recordings/{recording}/proof", proof, response_model=Proof, responses=own, summary="Is it what was sealed?")
    get("/recordings/{recording}/peaks", peaks, response_model=PeaksShown, responses=own, summary="Its waveform")
    for method, path, route, answer, summary in (
        ("POST", "/recordings/{recording}/link", link, LinkShown, "A short-lived link for a player"),
        ("POST", "/recordings/{recording}/hold", hold, RecordingShown, "A legal hold: it is not erased"),
        ("DELETE", "/recordings/{recording}/hold", release, RecordingShown, "End the legal hold"),
        ("DELETE", "/recordings/{recording}", erase, RecordingShown, "Erase it for good, with a tombstone"),
    ):
        router.add_api_route(
            path, route, methods=[method], response_model=answer, responses=own | documented(409), summary=summary
        )
    return router


def open_routes() -> Router:
    """A link carries its own right."""
    router = once(tags=["recordings"])
    router.add_api_route(
        "/recordings/links/{secret}",
        by_link,
        responses=documented(404, 416, 422, 503),
        summary="What a link stands for",
    )
    return router


# --- finding ---------------------------------------------------------------------------------
async def search(
    asker: Asker,
    services: Ports,
    calls: Annotated[CallSearch, Depends(searched)],
    since: Moment = None,
    until: Moment = None,
    caller: Annotated[
        str,
        Query(pattern=r"^\+?[0-9]{0,20}$", description="last digits of the number; with see_numbers more than four"),
    ] = "",
    call: Named = "",
    state: Annotated[str, Query(pattern=r"^[a-z]{0,20}$")] = "",
    mark: Annotated[int | None, Query(ge=0, le=9, description="a mark the caller gave in the survey")] = None,
    least_s: Seconds = None,
    most_s: Seconds = None,
    talk_over_s: Annotated[float | None, Query(ge=0, le=1e7, description="at least so long both spoke")] = None,
    silence_s: Annotated[float | None, Query(ge=0, le=1e7, description="at least so long nobody spoke")] = None,
    held_s: Annotated[float | None, Query(ge=0, le=1e7, description="at least so long on hold")] = None,
    on_hold: Annotated[bool, Query(description="only under a legal hold")] = False,
    tag: Annotated[str, Query(pattern=TAG_OR_NONE)] = "",
    text: Annotated[str, Query(max_length=100, description="stands in a note about it or its call")] = "",
    case: Annotated[
        str, Query(pattern=r"^[A-Za-z0-9._-]{0,80}$", description="opened in its call, or its caller's")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=CURSOR, description="`next_before` of the page before")] = None,
) -> RecordingPage:
    asker.need(Right.HEAR_RECORDINGS)
    if len(caller) > DIGITS_SHOWN:  # a number can be found out by asking for one digit more each time
        asker.need(Right.SEE_NUMBERS)
    wanted = RecordingFilter(
        calls, since, until, caller, call, state, mark, least_s, most_s, talk_over_s, silence_s, held_s,
        on_hold, tag, text, case, asker.team,
    )  # fmt: skip
    found = await services.recordings.ledger.search(wanted, before=place_of(before), limit=limit)
    last = found[-1].row if len(found) == limit else None
    cursor = f"{last.expected_utc_s!r}~{last.voice}" if last else None
    tags = await services.recordings.notes.tags([each.row.recording for each in found if each.row.recording])
    return RecordingPage(recordings=[_shown(each, tags) for each in found], next_before=cursor)


async def covered(
    asker: Asker,
    services: Ports,
    day: Annotated[Day | None, Query(description="in business time; today when it is left out")] = None,
) -> CoverageShown:
    asker.need(Right.HEAR_RECORDINGS)
    _, house = await services.house.current()
    zone = ZoneInfo(house.time_zone)
    day = day or services.now().astimezone(zone).date()
    bounds = [datetime.combine(day + timedelta(days=more), time(), zone).timestamp() for more in (0, 1)]
    found = coverage(await services.recordings.ledger.due_between(*bounds))
    return CoverageShown(
        day=day, rate=found.rate, due_s=found.due_s, missing_s=found.missing_s, segments=found.segments,
        lost=found.lost, pending=found.pending,
    )  # fmt: skip


async def one(recording: RecordingName, asker: Asker, services: Ports) -> RecordingShown:
    asker.need(Right.HEAR_RECORDINGS)
    return await _described(services, recording, asker)


async def audit(
    asker: Asker,
    services: Ports,
    recording: Annotated[str, Query(pattern=r"^([a-z2-7]{26})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    before: Annotated[str | None, Query(pattern=ROW, description="`next_before` of the page before")] = None,
) -> NotedPage:
    asker.need(Right.KEEP_RECORDINGS)
    rows = await services.audit.page(about=recording, recordings=True, before=place_of(before), limit=limit)
    last = rows[-1] if len(rows) == limit else None
    shown = [
        NotedShown(
            at_utc_s=row.at_utc_s, what=row.what, recording=row.about, by=row.by, address=row.address, detail=row.detail
        )
        for row in rows
    ]
    return NotedPage(rows=shown, next_before=f"{last.at_utc_s!r}~{last.id}" if last else None)


# --- hearing ---------------------------------------------------------------------------------
async def audio(
    recording: RecordingName,
    asker: Asker,
    services: Ports,
    request: Request,
    kind: Kind = "mp3",
    wanted: Annotated[str | None, Header(alias="Range", max_length=100)] = None,
) -> StreamingResponse:
    asker.need(Right.HEAR_RECORDINGS)
    row = await there(services, recording, asker)
    await note(services, request, asker, "played" if kind == "mp3" else "exported", recording, kind)
    return await _stream(services, row, kind, wanted)


async def peaks(recording: RecordingName, asker: Asker, services: Ports) -> PeaksShown:
    asker.need(Right.HEAR_RECORDINGS)
    row = await there(services, recording, asker)
    both = await asyncio.to_thread(lambda: b"".join(services.recordings.files.read(row.path, ".peaks")))
    return PeaksShown(caller=list(both[0::2]), agent=list(both[1::2]))


async def proof(recording: RecordingName, asker: Asker, services: Ports) -> Proof:
    """The whole file is read, beside the loop."""
    asker.need(Right.HEAR_RECORDINGS)
    row = (await known(services, recording, asker)).row
    if not row.sha256 or row.state == VoiceState.ERASED:
        return Proof(state="unsealed", sha256="", sealed_sha256=row.sha256)
    try:
        found = await asyncio.to_thread(services.recordings.files.sha256, row.path)
    except FileNotFoundError:
        return Proof(state="removed", sha256="", sealed_sha256=row.sha256)
    except OSError:  # locked with another key, or broken: what was sealed cannot be read out of it
        return Proof(state="altered", sha256="", sealed_sha256=row.sha256)
    state: Literal["whole", "altered"] = "whole" if found == row.sha256 else "altered"
    return Proof(state=state, sha256=found, sealed_sha256=row.sha256)


async def link(
    recording: RecordingName, asker: Asker, services: Ports, request: Request, kind: Kind = "mp3"
) -> LinkShown:
    asker.need(Right.HEAR_RECORDINGS)
    await there(services, recording, asker)
    await note(services, request, asker, "linked", recording, kind)
    secret, made = services.recordings.links.make(asker, recording, kind, services.now())
    return LinkShown(url=f"/api/v1/recordings/links/{secret}", expires_utc_s=made.expires.timestamp())


async def by_link(
    secret: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")],
    services: Ports,
    request: Request,
    wanted: Annotated[str | None, Header(alias="Range", max_length=100)] = None,
) -> StreamingResponse:
    """The rights of whoever made it, as they are now."""
    found = services.recordings.links.find(secret, services.now())
    if found is None or not await still_valid(services.people, found.identity, services.now()):
        raise Problem(404, "there is no such link, or it is over")
    row = await there(services, found.recording, await with_team(found.identity, services))
    if not found.noted:
        what = "played" if found.kind == "mp3" else "exported"
        await note(services, request, found.identity, what, found.recording, f"{found.kind}, link")
        found.noted = True
    return await _stream(services, row, found.kind, wanted)


async def _stream(services: Services, row: RecordingRecord, kind: str, wanted: str | None) -> StreamingResponse:
    files = services.recordings.files
    if kind == "wav":
        size = await asyncio.to_thread(files.wav_size_bytes, row.path)
        part, body = Part(0, size, size, True), files.wav(row.path)
    else:
        part = part_of(wanted, await asyncio.to_thread(files.size_bytes, row.path, f".{kind}"))
        body = files.read(row.path, f".{kind}", part.start, part.length)
    headers = part.headers | {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'{"inline" if kind == "mp3" else "attachment"}; filename="{row.recording}.{kind}"',
    }
    return StreamingResponse(body, 200 if part.whole else 206, headers, KINDS[kind])


# --- keeping and erasing ---------------------------------------------------------------------
async def hold(
    recording: RecordingName, body: Reason, asker: Asker, services: Ports, request: Request
) -> RecordingShown:
    asker.need(Right.KEEP_RECORDINGS)
    await there(services, recording, asker)
    async with in_turn(services, recording, asker):
        await note(services, request, asker, "held", recording, body.why)
        await services.recordings.ledger.hold(recording, asker.person, body.why, services.now().timestamp())
    return await _described(services, recording, asker)


async def release(recording: RecordingName, asker: Asker, services: Ports, request: Request) -> RecordingShown:
    asker.need(Right.KEEP_RECORDINGS)
    async with services.recordings.erasing.turn:
        if not (await known(services, recording, asker)).held:
            raise Problem(409, "there is no legal hold on this recording")
        await note(services, request, asker, "released", recording, "")
        await services.recordings.ledger.release(recording)
    return await _described(services, recording, asker)


async def erase(
    recording: RecordingName, body: Reason, asker: Asker, services: Ports, request: Request
) -> RecordingShown:
    asker.need(Right.KEEP_RECORDINGS)
    found = await known(services, recording, asker)
    row = await there(services, recording, asker)
    tell = partial(note, services, request, asker, "erased", recording, body.why)
    if not await services.recordings.erasing.erase(row, asker.person, body.why, tell):
        raise Problem(409, "a legal hold forbids erasing this recording; end the hold first")
    return _shown(found, {})


# --- doors -----------------------------------------------------------------------------------
async def known(services: Services, recording: str, asker: Identity) -> Found:
    """Raises Problem: 404 too for one of another team's agent."""
    found = await services.recordings.ledger.one(recording)
    if found is None or (asker.team is not None and found.row.agent not in asker.team):
        raise Problem(404, "there is no such recording")
    return found


async def there(services: Services, recording: str, asker: Identity) -> RecordingRecord:
    """Its row, while its files are there: the ledger hears of an erasing a moment later."""
    row = (await known(services, recording, asker)).row
    if row.state == VoiceState.ERASED or not await asyncio.to_thread(services.recordings.files.has, row.path):
        raise Problem(404, "this recording was erased")
    return row


@asynccontextmanager
async def in_turn(services: Services, recording: str, asker: Identity) -> AsyncIterator[None]:
    """It is there, and is not erased before the block ends: for whatever goes with it. Raises as `there`."""
    async with services.recordings.erasing.turn:
        await there(services, recording, asker)
        yield


async def note(services: Services, request: Request, asker: Identity, what: str, recording: str, detail: str) -> None:
    """In the audit, before it happens. Raises PeerFault: then it does not."""
    address = request.client.host if request.client else ""
    at = services.now().astimezone(UTC).timestamp()
    await services.audit.note([AuditRow(at, what, recording, asker.person, address, detail)])
    noted()


async def _described(services: Services, recording: str, asker: Identity) -> RecordingShown:
    return _shown(await known(services, recording, asker), await services.recordings.notes.tags([recording]))


def _shown(found: Found, tags: Mapping[str, Sequence[str]]) -> RecordingShown:
    row = asdict(found.row)
    extra = {"caller": masked(found.caller), "language": found.language, "on_hold": found.held}
    extra["tags"] = list(tags.get(found.row.recording, ()))
    return RecordingShown(**{name: row[name] for name in RecordingShown.model_fields if name in row} | extra)
