"""The launcher's own decisions."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from app import bootstrap, own_user
from app.bootstrap import CHECKOUT, Order, parse, side_by_side, wants_packages
from app.environment import pins
from core.errors import Refused
from cti.pbx.process import Budget


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        ("", Order("help", (), False, None)),
        ("up --demo", Order("up", ("--demo",), False, None)),
        ("--as-root up --port-base 21000 --demo", Order("up", ("--demo",), True, "21000")),
        ("up --port-base=21000", Order("up", (), False, "21000")),
        ("test -- --as-root -k x", Order("test", ("--", "--as-root", "-k", "x"), False, None)),
    ],
)
def test_the_launchers_own_options_may_stand_anywhere(arguments: str, order: Order) -> None:
    assert parse(arguments.split()) == order


@pytest.mark.parametrize("arguments", ["", "--durations=60", "-k spool", "tests/unit tests/integration/store"])
def test_many_tests_run_side_by_side(arguments: str) -> None:
    assert "loadfile" in side_by_side(arguments.split())


@pytest.mark.parametrize("arguments", ["tests/unit/test_docs.py", "-x tests/unit/test_docs.py::test_links"])
def test_a_named_file_runs_in_one_process(arguments: str) -> None:
    assert side_by_side(arguments.split()) == ()


@pytest.mark.parametrize("mode", ["installed", "remote"])
def test_no_asterisk_is_fetched_for_an_installed_or_a_remote_pbx(tmp_path: Path, mode: str) -> None:
    assert not wants_packages(tmp_path, "up", {"THIRDRING_PBX_MODE": mode})
    (tmp_path / "thirdring.yaml").write_text(f"port_base: 21000\npbx_mode: '{mode}'  # why\n")
    assert not wants_packages(tmp_path, "up", {})
    assert wants_packages(tmp_path, "up", {"THIRDRING_PBX_MODE": "embedded"})
    assert not wants_packages(tmp_path, "up", {"THIRDRING_PBX_ROOT": "/somewhere"})


def test_the_remote_pbxs_own_machine_fetches_one_unless_it_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for there, fetched in ((None, True), (Path("/usr/sbin/asterisk"), False)):
        monkeypatch.setattr("app.bootstrap.installed_program", lambda there=there: there)
        assert wants_packages(tmp_path, "pbx", {"THIRDRING_PBX_MODE": "remote"}) is fetched


@pytest.mark.parametrize("arguments", ["up --port-base", "up --port-base=", "--port-base up", "up --port-base 2x"])
def test_a_port_base_that_is_no_number_is_refused_before_anything_is_done(arguments: str) -> None:
    with pytest.raises(Refused, match="--port-base needs a number"):
        bootstrap._run(parse(arguments.split()))


def test_pins_are_the_locked_names() -> None:
    assert pins(CHECKOUT / "requirements.lock") <= pins(CHECKOUT / "requirements-dev.lock")
    assert any(pin.startswith("panoramisk==") for pin in pins(CHECKOUT / "requirements.lock"))


def test_the_copy_follows_the_checkout_and_leaves_caches_out(tmp_path: Path) -> None:
    checkout, copy = tmp_path / "checkout", tmp_path / "copy"
    for name in ("app/a.py", "app/b.py", ".git/config", "node_modules/x.js", "app/__pycache__/a.pyc"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text(name)
    (checkout / "run").write_text("#!/bin/sh\n")
    (checkout / "run").chmod(0o755)
    assert copy_in_a_process_of_its_own(checkout, copy)
    (copy / "made-here").touch()
    (checkout / "app/b.py").unlink()
    (checkout / "app/a.py").write_text("changed")
    assert copy_in_a_process_of_its_own(checkout, copy)
    there = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
    assert there == {"app/a.py", "run", "made-here", ".thirdring-copied"}
    assert (copy / "app/a.py").read_text() == "changed"
    assert os.access(copy / "run", os.X_OK) and not os.access(copy / "app/a.py", os.X_OK)


def test_a_copy_that_was_cut_off_leaves_no_file_of_another_version(tmp_path: Path) -> None:
    """One more migration would be taken for the newest, and a module that has become a package would hide it."""
    checkout, copy = tmp_path / "checkout", tmp_path / "copy"
    checkout.mkdir()
    for names, is_whole in (("ab", True), ("acd", False), ("a", True)):
        for file in checkout.iterdir():
            file.unlink()
        for name in names:
            (checkout / f"{name}.py").write_text(f"{name} of {names}")
        assert copy_in_a_process_of_its_own(checkout, copy, cut_at="" if is_whole else "d.py") is is_whole
    assert sorted(path.name for path in copy.iterdir()) == [".thirdring-copied", "a.py"]
    assert (copy / "a.py").read_text() == "a of a"


def copy_in_a_process_of_its_own(checkout: Path, copy: Path, cut_at: str = "") -> bool:
    """It forks, which a process with threads must not. Whether it came to its end."""
    words = f"{str(checkout)!r}, {str(copy)!r}, {cut_at!r}"
    code = f"from tests.unit.pbx.test_bootstrap import copy_here; copy_here({words})"
    return subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=cut_at != "").returncode == 0


def copy_here(checkout: str, copy: str, cut_at: str) -> None:
    """The child is killed when it comes to `cut_at`."""
    extract = own_user._extract

    def cut(tar: tarfile.TarFile, member: tarfile.TarInfo, copy: Path) -> str:
        if member.name == cut_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return extract(tar, member, copy)

    own_user._extract = cut
    own_user.copy_program(Path(checkout), Path(copy), pwd.getpwuid(os.getuid()))


def test_the_launcher_names_what_is_missing(tmp_path: Path) -> None:
    for tool in ("dirname", "readlink"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    environment = {"PATH": str(tmp_path), "THIRDRING_PYTHON": "/nowhere/python"}
    done = subprocess.run(["/bin/sh", CHECKOUT / "thirdring", "help"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr


def test_the_wait_before_a_restart_doubles_up_to_its_limit_and_then_ends() -> None:
    budget = Budget(restarts=4, first_wait_s=0.5, longest_wait_s=3)
    assert [budget.wait_s(deaths) for deaths in range(1, 7)] == [0.5, 1, 2, 3, None, None]


def test_a_home_that_cannot_be_made_is_named_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("THIRDRING_AS_ROOT", "1")
    monkeypatch.setenv("THIRDRING_HOME", str(tmp_path / "file/home"))
    monkeypatch.setattr("sys.argv", ["thirdring", "status"])
    with pytest.raises(SystemExit) as ended:
        bootstrap.main()
    assert str(ended.value.code) == f"thirdring: {tmp_path}/file/home: Not a directory"


def test_settings_in_another_encoding_are_left_to_the_reader_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "thirdring.yaml").write_bytes("# 呼叫中心\npbx_mode: remote\n".encode("gbk"))
    assert not wants_packages(tmp_path, "up", {})
