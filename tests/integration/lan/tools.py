"""Programs that test machines need, from the machine or from the tree of fetched tools."""

from __future__ import annotations

from pathlib import Path

from cti.pbx.packages import find_program, tool_environment

_PACKAGES = {"sipp": "sip-tester", "certutil": "libnss3-tools", "chromium": "chromium"}


def tool(program: str, tree: Path) -> tuple[str, dict[str, str]]:
    """Its path, and what its environment needs. Raises RuntimeError naming the Debian package it is in."""
    found = find_program(program, tree)
    if found is None:
        raise RuntimeError(f"{program} not found; it is in the Debian package {_PACKAGES[program]}")
    return str(_unwrapped(found, tree)), tool_environment(found, tree)


def _unwrapped(program: Path, tree: Path) -> Path:
    """Debian's chromium is a script that knows one place only; in a tree of tools the program itself is run."""
    inner = tree / "usr/lib" / program.name / program.name
    return inner if program.is_relative_to(tree) and inner.exists() else program
