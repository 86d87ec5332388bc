"""The private environment is made once, and a half-finished one is repaired."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.environment import EnvironmentFailed, ensure_environment

MAKING = "making a private Python environment"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Locks that ask for nothing, so that nothing is downloaded."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).touch()
    return tmp_path


def test_it_is_made_once(checkout: Path) -> None:
    said: list[str] = []
    python = ensure_environment(checkout, checkout, "requirements.lock", said.append)
    subprocess.run([python, "-c", "import sys; assert sys.prefix != sys.base_prefix"], check=True)
    assert said[0] == MAKING
    said.clear()
    for lock in ("requirements.lock", "requirements-dev.lock"):
        ensure_environment(checkout, checkout, lock, said.append)
    assert said == [], "and serves every lock whose packages it holds"


def test_a_half_finished_one_is_made_anew(checkout: Path) -> None:
    python = ensure_environment(checkout, checkout, "requirements.lock", lambda text: None)
    (checkout / "venv/.thirdring-stamp.json").write_text("{half")
    python.unlink()
    said: list[str] = []
    ensure_environment(checkout, checkout, "requirements.lock", said.append)
    assert said[0] == MAKING
    subprocess.run([python, "-c", ""], check=True)


def test_a_package_of_another_content_than_the_locked_one_is_refused(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text(f"iniconfig==2.0.0 --hash=sha256:{0:064}\n")
    with pytest.raises(EnvironmentFailed, match=r"Expected sha256 0{64}"):
        ensure_environment(checkout, checkout, "requirements.lock", lambda text: None)
    assert not (checkout / "venv/.thirdring-stamp.json").exists()


def test_a_package_that_the_lock_names_without_its_content_is_refused(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("iniconfig==2.0.0\n")
    with pytest.raises(EnvironmentFailed, match="Hashes are required"):
        ensure_environment(checkout, checkout, "requirements.lock", lambda text: None)
