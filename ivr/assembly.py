"""Puts the parts of a flow (kind: flow) in their places, so that whatever follows sees one flow.

A part's nodes are called `<node>/<node in the part>`. Each mistake is told where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from core.documents import Document, parse
from core.parts import Name
from core.problems import Place, Problem, explain
from ivr.nodes import KINDS, FlowFile, FlowNode, NodeFile, SetNode

RETURN, PERSON = "return", "person"
"""Links of a part that lead out of it: to its node's `then`, and to the person of the whole flow."""
DEEPEST = 3

_NODE_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(slots=True)
class Assembled:
    """One flow; `file` is None if it is wrong. `origins`: node -> the document it was written in, its name there."""

    document: Document
    file: FlowFile | None = None
    origins: dict[str, tuple[Document, str]] = field(default_factory=dict)
    problems: list[tuple[Document, Problem]] = field(default_factory=list)
    person: str = ""
    languages: tuple[str, ...] = ()

    def found(self, problem: Problem) -> None:
        """Note a problem of the whole, at the place where its node was written."""
        document, place = self.document, problem.place
        if len(place) > 1 and place[0] == "nodes" and place[1] in self.origins:
            document, name = self.origins[str(place[1])]
            place = ("nodes", name, *place[2:])
        self.problems.append((document, Problem(place, problem.text, problem.line)))

    def told(self) -> list[str]:
        """Every problem as a line for people, in the order of the lines of each document."""
        lines = [
            (document is not self.document, document.source, problem.line or document.line_of(problem.place), problem)
            for document, problem in self.problems
        ]
        documents = {document.source: document for document, _ in self.problems}
        ordered = sorted(lines, key=lambda line: line[:3])
        return list(dict.fromkeys(documents[source].told(problem) for _, source, _, problem in ordered))


def assemble(text: str, source: str, texts: Mapping[str, str]) -> Assembled:
    """Read a flow and its parts, which are looked for in `texts` by their names.

    Raises:
        ConfigurationWrong: one of them is not YAML.
    """
    whole = Assembled(parse(text, source))
    file = _read(whole, whole.document)
    if file is None:
        return whole
    if file.person is None:
        whole.found(Problem(("person",), "required in a flow of a hotline, and missing"))
        return whole
    nodes: dict[str, NodeFile] = {}
    whole.person, whole.languages = file.person, file.languages
    _put(whole, texts, nodes, _Piece(whole.document, file, "", {}, ()))
    if not whole.problems:
        whole.file = FlowFile.model_construct(
            languages=file.languages, start=file.start, person=file.person, nodes=nodes
        )
    return whole


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file to be copied: its nodes' names begin with `prefix`, RETURN and PERSON mean what `outside` says.

    `within` are the parts it is in.
    """

    document: Document
    file: FlowFile
    prefix: str
    outside: Mapping[str, str]
    within: tuple[str, ...]

    def resolved(self, name: str) -> str:
        return f"{self.prefix}{name}" if name in self.file.nodes else self.outside[name]


def _put(whole: Assembled, texts: Mapping[str, str], nodes: dict[str, NodeFile], piece: _Piece) -> None:
    """Copy a file's nodes. A part's own node stays, as a way to the part's first one."""
    if not _links_hold(whole, piece):
        return
    for name, node in piece.file.nodes.items():
        here = f"{piece.prefix}{name}"
        whole.origins[here] = (piece.document, name)
        if not isinstance(node, FlowNode):
            nodes[here] = node.relinked(piece.resolved)
        elif part := _part(whole, texts, piece, name, node):
            document, file = part
            nodes[here] = SetNode.model_construct(kind="set", then=f"{here}/{file.start}")
            outside = {RETURN: piece.resolved(node.then), PERSON: whole.person}
            _put(whole, texts, nodes, _Piece(document, file, f"{here}/", outside, (*piece.within, node.flow)))


def _part(
    whole: Assembled, texts: Mapping[str, str], piece: _Piece, name: str, node: FlowNode
) -> tuple[Document, FlowFile] | None:
    def wrong(text: str) -> None:
        whole.problems.append((piece.document, Problem(("nodes", name, "flow"), text)))

    if node.flow not in texts:
        wrong(f"no such flow {node.flow!r}; there are {', '.join(sorted(texts))}")
        return None
    if node.flow in piece.within or len(piece.within) >= DEEPEST:
        wrong(f"parts within parts: at most {DEEPEST}, and none within itself")
        return None
    document = parse(texts[node.flow], f"{node.flow}.yaml")
    file = _read(whole, document)
    if file is None:
        return None
    if file.person is not None:
        wrong(f"{node.flow!r} is a hotline's flow; a part has no `person`")
    if missing := [each for each in whole.languages if each not in file.languages]:
        wrong(f"the part {node.flow!r} does not speak {', '.join(missing)}")
    return document, file


def _links_hold(whole: Assembled, piece: _Piece) -> bool:
    known = [*piece.file.nodes, *piece.outside]
    wrong = [(place, name) for place, name in _links(piece.file) if name not in known]
    for place, name in wrong:
        text = f"no such node {name!r}; this flow has {', '.join(known)}"
        whole.problems.append((piece.document, Problem(place, text)))
    return not wrong


def _links(file: FlowFile) -> Iterator[tuple[Place, str]]:
    """Every place that names a node, and the name."""
    yield ("start",), file.start
    if file.person is not None:
        yield ("person",), file.person
    for name, node in file.nodes.items():
        yield from ((("nodes", name, *place), target) for place, target in node.links())


# --- shapes --------------------------------------------------------------------------------------
def _read(whole: Assembled, document: Document) -> FlowFile | None:
    """The file, or None and its problems noted. Nodes are explained one by one, each as its kind."""
    whole.problems += [(document, problem) for problem in document.problems]
    try:
        return FlowFile.model_validate(document.data)
    except ValidationError as error:
        top = explain(error, FlowFile, set(document.lines))
        problems = [it for it in top if not _in_node(it.place)] + _misshapen(document)
        whole.problems += [(document, problem) for problem in problems]
        return None


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
