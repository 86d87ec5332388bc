"""Room for files and connections: a login shell allows 1,024, and 90 callers share them with whoever opens the page."""

from __future__ import annotations

import resource

WANTED = 65_536


def make_room() -> int:
    """Raise this process's limit of open files as far as it may and we want; returns the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
