"""One voice finished: caller left, agent right, archived as FLAC, made handy as MP3, measured; in a process of its own.

One pass: ffmpeg joins and encodes, and hands us the same samples through a pipe. Nothing is held longer than a second
of it, so an hour takes no more memory than a minute. The archive is read back: its samples must be those that came
through the pipe, or the originals stay. `python -m recording.finish` reads pieces and writes results, a JSON line each.

MP3, not Opus: libopus asks more than twice the time for telephone voice, and every browser plays MP3.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from core.recordings import Archived
from core.speech import RATE_HZ
from recording.background import answer, step_back
from recording.cut import is_cut, mend
from recording.formats import WAV_HEADER_BYTES
from recording.measures import Measures

CHUNK_BYTES = RATE_HZ * 4  # a second of two channels
MEMORY_BYTES = 1 << 30
LEAST_SAMPLES, FRAME_SAMPLES = 16, 4096
"""FLAC has no block shorter than 16 samples (RFC 9639, 9.1.1) but a last one, and ffmpeg takes the first frame that it
is given for all: voices that begin 1 to 15 samples apart would make it refuse. So all frames are cut to one length."""
SUFFIXES = (".flac", ".mp3", ".peaks")


class FinishFailed(Exception):
    """ffmpeg would not, or what it wrote is not what it read. The originals are untouched."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An agent's voice and the caller's, which begins `caller_late_s` after it (negative: before). "": no caller.

    Paths are absolute; results are `target` with each of SUFFIXES.
    """

    agent: str
    caller: str
    caller_late_s: float
    target: str


def finish(piece: Piece, ffmpeg: str) -> Archived:
    """What lies at its target then. Raises FinishFailed, OSError; half-written results are gone then."""
    target = Path(piece.target)
    with _nothing_half(target):
        for file in filter(None, (piece.agent, piece.caller)):
            if is_cut(Path(file)):
                mend(Path(file))
        with target.with_suffix(".peaks").open("wb") as peaks:
            measures = Measures(peaks)
            heard = _encoded(piece, ffmpeg, target, measures)
            _synced(peaks)
        if _samples_of(ffmpeg, target.with_suffix(".flac")) != heard:
            raise FinishFailed("the archive does not hold the samples that were recorded")
        for suffix in (".flac", ".mp3"):
            with target.with_suffix(suffix).open("rb") as written:
                os.fsync(written.fileno())
        return Archived(*_fingerprint(target.with_suffix(".flac")), measures.lasted_s, *measures.result())


def _encoded(piece: Piece, ffmpeg: str, target: Path, measures: Measures) -> str:
    """SHA-256 of the joined samples."""
    digest = hashlib.sha256()
    for chunk in _piped(_joining(piece, ffmpeg, target)):
        digest.update(chunk)
        measures.hear(chunk)
    measures.end()
    return digest.hexdigest()


def _samples_of(ffmpeg: str, file: Path) -> str:
    digest = hashlib.sha256()
    for chunk in decoded(ffmpeg, file):
        digest.update(chunk)
    return digest.hexdigest()


def decoded(ffmpeg: str, source: Path | Iterator[bytes]) -> Iterator[bytes]:
    """The samples of an archived recording, from its file or what it holds, a second at a time. Raises FinishFailed."""
    if isinstance(source, Path):
        return _piped([*_quiet(ffmpeg), "-f", "flac", "-i", str(source), "-f", "s16le", "pipe:1"])
    return _piped([*_quiet(ffmpeg), "-f", "flac", "-i", "pipe:0", "-f", "s16le", "pipe:1"], source)


def _quiet(ffmpeg: str) -> list[str]:
    return [
        ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file,pipe",
        "-threads", "1", "-filter_complex_threads", "1",
    ]  # fmt: skip


def _joining(piece: Piece, ffmpeg: str, target: Path) -> list[str]:
    """Both voices from the moment at which the agent's begins, as long as that lasts."""
    samples = max((Path(piece.agent).stat().st_size - WAV_HEADER_BYTES) // 2, LEAST_SAMPLES)
    caller, voice = _caller(piece, samples)
    parts = [
        f"{voice},apad,atrim=end_sample={samples}[left]",
        f"[0:a]apad,atrim=end_sample={samples}[right]",
        f"[left][right]join=inputs=2:channel_layout=stereo,asetnsamples={FRAME_SAMPLES}:p=0,asplit=3[a][b][c]",
    ]
    return [
        *_quiet(ffmpeg), *_wav(piece.agent), *caller, "-filter_complex", ";".join(parts),
        "-map", "[a]", "-c:a", "flac", "-compression_level", "2", "-bitexact", "-map_metadata", "-1",
        str(target.with_suffix(".flac")),
        "-map", "[b]", "-c:a", "libmp3lame", "-b:a", "32k", "-compression_level", "9", "-bitexact",
        str(target.with_suffix(".mp3")),
        "-map", "[c]", "-f", "s16le", "pipe:1",
    ]  # fmt: skip


def _caller(piece: Piece, samples: int) -> tuple[list[str], str]:
    """ffmpeg's second input, and the filter that puts it on the agent's timeline."""
    if not piece.caller:
        return [], f"anullsrc=r={RATE_HZ}:cl=mono,atrim=end_sample={samples}"
    if piece.caller_late_s <= 0:
        return [*_wav(piece.caller, skip_s=-piece.caller_late_s)], "[1:a]anull"
    return _wav(piece.caller), f"[1:a]adelay={round(piece.caller_late_s * RATE_HZ)}S"


def _wav(file: str, skip_s: float = 0.0) -> list[str]:
    """Large packets: the default of a tenth of a second costs ffmpeg more in hand-overs than in work."""
    return ["-f", "wav", "-max_size", "65536", "-ss", f"{skip_s:.4f}", "-i", file]


def _piped(command: list[str], source: Iterable[bytes] = ()) -> Iterator[bytes]:
    """What it writes, a second at a time, while it is given `source`; raises FinishFailed when it ends badly."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        feeding = threading.Thread(target=_feed, args=(process.stdin, source), daemon=True)
        feeding.start()
        try:
            while chunk := process.stdout.read(CHUNK_BYTES):
                yield chunk
        finally:
            process.stdout.close()  # whoever hears no more lets it end
            said = process.stderr.read(2000).decode(errors="replace").strip()
            feeding.join()
    if process.returncode != 0:
        raise FinishFailed(f"ffmpeg ended with {process.returncode}: {said or 'no word'}")


def _feed(pipe: IO[bytes], source: Iterable[bytes]) -> None:
    """One that reads no more, or a file that is not what it was, ends it: then ffmpeg says that it is cut."""
    with suppress(OSError), pipe:
        for chunk in source:
            pipe.write(chunk)


def _fingerprint(file: Path) -> tuple[str, int]:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), file.stat().st_size


def _synced(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _nothing_half(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for suffix in SUFFIXES:
            with suppress(OSError):
                target.with_suffix(suffix).unlink(missing_ok=True)
        raise


def main() -> None:
    """A worker: one piece a line, until its input ends. Bounded in memory, behind everybody else for the processor."""
    step_back()
    os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    ffmpeg = sys.argv[1]
    for line in sys.stdin:
        try:
            became: dict[str, object] = asdict(finish(Piece(**json.loads(line)), ffmpeg))
        except (FinishFailed, OSError, ValueError) as error:
            became = {"error": str(error) or type(error).__name__}
        answer(became)


if __name__ == "__main__":
    main()
