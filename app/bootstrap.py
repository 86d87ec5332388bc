"""Set-up, before the private environment exists: standard library only.

Each step is idempotent, stamps what it made from which inputs when it is whole, and so repairs what was
left half-finished. Then the command runs in the private environment.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.environment import EnvironmentFailed, ensure_environment
from app.own_user import OwnUserFailed, continue_as_own_user, refuse_somebody_elses
from app.web_build import ensure_pages
from core.errors import Refused, ThirdringError
from cti.pbx import packages
from cti.pbx.installation import installed_program, unpacked_root

CHECKOUT = Path(__file__).resolve().parents[1]
Say = Callable[[str], None]

NEEDS_PBX = {"up", "pbx", "test", "bench", "soak"}
TOOLS = {
    "up": {"espeak-ng"},
    "pbx": {"espeak-ng"},
    "soak": {"espeak-ng"},
    "bench": {"espeak-ng", "sipp"},
    "test": set(packages.TOOLS),
}
NEEDS_DEVELOPMENT = {"test", "check"}
NEEDS_PAGES = {"test"}
"""`up` builds them itself, when calls are being taken."""
MOST_TEST_PROCESSES = 6

USAGE = """\
./thirdring up [--demo]     set up what is missing, start the PBX and the engine; Ctrl-C stops them
./thirdring test [ARGS]     set up what is missing and run every test (ARGS go to pytest)
./thirdring check           formatting, lint, types, import contracts, unit tests
./thirdring pbx             the PBX alone, on its own machine, for an engine elsewhere (docs/guides/remote-pbx.md)
./thirdring COMMAND --help  status, doctor, call, house, ivr, seat, bench, …

Anywhere: --port-base N     the first of the 2,000 ports of this instance (THIRDRING_PORT_BASE)
          --as-root         stay root, for throw-away machines only
THIRDRING_HOME is where this instance keeps everything; by default .thirdring/ beside this program,
and /var/lib/thirdring, under a user of its own, when started as root."""


@dataclass(frozen=True, slots=True)
class Order:
    """The command line, its own options taken out."""

    command: str
    rest: tuple[str, ...]
    as_root: bool
    port_base: str | None


def main() -> None:
    order = parse(sys.argv[1:])
    if order.command in {"help", "-h", "--help"}:
        print(USAGE)
        return
    try:
        _run(order)
    except (ThirdringError, EnvironmentFailed, OwnUserFailed) as error:
        sys.exit(f"thirdring: {error}")
    except OSError as error:
        sys.exit(f"thirdring: {error.filename}: {error.strerror}" if error.filename else f"thirdring: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def parse(arguments: Sequence[str]) -> Order:
    """Take --as-root and --port-base from wherever they stand before `--`; all else is the command's."""
    rest: list[str] = []
    as_root, port_base = False, None
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument == "--as-root":
            as_root = True
        elif argument == "--port-base":
            port_base = next(waiting, "")
        elif argument.startswith("--port-base="):
            port_base = argument.partition("=")[2]
        else:
            rest.append(argument)
    return Order(rest[0] if rest else "help", tuple(rest[1:]), as_root, port_base)


def _run(order: Order) -> None:
    if order.port_base is not None and not order.port_base.isdecimal():
        raise Refused(f"--port-base needs a number, such as --port-base 24000; found {order.port_base!r}")
    if os.geteuid() == 0:
        if not (order.as_root or os.environ.get("THIRDRING_AS_ROOT")):
            continue_as_own_user(CHECKOUT, sys.argv[1:])
        if order.as_root:
            os.environ["THIRDRING_AS_ROOT"] = "1"
            print("warning: PBX and engine run as root; only on a machine you will throw away", file=sys.stderr)
    home = _home(os.environ)
    if os.geteuid() == 0:
        refuse_somebody_elses(home)
    python = set_up(home, order.command, os.environ)
    os.environ |= {"THIRDRING_HOME": str(home), "PYTHONPATH": str(CHECKOUT), "PYTHONSAFEPATH": "1"}
    _keep_bytecode(home)
    if order.port_base is not None:
        os.environ["THIRDRING_PORT_BASE"] = order.port_base
    sys.stdout.flush()
    if order.command == "check":
        sys.exit(_check(python))
    if order.command == "test":
        os.chdir(CHECKOUT)
        os.execv(python, [str(python), "-m", "pytest", *side_by_side(order.rest), *order.rest])
    os.execv(python, [str(python), "-m", "app.cli", order.command, *order.rest])


