"""The private virtual environment, from hash-pinned lock files, wheels only. Standard library only."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from pathlib import Path

from cti.pbx import apt

STAMP = ".thirdring-stamp.json"
_LOCKS = ("requirements.lock", "requirements-dev.lock")
_PIP_WHEEL_PACKAGE = "python3-pip-whl"

Say = Callable[[str], None]


class EnvironmentFailed(Exception):
    """The private environment cannot be made; the text names the remedy."""


def ensure_environment(home: Path, checkout: Path, lock: str, say: Say) -> Path:
    """Make or repair <home>/venv so that it holds this lock; returns its interpreter.

    Raises: EnvironmentFailed.
    """
    place = home / "venv"
    python = place / "bin/python"
    wanted = lock_digest(checkout / lock)
    if python.exists() and _stamp(place).get(lock) == wanted:
        return python
    if not (_stamp(place) and _works(python)):
        # without a stamp an installation was cut short, and pip would take half a package for a whole one
        say("making a private Python environment")
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, symlinks=True, with_pip=False)
    (place / STAMP).unlink(missing_ok=True)
    install(python, checkout / lock, home, say)
    covered = [name for name in _LOCKS if pins(checkout / name) <= pins(checkout / lock)]
    _write_stamp(place, {name: lock_digest(checkout / name) for name in covered})
    return python


def pins(lock: Path) -> set[str]:
    """The `name==version` words of a lock file."""
    return set(re.findall(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE))


def lock_digest(lock: Path) -> str:
    """Changes with the lock and with the interpreter."""
    interpreter = f"{sys.version}\0{Path(sys.executable).resolve()}"
    return hashlib.sha256(interpreter.encode() + b"\0" + lock.read_bytes()).hexdigest()


def install(python: Path, lock: Path, home: Path, say: Say, *options: str) -> None:
    """What the lock pins, wheels only, into the interpreter's environment or wherever `options` say.

    Raises: EnvironmentFailed.
    """
    say(f"installing {len(pins(lock))} Python packages")
    command: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--no-deps",
    ]
    command += ["--no-compile", "--no-input", "--disable-pip-version-check", "--quiet", "-r", lock, *options]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    done = subprocess.run(
        command,
        env=environment | {"PYTHONPATH": str(_pip(home, say))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-6:])
        raise EnvironmentFailed(f"pip could not install {lock.name}:\n{tail}\nRun the same command again to resume.")


def _pip(home: Path, say: Say) -> Path:
    """A pip wheel, which Python can import as it is: from ensurepip, or from the distribution's package.

    Debian and Ubuntu leave ensurepip out of python3; its wheel is fetched without root, like the PBX.
    """
    if wheel := _newest(_bundled()):
        return wheel
    tree = home / "tools-pip"
    if wheel := _newest(tree.glob("usr/share/python-wheels/pip-*.whl")):
        return wheel
    try:
        say(f"fetching {_PIP_WHEEL_PACKAGE}")
        _fetch_pip(tree)
    except apt.PackagesUnavailable as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        remedy = f"Debian, Ubuntu: apt-get install python3-venv (or python{version}-venv)"
        raise EnvironmentFailed(f"this Python has no ensurepip, and {error}\n{remedy}") from error
    if wheel := _newest(tree.glob("usr/share/python-wheels/pip-*.whl")):
        return wheel
    raise EnvironmentFailed(f"{_PIP_WHEEL_PACKAGE} holds no pip; install python3-venv")


def _bundled() -> Iterable[Path]:
    spec = importlib.util.find_spec("ensurepip")
    places = [Path("/usr/share/python-wheels")]
    if spec and spec.origin:
        places.insert(0, Path(spec.origin).parent / "_bundled")
    return (wheel for place in places for wheel in place.glob("pip-*.whl"))


def _fetch_pip(tree: Path) -> None:
    apt.require_apt()
    shutil.rmtree(tree, ignore_errors=True)
    source = apt.PrivateApt(tree / ".apt", apt.own_repositories(), Path("/var/lib/dpkg/status"))
    source.update()
    for package in source.download([_PIP_WHEEL_PACKAGE]):
        if package.name == _PIP_WHEEL_PACKAGE:
            apt.unpack(package, tree)


def _newest(wheels: Iterable[Path]) -> Path | None:
    return max(wheels, key=lambda path: path.name, default=None)


def _works(python: Path) -> bool:
    """Whether the environment's interpreter starts and is the one we run on."""
    try:
        said = subprocess.run(
            [python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False, timeout=20
        )
    except OSError:
        return False
    return said.returncode == 0 and said.stdout.strip() == sys.version.strip()


def _stamp(place: Path) -> dict[str, str]:
    try:
        stamp = json.loads((place / STAMP).read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(place: Path, stamp: dict[str, str]) -> None:
    temporary = place / (STAMP + ".part")
    temporary.write_text(json.dumps(stamp))
    temporary.rename(place / STAMP)
