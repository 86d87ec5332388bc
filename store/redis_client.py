"""How we speak to Redis: one dialect, answers within a time, and one error for everything that can go wrong.

Its client is imported by whoever connects first: most houses have no Redis, and importing takes a fifteenth of a start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.errors import StoreUnavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

Entry = tuple[str, dict[str, str]]
"""Of a stream: its id and its fields."""


def connected(url: str, *, answer_s: float, repeats: int) -> Redis:
    """A client that connects when first used. A command without an answer in time is repeated so often, at once."""
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=answer_s,
        socket_connect_timeout=answer_s,
        retry=Retry(NoBackoff(), repeats),
    )


async def executed(pipe: Any) -> list[Any]:
    """The answers to a pipeline's commands. Raises StoreUnavailable.

    A connection that Redis has closed as it was made takes no more words: uvloop calls that a RuntimeError, which the
    client passes on as it is.
    """
    from redis.exceptions import RedisError

    try:
        result: list[Any] = await pipe.execute()
    except (RedisError, OSError, RuntimeError) as error:
        raise StoreUnavailable(f"Redis: {error}") from error
    return result


def entries_of(found: Any) -> list[Entry]:
    """What XREAD of one stream has found; its shape depends on the protocol's version."""
    if isinstance(found, dict):
        found = list(found.items())
    entries: list[Entry] = found[0][1] if found else []
    return entries
