"""Why each agent had an offer of the past or had not: the journal in the database, replayed up to that moment.

A replay is all computing, so it runs in a process of its own (app.aside). It begins at the newest snapshot before the
first offer: the last minutes, each hour of two days, else the beginning of the journal. A journal with a hole leads
nowhere, and says so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from app import restore
from app.aside import Aside, answer
from app.settings import read_settings
from core.errors import Refused
from core.events import Outcome, SeatReserved
from core.ids import OfferId
from core.reasons import PastOffer
from queueing.engine import Engine
from store import snapshot
from store.errors import UnknownRecord
from store.lines import InputLine
from store.queries import Queries
from store.session import reading_engine

MOST_INPUTS = 2_000_000
LONGEST_S = 120.0
OFFERS = TypeAdapter(tuple[PastOffer, ...])


class Past:
    """Asks a process of its own, one at a time."""

    def __init__(self) -> None:
        self._aside = Aside("app.past", "replaying the journal", LONGEST_S)

    async def offers(self, call: str) -> tuple[PastOffer, ...]:
        """Every offer of this call, in order. Cancelling ends the process.

        Raises:
            Refused: the journal does not lead there.
            PeerFault: the process failed, or took too long.
        """
        return OFFERS.validate_json(await self._aside.ask(call))


# --- in the process of its own -----------------------------------------------------------------------
async def explained(home: Path, queries: Queries, call: str) -> tuple[PastOffer, ...]:
    """Every offer of this call with everybody's reasons. Raises Refused and StoreUnavailable."""
    made = {
        outcome.event.offer: outcome for outcome in await queries.story(call) if isinstance(outcome.event, SeatReserved)
    }
    if not made:
        return ()
    sequences = [outcome.sequence for outcome in made.values()]
    engine, begun = state_before(home / "data", min(sequences))
    if (count := max(sequences) - begun) > MOST_INPUTS:
        raise Refused(
            f"The nearest snapshot lies {count} inputs before that offer; {MOST_INPUTS} are replayed at most."
        )
    found: list[PastOffer] = []
    async for line in journal_lines(queries, begun, max(sequences)):
        found += replayed(engine, line, made)
    return tuple(found)


def replayed(engine: Engine, line: InputLine, made: Mapping[OfferId, Outcome]) -> list[PastOffer]:
    """Give the engine one more input of the journal; what it offers by that of the offers asked for."""
    try:
        fact = line.fact()
    except UnknownRecord:
        return []  # the start passed over it, too (app.restore)
    decision, seen = engine.witness(fact, line.now, line.sequence, made)
    again = {event.offer: event for event in decision.events if isinstance(event, SeatReserved)}
    return [
        PastOffer(offer, made[offer].at_utc_s, event.seat, event.agent, event == made[offer].event, seen[offer])
        for offer, event in again.items()
        if offer in seen
    ]


def state_before(data: Path, sequence: int) -> tuple[Engine, int]:
    """The newest state on file that is older than this input, and the input it was taken after; else the beginning."""
    for directory in (data / "snapshots", data / "milestones", data / "days"):
        if found := snapshot.before(directory, sequence):
            begun, document = found
            return restore.from_document(document, begun).engine, begun
    return Engine(), 0


async def journal_lines(queries: Queries, after: int, until: int) -> AsyncIterator[InputLine]:
    """Every input of (after, until], in order. Raises Refused: some are missing."""
    while after < until:
        page = await queries.inputs(after, until)
        for line in page:
            if line.sequence != after + 1:
                break
            after += 1
            yield line
        else:
            if page:
                continue
        raise Refused(f"Input {after + 1} is not in the database (yet): the journal does not lead to that offer.")


async def _main(call: str) -> str:
    settings = read_settings()
    engine = reading_engine(settings.store_url)
    try:
        offers = await explained(settings.home, Queries(engine), call)
    finally:
        await engine.dispose()
    return json.dumps([asdict(one) for one in offers])


if __name__ == "__main__":
    sys.exit(answer(_main(*sys.argv[1:])))