def side_by_side(arguments: Sequence[str]) -> tuple[str, ...]:
    """pytest-xdist's options for a run of more than a named file: most tests wait, so three processes a core.

    A file of tests stays in one process, since its tests share a house, and files begin in the order they have.
    Whoever gives -n decides: the last one counts.
    """
    if any(".py" in argument and not argument.startswith("-") for argument in arguments):
        return ()
    processes = min((os.cpu_count() or 1) * 3, MOST_TEST_PROCESSES)
    return ("-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder")


def _keep_bytecode(home: Path) -> None:
    """In our home also where Python is told to write none beside programs: else each start, and each restart of a
    killed engine, compiles all of its libraries anew, which takes longer than everything else it does."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")


def set_up(home: Path, command: str, environ: Mapping[str, str]) -> Path:
    """Everything the command needs; returns the private environment's interpreter.

    Two set-ups of one home wait for each other; the environment and the packages are fetched side by side.
    """
    say = _speaker()
    lock = "requirements-dev.lock" if command in NEEDS_DEVELOPMENT else "requirements.lock"
    with _alone(home, say), ThreadPoolExecutor() as pool:
        python = pool.submit(ensure_environment, home, CHECKOUT, lock, say)
        fetched = [pool.submit(step) for step in _package_steps(home, command, environ, say)]
        for step in fetched:
            step.result()
        return python.result()


def _package_steps(home: Path, command: str, environ: Mapping[str, str], say: Say) -> Iterator[Callable[[], None]]:
    pbx_lock = CHECKOUT / "asterisk-conf/packages.lock"
    if command in NEEDS_PBX and wants_packages(home, command, environ):
        yield partial(packages.ensure_asterisk, unpacked_root(home, environ), pbx_lock, environ, say)
    if command in TOOLS:
        yield partial(packages.ensure_tools, home / "tools", TOOLS[command], say)
    if command in NEEDS_PAGES:
        yield partial(ensure_pages, home, say, for_tests=True)


def wants_packages(home: Path, command: str, environ: Mapping[str, str]) -> bool:
    """Whether our own Asterisk is to be fetched: not for a remote or an installed one, nor into a given tree.

    `pbx` runs where the remote one is to be.
    """
    if environ.get("THIRDRING_PBX_ROOT"):
        return False
    if command == "pbx":
        return installed_program() is None
    mode = environ.get("THIRDRING_PBX_MODE") or _setting(home, "pbx_mode")
    return mode == "embedded" or (not mode and installed_program() is None)


def _setting(home: Path, key: str) -> str:
    """One plain key of thirdring.yaml, read without a YAML library; the real reader checks it later."""
    file = home / "thirdring.yaml"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    found = (line.partition(":")[2] for line in lines if line.startswith(f"{key}:"))
    return next((value.partition("#")[0].strip().strip("\"'") for value in found), "")


def _home(environ: Mapping[str, str]) -> Path:
    home = Path(environ.get("THIRDRING_HOME") or CHECKOUT / ".thirdring").expanduser().absolute()
    home.mkdir(mode=0o750, parents=True, exist_ok=True)
    return home


def _check(python: Path) -> int:
    """All checks, two at a time; a failed one's output appears whole. 1 if any failed.

    Some unit tests wait, so one process more than there are cores.
    """
    checks: dict[str, list[str | Path]] = {
        "types": [python, "-m", "mypy"],
        "unit tests": [python, "-m", "pytest", "-n", str((os.cpu_count() or 1) + 1), "tests/unit"],
        "format": [python, "-m", "ruff", "format", "--check", "."],
        "lint": [python, "-m", "ruff", "check", "."],
        "imports": [python.with_name("lint-imports")],
    }
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = zip(checks, pool.map(_quietly, checks.values()), strict=True)
        failed = [name for name, result in results if _failed(name, result)]
    return 1 if failed else 0


def _quietly(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def _failed(name: str, result: subprocess.CompletedProcess[str]) -> bool:
    print(f"{name}: {'FAILED' if result.returncode else 'ok'}", flush=True)
    if result.returncode:
        print(result.stdout + result.stderr)
    return result.returncode != 0


def _speaker() -> Say:
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {text}", file=sys.stderr, flush=True)

    return say


@contextmanager
def _alone(home: Path, say: Say) -> Iterator[None]:
    directory = home / "run"
    directory.mkdir(mode=0o750, exist_ok=True)
    with (directory / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of the same home")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
