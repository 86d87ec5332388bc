"""Flow files: YAML into a checked flow. A wrong file changes nothing and tells every mistake with its line."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.documents import Document, parse
from core.errors import ConfigurationWrong
from core.parts import Name
from core.problems import Place, Problem, explain
from ivr.checks import Known, senseless
from ivr.flow import Flow
from ivr.nodes import KINDS, FlowFile

FLOWS = Path(__file__).parent / "flows"
_NODE_NAME: TypeAdapter[str] = TypeAdapter(Name)


def load_flow(path: Path, known: Known) -> Flow:
    """Read a flow file; its name is the flow's.

    Raises:
        ConfigurationWrong: with every mistake, in the order of the lines.
        OSError: the file cannot be read.
    """
    return read_flow(path.read_text(encoding="utf-8"), path.name, known)


def read_flow(text: str, source: str, known: Known) -> Flow:
    """As load_flow, out of a text; `source` is what its reader calls it."""
    document = parse(text, source)
    file, problems = _shaped(document)
    if file is not None:
        problems += senseless(file, known)
    if file is None or problems or document.problems:
        raise ConfigurationWrong(_told(document, [*document.problems, *problems]))
    nodes = {name: part.node() for name, part in file.nodes.items()}
    return Flow(Path(source).stem, file.languages, file.start, file.person, nodes)


def _told(document: Document, problems: list[Problem]) -> list[str]:
    lines = sorted((problem.line or document.line_of(problem.place), document.told(problem)) for problem in problems)
    return list(dict.fromkeys(text for _, text in lines))


def _shaped(document: Document) -> tuple[FlowFile | None, list[Problem]]:
    """The file, or what is wrong with its shape. Nodes are explained one by one, each as its kind."""
    try:
        return FlowFile.model_validate(document.data), []
    except ValidationError as error:
        top = explain(error, FlowFile, set(document.lines))
        return None, [it for it in top if not _in_node(it.place)] + _misshapen(document)


def _in_node(place: Place) -> bool:
    return len(place) > 1 and place[0] == "nodes"


def _misshapen(document: Document) -> list[Problem]:
    nodes = document.data.get("nodes") if isinstance(document.data, dict) else None
    if not isinstance(nodes, dict):
        return []
    return [problem for name, data in nodes.items() for problem in _misshapen_node(document, name, data)]


def _misshapen_node(document: Document, name: str, data: object) -> list[Problem]:
    try:
        _NODE_NAME.validate_python(name)
    except ValidationError as error:
        return [Problem(("nodes", name), error.errors()[0]["msg"].removeprefix("Value error, "))]
    kind = str(data.get("kind")) if isinstance(data, dict) else ""
    if kind not in KINDS:
        return [Problem(("nodes", name, "kind"), f"must be one of {', '.join(KINDS)} (got {kind!r})")]
    written = {place[2:] for place in document.lines if place[:2] == ("nodes", name)}
    try:
        KINDS[kind].model_validate(data)
    except ValidationError as error:
        found = explain(error, KINDS[kind], written)
        return [Problem(("nodes", name, *problem.place), problem.text) for problem in found]
    return []
