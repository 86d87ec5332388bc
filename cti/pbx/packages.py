"""Which packages are fetched, from where, and the trees they are unpacked into.

A tree appears whole or not at all: it is built beside its place and renamed; its stamp names what it
was made from. Asterisk comes from the machine's release where that has 20 or newer, else from Debian
forky with everything it needs down to libc. Test tools come from the machine's own release, without
what is installed already, because they run under the machine's own loader.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.errors import ConfigurationWrong
from cti.pbx import apt
from cti.pbx.installation import LEAST_ASTERISK, unpacked, version_of

ASTERISK = ("asterisk",)
# program -> the package that brings it
TOOLS = {
    "sipp": "sip-tester",
    "espeak-ng": "espeak-ng",
    "redis-server": "redis-server",
    "initdb": "postgresql",
    "chromium": "chromium",
    "certutil": "libnss3-tools",
    "ip": "iproute2",
}
SUITE = "forky"
STAMP = ".thirdring-packages.json"
MIRROR_VARIABLE = "THIRDRING_DEBIAN_MIRROR"

# A second libc beside the machine's loader crashes; every machine has its own.
_NEVER_FOR_TOOLS = {"libc6", "libc-bin", "base-files", "dpkg", "apt"}

_TOLD_DIFFERENCES = 5

Say = Callable[[str], None]


def ensure_asterisk(tree: Path, lock: Path, environ: Mapping[str, str], say: Say) -> None:
    """Unpack Asterisk into `tree` unless one that starts is there already. Drift against the lock is said, not refused.

    Raises: PackagesUnavailable.
    """
    inputs = _digest([*ASTERISK, SUITE, lock.read_text()])
    if _stamp(tree).get("inputs") == inputs and _starts(tree):
        return
    apt.require_apt()
    with Building(tree) as building:
        say("asking apt where Asterisk 20 or newer is to be had")
        source, suite = _asterisk_source(building / ".apt", environ)
        say(f"fetching Asterisk {source.candidate('asterisk')} from {suite}")
        packages = source.download(ASTERISK)
        say(f"unpacking {len(packages)} packages")
        _unpack_all(packages, building)
        if suite == SUITE:
            _tell(drift(packages, lock.read_text()), say)
        _finish(building, packages, inputs)


def ensure_tools(tree: Path, programs: Iterable[str], say: Say) -> None:
    """Unpack those of these programs that this machine does not have, beside those already unpacked.

    Raises: PackagesUnavailable.
    """
    there = set(str(_stamp(tree).get("inputs", "")).split())
    wanted = {TOOLS[program] for program in programs if not find_program(program)}
    if wanted <= there:
        return
    missing = sorted(wanted | there)
    apt.require_apt()
    with Building(tree) as building:
        say(f"fetching {', '.join(missing)}")
        source = apt.PrivateApt(building / ".apt", apt.own_repositories(), Path("/var/lib/dpkg/status"))
        source.update()
        packages = [each for each in source.download(missing) if each.name not in _NEVER_FOR_TOOLS]
        say(f"unpacking {len(packages)} packages")
        _unpack_all(packages, building)
        _finish(building, packages, " ".join(missing))


def find_program(name: str, tree: Path | None = None) -> Path | None:
    """A program of this machine, or of a tree of tools; PostgreSQL's lie in directories of their own."""
    on_path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    places = [Path(each) for each in on_path] + [Path("/usr/sbin"), Path("/usr/games")]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if tree:
        places += [
            tree / "usr/bin",
            tree / "usr/sbin",
            tree / "bin",
            tree / "sbin",
            *sorted(tree.glob("usr/lib/postgresql/*/bin"), reverse=True),
        ]
    return next((place / name for place in places if os.access(place / name, os.X_OK)), None)


def tool_environment(program: Path, tree: Path) -> dict[str, str]:
    """Variables a program out of `tree` needs beside the environment; empty for one of the machine's own."""
    if not program.is_relative_to(tree):
        return {}
    libraries = [path for top in ("usr/lib", "lib") for path in sorted(tree.glob(f"{top}/*-linux-gnu*"))]
    # libraries that their users find by an absolute path (PulseAudio's)
    libraries += sorted({file.parent for place in libraries for file in place.glob("*/lib*.so*")})
    speech = next((str(path.parent) for path in tree.glob("usr/lib/*/espeak-ng-data")), "")
    variables = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, [*libraries, tree / "usr/lib"]))}
    return variables | ({"ESPEAK_DATA_PATH": speech} if speech else {})


