"""Checks of the database and of Redis."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.doctor.finding import Finding, fail, ok, warn
from app.doctor.machine import ROOT
from app.settings import Settings

TIMEOUT_S = 5.0
OLDEST_REDIS = 5  # streams


def database(settings: Settings) -> Finding:
    """Reachable, and migrated to the revision this program knows."""
    file = settings.database_file
    if not settings.database_url and not file.exists():
        return warn(f"no database yet: {file}", "./thirdring up makes it")
    try:
        found = asyncio.run(asyncio.wait_for(_revisions(settings.store_url), TIMEOUT_S))
    except Exception as error:  # each driver raises its own; all of them mean the same here
        return fail(f"the database cannot be read: {type(error).__name__}", _database_remedy(settings, file))
    return judge_revisions(found, _known_revisions())


def _database_remedy(settings: Settings, file: Path) -> str:
    if not settings.database_url:
        return f"check the owner of {file} and the room on its disk"
    return "check database_url, that the server runs, and its user's rights; calls go on meanwhile"


async def _revisions(url: str) -> tuple[str, ...]:
    from alembic.migration import MigrationContext
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads())
    finally:
        await engine.dispose()


def _known_revisions() -> tuple[str, ...]:
    from alembic.script import ScriptDirectory

    return tuple(ScriptDirectory(str(ROOT / "store/migrations")).get_heads())


def judge_revisions(found: tuple[str, ...], known: tuple[str, ...]) -> Finding:
    if set(found) == set(known):
        return ok(f"the database is reachable and migrated ({', '.join(found)})")
    seen = ", ".join(found) or "none"
    return fail(
        f"the database is at revision {seen}, this program at {', '.join(known)}",
        "./thirdring up migrates an older one; a newer one needs the newer program",
    )


def redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return ok("no Redis configured: its work is done in this process")
    from redis.exceptions import RedisError

    try:
        version = asyncio.run(asyncio.wait_for(_redis_version(settings.redis_url), TIMEOUT_S))
    except (RedisError, OSError, TimeoutError, ValueError) as error:
        return fail(f"Redis does not answer: {type(error).__name__}", "check redis_url and that the server runs")
    if int(version.split(".")[0]) < OLDEST_REDIS:
        return fail(f"Redis {version} is too old", f"install Redis {OLDEST_REDIS} or newer")
    return ok(f"Redis {version} answers")


async def _redis_version(url: str) -> str:
    from redis.asyncio import Redis

    async with Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S) as client:
        return str((await client.info("server"))["redis_version"])
