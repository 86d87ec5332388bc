"""The receiver of the guide takes what is signed, once, and nothing else."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest

from app.outside import NotSent, send_outside
from app.webhooks import http_sender
from core.desk import Webhook

PROGRAM = Path(__file__).resolve().parents[2] / "docs/guides/webhook_receiver.py"
LOOPBACK = [ip_network("127.0.0.0/8")]
BODY = '{"id":"1.0.case.opened.crm","type":"case.opened","about":"case/1","data":{"text":"漏水"}}'


@asynccontextmanager
async def receiver(key: Path, at_port: int = 0) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """Its URL, and what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), str(at_port), str(key), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            port = (await process.stdout.readline()).split()[1].decode()
        yield f"http://127.0.0.1:{port}/", process.stdout
    finally:
        process.terminate()
        await process.wait()


def hook(url: str) -> Webhook:
    return Webhook(id="crm", url=url, secret_file="crm.key")


async def test_it_takes_what_is_signed_once_and_nothing_else(tmp_path: Path) -> None:
    key = tmp_path / "crm.key"
    key.write_text("a shared key\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/crm.key").write_text("another key")
    async with receiver(key) as (url, printed):
        send = http_sender(tmp_path, LOOPBACK, time.time)
        for _ in range(2):
            await send(hook(url), "1.0.case.opened.crm", BODY)
        await send(hook(url), "2", BODY.replace("1.0.", "2.0."))
        async with asyncio.timeout(20):
            lines = [(await printed.readline()).decode().strip() for _ in range(2)]
        assert lines == ['case.opened case/1 {"text": "漏水"}'] * 2, "the one that came twice is there once"
        for wrong in (
            http_sender(tmp_path / "other", LOOPBACK, time.time),
            http_sender(tmp_path, LOOPBACK, lambda: time.time() - 3600),
        ):
            with pytest.raises(NotSent, match="401"):
                await wrong(hook(url), "3", BODY.replace("1.0.", "3.0."))
        with pytest.raises(NotSent, match="401"):
            await send_outside(url, BODY.encode(), {}, LOOPBACK)
        with pytest.raises(NotSent, match="not public"):
            await http_sender(tmp_path, [], time.time)(hook(url), "4", BODY)
    for nowhere in ("https://crm.test:99999/", "https://[::1/", "https://"):
        with pytest.raises(NotSent, match="no address"):
            await http_sender(tmp_path, LOOPBACK, time.time)(
                hook("https://crm.test/").model_copy(update={"url": nowhere}), "7", BODY
            )
    with pytest.raises(NotSent, match="ConnectError"):
        await http_sender(tmp_path, LOOPBACK, time.time)(hook(url), "5", BODY)
    with pytest.raises(NotSent, match="No such file"):
        await http_sender(tmp_path / "nowhere", LOOPBACK, time.time)(hook(url), "6", BODY)