def packages_of(tree: Path) -> dict[str, list[str]]:
    """Name -> [version, sha256] of what a tree was made from; empty when it is not whole."""
    packages = _stamp(tree).get("packages", {})
    assert isinstance(packages, dict)
    return packages


def lock_text(packages: Mapping[str, Sequence[str]]) -> str:
    """packages.lock of these packages: one `name version sha256` a line."""
    return "".join(f"{name} {version} {sha256}\n" for name, (version, sha256) in sorted(packages.items()))


def drift(packages: Iterable[apt.Package], lock: str) -> list[str]:
    """How these packages differ from those that were tried."""
    tried = {fields[0]: fields[1:] for line in lock.splitlines() if len(fields := line.split()) == 3}
    lines = []
    for package in packages:
        match tried.get(package.name):
            case None:
                lines.append(f"{package.name} {package.version} is not in packages.lock")
            case [version, _] if version != package.version:
                lines.append(f"{package.name} is {package.version}; {version} was tried")
            case [_, sha256] if sha256 != package.sha256:
                lines.append(f"{package.name} {package.version} has another content than the one that was tried")
    return lines


def _starts(tree: Path) -> bool:
    """Whether the unpacked Asterisk says its version: files can vanish after the stamp was made."""
    try:
        return bool(version_of(*unpacked(tree).command))
    except ConfigurationWrong:
        return False


def _tell(differences: Sequence[str], say: Say) -> None:
    for line in differences[:_TOLD_DIFFERENCES]:
        say(f"note: {line}")
    if len(differences) > _TOLD_DIFFERENCES:
        say(f"note: {len(differences)} packages in all differ from those in packages.lock")


def _asterisk_source(state: Path, environ: Mapping[str, str]) -> tuple[apt.PrivateApt, str]:
    """The first source that offers Asterisk 20 or newer, asked, and the suite's name."""
    own, mirror = apt.own_repositories(), environ.get(MIRROR_VARIABLE, "")
    is_debian = apt.os_release().get("ID") == "debian"
    choices: list[tuple[list[apt.Repository], str]] = []
    if not mirror and (not is_debian or apt.major_version(apt.machine_candidate("asterisk")) >= LEAST_ASTERISK):
        choices.append((own, apt.os_release().get("VERSION_CODENAME", "this machine's release")))
    if mirror or (is_debian and own):
        choices.append(([apt.debian_suite(mirror or own[0].uri, SUITE)], SUITE))
    for number, (repositories, suite) in enumerate(choices):
        source = apt.PrivateApt(state / str(number), repositories, None)
        source.update()
        if apt.major_version(source.candidate("asterisk")) >= LEAST_ASTERISK:
            return source, suite
    raise apt.PackagesUnavailable(
        f"no package source here offers Asterisk {LEAST_ASTERISK} or newer. Install one by this machine's own means "
        f"(pbx_mode: installed), use one elsewhere (pbx_mode: remote), or name a Debian mirror in {MIRROR_VARIABLE}."
    )


class Building:
    """A directory beside `tree` that takes its place when all went well, and vanishes otherwise."""

    def __init__(self, tree: Path) -> None:
        self._tree, self._part = tree, tree.with_name(tree.name + ".part")

    def __enter__(self) -> Path:
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir(parents=True)
        return self._part

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            shutil.rmtree(self._part, ignore_errors=True)
            return
        old = self._tree.with_name(self._tree.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if self._tree.exists():
            self._tree.rename(old)
        self._part.rename(self._tree)
        shutil.rmtree(old, ignore_errors=True)


def _unpack_all(packages: Sequence[apt.Package], tree: Path) -> None:
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        list(pool.map(lambda package: apt.unpack(package, tree), packages))


def _finish(building: Path, packages: Iterable[apt.Package], inputs: str) -> None:
    shutil.rmtree(building / ".apt")
    listed = {package.name: [package.version, package.sha256] for package in packages}
    (building / STAMP).write_text(json.dumps({"inputs": inputs, "packages": listed}, indent=1))


def _stamp(tree: Path) -> dict[str, object]:
    try:
        stamp = json.loads((tree / STAMP).read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
