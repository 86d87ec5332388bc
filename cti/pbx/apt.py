"""apt-get as an ordinary user, with a private state directory, so that nothing is installed.

The machine's network settings (proxies, certificates) are taken over; its hooks are not. Signatures are
checked with the archive's keyring; only their expiry is not, because mirrors may be old.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import PeerFault

_KEYRINGS = {"debian": "debian-archive-keyring", "ubuntu": "ubuntu-archive-keyring"}
_INDEX = re.compile(r"^'(?P<uri>\S+)/dists/(?P<suite>\S+)/(?P<component>[^/\s]+)/binary-[^/\s]+/Packages", re.MULTILINE)
_APT_CONF = """\
{network}
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "{state}/none";
Dir::Etc::SourceList "{state}/sources.list";
Dir::Etc::SourceParts "{state}/none";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "{state}/none";
Dir::State "{state}/state";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""


class PackagesUnavailable(PeerFault):
    """Packages cannot be had here; the text names the remedy."""


@dataclass(frozen=True, slots=True)
class Repository:
    """One suite of one mirror. Without a keyring, apt's own trusted keys decide."""

    uri: str
    suite: str
    components: tuple[str, ...]
    keyring: Path | None

    @property
    def line(self) -> str:
        option = f"[signed-by={self.keyring}] " if self.keyring else ""
        return f"deb {option}{self.uri} {self.suite} {' '.join(self.components)}"


@dataclass(frozen=True, slots=True)
class Package:
    """One downloaded .deb."""

    name: str
    version: str
    sha256: str
    file: Path


class PrivateApt:
    """apt-get and apt-cache over a state directory of ours.

    `status` is the dpkg status file that says what need not be fetched: the machine's own, or None for
    a closure that is complete in itself.
    """

    def __init__(self, state: Path, repositories: Sequence[Repository], status: Path | None) -> None:
        self._state = state
        for name in ("none", "state/lists/partial", "cache/archives/partial"):
            (state / name).mkdir(parents=True, exist_ok=True)
        # a copy, because apt takes its lock beside the file
        (state / "status").write_bytes(status.read_bytes() if status else b"")
        (state / "sources.list").write_text("".join(f"{each.line}\n" for each in repositories))
        text = _APT_CONF.format(
            network=_network_settings(),
            state=state,
            architecture=_run(["dpkg", "--print-architecture"]).strip(),
        )
        (state / "apt.conf").write_text(text)

    def update(self) -> None:
        self._apt("apt-get", "-q", "update")

    def candidate(self, name: str) -> str:
        """Version that would be fetched, or ""."""
        return parse_candidate(self._apt("apt-cache", "policy", name))

    def download(self, names: Sequence[str]) -> list[Package]:
        """Fetch these packages and all they need."""
        self._apt("apt-get", "-q", "-y", "--download-only", "install", *names)
        return [_describe(file) for file in sorted((self._state / "cache/archives").glob("*.deb"))]

    def _apt(self, *command: str) -> str:
        return _run([*command], {"APT_CONFIG": str(self._state / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"})


def require_apt() -> None:
    """Raises: PackagesUnavailable, naming what is missing."""
    missing = [tool for tool in ("apt-get", "apt-cache", "apt-config", "dpkg", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        raise PackagesUnavailable(
            f"{', '.join(missing)} not found: packages cannot be fetched here. "
            "Install Asterisk 20 or newer (and, for tests, sipp, espeak-ng, redis-server and postgresql) by this "
            "machine's own means, or point pbx_mode: remote at an Asterisk elsewhere."
        )


def own_repositories() -> list[Repository]:
    """The distribution's own sources of this machine; other vendors' are left out.

    Asked of apt is what an update would fetch, with a state of its own: a fresh machine has no lists yet.
    """
    system, codename = os_release().get("ID", ""), os_release().get("VERSION_CODENAME", "")
    with tempfile.TemporaryDirectory(prefix="thirdring-apt-") as state:
        Path(state, "lists/partial").mkdir(parents=True)
        listed = _run(["apt-get", "update", "--print-uris", "-o", f"Dir::State={state}"])
    return choose_repositories(listed, codename, _keyring(system))


def choose_repositories(listed: str, codename: str, keyring: Path | None) -> list[Repository]:
    """From the indices that an update would fetch, those of this release and its updates."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for index in _INDEX.finditer(listed):
        if re.fullmatch(rf"{re.escape(codename)}(-(updates|security))?", index["suite"]):
            found.setdefault((index["uri"], index["suite"]), {})[index["component"]] = None
    return [Repository(uri, suite, tuple(parts), keyring) for (uri, suite), parts in found.items() if "main" in parts]


def debian_suite(mirror: str, suite: str) -> Repository:
    return Repository(mirror, suite, ("main",), _keyring("debian"))


def machine_candidate(name: str) -> str:
    """Version that this machine's own apt would install, by the lists it already has; or ""."""
    return parse_candidate(_run(["apt-cache", "policy", name]))


def parse_candidate(policy: str) -> str:
    found = re.search(r"^\s*Candidate: (\S+)$", policy, re.MULTILINE)
    return "" if found is None or found[1] == "(none)" else found[1]


def major_version(version: str) -> int:
    """`1:22.10.1+dfsg-1` is 22; 0 when there is no number."""
    found = re.match(r"(?:\d+:)?(\d+)", version)
    return int(found[1]) if found else 0


def os_release(file: Path = Path("/etc/os-release")) -> dict[str, str]:
    """os-release(5), unquoted; empty where there is none."""
    if not file.exists():
        return {}
    pairs = (line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}


def unpack(package: Package, tree: Path) -> None:
    """The files alone: no maintainer script runs."""
    _run(["dpkg-deb", "-x", str(package.file), str(tree)])


def _keyring(system: str) -> Path | None:
    name = _KEYRINGS.get(system, "")
    candidates = [Path("/usr/share/keyrings") / f"{name}.{ending}" for ending in ("gpg", "pgp")]
    return next((path for path in candidates if name and path.exists()), None)


def _network_settings() -> str:
    lines = _run(["apt-config", "dump", "--no-empty", "Acquire"]).splitlines()
    return "\n".join(line for line in lines if not line.startswith("Acquire::IndexTargets"))


def _describe(file: Path) -> Package:
    name, version = _run(["dpkg-deb", "--show", "--showformat=${Package}\n${Version}", str(file)]).splitlines()
    return Package(name, version, hashlib.sha256(file.read_bytes()).hexdigest(), file)


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env={**os.environ, "LC_ALL": "C", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise PackagesUnavailable(f"{' '.join(command[:4])} failed ({done.returncode}):\n{tail}")
    return done.stdout
