"""Requests to the engine and its answers, between processes: two kinds of streams in Redis.

    <prefix>:asks            a request, from whichever API process: token, desk, two moments, tag, body
    <prefix>:answers:<desk>  what became of it, for the process that asked: token, kind, body

Whoever reads an entry deletes it before dealing with it, so a stream holds only what nobody has taken yet, and one that
was flushed leaves nobody with a place to go on from. A lost entry is noticed by whoever waits for the answer, and asked
again; the request's own id keeps it from being done twice. Moments are of the boot-time clock, which all processes of
one machine share.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import cast

from core.inputs import Requested
from store.codec import decode_input, input_codec
from store.errors import UnknownRecord
from store.redis_client import connected, entries_of, executed

log = logging.getLogger(__name__)

_WRITTEN_WITHIN_S = 0.8
_READ_WITHIN_S = 4.0
_LOOK_EVERY_MS = 1000
_AT_ONCE = 200
_KEPT = 10_000
_DESK_KEPT_MS = 60_000
"""Answers to a process that has ended are gone after so long."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request on its way. `token` names the attempt to ask, `desk` the process that waits for the answer.

    Nobody takes it up any more from `until_boot_s` on: whoever asked has given up by then.
    """

    token: str
    desk: str
    asked_boot_s: float
    until_boot_s: float
    requested: Requested


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of the ask with this token: a kind and its text (api.remote_answers)."""

    token: str
    kind: str
    body: str


class AskStreams:
    """Both ends of it. `close` when done. Every method but that raises StoreUnavailable."""

    def __init__(self, url: str, *, prefix: str = "thirdring") -> None:
        self._writing = connected(url, answer_s=_WRITTEN_WITHIN_S, repeats=0)
        self._reading = connected(url, answer_s=_READ_WITHIN_S, repeats=0)
        self._asks, self._answers = f"{prefix}:asks", f"{prefix}:answers:"

    async def ask(self, ask: Ask) -> None:
        """Put it in line. After an error it may stand there all the same: put it again, with the same token."""
        tag, body = input_codec().encode(ask.requested)
        entry = {
            "token": ask.token,
            "desk": ask.desk,
            "asked": repr(ask.asked_boot_s),
            "until": repr(ask.until_boot_s),
            "tag": tag,
            "body": body.decode(),
        }
        async with self._writing.pipeline(transaction=False) as pipe:
            pipe.xadd(self._asks, cast("dict[object, object]", entry), maxlen=_KEPT)  # type: ignore[arg-type]
            await executed(pipe)

    async def asked(self) -> list[Ask]:
        """What was asked, oldest first, taken out of the stream; nothing after a second in which nobody asked."""
        return [ask for fields in await self._taken(self._asks) if (ask := _ask(fields)) is not None]

    async def reply(self, desk: str, reply: Reply) -> None:
        stream, entry = self._answers + desk, {"token": reply.token, "kind": reply.kind, "body": reply.body}
        async with self._writing.pipeline(transaction=False) as pipe:
            pipe.xadd(stream, cast("dict[object, object]", entry), maxlen=_KEPT)  # type: ignore[arg-type]
            pipe.pexpire(stream, _DESK_KEPT_MS)
            await executed(pipe)

    async def replies(self, desk: str) -> list[Reply]:
        """As `asked`: what came back for this process."""
        taken = await self._taken(self._answers + desk)
        return [Reply(each["token"], each["kind"], each["body"]) for each in taken]

    async def ping(self) -> str:
        """Redis's version."""
        async with self._writing.pipeline(transaction=False) as pipe:
            pipe.info("server")
            return str((await executed(pipe))[0]["redis_version"])

    async def close(self) -> None:
        await self._writing.aclose()
        await self._reading.aclose()

    async def _taken(self, stream: str) -> list[dict[str, str]]:
        async with self._reading.pipeline(transaction=False) as pipe:
            pipe.xread({stream: "0-0"}, count=_AT_ONCE, block=_LOOK_EVERY_MS)
            entries = entries_of((await executed(pipe))[0])
        if entries:
            async with self._reading.pipeline(transaction=False) as pipe:
                pipe.xdel(stream, *(place for place, _ in entries))
                await executed(pipe)
        return [fields for _, fields in entries]


def _ask(fields: dict[str, str]) -> Ask | None:
    """None, and logged, for what another version has written."""
    try:
        requested = decode_input(fields["tag"], fields["body"])
        if not isinstance(requested, Requested):
            raise UnknownRecord(f"{fields['tag']} is no request")
        return Ask(fields["token"], fields["desk"], float(fields["asked"]), float(fields["until"]), requested)
    except (KeyError, ValueError, UnknownRecord) as error:
        log.error("a request in Redis cannot be read: %s", error)
        return None
