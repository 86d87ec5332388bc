"""Checks of what lies in the instance's home: secrets, the unpacked PBX, sounds, the spool."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.current_house import last_known_house
from app.doctor.finding import Finding, fail, ok, warn
from app.doctor.machine import ROOT
from app.recordings_key import REMEDY, missing_key
from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house_prompts import Prompts
from cti.pbx.installation import find_installation, unpacked_root, version_of
from cti.pbx.packages import packages_of
from cti.pbx.render import read_allowed
from ivr.prompts import prompts_of
from store.salvage import set_aside

OVERDUE_S = 3600
EMPTY_WAV_BYTES = 44
LANGUAGES = ("zh-CN", "en")
_FETCHED = "./thirdring up fetches it; or name another with pbx_mode in thirdring.yaml"
_NOT_FETCHED = "install Asterisk 20 or newer, or take pbx_mode out of thirdring.yaml and run ./thirdring up"
_ASIDE = {"cache", "own"}  # the same sounds under other names; recordings that replace some prompts


def secrets(settings: Settings) -> Finding:
    """Nobody but the owner reads a secret; certificates beside their keys are public."""
    given = (settings.pbx_ami_secret_file, settings.pbx_reload_secret_file, settings.lan_key_file)
    kept = (file for file in (settings.home / "secrets").rglob("*") if file.is_file() and file.suffix != ".crt")
    files = [*kept, *(file for file in given if file)]
    if gone := [str(file) for file in files if not file.exists()]:
        return fail(f"secret file is missing: {', '.join(gone)}", "create it, or correct the setting that names it")
    if loose := [str(file) for file in files if file.stat().st_mode & 0o077]:
        return fail(f"others may read {', '.join(loose)}", f"chmod go= {' '.join(loose)}")
    if missing := missing_key(settings):
        return fail(f"{missing}: calls are recorded and nothing is archived", REMEDY)
    return ok(f"{len(files)} secret(s), readable by their owner alone")


def pbx(settings: Settings) -> Finding:
    """The Asterisk to run is there, whole, and the one that was tried."""
    if settings.pbx_mode == "remote":
        return ok(f"the PBX is remote: {settings.pbx_host}")
    try:
        installation = find_installation(settings.home, settings.pbx_mode, os.environ)
    except ConfigurationWrong as error:
        return fail(str(error), _FETCHED if settings.pbx_mode == "embedded" else _NOT_FETCHED)
    tree = unpacked_root(settings.home, os.environ)
    version, lacking = version_of(*installation.command), lacking_modules(installation.modules)
    if not Path(installation.command[-1]).is_relative_to(tree):
        return judge_installed(installation.command[-1], version, lacking)
    if not version or lacking:
        return fail(f"the unpacked Asterisk in {tree} is broken", f"delete {tree}; ./thirdring up fetches it anew")
    return judge_packages(packages_of(tree), (ROOT / "asterisk-conf/packages.lock").read_text(encoding="utf-8"))


def lacking_modules(modules: Path) -> list[str]:
    """Modules that calls need and that are not there. Some codecs and formats are a distribution's own."""
    there = {path.stem for path in modules.glob("*.so")}
    lacking = read_allowed(ROOT / "asterisk-conf/modules.allowed") - there
    return sorted(name for name in lacking if not name.startswith(("codec_", "format_")))


def judge_installed(program: str, version: str, lacking: Sequence[str]) -> Finding:
    """An Asterisk of this machine's own, which its own packages keep up to date."""
    text = f"this machine's own {version or 'Asterisk'}: {program}"
    if not version:
        return fail(f"{text} does not start", f"try {program} -V; install it anew, or set pbx_mode: embedded")
    if lacking:
        remedy = "install the package they are in (Debian: asterisk-modules), or set pbx_mode: embedded"
        return fail(f"{text} lacks {len(lacking)} module(s): {', '.join(lacking[:5])}", remedy)
    return ok(text)


def judge_packages(unpacked: Mapping[str, Sequence[str]], lock: str) -> Finding:
    """Versions unpacked (name -> version, hash) against those that were tried."""
    if not unpacked:
        return fail("the unpacked Asterisk is not whole", "./thirdring up fetches it anew")
    tried = {fields[0]: fields[1] for line in lock.splitlines() if len(fields := line.split()) == 3}
    other = [f"{name} {version}" for name, (version, _) in sorted(unpacked.items()) if tried.get(name) != version]
    text = f"Asterisk {unpacked['asterisk'][0]}" if "asterisk" in unpacked else "Asterisk of unknown version"
    if other:
        remedy = "nothing, if calls work; else report it with this output"
        return warn(f"{text}; {len(other)} package(s) differ from packages.lock: {', '.join(other[:3])}", remedy)
    return ok(f"{text}, as in packages.lock")


def sounds(settings: Settings) -> Finding:
    """Each prompt of the house, none of them empty, and music to wait with. Languages differ in the words that numbers
    are said with."""
    home = settings.home / "sounds"
    there = {f"{language}/{name}" for language in LANGUAGES for name in _spoken(home / language)}
    if not there or not _spoken(home / "music"):
        return fail(f"no prompts or no music under {home}", "./thirdring up makes them")
    wanted = {f"{each.language}/{each.name}.wav" for each in prompts_of(_own_prompts(settings))}
    if lacking := sorted(wanted - there):
        return fail(f"{len(lacking)} prompt(s) missing or empty: {', '.join(lacking[:3])}", "./thirdring up makes them")
    return ok(f"{len(wanted)} prompts in {len(LANGUAGES)} languages, and music")


def _own_prompts(settings: Settings) -> Prompts:
    try:
        return last_known_house(settings).prompts
    except ConfigurationWrong:
        return {}  # another check says so


def _spoken(directory: Path) -> set[str]:
    """Names of the sound files that hold sound."""
    files = {file.relative_to(directory): file.stat().st_size for file in directory.rglob("*.wav")}
    return {str(name) for name, size in files.items() if size > EMPTY_WAV_BYTES and not _ASIDE & {*name.parts}}


def spool(settings: Settings) -> Finding:
    """The journal's files are dropped once they are shipped; old ones that stay mean a database that is away."""
    directory = settings.spool
    if not directory.exists():
        return ok("no spool yet")
    if not os.access(directory, os.W_OK):
        return fail(
            f"{directory} cannot be written", f"run this as its owner, or chown it (now uid {directory.stat().st_uid})"
        )
    if aside := set_aside(directory):
        names = ", ".join(each.name for each in aside[:3])
        return fail(
            f"{len(aside)} part(s) of the journal could not be read whole: {names}",
            f"its disk fails: back up, replace it, and move *.unread out of {directory} when you have looked at them",
        )
    files = sorted(directory.glob("*.jsonl"))
    return judge_spool([(file.stat().st_size, file.stat().st_mtime) for file in files], time.time())


def judge_spool(files: Sequence[tuple[int, float]], now_s: float) -> Finding:
    """`files` are sizes in bytes and last writes; the newest is being written and may be of any age."""
    waiting = [(size, written) for size, written in files[:-1] if now_s - written > OVERDUE_S]
    text = f"{len(files)} spool file(s), {sum(size for size, _ in files) / 1e6:.1f} MB"
    if waiting:
        oldest_min = (now_s - min(written for _, written in waiting)) / 60
        return warn(
            f"{text}; {len(waiting)} still kept, the oldest {oldest_min:.0f} min old",
            "look at the database's line above; calls go on and nothing is lost as long as the disk has room",
        )
    return ok(text)
