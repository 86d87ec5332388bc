"""Which Asterisk is taken: the unpacked one, the machine's, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ConfigurationWrong
from cti.pbx.installation import Installation, find_installation, major_of, unpacked, version_of
from cti.pbx.layout import PbxLayout, PbxPorts


def install(prefix: Path, version: str) -> Path:
    """A distribution's layout, with a program that says its version."""
    for directory in ("sbin", "lib/x86_64-linux-gnu/asterisk/modules", "share/asterisk/documentation"):
        (prefix / directory).mkdir(parents=True)
    program = prefix / "sbin/asterisk"
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    program.chmod(0o755)
    return program


def unpack(tree: Path) -> None:
    for file in ("usr/sbin/asterisk", "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"):
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).touch()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Asterisk 20 of this machine."""
    program = install(tmp_path / "usr", "20.6.0~dfsg+~cs6.13")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def test_the_unpacked_one_runs_under_its_own_loader(tmp_path: Path, machine: Path) -> None:
    tree = tmp_path / "home/pbx/root"
    unpack(tree)
    libraries = tree / "usr/lib/x86_64-linux-gnu"
    assert find_installation(tmp_path / "home", "embedded", {}) == Installation(
        (f"{libraries}/ld-linux-x86-64.so.2", "--library-path", str(libraries), str(tree / "usr/sbin/asterisk")),
        libraries / "asterisk/modules",
        tree / "usr/share/asterisk/documentation",
    )
    elsewhere = {"THIRDRING_PBX_ROOT": str(tree)}
    assert find_installation(tmp_path / "other", "embedded", elsewhere).modules == libraries / "asterisk/modules"


def test_libraries_beside_usr_are_found_too(tmp_path: Path) -> None:
    """As older releases unpack: libc and its loader in /lib, the rest in /usr/lib."""
    usr, libc = tmp_path / "usr/lib/x86_64-linux-gnu", tmp_path / "lib/x86_64-linux-gnu"
    for directory in (usr, libc):
        directory.mkdir(parents=True)
    (libc / "ld-linux-x86-64.so.2").touch()
    found = unpacked(tmp_path)
    assert found.command[:3] == (f"{libc}/ld-linux-x86-64.so.2", "--library-path", f"{usr}:{libc}")
    assert found.modules == usr / "asterisk/modules"


@pytest.mark.parametrize("mode", ["embedded", "installed"])
def test_the_machines_own_is_taken_where_none_was_fetched(tmp_path: Path, machine: Path, mode: str) -> None:
    found = find_installation(tmp_path / "home", mode, {})
    assert found.command == (str(machine),)
    assert found.modules == tmp_path / "usr/lib/x86_64-linux-gnu/asterisk/modules"


def test_an_installed_one_is_taken_when_it_is_asked_for(tmp_path: Path, machine: Path) -> None:
    unpack(tmp_path / "home/pbx/root")
    assert find_installation(tmp_path / "home", "installed", {}).command == (str(machine),)


def test_one_that_is_too_old_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = install(tmp_path / "usr", "18.10.0")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    with pytest.raises(ConfigurationWrong, match=r"no Asterisk 20 or newer here .*asterisk is Asterisk 18.10.0; run"):
        find_installation(tmp_path / "home", "embedded", {})


def test_whoever_asks_for_the_machines_own_is_not_sent_in_a_circle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` fetches none for an installed one, so it is not the remedy."""
    monkeypatch.setattr("cti.pbx.installation.program_here", lambda: None)
    with pytest.raises(ConfigurationWrong, match=r"\(pbx_mode: installed\); install one, or take pbx_mode away"):
        find_installation(tmp_path / "home", "installed", {})


@pytest.mark.parametrize(
    ("said", "major"),
    [("Asterisk 22.10.1", 22), ("Asterisk 20.6.0~dfsg+~cs6.13", 20), ("Asterisk certified/20.7-cert4", 20), ("", 0)],
)
def test_the_major_version_of_what_asterisk_says(said: str, major: int) -> None:
    assert major_of(said) == major


def test_a_program_that_cannot_be_started_has_no_version(tmp_path: Path) -> None:
    assert version_of(str(tmp_path / "gone")) == ""
    assert version_of("/bin/false") == ""


def test_a_home_too_deep_for_a_socket_is_refused_before_anything_starts(tmp_path: Path) -> None:
    ports = PbxPorts(1, 2, 3, 4, 5, 6)
    installation = Installation((), tmp_path, tmp_path)
    with pytest.raises(ConfigurationWrong, match="too long for a unix socket"):
        PbxLayout(installation, tmp_path / ("x" * 100), tmp_path, "a", ports)
