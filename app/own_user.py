"""Started as root: go on as a system user of our own, from a copy of the program that it can read.

Root opens nothing for writing below the user's directory: the user could have put a link there. What has
to be written is piped to a child that is already that user.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

USER = "thirdring"
USER_HOME = Path("/var/lib/thirdring")
_LEFT_OUT = {".git", ".thirdring", ".venv", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache"}
_LEFT_OUT |= {".ruff_cache", ".hypothesis", ".import_linter_cache", ".import_linter"}
_STAMP = ".thirdring-copied"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROBE = "import sys; sys.exit(sys.version_info < (3, 11))"


class OwnUserFailed(Exception):
    """We cannot go on as the own user; the text says what to do."""


def continue_as_own_user(checkout: Path, arguments: Sequence[str]) -> NoReturn:
    """Replace this process with the same command, run by the own user. Raises: OwnUserFailed."""
    user = _user()
    home = Path(os.environ.get("THIRDRING_HOME") or USER_HOME).absolute()
    _give(home, user)
    python = _interpreter(user)
    copy = home / "program"
    copy_program(checkout, copy, user)
    _become(user)
    os.environ |= {"THIRDRING_HOME": str(home), "HOME": str(home), "PYTHONPATH": str(copy), "PYTHONSAFEPATH": "1"}
    if not os.access(".", os.R_OK | os.X_OK):
        os.chdir(home)
    os.execv(python, [str(python), "-m", "app.bootstrap", *arguments])


def refuse_somebody_elses(home: Path) -> None:
    """Before root stays root in `home`: it would replace, as root, what a house of its owner runs on.

    Raises: OwnUserFailed.
    """
    owner = home.stat().st_uid
    if owner != 0:
        remedy = "leave out --as-root and THIRDRING_AS_ROOT" if _name(owner) == USER else f"run this as {_name(owner)}"
        raise OwnUserFailed(f"{home} belongs to {_name(owner)}: {remedy}, or choose another THIRDRING_HOME")


def _user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        pass
    if not shutil.which("useradd"):
        raise OwnUserFailed(f"there is no useradd here; create a system user {USER}, or use --as-root")
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(USER_HOME)]
    subprocess.run(["useradd", *options, "--shell", "/usr/sbin/nologin", USER], check=True)
    return pwd.getpwnam(USER)


def _give(home: Path, user: pwd.struct_passwd) -> None:
    """Make `home` this user's, if it is new or empty; somebody else's data is left alone."""
    try:
        home.mkdir(mode=0o750, parents=True)
    except FileExistsError:
        owner = home.stat().st_uid
        if owner != user.pw_uid and any(home.iterdir()):
            raise OwnUserFailed(
                f"{home} belongs to {_name(owner)}, not to {USER}: choose another THIRDRING_HOME, "
                f"or give it away (chown -R {USER}: {home})"
            ) from None
    os.chown(home, user.pw_uid, user.pw_gid)
    if _as_user(user, ["/bin/sh", "-c", 'cd "$1"', "sh", str(home)]):
        raise OwnUserFailed(f"user {USER} cannot reach {home}; choose another THIRDRING_HOME, or use --as-root")


def _interpreter(user: pwd.struct_passwd) -> Path:
    """A Python that this user can run: one below root's home is not."""
    names = [sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"]
    names += [f"/usr/bin/python3.{minor}" for minor in (13, 12, 11)]
    for name in names:
        if not _as_user(user, [name, "-c", _PROBE]):
            return Path(name)
    raise OwnUserFailed(
        f"user {USER} can run no Python 3.11 or newer here (it cannot read {sys.executable}). "
        "Debian, Ubuntu: apt-get install python3 python3-venv. On a throw-away machine: --as-root"
    )


def copy_program(checkout: Path, copy: Path, user: pwd.struct_passwd) -> None:
    """Bring `copy` up to date by a child that is the user; files that are gone from the checkout go there, too."""
    files = sorted(_files(checkout))
    stamp = _digest(checkout, files)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os._exit(_receive(user, reading, copy, stamp, files))
    os.close(reading)
    try:
        with os.fdopen(writing, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|") as tar:
            for name in files:
                tar.add(checkout / name, name, recursive=False)
    except BrokenPipeError:
        pass  # the copy was already right
    if os.waitpid(child, 0)[1]:
        raise OwnUserFailed(f"the program could not be copied to {copy}")


def _receive(user: pwd.struct_passwd, pipe: int, copy: Path, stamp: str, files: Sequence[str]) -> int:
    """In the child: its exit status."""
    try:
        _become(user)
        copy.mkdir(mode=0o750, exist_ok=True)
        known = _known(copy)
        if known[:1] == [stamp]:
            return 0
        there = {*known[1:], *files}
        _note(copy, "", there)  # of no version until it is whole; whatever is cut off now is cleared away by the next
        with os.fdopen(pipe, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            names = [_extract(tar, member, copy) for member in tar]
        for name in there - set(names):
            (copy / name).unlink(missing_ok=True)
        _note(copy, stamp, names)
    except Exception as error:  # a forked child's edge: its parent's code must not run here
        print(f"thirdring: {error}", file=sys.stderr)
        return 1
    return 0


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, copy: Path) -> str:
    """Write one file anew; returns its name. (tarfile's own filters are missing from Python 3.11.2.)"""
    target, content = copy / member.name, tar.extractfile(member)
    assert content is not None
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_bytes(content.read())
    target.chmod(0o750 if member.mode & 0o100 else 0o640)
    return member.name


def _note(copy: Path, stamp: str, names: Iterable[str]) -> None:
    aside = copy / f"{_STAMP}.new"
    aside.write_text("\n".join([stamp, *names]))
    aside.replace(copy / _STAMP)


def _known(copy: Path) -> list[str]:
    """The stamp of what was copied, then the names."""
    try:
        return (copy / _STAMP).read_text().splitlines()
    except FileNotFoundError:
        return []


def _files(checkout: Path) -> Iterator[str]:
    """Everything but caches, data and links, which could lead anywhere."""
    for directory, below, names in os.walk(checkout):
        below[:] = [name for name in below if name not in _LEFT_OUT]
        for name in names:
            path = Path(directory, name)
            if path.is_file() and not path.is_symlink() and name != ".git":
                yield str(path.relative_to(checkout))


def _digest(checkout: Path, files: Sequence[str]) -> str:
    facts = ((name, (checkout / name).stat()) for name in files)
    listed = "".join(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_mode}\n" for name, stat in facts)
    return hashlib.sha256(f"{checkout}\n{listed}".encode()).hexdigest()


def _as_user(user: pwd.struct_passwd, command: Sequence[str]) -> int:
    """Exit status of a command run by the user; 126 when it cannot even be started."""
    try:
        return subprocess.run(
            command,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd="/",
            env={"PATH": _PATH},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode
    except OSError:
        return 126


def _become(user: pwd.struct_passwd) -> None:
    if os.geteuid() != user.pw_uid:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.umask(0o027)
    for name in [name for name in os.environ if name.startswith(("PYENV_", "XDG_", "SUDO_", "VIRTUAL_ENV"))]:
        del os.environ[name]
    os.environ |= {"HOME": user.pw_dir, "USER": USER, "LOGNAME": USER, "PATH": _PATH}


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
