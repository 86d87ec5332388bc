"""Finishing real files with the real ffmpeg: sides, offsets, losslessness, measures, and nothing half-done."""

from __future__ import annotations

import array
import asyncio
import json
import math
import resource
import subprocess
import sys
import wave
from collections.abc import Sequence
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path

import imageio_ffmpeg
import pytest

from core.recordings import Archived
from recording.archive import Archive, path_of, recording_id
from recording.cut import is_cut
from recording.finish import (
    LEAST_SAMPLES,
    MEMORY_BYTES,
    SUFFIXES,
    FinishFailed,
    Piece,
    _piped,
    _quiet,
    decoded,
    finish,
)
from recording.formats import flac_samples, wav_header
from recording.measures import Measures
from recording.pool import Pool
from tests.unit.recording.test_cut import recording as written

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RATE = 8000


def voice(path: Path, *parts: tuple[float, float]) -> Path:
    """A WAV of these (pitch in Hz, seconds), one after the other; pitch 0 is silence."""
    samples = array.array("h")
    for hz, lasts_s in parts:
        samples.extend(round(8000 * math.sin(2 * math.pi * hz * n / RATE)) for n in range(round(lasts_s * RATE)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def piece(tmp_path: Path, agent: Path, caller: Path | None = None, late_s: float = 0.0) -> Piece:
    return Piece(str(agent), str(caller or ""), late_s, str(tmp_path / "done"))


def sides(tmp_path: Path) -> tuple[array.array[int], array.array[int]]:
    both = array.array("h", b"".join(decoded(FFMPEG, tmp_path / "done.flac")))
    return both[0::2], both[1::2]


def samples_of(path: Path) -> array.array[int]:
    with wave.open(str(path)) as file:
        return array.array("h", file.readframes(file.getnframes()))


def test_the_caller_is_left_the_agent_right_and_not_a_sample_is_changed(tmp_path: Path) -> None:
    agent, caller = voice(tmp_path / "a.wav", (500, 3.0)), voice(tmp_path / "c.wav", (0, 2.0), (900, 4.0))
    done = finish(piece(tmp_path, agent, caller, late_s=-2.0), FFMPEG)
    left, right = sides(tmp_path)
    assert right == samples_of(agent)
    assert left == samples_of(caller)[2 * RATE : 5 * RATE]
    assert done.lasted_s == 3.0 and done.size_bytes == (tmp_path / "done.flac").stat().st_size
    assert all((tmp_path / f"done{suffix}").stat().st_size > 0 for suffix in SUFFIXES)


def test_a_caller_who_comes_later_or_leaves_earlier_is_silence_there(tmp_path: Path) -> None:
    agent, caller = voice(tmp_path / "a.wav", (500, 3.0)), voice(tmp_path / "c.wav", (900, 1.0))
    finish(piece(tmp_path, agent, caller, late_s=1.25), FFMPEG)
    left, right = sides(tmp_path)
    assert len(left) == len(right) == 3 * RATE
    assert left[RATE + RATE // 4 : 2 * RATE + RATE // 4] == samples_of(caller)
    assert not any(left[: RATE + RATE // 4]) and not any(left[2 * RATE + RATE // 4 :])


@pytest.mark.parametrize("apart", [-15, -1, 1, 15, 17])
def test_voices_that_begin_a_few_samples_apart_are_joined_all_the_same(apart: int, tmp_path: Path) -> None:
    agent, caller = voice(tmp_path / "a.wav", (500, 1.0)), voice(tmp_path / "c.wav", (900, 1.0))
    finish(piece(tmp_path, agent, caller, late_s=apart / RATE), FFMPEG)
    left, right = sides(tmp_path)
    assert right == samples_of(agent)
    heard, spoken = list(left), list(samples_of(caller))
    assert heard[apart:] == spoken[:-apart] if apart > 0 else heard[:apart] == spoken[-apart:]


@pytest.mark.parametrize("spoken", [1, 15])
def test_a_voice_too_short_for_a_block_ends_in_silence(spoken: int, tmp_path: Path) -> None:
    agent = voice(tmp_path / "a.wav", (500, spoken / RATE))
    finish(piece(tmp_path, agent), FFMPEG)
    assert list(sides(tmp_path)[1]) == [*samples_of(agent), *[0] * (LEAST_SAMPLES - spoken)]


def test_without_a_callers_file_the_agent_is_kept(tmp_path: Path) -> None:
    done = finish(piece(tmp_path, voice(tmp_path / "a.wav", (500, 1.0))), FFMPEG)
    left, right = sides(tmp_path)
    assert not any(left) and right == samples_of(tmp_path / "a.wav")
    assert done.caller_dbfs == -120.0 and done.caller_silence_s == 1.0


def test_a_cut_file_is_mended_and_whole(tmp_path: Path) -> None:
    agent = written(tmp_path / "a.wav", 5 * RATE, cut=True)
    assert is_cut(agent)
    assert finish(piece(tmp_path, agent), FFMPEG).lasted_s == 5.0
    assert not is_cut(agent)


def test_the_peaks_are_a_tenth_of_a_second_each_left_first(tmp_path: Path) -> None:
    agent, caller = voice(tmp_path / "a.wav", (500, 1.0)), voice(tmp_path / "c.wav", (0, 1.0))
    finish(piece(tmp_path, agent, caller), FFMPEG)
    peaks = (tmp_path / "done.peaks").read_bytes()
    assert len(peaks) == 20 and not any(peaks[0::2]) and set(peaks[1::2]) == {8000 >> 7}


def test_a_damaged_file_fails_and_leaves_nothing_half(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF and yet this is no sound file at all, but it is longer than a header is")
    with pytest.raises(FinishFailed, match="ffmpeg ended"):
        finish(piece(tmp_path, broken), FFMPEG)
    assert list(tmp_path.glob("done*")) == [] and broken.exists()


def test_an_archive_that_is_not_what_was_recorded_is_refused(tmp_path: Path) -> None:
    """An ffmpeg that writes something else: here a script in front of it that spoils the FLAC."""
    liar = tmp_path / "ffmpeg"
    spoiled = f"[ -e {tmp_path}/once ] || cp {tmp_path}/other.flac {tmp_path}/done.flac"
    liar.write_text(f'#!/bin/sh\n"{FFMPEG}" "$@" || exit 1\n{spoiled}\ntouch {tmp_path}/once\n')
    liar.chmod(0o700)
    finish(replace(piece(tmp_path, voice(tmp_path / "b.wav", (700, 1.0))), target=str(tmp_path / "other")), FFMPEG)
    with pytest.raises(FinishFailed, match="samples"):
        finish(piece(tmp_path, voice(tmp_path / "a.wav", (500, 1.0))), str(liar))
    assert list(tmp_path.glob("done*")) == [] and (tmp_path / "a.wav").exists()


# --- what is heard -----------------------------------------------------------------------------
def measured(left: Sequence[tuple[float, float]], right: Sequence[tuple[float, float]], tmp_path: Path) -> Archived:
    agent, caller = voice(tmp_path / "a.wav", *right), voice(tmp_path / "c.wav", *left)
    return finish(piece(tmp_path, agent, caller), FFMPEG)


def test_silence_talk_over_and_monologues(tmp_path: Path) -> None:
    """The caller for 4 s, both for 2 s, the agent for 3 s, nobody for 3 s; a side lasts 0.3 s beyond its sound."""
    done = measured([(500, 6.0), (0, 6.0)], [(0, 4.0), (900, 5.0), (0, 3.0)], tmp_path)
    assert done.talk_over_s == pytest.approx(2.3, abs=0.05)
    assert done.silence_s == pytest.approx(2.7, abs=0.05)
    assert done.caller_longest_s == pytest.approx(4.0, abs=0.05)
    assert done.agent_longest_s == pytest.approx(3.0, abs=0.05)
    assert done.caller_silence_s == pytest.approx(5.7, abs=0.05)
    assert done.agent_silence_s == pytest.approx(6.7, abs=0.05)
    assert done.caller_dbfs == pytest.approx(20 * math.log10(8000 / 32768 / math.sqrt(2)), abs=0.2)


def test_a_breath_is_no_end_of_a_monologue(tmp_path: Path) -> None:
    done = measured([(0, 8.0)], [(500, 3.0), (0, 1.0), (500, 3.0), (0, 1.0)], tmp_path)
    assert done.agent_longest_s == pytest.approx(7.3, abs=0.1)


def test_odd_pieces_are_heard_like_whole_ones() -> None:
    samples = array.array("h", (round(5000 * math.sin(n / 7)) for n in range(2 * 8123))).tobytes()
    results = []
    for size in (len(samples), 4 * 777):
        peaks = BytesIO()
        measures = Measures(peaks)
        for at in range(0, len(samples), size):
            measures.hear(samples[at : at + size])
        measures.end()
        results.append((measures.result(), measures.lasted_s, peaks.getvalue()))
    assert results[0] == results[1] and results[0][1] == 8123 / RATE


# --- workers -----------------------------------------------------------------------------------
async def test_workers_finish_piece_after_piece_and_tell_failures(tmp_path: Path) -> None:
    pool = Pool(2)
    try:
        agents = [voice(tmp_path / f"{n}.wav", (400 + n, 1.0)) for n in range(4)]
        pieces = [Piece(str(agent), "", 0.0, str(tmp_path / f"done-{n}")) for n, agent in enumerate(agents)]
        done = await asyncio.gather(*(pool.finish(each) for each in pieces))
        assert [each.lasted_s for each in done] == [1.0] * 4
        with pytest.raises(FinishFailed):
            await pool.finish(piece(tmp_path, tmp_path / "not-there.wav"))
        assert (await pool.finish(pieces[0])).lasted_s == 1.0
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("program", "fate"),
    [
        ("import time; time.sleep(60)", "too long"),
        ("import os, sys; sys.stdin.readline(); os._exit(9)", "died"),
        ("import sys; sys.stdin.readline(); print('nonsense', flush=True)", "died"),
    ],
)
async def test_a_worker_that_hangs_or_dies_is_replaced(program: str, fate: str, tmp_path: Path) -> None:
    pool = Pool(1, least_s=0.5, command=[sys.executable, "-c", program])
    try:
        with pytest.raises(FinishFailed, match=fate):
            await pool.finish(piece(tmp_path, tmp_path / "a.wav"))
        pool = Pool(1)
        assert (await pool.finish(piece(tmp_path, voice(tmp_path / "a.wav", (500, 1.0))))).lasted_s == 1.0
    finally:
        await pool.close()


async def test_a_worker_has_a_bound_of_memory(tmp_path: Path) -> None:
    """And its ffmpeg inherits it: a file that asks for more fails, the machine does not."""
    pool = Pool(1)
    try:
        await pool.finish(piece(tmp_path, voice(tmp_path / "a.wav", (500, 1.0))))
        (worker,) = pool._idle
        assert resource.prlimit(worker.pid, resource.RLIMIT_AS) == (MEMORY_BYTES, MEMORY_BYTES)
    finally:
        await pool.close()


def test_a_worker_whose_engine_was_killed_ends_with_one_plain_line(tmp_path: Path) -> None:
    work = json.dumps(asdict(piece(tmp_path, voice(tmp_path / "a.wav", (500, 1.0)))))
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "recording.finish", FFMPEG], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.close()
        worker.stdout = None
        _, said = worker.communicate(f"{work}\n{work}\n", timeout=30)
    assert said == "finish: the engine that asked is gone, and nobody takes the answer\n"


# --- what ffmpeg may open ------------------------------------------------------------------------
def test_ffmpeg_opens_files_and_pipes_and_asks_no_network() -> None:
    """A recording that is a list of others would have it fetch them."""
    with pytest.raises(FinishFailed, match=r"(?i)protocol 'http' not on whitelist 'file,pipe'"):
        b"".join(_piped([*_quiet(FFMPEG), "-i", "http://127.0.0.1:9/voice.flac", "-f", "s16le", "pipe:1"]))


# --- where they lie ----------------------------------------------------------------------------
def test_ids_are_the_same_each_time_and_say_nothing() -> None:
    first, again, next_one = (recording_id(b"key", voice) for voice in ("n-1.1/1", "n-1.1/1", "n-1.1/2"))
    assert first == again != next_one and len(first) == 26
    assert first != recording_id(b"another key", "n-1.1/1")
    assert path_of(first, 1_795_687_557.0) == f"2026/11/26/{first}"


@pytest.mark.parametrize("key", [b"", bytes(32)], ids=["open", "locked"])
def test_the_archive_takes_serves_and_erases(key: bytes, tmp_path: Path) -> None:
    archive, recording = Archive(tmp_path / "archive", key), recording_id(b"key", "v")
    path = path_of(recording, 0.0)
    source = voice(tmp_path / "a.wav", (500, 2.0))
    finish(Piece(str(source), "", 0.0, str(archive.work_place(recording))), FFMPEG)
    assert not archive.has(path)
    whole = archive.work_place(recording).with_suffix(".mp3").read_bytes()
    archive.take(recording, path)
    assert archive.has(path) and list(archive.paths()) == [path]
    assert b"".join(archive.read(path, ".mp3", 10, 20)) == whole[10:30]
    assert b"".join(archive.read(path, ".mp3")) == whole
    assert ((tmp_path / "archive" / f"{path}.mp3").read_bytes() == whole) == (key == b"")
    wav = b"".join(archive.wav(path))
    assert len(wav) == archive.wav_size_bytes(path) == 44 + 2 * RATE * 4
    with wave.open(BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 2 * RATE)
    archive.erase(path)
    archive.erase(path)
    assert not archive.has(path)


@pytest.mark.parametrize("path", ["../../etc/passwd", "2026/11/26/x", "/etc/passwd", "2026/11/26/" + "a" * 25 + "/"])
def test_no_path_leads_out_of_the_archive(path: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="not the path"):
        Archive(tmp_path).has(path)


def test_headers() -> None:
    assert flac_samples(b"RIFF" + bytes(40)) == 0 and len(wav_header(100)) == 44
