"""Worker processes for finishing: few, at the lowest priority, each with a deadline. They start when there is work.

A worker that hangs or dies is killed with its ffmpeg and replaced; its piece has failed and can be tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import imageio_ffmpeg

from core.recordings import Archived
from recording.finish import FinishFailed, Piece
from recording.policy import BYTES_PER_S

CHECKOUT = Path(__file__).resolve().parents[1]
LEAST_S = 30.0
SLOWEST = 20.0
"""A recording may take this fraction of its length, on a machine that has no time; more means that it hangs."""


class Pool:
    """`finish` runs a piece; at most `workers` at once."""

    def __init__(self, workers: int, *, least_s: float = LEAST_S, command: Sequence[str] = ()) -> None:
        self._turns = asyncio.Semaphore(workers)
        self._least_s, self._command = least_s, list(command)
        self._idle: list[asyncio.subprocess.Process] = []

    async def finish(self, piece: Piece) -> Archived:
        """Cancelling ends the worker. Raises FinishFailed."""
        async with self._turns:
            worker = await self._worker()
            try:
                async with asyncio.timeout(self._least_s + _length_s(piece) / SLOWEST):
                    answer = await _ask(worker, piece)
            except BaseException as error:
                await _kill(worker)
                if isinstance(error, TimeoutError | OSError | ValueError):
                    raise FinishFailed(f"the worker {_fate(error)}") from error
                raise
            self._idle.append(worker)
        if "error" in answer:
            raise FinishFailed(str(answer["error"]))
        return Archived(**answer)  # type: ignore[arg-type]

    async def close(self) -> None:
        """End the workers that have nothing to do."""
        for worker in self._idle:
            await _kill(worker)
        self._idle.clear()

    async def _worker(self) -> asyncio.subprocess.Process:
        while self._idle:
            worker = self._idle.pop()
            if worker.returncode is None:
                return worker
        ffmpeg = await asyncio.to_thread(imageio_ffmpeg.get_ffmpeg_exe)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *(self._command or [sys.executable, "-m", "recording.finish"]), ffmpeg,
            stdin=pipe, stdout=pipe, cwd=CHECKOUT, start_new_session=True,
        )  # fmt: skip


def _length_s(piece: Piece) -> float:
    with contextlib.suppress(OSError):
        return os.stat(piece.agent).st_size / BYTES_PER_S
    return 0.0


async def _ask(worker: asyncio.subprocess.Process, piece: Piece) -> dict[str, object]:
    assert worker.stdin is not None and worker.stdout is not None
    worker.stdin.write(json.dumps(asdict(piece)).encode() + b"\n")
    await worker.stdin.drain()
    line = await worker.stdout.readline()
    if not line:
        raise ValueError("no answer")
    answer: dict[str, object] = json.loads(line)
    return answer


def _fate(error: BaseException) -> str:
    return "took too long and was killed" if isinstance(error, TimeoutError) else f"died ({error})"


async def _kill(worker: asyncio.subprocess.Process) -> None:
    """It and its ffmpeg: they are a process group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    await worker.wait()
    if worker.stdin is not None:
        worker.stdin.close()
