"""Where packages come from, and that a tree is there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.pbx import apt, packages

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
LISTED = """\
'http://mirror.example/debian/dists/bookworm/InRelease' mirror.example_debian_dists_bookworm_InRelease 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' mirror.example_main_Packages 0
'http://mirror.example/debian/dists/bookworm/main/binary-all/Packages.xz' mirror.example_main_all_Packages 0
'http://mirror.example/debian/dists/bookworm/main/i18n/Translation-en.xz' mirror.example_Translation-en 0
'http://mirror.example/debian/dists/bookworm-updates/main/binary-amd64/Packages.xz' mirror.example_updates 0
'http://mirror.example/security/dists/bookworm-security/main/binary-amd64/Packages.xz' mirror.example_security 0
'https://vendor.example/apt/dists/cloud-bookworm/main/binary-amd64/Packages.xz' vendor.example_cloud 0
'https://vendor.example/node/dists/nodistro/main/binary-amd64/Packages.xz' vendor.example_node 0
'https://vendor.example/docker/dists/bookworm/stable/binary-amd64/Packages.xz' vendor.example_docker 0
"""


def test_only_the_distributions_own_sources_are_taken() -> None:
    found = apt.choose_repositories(LISTED, "bookworm", KEYRING)
    assert [repository.line for repository in found] == [
        f"deb [signed-by={KEYRING}] http://mirror.example/debian bookworm main",
        f"deb [signed-by={KEYRING}] http://mirror.example/debian bookworm-updates main",
        f"deb [signed-by={KEYRING}] http://mirror.example/security bookworm-security main",
    ]


def test_all_components_of_a_suite_make_one_source() -> None:
    places = (
        f"http://mirror.example/ubuntu/dists/noble/{part}/binary-amd64/Packages.xz" for part in ("main", "universe")
    )
    listed = "".join(f"'{place}' a-file 0\n" for place in places)
    (repository,) = apt.choose_repositories(listed, "noble", None)
    assert repository.line == "deb http://mirror.example/ubuntu noble main universe"


@pytest.mark.parametrize(
    ("version", "major"), [("1:22.10.1+dfsg-1", 22), ("1:20.6.0~dfsg+~cs6.13-2", 20), ("16.2", 16), ("", 0), ("x", 0)]
)
def test_major_version(version: str, major: int) -> None:
    assert apt.major_version(version) == major


@pytest.mark.parametrize(
    ("policy", "candidate"),
    [
        ("asterisk:\n  Installed: (none)\n  Candidate: 1:22.10.1+dfsg-1\n", "1:22.10.1+dfsg-1"),
        ("asterisk:\n  Installed: (none)\n  Candidate: (none)\n", ""),
        ("", ""),
    ],
)
def test_the_candidate_of_a_policy(policy: str, candidate: str) -> None:
    assert apt.parse_candidate(policy) == candidate


def test_os_release_is_unquoted(tmp_path: Path) -> None:
    file = tmp_path / "os-release"
    file.write_text('ID=debian\nVERSION_CODENAME="trixie"\n# comment\n\n')
    assert apt.os_release(file) == {"ID": "debian", "VERSION_CODENAME": "trixie"}
    assert apt.os_release(tmp_path / "absent") == {}


def test_drift_names_what_differs() -> None:
    lock = packages.lock_text({"same": ["1", "aa"], "older": ["1", "bb"], "changed": ["1", "cc"]})
    fetched = [
        apt.Package(name, version, sha256, Path())
        for name, version, sha256 in [
            ("same", "1", "aa"),
            ("older", "2", "dd"),
            ("changed", "1", "ee"),
            ("new", "1", "f"),
        ]
    ]
    assert packages.drift(fetched, lock) == [
        "older is 2; 1 was tried",
        "changed 1 has another content than the one that was tried",
        "new 1 is not in packages.lock",
    ]


def test_a_failed_build_leaves_the_old_tree(tmp_path: Path) -> None:
    tree = tmp_path / "root"
    tree.mkdir()
    (tree / "old").touch()
    with pytest.raises(RuntimeError), packages.Building(tree) as building:
        (building / "new").touch()
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["root", "old"]


def test_a_build_replaces_the_old_tree_and_what_a_killed_one_left(tmp_path: Path) -> None:
    tree = tmp_path / "root"
    (tree / "old").mkdir(parents=True)
    (tmp_path / "root.part/half").mkdir(parents=True)
    with packages.Building(tree) as building:
        (building / "new").touch()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "root"]


def test_no_apt_is_said_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lock = tmp_path / "lock"
    lock.touch()
    with pytest.raises(apt.PackagesUnavailable, match=r"apt-get, apt-cache.*Install Asterisk 20 or newer"):
        packages.ensure_asterisk(tmp_path / "root", lock, {}, lambda text: None)


@pytest.mark.parametrize("broken", [False, True], ids=["whole", "broken"])
def test_a_tree_whose_asterisk_does_not_start_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    lock, tree = tmp_path / "lock", tmp_path / "root"
    lock.touch()
    loader = tree / "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text("#!/bin/sh\necho Asterisk 22.10.1\n")
    loader.chmod(0o755)
    with packages.Building(tree.with_name("stamped")) as building:
        (building / ".apt").mkdir()
        packages._finish(building, [], packages._digest([*packages.ASTERISK, packages.SUITE, ""]))
    (tree.with_name("stamped") / packages.STAMP).rename(tree / packages.STAMP)
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt here: a fetch would say so
    if not broken:
        packages.ensure_asterisk(tree, lock, {}, lambda text: None)
        return
    loader.unlink()
    with pytest.raises(apt.PackagesUnavailable):
        packages.ensure_asterisk(tree, lock, {}, lambda text: None)


def test_a_program_is_found_on_the_machine_before_the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, tree = tmp_path / "bin", tmp_path / "tools"
    for directory in (machine, tree / "usr/bin"):
        directory.mkdir(parents=True)
        (directory / "a-tool").touch(mode=0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    assert packages.find_program("a-tool", tree) == tree / "usr/bin/a-tool"
    monkeypatch.setenv("PATH", str(machine))
    assert packages.find_program("a-tool", tree) == machine / "a-tool"
    assert packages.find_program("no-such-tool", tree) is None


def test_a_tool_out_of_the_tree_gets_its_libraries(tmp_path: Path) -> None:
    (tmp_path / "usr/lib/x86_64-linux-gnu/espeak-ng-data").mkdir(parents=True)
    libraries = str(tmp_path / "usr/lib/x86_64-linux-gnu")
    variables = packages.tool_environment(tmp_path / "usr/bin/espeak-ng", tmp_path)
    assert variables == {"LD_LIBRARY_PATH": f"{libraries}:{tmp_path}/usr/lib", "ESPEAK_DATA_PATH": libraries}
    assert packages.tool_environment(Path("/usr/bin/espeak-ng"), tmp_path) == {}
