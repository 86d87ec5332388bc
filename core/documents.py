"""YAML text into validated models; every mistake is told with its file, line and key.

Rules: safe loading only (no tags of our or anybody's making); a scalar is text until the model
says what it is, so `20:00`, `010`, `no` and `95001` mean what people wrote, not what YAML 1.1 makes
of them (1200, 8, false, a number); nothing is applied unless the whole document is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.composer import Composer

from core.errors import ConfigurationWrong
from core.problems import Problem, dotted, explain

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 50_000  # after aliases are followed: a few lines of aliases can mean billions of nodes
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
}
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where. `origins` names top keys that come from elsewhere (the environment)."""

    source: str
    data: object
    lines: Mapping[Place, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def line_of(self, place: Place) -> int:
        """Line of this key or of the nearest enclosing one that was written; 0: it comes from elsewhere."""
        if place and place[0] in self.origins:
            return 0
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def told(self, problem: Problem) -> str:
        """One line for people: `file:line: key.path: what was expected (got …)`."""
        key = dotted(problem.place)
        origin = self.origins.get(str(problem.place[0])) if problem.place else None
        where = origin or f"{self.source}:{problem.line or self.line_of(problem.place)}"
        return f"{where}: {key}: {problem.text}" if key else f"{where}: {problem.text}"

    def with_override(self, key: str, value: str, origin: str) -> Document:
        """The same document with one top key replaced by a value from `origin`; one that is no mapping stays wrong."""
        if not isinstance(self.data, dict):
            return self
        return replace(self, data={**self.data, key: value}, origins={**self.origins, key: origin})


def load(text: str, source: str, model: type[Model]) -> Model:
    """Read YAML text as `model`. `source` is the file's name as the reader of an error knows it.

    Raises:
        ConfigurationWrong: with every problem found, in the order of the lines.
    """
    return validate(parse(text, source), model)


def validate(document: Document, model: type[Model]) -> Model:
    """Check a document against `model`.

    Raises:
        ConfigurationWrong: with every problem found, in the order of the lines.
    """
    problems = list(document.problems)
    try:
        made = model.model_validate(document.data)
    except ValidationError as error:
        problems += explain(error, model, {*document.lines, *((key,) for key in document.origins)})
    if problems:
        raise ConfigurationWrong(_in_order(document, problems))
    return made


def _in_order(document: Document, problems: list[Problem]) -> list[str]:
    lines = sorted((problem.line or document.line_of(problem.place), document.told(problem)) for problem in problems)
    return list(dict.fromkeys(text for _, text in lines))


def parse(text: str, source: str) -> Document:
    """Read YAML text; keeps the line of every key. An empty text is an empty mapping.

    Raises:
        ConfigurationWrong: not YAML, or larger or deeper than any configuration is.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigurationWrong([f"{source}:1: must be at most {MAX_CHARACTERS} characters (got {len(text)})"])
    reader = _Reader()
    try:
        root = yaml.compose(text, Loader=_Loader)
        data = {} if root is None else reader.read(root, ())
    except yaml.YAMLError as error:
        raise ConfigurationWrong([_syntax(error, source)]) from error
    except UnicodeEncodeError as error:  # half of a pair, which no file can hold
        line = text.count("\n", 0, error.start) + 1
        raise ConfigurationWrong([f"{source}:{line}: not YAML: special characters are not allowed"]) from error
    return Document(source, data, reader.lines, tuple(reader.problems))


def _syntax(error: yaml.YAMLError, source: str) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    line = mark.line + 1 if mark else 1
    column = f", column {mark.column + 1}" if mark else ""
    return f"{source}:{line}: not YAML: {what}{column}"


class _Loader(Composer, yaml.CSafeLoader):
    """libyaml reads, which takes a sixth of the time; nodes are composed here, to stop at a depth and at a size no
    configuration has: before Python's own recursion limit does, and before a text that is too large anyhow has been
    read for half a minute."""

    depth = 0
    nodes = 0

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        Composer.__init__(self)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > 2 * MAX_NODES:  # keys are nodes, too
            event: Any = self.peek_event()
            what = "nested too deeply" if self.depth > MAX_DEPTH else "too many values"
            raise yaml.composer.ComposerError(None, None, what, event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Reader:
    """Walks the composed nodes and notes lines, double keys and foreign tags."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._nodes_left = MAX_NODES

    def read(self, node: yaml.Node, place: Place) -> object:
        self._nodes_left -= 1
        if self._nodes_left < 0 or len(place) > MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, "aliases make it too large", node.start_mark)
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _PLAIN_TAGS:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self.problems.append(Problem(place, f"tags are not allowed (got {tag})", node.start_mark.line + 1))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*place, position)) for position, item in enumerate(node.value)]
        return None if node.tag == _NULL else str(node.value)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(place, "a key must be a plain word", line))
                continue
            key = str(key_node.value)
            if key in data:
                first = self.lines[(*place, key)]
                self.problems.append(Problem((*place, key), f"given twice; the first is on line {first}", line))
                continue
            self.lines[(*place, key)] = line
            data[key] = self.read(value_node, (*place, key))
        return data
