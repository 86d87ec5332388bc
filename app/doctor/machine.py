"""Checks of the machine: Python and its packages, room on the disk, limits, clock, time zones."""

from __future__ import annotations

import ctypes
import difflib
import importlib.metadata
import os
import re
import resource
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.clock import boot_id, now
from app.doctor.finding import Finding, fail, ok, warn
from app.retention_clock import Mark, doubt, mark_file, moved, read_mark
from app.settings import PREFIX, Settings, variable
from core.instants import Instant

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
BYTES_PER_CALL_HOUR = 2 * 16_000 * 3600
"""Two voices, 8,000 samples of 2 bytes a second each, until they are encoded."""
FULL_HOUSE_CALLS = 90
LEAST_FILES, GOOD_FILES = 1024, 4096
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(\s*;)?", re.MULTILINE)
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_OTHER_VARIABLES = tuple(f"{PREFIX}{name}" for name in ("PBX_ROOT", "DEBIAN_MIRROR", "BEAT_FD", "AS_ROOT", "PYTHON"))


def python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return fail(f"Python {version}", "install Python 3.11 or newer, then ./thirdring up")
    return ok(f"Python {version} in {sys.prefix}")


def packages(_settings: Settings) -> Finding:
    """The virtual environment against the lock."""
    wrong = drifted((ROOT / "requirements.lock").read_text(encoding="utf-8"), installed_packages())
    if wrong:
        return fail(f"{len(wrong)} package(s) differ from requirements.lock: {'; '.join(wrong[:3])}", "./thirdring up")
    return ok("Python packages are those of requirements.lock")


def installed_packages() -> dict[str, str]:
    return {_canonical(each.name): each.version for each in importlib.metadata.distributions() if each.name}


def drifted(lock: str, installed: Mapping[str, str]) -> list[str]:
    """How the installed packages differ. One with a marker may be absent: it is for other machines."""
    wrong = []
    for name, version, marker in _PINNED.findall(lock):
        found = installed.get(_canonical(name))
        if found is None and not marker:
            wrong.append(f"{name} is missing")
        elif found not in (None, version):
            wrong.append(f"{name} is {found}, not {version}")
    return wrong


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def variables(_settings: Settings) -> Finding:
    """A misspelt override would silently do nothing."""
    unknown = unknown_variables(os.environ)
    if unknown:
        return warn(f"unknown environment variable {'; '.join(unknown)}", "correct or unset it; see docs/settings.md")
    return ok("environment variables are known")


def unknown_variables(environ: Iterable[str]) -> list[str]:
    known = [name.removeprefix(PREFIX) for name in (*map(variable, Settings.model_fields), *_OTHER_VARIABLES)]
    unknown = sorted(name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX))
    return [_suggested(name, known) for name in unknown if name not in known]


def _suggested(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{PREFIX}{name} (did you mean {PREFIX}{near[0]}?)" if near else f"{PREFIX}{name}"


def disk(settings: Settings) -> Finding:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    return judge_disk(shutil.disk_usage(place).free, place)


def judge_disk(free_bytes: int, place: Path) -> Finding:
    """Hours of a full house that still fit; recordings come first when the disk fills."""
    hours = free_bytes / (FULL_HOUSE_CALLS * BYTES_PER_CALL_HOUR)
    text = f"{free_bytes / 1e9:.1f} GB free at {place}: {hours:.1f} h of {FULL_HOUSE_CALLS} recorded calls"
    if hours < 0.2:
        return fail(text, "free space, or set THIRDRING_HOME to a larger disk, before calls go unrecorded")
    return warn(text, "plan more space or shorter keeping of recordings") if hours < 2 else ok(text)


def limits(_settings: Settings) -> Finding:
    return judge_limits(*resource.getrlimit(resource.RLIMIT_NOFILE))


def judge_limits(soft: int, hard: int) -> Finding:
    """Open files: a call takes about a dozen in Asterisk, beside one for each phone and browser."""
    most = hard if hard != resource.RLIM_INFINITY else sys.maxsize
    text = f"open files: {soft} now, {'any number' if most == sys.maxsize else most} at most"
    if most < LEAST_FILES:
        return fail(text, f"raise it: ulimit -n {GOOD_FILES}, or LimitNOFILE={GOOD_FILES} in the service")
    if most < GOOD_FILES:
        return warn(text, f"raise it for a full house: ulimit -Hn {GOOD_FILES}")
    return ok(text)


def clock(settings: Settings) -> Finding:
    """adjtimex(2) with modes 0 only reads. Durations here never use this clock; shifts, reports and retention do."""
    if jumped := clock_jumped(read_mark(mark_file(settings.home)), now(), boot_id()):
        return warn(
            jumped, "a wrong clock: timedatectl set-ntp true (in a container: on the host); a right one: nothing"
        )
    buffer = ctypes.create_string_buffer(512)  # struct timex is 208 bytes on 64-bit Linux
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    if state in (-1, _TIME_ERROR):
        return warn(
            "the clock is not known to be synchronised", "timedatectl set-ntp true (in a container: on the host)"
        )
    return ok("the clock is synchronised")


def clock_jumped(mark: Mark | None, at: Instant, boot: str) -> str:
    """Also before the engine has seen it."""
    return doubt(moved(mark, at, boot), at) if mark is not None else ""


def time_zones(_settings: Settings) -> Finding:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return fail("no time zone data", "apt install tzdata, or ./thirdring up to restore the Python package tzdata")
    return ok("time zone data is there")
