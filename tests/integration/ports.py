"""A block of ports of one's own, so that test runs live side by side on one machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

FIRST, LAST, SIZE = 30_000, 60_000, 2_000
_TICKET = 99
"""Offset of a port that no instance uses; whoever listens on it owns the block."""

_NAMED_PORTS = 9


@contextmanager
def own_ports() -> Iterator[int]:
    """A port base nobody else's test has. THIRDRING_TEST_PORT_BASE names it, else the first free one is taken."""
    named = os.environ.get("THIRDRING_TEST_PORT_BASE")
    bases = [int(named)] if named else range(FIRST, LAST, SIZE)
    for base in bases:
        with socket.socket() as ticket:
            if not _bound(ticket, base + _TICKET) or not all(map(_free, range(base, base + _NAMED_PORTS))):
                continue
            ticket.listen()
            yield base
            return
    raise RuntimeError(f"no free block of {SIZE} ports; looked at {list(bases)}")


def _free(port: int) -> bool:
    """Nothing that a broken test left behind listens there."""
    with socket.socket() as probe:
        return _bound(probe, port)


def _bound(sock: socket.socket, port: int) -> bool:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
