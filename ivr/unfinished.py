"""Messages that callers speak at this moment: a note beside each file says whose it is, until it has been told.

An engine that ends meanwhile leaves the note, and the PBX goes on recording. When the file grows no more, whoever looks
here tells of it: the next engine, and callers' words are not lost.

A note is one small write that is not synced, so a session makes it itself: the beep waits for no thread.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from core.inputs import Input, MessageLeft
from ivr.flow import SHORTEST_MESSAGE_S
from ivr.sound import RATE_HZ, WAV_HEADER_BYTES

log = logging.getLogger(__name__)

LOOK_EVERY_S = 35.0
"""A file that has not grown from one look to the next is one that nobody speaks into. Longer than the PBX waits for a
voice (`rtp_timeout`): what a living session records would be told here, and by the session once more."""
SUFFIX = ".unfinished"
ASIDE, UNREADABLE = ".note", ".unreadable"
"""A note that is being written; one that tells nothing, for somebody to look at."""


def note(messages: Path, message: MessageLeft) -> None:
    """It is about to be spoken. A directory that cannot be written takes no recording either: nothing is raised."""
    place = _beside(messages, message)
    aside = place.with_suffix(ASIDE)
    try:
        aside.write_text(json.dumps(asdict(message)), encoding="utf-8")
        aside.replace(place)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)  # a full disk has the name and not the words


def forget(messages: Path, message: MessageLeft) -> None:
    """It has been told, or nothing was said."""
    with suppress(OSError):
        _beside(messages, message).unlink(missing_ok=True)


class Unfinished:
    """Tells of those that nobody speaks any more and no session has told of. `offer` is the inbox's."""

    def __init__(self, messages: Path, offer: Callable[[Input], bool], every_s: float = LOOK_EVERY_S) -> None:
        self._messages, self._offer, self._every_s = messages, offer, every_s
        self._sizes: dict[str, int] = {}

    async def run(self) -> None:
        """For ever; cancel to end it."""
        while True:
            await self.look()
            await asyncio.sleep(self._every_s)

    async def look(self) -> None:
        """Once. Raises nothing."""
        now = await asyncio.to_thread(dict, _spoken(self._messages))
        for message, size in now.items():
            if self._sizes.get(message.file) == size and self._told(message, size):
                await asyncio.to_thread(forget, self._messages, message)
        self._sizes = {message.file: size for message, size in now.items()}

    def _told(self, message: MessageLeft, size: int) -> bool:
        """Tell of it, if anything was said. False: a full inbox did not take it, and it is to be told again."""
        lasted_s = max(0, size - WAV_HEADER_BYTES) / (2 * RATE_HZ)
        if lasted_s < SHORTEST_MESSAGE_S:
            return True
        log.info("a message of %.0f s was spoken while no engine listened", lasted_s)
        return self._offer(replace(message, lasted_s=lasted_s))


def _spoken(messages: Path) -> Iterator[tuple[MessageLeft, int]]:
    """What has a note, and how many bytes there are of it."""
    for place in messages.glob(f"*{SUFFIX}"):
        try:
            message = MessageLeft(**json.loads(place.read_text(encoding="utf-8")))
            file = messages / message.file
            yield message, file.stat().st_size if file.exists() else 0
        except FileNotFoundError:
            continue  # its session has told of it meanwhile
        except (OSError, ValueError, TypeError) as error:
            log.error("%s cannot be read and is put aside as %s: %s", place.name, UNREADABLE, error)
            with suppress(OSError):
                place.replace(place.with_suffix(UNREADABLE))


def _beside(messages: Path, message: MessageLeft) -> Path:
    return (messages / message.file).with_suffix(SUFFIX)
