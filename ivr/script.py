"""Flow files: YAML into a checked flow. A wrong file changes nothing and tells every mistake with its line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from core.documents import parse
from core.errors import ConfigurationWrong
from ivr.assembly import assemble
from ivr.checks import Known, senseless
from ivr.nodes import FlowFile
from ivr.parts import Flow

FLOWS = Path(__file__).parent / "flows"
_ALONE = """\
languages: [{languages}]
start: of
person: person
nodes:
  of: {{kind: flow, flow: {name}, then: over}}
  over: {{kind: goodbye, say: [goodbye]}}
  person: {{kind: queue}}
"""
"""Around a part of flows that is run by itself: its `return` says goodbye, its `person` leads to the queue."""


def shipped_flows() -> dict[str, str]:
    """Name -> text of every flow that ships, parts included. Raises OSError."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FLOWS.glob("*.yaml"))}


def load_flow(path: Path, known: Known) -> Flow:
    """Read a flow file; its name is the flow's.

    Raises:
        ConfigurationWrong: with every mistake, in the order of the lines.
        OSError: the file cannot be read.
    """
    return read_flow(path.read_text(encoding="utf-8"), path.name, known)


def read_flow(text: str, source: str, known: Known) -> Flow:
    """As load_flow, out of a text; `source` is what its reader calls it."""
    file = read_file(text, source, known)
    nodes = {name: part.node() for name, part in file.nodes.items()}
    return Flow(Path(source).stem, file.languages, file.start, str(file.person), nodes)


def read_file(text: str, source: str, known: Known) -> FlowFile:
    """As read_flow, but as it was written; its parts are in their places. Raises ConfigurationWrong."""
    whole = assemble(text, source, known.flows)
    if whole.file is not None:
        for problem in senseless(whole.file, known):
            whole.found(problem)
    if whole.file is None or whole.problems:
        raise ConfigurationWrong(whole.told())
    return whole.file


def is_part(text: str, source: str) -> bool:
    """Does it say nothing of a person: is it a part of other flows? Raises ConfigurationWrong: it is not YAML."""
    data = parse(text, source).data
    return isinstance(data, dict) and "nodes" in data and not data.get("person")


def alone(name: str, languages: Iterable[str]) -> str:
    """The text of a flow that runs this part of flows by itself."""
    return _ALONE.format(languages=", ".join(languages), name=name)
