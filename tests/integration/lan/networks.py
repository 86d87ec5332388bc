"""Two machines on one network: two network namespaces joined by a pair of veth.

Namespaces without a name: they live as long as a process is in them, so nothing is left when the test
run dies, however it dies. As root they are plain; an ordinary user is root in a user namespace around them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

OFFICE, FLOOR = "10.77.0.1", "10.77.0.2"
_PACKAGES = {"ip": "iproute2", "unshare": "util-linux", "nsenter": "util-linux"}
_HOLD = ("sh", "-c", "echo held; exec cat")


@dataclass(frozen=True, slots=True)
class Machine:
    """`enter` before a command runs it there, in the same process."""

    address: str
    enter: tuple[str, ...]

    def run(self, *command: str) -> str:
        """Run to the end; its output. Raises RuntimeError with what it complained of."""
        return _run([*self.enter, *command])


@contextmanager
def office_network() -> Iterator[tuple[Machine, Machine]]:
    """The office's machine and one on the floor. Raises RuntimeError naming what the system lacks."""
    if missing := sorted({package for tool, package in _PACKAGES.items() if not shutil.which(tool, path=_path())}):
        raise RuntimeError(f"needs the Debian package(s) {', '.join(missing)}")
    with ExitStack() as stack:
        alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
        office_pid = stack.enter_context(_held([*alone, *_HOLD]))
        office = Machine(OFFICE, _enter(office_pid))
        floor_pid = stack.enter_context(_held([*office.enter, "unshare", "--net", *_HOLD]))
        floor = Machine(FLOOR, _enter(floor_pid))
        office.run("ip", "link", "add", "lan", "type", "veth", "peer", "name", "lan", "netns", str(floor_pid))
        for machine in (office, floor):
            machine.run("ip", "address", "add", f"{machine.address}/24", "dev", "lan")
            machine.run("ip", "link", "set", "lan", "up")
            machine.run("ip", "link", "set", "lo", "up")
        yield office, floor


def _enter(pid: int) -> tuple[str, ...]:
    user = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
    return ("nsenter", "--target", str(pid), *user, "--net")


@contextmanager
def _held(command: Sequence[str]) -> Iterator[int]:
    """A process that keeps its namespaces; it ends with the pipe to us, at the latest when we die."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
        assert holder.stdin and holder.stdout and holder.stderr
        if holder.stdout.readline() != b"held\n":
            said = holder.stderr.read().decode().strip()
            raise RuntimeError(
                f"no network namespace to be had: {said}. Run as root, or allow user namespaces "
                "(sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)"
            )
        try:
            yield holder.pid
        finally:
            holder.stdin.close()


def _path() -> str:
    return os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(
        command, env={**os.environ, "PATH": _path()}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed ({done.returncode}): {done.stderr.strip()}")
    return done.stdout
