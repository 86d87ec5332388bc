"""Which Asterisk is run, and how: our unpacked one under its own loader, or one that this machine has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationWrong

LEAST_ASTERISK = 20
ROOT_VARIABLE = "THIRDRING_PBX_ROOT"
_MODULE_PLACES = ("lib/*-linux-gnu*/asterisk/modules", "lib64/asterisk/modules", "lib/asterisk/modules")
_DATA_PLACES = ("share/asterisk", "lib/asterisk", "../var/lib/asterisk")


@dataclass(frozen=True, slots=True)
class Installation:
    """`command` starts Asterisk; `modules` is its module directory, `documentation` its option descriptions."""

    command: tuple[str, ...]
    modules: Path
    documentation: Path


def find_installation(home: Path, mode: str, environ: Mapping[str, str]) -> Installation:
    """The Asterisk to run on this machine: the unpacked one and, where none was fetched or it is asked for, its own.

    Raises:
        ConfigurationWrong: there is none of that kind.
    """
    tree = unpacked_root(home, environ)
    if mode != "installed" and (tree / "usr/sbin/asterisk").exists():
        return unpacked(tree)
    if (program := installed_program()) is not None:
        return installed(program)
    raise ConfigurationWrong([_none_here(mode)])


def _none_here(mode: str) -> str:
    """What is there instead, and the way out of it: only the embedded one is fetched by `up`."""
    found = program_here()
    there = f"; {found} is {version_of(str(found)) or 'of no version it would say'}" if found else ""
    remedy = "run ./thirdring up" if mode == "embedded" else "install one, or take pbx_mode away: one is fetched then"
    return f"no Asterisk {LEAST_ASTERISK} or newer here (pbx_mode: {mode}){there}; {remedy}"


def unpacked_root(home: Path, environ: Mapping[str, str]) -> Path:
    """Where packages are unpacked; THIRDRING_PBX_ROOT shares one tree between instances."""
    return Path(environ.get(ROOT_VARIABLE) or home / "pbx/root")


def unpacked(root: Path) -> Installation:
    """Run under the tree's own loader and libraries, whatever this machine has. Nothing else may run under it."""
    places = [place for top in ("usr/lib", "lib") for place in sorted(root.glob(f"{top}/*-linux-gnu*"))]
    loaders = [loader for place in places for loader in sorted(place.glob("ld-linux*.so.*"))]
    if not loaders:
        raise ConfigurationWrong([f"{root}: holds no unpacked Asterisk (no ld-linux below usr/lib or lib)"])
    libraries = os.pathsep.join(map(str, places))  # two, in a release that still has /lib beside /usr/lib
    command = (str(loaders[0]), "--library-path", libraries, str(root / "usr/sbin/asterisk"))
    return Installation(command, places[0] / "asterisk/modules", root / "usr/share/asterisk/documentation")


def installed_program() -> Path | None:
    """This machine's own Asterisk, if it is new enough."""
    found = program_here()
    return found if found and major_of(version_of(str(found))) >= LEAST_ASTERISK else None


def program_here() -> Path | None:
    """This machine's own Asterisk, of whatever age."""
    search = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin"
    found = shutil.which("asterisk", path=search)
    return Path(found) if found else None


def version_of(*command: str) -> str:
    """`Asterisk 22.10.1`, as the program says itself; "" when it cannot be started or does not answer."""
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def major_of(version: str) -> int:
    """22 for `Asterisk 22.10.1`; 0 when it does not say."""
    found = re.match(r"Asterisk (?:certified/)?(\d+)", version)
    return int(found[1]) if found else 0


def installed(program: Path) -> Installation:
    """Asterisk as a distribution or `make install` puts it below the program's prefix."""
    prefix = program.resolve().parent.parent
    modules = _first(prefix, _MODULE_PLACES)
    data = _first(prefix, tuple(f"{place}/documentation" for place in _DATA_PLACES))
    if modules is None or data is None:
        raise ConfigurationWrong([f"{program}: its modules or its documentation are not below {prefix}"])
    return Installation((str(program),), modules, data)


def _first(prefix: Path, patterns: tuple[str, ...]) -> Path | None:
    return next((path for pattern in patterns for path in sorted(prefix.glob(pattern))), None)
