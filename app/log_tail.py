"""What was added to a log since the last look, also when it was renamed in between. A flood is not read to its end."""

from __future__ import annotations

from pathlib import Path

MOST_BYTES = 256 * 1024


class LogTail:
    """Begins at the end of what is there. `lines` blocks for a moment: call it in a thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._inode, self._at = self._end()
        self._rest = b""

    def lines(self) -> list[str]:
        """Whole lines, at most so many bytes of them, the newest. Raises OSError."""
        try:
            with self._file.open("rb") as stream:
                status = self._file.stat()
                if status.st_ino != self._inode or status.st_size < self._at:
                    self._inode, self._at, self._rest = status.st_ino, 0, b""
                skipped = max(0, status.st_size - self._at - MOST_BYTES)
                stream.seek(self._at + skipped)
                read = stream.read(MOST_BYTES)
        except FileNotFoundError:
            return []
        self._at += skipped + len(read)
        *whole, self._rest = ((b"" if skipped else self._rest) + read).split(b"\n")
        return [line.decode(errors="replace") for line in whole[1 if skipped else 0 :]]

    def _end(self) -> tuple[int, int]:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return 0, 0
        return status.st_ino, status.st_size
