"""When the pages are built, and what is said when they cannot be."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from app.web_build import MODULES, SOURCES, PagesFailed, ensure_pages, is_current, sources_digest

NPM = """#!/bin/sh
echo "$@" >> {log}
case "$1" in
  ci) mkdir -p node_modules;;
  *) {build}
esac
"""
BUILDS = 'while [ "$1" != --outDir ]; do shift; done; mkdir -p "$2/assets"; echo made > "$2/index.html"'


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Sources of pages."""
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    (web / "public").mkdir()
    for name in ("index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", ".npmrc"):
        (web / name).write_text(name)
    (web / "src/main.ts").write_text("export {};")
    return web


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a Node of its own; the file that `npm` writes down its calls in."""
    log, bin_ = tmp_path / "npm.log", tmp_path / "bin"
    bin_.mkdir()
    program(bin_ / "node", "#!/bin/sh\necho v22.1.0\n")
    program(bin_ / "npm", NPM.format(log=log, build=BUILDS))
    monkeypatch.setenv("PATH", f"{bin_}{os.pathsep}{os.environ['PATH']}")
    return log


def program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def test_what_is_built_is_not_built_again(web: Path, machine: Path, tmp_path: Path) -> None:
    assert not is_current(web)
    ensure_pages(tmp_path, lambda text: None, web)
    assert is_current(web)
    assert gzip.decompress((web / "dist/index.html.gz").read_bytes()) == b"made\n"
    ensure_pages(tmp_path, lambda text: None, web)
    assert [line.split()[0] for line in machine.read_text().splitlines()] == ["ci", "run"]


def test_another_source_is_built_with_the_modules_that_are_there(web: Path, machine: Path, tmp_path: Path) -> None:
    ensure_pages(tmp_path, lambda text: None, web)
    (web / "src/new.ts").write_text("export const a = 1;")
    assert not is_current(web)
    ensure_pages(tmp_path, lambda text: None, web)
    assert [line.split()[0] for line in machine.read_text().splitlines()] == ["ci", "run", "run"]


def test_a_failed_build_says_why_and_leaves_what_was_there(web: Path, machine: Path, tmp_path: Path) -> None:
    ensure_pages(tmp_path, lambda text: None, web)
    (web / "src/main.ts").write_text("nonsense")
    program(tmp_path / "bin/npm", "#!/bin/sh\necho 'main.ts: Unexpected token' >&2\nexit 1\n")
    with pytest.raises(PagesFailed, match=r"main\.ts: Unexpected token"):
        ensure_pages(tmp_path, lambda text: None, web)
    assert (web / "dist/index.html").read_text() == "made\n"
    assert not is_current(web)


def test_modules_cut_short_are_fetched_again(web: Path, machine: Path, tmp_path: Path) -> None:
    ensure_pages(tmp_path, lambda text: None, web)
    (web / "node_modules" / MODULES).unlink()
    (web / "dist" / SOURCES).unlink()
    ensure_pages(tmp_path, lambda text: None, web)
    assert machine.read_text().count("ci") == 2


def test_every_source_counts(web: Path) -> None:
    before = sources_digest(web)
    (web / "public/icon.svg").write_text("<svg/>")
    assert sources_digest(web) != before


def test_generated_types_are_no_source(web: Path) -> None:
    before = sources_digest(web)
    (web / "src/schema.d.ts").write_text("export type A = 1;")
    assert sources_digest(web) == before


def test_an_installed_wheel_has_pages_without_sources(tmp_path: Path) -> None:
    assert is_current(tmp_path)


def test_the_lock_names_no_registry() -> None:
    lock = (Path(__file__).parents[3] / "web/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 50
