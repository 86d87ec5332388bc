"""What a real apt makes of the sources of fresh machines: Ubuntu's deb822 file among them, and no lists yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.pbx import apt

NOBLE = """\
Types: deb
URIs: http://mirror.example/ubuntu/
Suites: noble noble-updates noble-backports
Components: main restricted universe multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg

Types: deb
URIs: http://security.example/ubuntu/
Suites: noble-security
Components: main restricted universe multiverse
Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg
"""
"""/etc/apt/sources.list.d/ubuntu.sources of Ubuntu 24.04, with other names for the mirrors."""
BOOKWORM = """\
deb http://mirror.example/debian bookworm main contrib
deb [arch=amd64] http://mirror.example/debian bookworm-updates main
# deb http://mirror.example/debian bookworm-backports main
deb https://vendor.example/apt bookworm stable
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose apt has sources, and never fetched a list."""
    (parts := tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").touch()
    (conf := tmp_path / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{tmp_path}/sources.list";\n'
        f'Dir::Etc::SourceParts "{parts}";\nDir::State "{tmp_path}/no-state";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(conf))
    return tmp_path


def _is(monkeypatch: pytest.MonkeyPatch, system: str, codename: str) -> None:
    monkeypatch.setattr(apt, "os_release", lambda: {"ID": system, "VERSION_CODENAME": codename})
    monkeypatch.setattr(apt, "_keyring", lambda name: Path(f"/keys/{name}.gpg"))


def test_ubuntus_own_file_gives_its_release_with_universe(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "sources.list.d/ubuntu.sources").write_text(NOBLE)
    _is(monkeypatch, "ubuntu", "noble")
    parts = "main restricted universe multiverse"
    assert sorted(each.line for each in apt.own_repositories()) == [
        f"deb [signed-by=/keys/ubuntu.gpg] http://mirror.example/ubuntu noble {parts}",
        f"deb [signed-by=/keys/ubuntu.gpg] http://mirror.example/ubuntu noble-updates {parts}",
        f"deb [signed-by=/keys/ubuntu.gpg] http://security.example/ubuntu noble-security {parts}",
    ]


def test_a_file_of_the_old_form_gives_its_release_and_no_vendors(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "sources.list").write_text(BOOKWORM)
    _is(monkeypatch, "debian", "bookworm")
    assert sorted(each.line for each in apt.own_repositories()) == [
        "deb [signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib",
        "deb [signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm-updates main",
    ]
