"""What finishing recordings costs: hours of talk a core finishes in an hour, and memory by length.

Two voices in turn, a few words over each other, some line noise: a talk of three minutes, as most are, and one of an
hour. Each is finished by a worker of its own (recording.finish), decoding for the proof included; its processor time
and largest memory are those of the worker and its ffmpeg together. The files are removed.
"""

from __future__ import annotations

import array
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import asdict
from pathlib import Path

import imageio_ffmpeg

from recording.finish import Piece
from recording.pool import CHECKOUT

MINUTES = (3, 60)
REPEATS = {3: 5, 60: 1}
RATE_HZ = 8000
GOAL = 200.0


def run() -> dict[str, object]:
    """The figures; `times_real_time_per_core` is of the talks of three minutes, start of the worker left out."""
    with tempfile.TemporaryDirectory(prefix="thirdring-finish-") as directory:
        rows = {minutes: _measured(Path(directory), minutes) for minutes in MINUTES}
    short, long = rows[MINUTES[0]], rows[MINUTES[-1]]
    return {
        "times_real_time_per_core": short["times_real_time_per_core"],
        "times_real_time_per_core_hour": long["times_real_time_per_core"],
        "times_real_time_wall": short["times_real_time_wall"],
        "hours_finished_per_minute_and_core": round(long["times_real_time_per_core"] / 60, 2),
        "peak_memory_mb": long["peak_memory_mb"],
        "peak_memory_mb_short": short["peak_memory_mb"],
        "goal_times_real_time_per_core": GOAL,
    }


def _measured(directory: Path, minutes: int) -> dict[str, float]:
    agent, caller = (_voice(directory / f"{side}-{minutes}.wav", minutes, side) for side in (0, 1))
    pieces = [Piece(str(agent), str(caller), -1.5, str(directory / f"done-{n}")) for n in range(REPEATS[minutes])]
    idle_cpu_s, _, _ = _worker([])
    cpu_s, wall_s, memory_mb = _worker(pieces)
    talk_s = minutes * 60.0 * len(pieces)
    for file in directory.iterdir():
        file.unlink()
    return {
        "times_real_time_per_core": round(talk_s / (cpu_s - idle_cpu_s), 1),
        "times_real_time_wall": round(talk_s / wall_s, 1),
        "peak_memory_mb": round(memory_mb, 1),
    }


def _worker(pieces: list[Piece]) -> tuple[float, float, float]:
    """Processor seconds, seconds by the clock, largest memory in MB of a worker that finishes these."""
    command = [sys.executable, "-m", "recording.finish", imageio_ffmpeg.get_ffmpeg_exe()]
    began_s = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT) as worker:
        assert worker.stdin is not None and worker.stdout is not None
        for piece in pieces:
            worker.stdin.write(json.dumps(asdict(piece)).encode() + b"\n")
            worker.stdin.flush()
            if "error" in (answer := json.loads(worker.stdout.readline())):
                raise RuntimeError(answer["error"])
        worker.stdin.close()
        _, status, used = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, time.monotonic() - began_s, used.ru_maxrss / 1024


def _voice(path: Path, minutes: int, side: int) -> Path:
    """Words of some harmonics with pauses, a second of material at a time; the same each time."""
    dice = random.Random(f"{minutes}/{side}")
    words = [_second(dice, 110.0 + 90.0 * side, 2600.0) for _ in range(12)]
    noise = [_second(dice, 50.0, 8.0) for _ in range(12)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for second in range(minutes * 60):
            mine = (second // 7) % 2 == side or dice.random() < 0.1
            file.writeframes(dice.choice(words if mine else noise))
    return path


def _second(dice: random.Random, pitch_hz: float, loud: float) -> bytes:
    drift, samples = dice.uniform(0.9, 1.2), array.array("h")
    for n in range(RATE_HZ):
        envelope = max(0.0, math.sin(2 * math.pi * n / RATE_HZ * 3))
        tone = sum(math.sin(2 * math.pi * pitch_hz * drift * k * n / RATE_HZ) / k for k in (1, 2, 3, 5, 8))
        samples.append(round(loud * envelope * tone + dice.gauss(0, 20)))
    return samples.tobytes()
