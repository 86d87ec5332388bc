"""Started as root, the product goes on as somebody who may little."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import bootstrap, own_user
from app.bootstrap import CHECKOUT

NOBODY = "nobody"
PROGRAM = """
import json, os, sys
mask = os.umask(0)
print(json.dumps({"ids": [*os.getresuid(), *os.getresgid()], "groups": os.getgroups(), "mask": mask,
                  "arguments": sys.argv[1:], "home": os.environ["THIRDRING_HOME"], "from": __file__}))
"""
BECOME = "import app.own_user as own; from pathlib import Path; own.USER = {user!r}; "
GO_ON = "own.continue_as_own_user(Path({checkout!r}), ['up', '--demo'])"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class WentOn(Exception):
    """Instead of replacing this process."""


@pytest.fixture
def places() -> Iterator[tuple[Path, Path]]:
    """A checkout that only root reads, and where home will be; pytest's own directories are closed to others."""
    top = Path(tempfile.mkdtemp(prefix="tr-"))
    top.chmod(0o755)
    checkout = top / "checkout"
    (checkout / "app").mkdir(parents=True)
    (checkout / "app/__init__.py").touch()
    (checkout / "app/bootstrap.py").write_text(PROGRAM)
    checkout.chmod(0o700)
    yield checkout, top / "home"
    shutil.rmtree(top)


def go_on(checkout: Path, home: Path) -> subprocess.CompletedProcess[str]:
    code = BECOME.format(user=NOBODY) + GO_ON.format(checkout=str(checkout))
    environment = {**os.environ, "THIRDRING_HOME": str(home), "SUDO_USER": "root"}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )


@as_root
def test_all_of_root_is_given_away(places: tuple[Path, Path]) -> None:
    checkout, home = places
    done = go_on(checkout, home)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    user = pwd.getpwnam(NOBODY)
    assert said["ids"] == [user.pw_uid] * 3 + [user.pw_gid] * 3
    assert said["groups"] in ([], [user.pw_gid])
    assert (said["mask"], said["arguments"], said["home"]) == (0o027, ["up", "--demo"], str(home))
    assert said["from"] == str(home / "program/app/bootstrap.py"), "the copy, not what only root reads"
    assert (home.stat().st_uid, home.stat().st_mode & 0o777) == (user.pw_uid, 0o750)


@as_root
def test_somebody_elses_data_is_left_alone(places: tuple[Path, Path]) -> None:
    checkout, home = places
    home.mkdir()
    (home / "theirs").touch()
    done = go_on(checkout, home)
    assert done.returncode != 0
    assert "belongs to root" in done.stderr
    assert (home.stat().st_uid, (home / "theirs").stat().st_uid) == (0, 0)


@pytest.mark.parametrize(
    ("own", "remedy"), [(True, "leave out --as-root and THIRDRING_AS_ROOT"), (False, "run this as")]
)
def test_root_that_stays_root_touches_no_home_of_somebody_else(
    own: bool, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, pwd.getpwnam(NOBODY).pw_uid, -1)
    monkeypatch.setattr(own_user, "USER", tmp_path.owner() if own else "another")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "environ", {"THIRDRING_HOME": str(tmp_path)})
    with pytest.raises(own_user.OwnUserFailed, match=f"belongs to {tmp_path.owner()}: {remedy}"):
        bootstrap._run(bootstrap.parse(["--as-root", "status"]))
    assert list(tmp_path.iterdir()) == []


def test_root_may_stay_root_in_a_home_of_its_own() -> None:
    own_user.refuse_somebody_elses(Path("/"))


@pytest.mark.parametrize(("arguments", "goes_on"), [(["up"], True), (["test"], True), (["--as-root", "up"], False)])
def test_root_goes_on_as_itself_only_when_told(
    arguments: list[str], goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*given: object) -> None:
        raise WentOn

    def set_up(*given: object) -> None:
        raise NotADirectoryError

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "environ", {"THIRDRING_HOME": "/proc/nowhere"})
    monkeypatch.setattr(bootstrap, "continue_as_own_user", leave)
    monkeypatch.setattr(bootstrap, "_home", set_up)
    with pytest.raises(WentOn if goes_on else NotADirectoryError):
        bootstrap._run(bootstrap.parse(arguments))
