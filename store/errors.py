"""What can go wrong in the store.

ThirdringError
├── Misuse
│   ├── SpoolInUse          another process writes this spool
│   ├── UnknownRecord       a stored line names a class or a shape this version does not know
│   └── JournalDisagrees    spool and database hold different facts under one number
├── Refused
│   └── MovedOn             of core.errors
│       └── HouseMovedOn    somebody else stored a newer house meanwhile
├── PeerFault
│   ├── StoreUnavailable    the database or Redis is away, locked or refuses
│   └── BoardLost           the live board has forgotten us (flushed, or another epoch): replace it
└── SegmentUnreadable       (an OSError, too) the disk does not give a part of the spool back
"""

from __future__ import annotations

import errno
import os

from core.errors import Misuse, MovedOn, PeerFault, ThirdringError


class SpoolInUse(Misuse):
    """Another process writes this spool; two writers would give one number to two facts."""


class UnknownRecord(Misuse):
    """A stored line cannot become an object of this version."""


class JournalDisagrees(Misuse):
    """The database has another input under this sequence: spool and database are not of one instance."""


class HouseMovedOn(MovedOn):
    """The expected version is not the current one; nothing was stored."""


class StoreUnavailable(PeerFault):
    """The database or Redis does not answer or refuses. Nothing was committed, as far as we know."""


class BoardLost(PeerFault):
    """The live board does not hold our epoch: it was flushed, or somebody else replaced it."""


class SegmentUnreadable(ThirdringError, OSError):
    """A bad sector in the segment that begins with `first`: see store.salvage."""

    def __init__(self, first: int) -> None:
        super().__init__(errno.EIO, f"{os.strerror(errno.EIO)} in segment {first}")
        self.first = first
