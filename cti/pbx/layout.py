"""Directories and ports of one Asterisk: several live side by side, each in a tree of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationWrong
from cti.pbx.installation import Installation

# sun_path of unix(7), less the terminating NUL; Asterisk's own control socket is the longest of ours.
_LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True, slots=True)
class PbxPorts:
    """Ports of one Asterisk. A port of 0 is not opened (http, https)."""

    ami: int
    sip: int
    http: int
    https: int
    rtp_first: int
    rtp_last: int


@dataclass(frozen=True, slots=True)
class PbxLayout:
    """One instance: `base` is its tree, `sounds` holds <language>/<prompt>.wav and music/, `node` its systemname."""

    installation: Installation
    base: Path
    sounds: Path
    node: str
    ports: PbxPorts

    def __post_init__(self) -> None:
        if len(str(self.asterisk_socket)) > _LONGEST_SOCKET_PATH:
            raise ConfigurationWrong([f"{self.base}: this path is too long for a unix socket; choose a shorter home"])

    @property
    def etc(self) -> Path:
        return self.base / "etc"

    @property
    def var(self) -> Path:
        return self.base / "var"

    @property
    def data(self) -> Path:
        """What Asterisk only reads: links to its documentation and to our sounds."""
        return self.base / "data"

    @property
    def run(self) -> Path:
        return self.base / "run"

    @property
    def log(self) -> Path:
        return self.base / "log"

    @property
    def spool(self) -> Path:
        return self.base / "spool"

    @property
    def music(self) -> Path:
        return self.sounds / "music"

    @property
    def recordings(self) -> Path:
        """Beside the PBX's own tree: they outlive it."""
        return self.base.parent / "recordings"

    @property
    def voice_messages(self) -> Path:
        """What callers leave when the dialplan serves alone and nobody is there."""
        return self.base.parent / "messages"

    @property
    def messages(self) -> Path:
        """Asterisk's own log."""
        return self.log / "messages.log"

    @property
    def cdr(self) -> Path:
        return self.log / "cdr-csv/Master.csv"

    @property
    def asterisk_socket(self) -> Path:
        return self.run / "asterisk.ctl"

    @property
    def asterisk_pid(self) -> Path:
        return self.run / "asterisk.pid"

    @property
    def control_socket(self) -> Path:
        """Our supervisor's; see cti.pbx.control."""
        return self.run / "control"

    def command(self, *arguments: str) -> list[str]:
        return [*self.installation.command, "-C", str(self.etc / "asterisk.conf"), *arguments]

    def prepare(self) -> None:
        """Make the directories, closed to other users, and the links. Cheap when all is there."""
        self.base.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        inside = ("", "etc", "var", "var/keys", "data", "run", "log", "log/cdr-csv", "spool")
        for directory in (*(self.base / name for name in inside), self.sounds, self.music, self.voice_messages):
            directory.mkdir(mode=0o750, exist_ok=True)
        _link(self.data / "documentation", self.installation.documentation)
        _link(self.data / "sounds", self.sounds)


def _link(place: Path, target: Path) -> None:
    if not place.is_symlink() or place.readlink() != target:
        place.unlink(missing_ok=True)
        place.symlink_to(target)
