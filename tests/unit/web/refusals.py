"""The sentences with which somebody's wish is refused, as the code has them: `{}` stands for what is filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
SAYS = {"Refused": 0, "MovedOn": 0, "Problem": 1, "moved_on": 0, "_refused": 0}
"""Who says it, and which argument is the sentence."""


def told_by_parts() -> set[str]:
    """What each part of the house says of itself on the state page (app.probes)."""
    nodes = list(ast.walk(ast.parse((ROOT / "app/probes.py").read_text(encoding="utf-8"))))
    said = [_template([node]) for node in nodes if isinstance(node, ast.JoinedStr)]
    raised = [
        _template(node.exc.args[:1]) for node in nodes if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    return {text for text in (*said, *raised) if re.search("[a-z]{2}", text)}  # how a number is written is no sentence


def sentences(places: Iterable[str]) -> set[str]:
    """Of these files and directories."""
    found = [ROOT / place for place in places]
    files = [file for path in found for file in (path.rglob("*.py") if path.is_dir() else [path])]
    return {text for file in files for text in _said(ast.parse(file.read_text(encoding="utf-8")))}


def _said(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYS:
            text = _template(node.args[SAYS[node.func.id] :][:1])
            if text.replace("{}", "").strip(" :."):
                yield text


def _template(arguments: list[ast.expr]) -> str:
    match arguments:
        case [ast.Constant(value=str() as text)]:
            return text
        case [ast.JoinedStr(values=parts)]:
            return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)  # type: ignore[misc]
    return ""
