"""What the recordings' disk shows: files as they are now, and how much room there is. Not for the loop."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recording.cut import is_cut
from recording.formats import WAV_HEADER_BYTES
from recording.policy import Look

_VOICE = re.compile(r"(?P<call>[A-Za-z0-9._-]+?)-(?:caller|agent-(?P<leg>[A-Za-z0-9._-]+?))(?P<pad>-pad)?\.wav")
_CALL = re.compile(r"[A-Za-z0-9._-]{1,80}")


class VoiceFiles:
    """The PBX's own files below `root`, by day."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def look(self, files: Iterable[str], searched: Iterable[tuple[str, float]]) -> tuple[dict[str, Look], str]:
        """Those of `files` that can be read, and all of the calls searched for; why others cannot be, or ""."""
        found, trouble = {}, ""
        for file in [*files, *(file for call, at in searched for file in self.of_call(call, at))]:
            try:
                found[file] = self._seen(file)
            except FileNotFoundError:
                continue
            except OSError as error:
                trouble = error.strerror or type(error).__name__
        return found, trouble

    def _seen(self, file: str) -> Look:
        path = self.root / file
        state = path.stat()
        complete = state.st_size > WAV_HEADER_BYTES and not is_cut(path)
        return Look(file, state.st_size, complete, state.st_mtime)

    def of_call(self, call: str, at_utc_s: float) -> list[str]:
        """Voices of a call that was under way then; its directory is that of the day on which it came."""
        day = datetime.fromtimestamp(at_utc_s, UTC)
        days = [day, day - timedelta(days=1), day + timedelta(days=1)]
        return [file for each in days for file in self._named(f"{each:%Y/%m/%d}", call) if "-pad." not in file]

    def clear(self, call: str, file: str) -> None:
        """Delete every file of this call beside `file`, those that only pad included."""
        for each in self._named(file.rpartition("/")[0], call):
            (self.root / each).unlink(missing_ok=True)

    def erase(self, file: str) -> None:
        """This one, and what pads it."""
        for each in (self.root / file, (self.root / file).with_name(f"{Path(file).stem}-pad.wav")):
            each.unlink(missing_ok=True)

    def _named(self, day: str, call: str) -> list[str]:
        if not _CALL.fullmatch(call):
            return []
        with suppress(FileNotFoundError):  # nobody called on that day
            # not a glob: that takes tens of milliseconds in the directory of a busy day
            names = [name for name in os.listdir(self.root / day) if name.startswith(f"{call}-")]
            return sorted(os.path.join(day, name) for name in names if name.endswith(".wav"))
        return []

    def older_than(self, changed_before_utc_s: float) -> Iterator[tuple[str, str, str]]:
        """(call, leg, file) of voices nobody has written since; leg is "" for a caller's."""
        for path in sorted(self.root.glob("[0-9]*/[0-9]*/[0-9]*/*.wav")):
            found = _VOICE.fullmatch(path.name)
            with suppress(FileNotFoundError):
                if found and not found["pad"] and path.stat().st_mtime < changed_before_utc_s:
                    yield found["call"], found["leg"] or "", str(path.relative_to(self.root))


def free_mb(directory: Path) -> float:
    """Room for ordinary users. Raises OSError."""
    disk = os.statvfs(directory)
    return disk.f_bavail * disk.f_frsize / 2**20


def is_writable(directory: Path) -> bool:
    """Can a file be made there at this moment? A read-only or full disk says no."""
    probe = directory / ".probe"
    try:
        probe.write_bytes(b"0" * 4096)
        probe.unlink()
    except OSError:
        return False
    return True
