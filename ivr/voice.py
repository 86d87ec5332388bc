"""Synthetic voices: espeak-ng speaks, ffmpeg brings it to the telephone's rate.

Mandarin uses `cmn-latn-pinyin`, not `cmn`: in espeak-ng 1.51 (Debian 12) `cmn` spells many characters' pinyin
with an English voice and reads out the tone number ("nin two"); espeak-ng issues 1028 and 1236.
Hence no Latin letters in Chinese texts: they would be taken for pinyin.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import PeerFault
from ivr.sound import RATE_HZ, Samples, from_bytes

TIMEOUT_S = 30.0
LONGEST_S = 120.0
"""No prompt is longer; a file of hours must not fill the memory."""

CONTAINERS = "wav,mp3,mov,aac,flac,ogg,webm"
"""What ffmpeg may take a recording for (m4a is mov, webm what browsers record). Others, such as playlists, name further
files to be read."""

MOST_BYTES = 64_000_000

_COMPLAINT = re.compile(r"error|can't|cannot", re.IGNORECASE)


class SpeechFailed(PeerFault):
    """espeak-ng or ffmpeg is missing, lacks a voice, or failed; the text names which."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An espeak-ng voice and how fast it speaks."""

    name: str
    words_per_minute: int


VOICES = {"zh-CN": Voice("cmn-latn-pinyin", 190), "en": Voice("en", 160)}


@dataclass(frozen=True, slots=True)
class Espeak:
    """How to run espeak-ng and ffmpeg here.

    `environment` is the whole environment of espeak-ng; a copy that is unpacked and not installed
    needs ESPEAK_DATA_PATH and LD_LIBRARY_PATH in it.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    ffmpeg: str

    def version(self) -> str:
        """Such as "1.51". Raises SpeechFailed."""
        told = _run([*self.command, "--version"], self.environment, b"").decode(errors="replace")
        found = re.search(r"[0-9]+\.[0-9]+\S*", told)
        return found.group() if found else told.strip()

    def require(self, names: Iterable[str]) -> None:
        """Raises SpeechFailed naming the voices that are not there: espeak-ng itself takes a similar one
        (`cmn` for `cmn-latn-pinyin`) without a word."""
        listing = _run([*self.command, "--voices"], self.environment, b"").decode(errors="replace")
        there = set(re.split(r"[\s()]+", listing))
        if missing := sorted(set(names) - there):
            raise SpeechFailed(f"espeak-ng has no voice {', '.join(missing)}")

    def speak(self, text: str, voice: Voice) -> Samples[int]:
        """This text as samples. Raises SpeechFailed, also when nothing is to be heard."""
        order = [*self.command, "-v", voice.name, "-s", str(voice.words_per_minute), "--stdin", "--stdout"]
        samples = self._at_rate(_run(order, self.environment, text.encode()), "pipe:0")
        if not any(samples):
            raise SpeechFailed(f"espeak-ng made no sound with voice {voice.name!r}")
        return samples

    def decoded(self, file: Path, wav: Path) -> None:
        """The first LONGEST_S of a recording of CONTAINERS as a WAV file, its rate and channels kept.

        Raises SpeechFailed.
        """
        source = ["-format_whitelist", CONTAINERS, "-protocol_whitelist", "file", "-i", f"file:{file}", "-map", "0:a:0"]
        order = [self.ffmpeg, "-nostdin", "-v", "fatal", *source, "-t", str(LONGEST_S), "-c:a", "pcm_s16le"]
        _run([*order, "-fs", str(MOST_BYTES), "-f", "wav", f"file:{wav}"], {}, b"")

    def recorded(self, file: Path, rate_hz: int = RATE_HZ) -> Samples[int]:
        """The first LONGEST_S of a WAV file of ours as samples of one channel. Raises SpeechFailed."""
        return self._at_rate(b"", f"file:{file}", rate_hz)

    def _at_rate(self, data: bytes, source: str, rate_hz: int = RATE_HZ) -> Samples[int]:
        order = [self.ffmpeg, "-v", "fatal", "-protocol_whitelist", "file,pipe", "-i", source, "-t", str(LONGEST_S)]
        return from_bytes(_run([*order, "-ac", "1", "-ar", str(rate_hz), "-f", "s16le", "pipe:1"], {}, data))


def _run(order: Sequence[str], environment: Mapping[str, str], stdin: bytes) -> bytes:
    """Run a tool to its end. espeak-ng exits 0 when a voice's dictionary is missing, and only says so."""
    tool = Path(order[0]).name
    try:
        done = subprocess.run(order, input=stdin, env=environment, capture_output=True, timeout=TIMEOUT_S, check=False)
    except FileNotFoundError as error:
        raise SpeechFailed(f"{tool} is missing: there is no {order[0]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SpeechFailed(f"{tool} failed: {error}") from error
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode or _COMPLAINT.search(said):
        raise SpeechFailed(f"{tool} failed ({' '.join(order[1:5])}): {said or f'exit code {done.returncode}'}")
    return done.stdout
