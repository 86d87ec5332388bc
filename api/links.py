"""Short-lived links to one file of one recording: random, and worth no more than whoever asked for them.

A player or a new browser tab cannot send a token. The link names nothing; each time it is used the rights of its maker
are looked at again. It lives in this process and a few minutes.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.auth import Identity

LASTS = timedelta(minutes=5)
MOST = 10_000


@dataclass(slots=True)
class Link:
    """`noted`: its first use is in the audit."""

    identity: Identity
    recording: str
    kind: str
    expires: datetime
    noted: bool = False


class Links:
    """Lives in one event loop."""

    def __init__(self) -> None:
        self._links: OrderedDict[str, Link] = OrderedDict()

    def make(self, identity: Identity, recording: str, kind: str, now: datetime) -> tuple[str, Link]:
        """The link's secret, and what it stands for. The oldest go when there are too many."""
        secret, link = secrets.token_urlsafe(32), Link(identity, recording, kind, now + LASTS)
        self._links[secret] = link
        while len(self._links) > MOST:
            self._links.popitem(last=False)
        return secret, link

    def find(self, secret: str, now: datetime) -> Link | None:
        """None when it never was, or is over."""
        link = self._links.get(secret)
        if link is not None and link.expires <= now:
            del self._links[secret]
            return None
        return link
