"""A block of ports of one's own, so that test runs live side by side on one machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

SIZE = 2_000
BASES = (*range(10_000, 20_000, SIZE), *range(22_000, 32_000, SIZE), 61_000, 63_000)
"""Outside 32768-60999: a port that the kernel lends to any outgoing connection cannot be listened on. The product's
own 20000 is left out."""
CROWDED_BASES = range(33_000, 61_000, SIZE)
_TICKET = 99
"""Offset of a port that no instance uses; whoever is bound to it owns the block."""

_NAMED_PORTS = 9


@contextmanager
def own_ports() -> Iterator[int]:
    """A port base nobody else's test has. THIRDRING_TEST_PORT_BASE names it, else the first free one is taken."""
    named = os.environ.get("THIRDRING_TEST_PORT_BASE")
    bases = [int(named)] if named else [*BASES, *CROWDED_BASES]
    for base in bases:
        with socket.socket() as ticket:
            if not _bound(ticket, base + _TICKET) or not all(map(_free, range(base, base + _NAMED_PORTS))):
                continue
            yield base
            return
    raise RuntimeError(f"no free block of {SIZE} ports; looked at {list(bases)}")


def _free(port: int) -> bool:
    """Nothing that a broken test left behind listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: connections' ends do not count
        return _bound(probe, port)


def _bound(sock: socket.socket, port: int) -> bool:
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
