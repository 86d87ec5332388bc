"""The shape of a flow file: one class a kind of node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from core.ids import QueueId
from core.parts import Language, Name
from ivr.flow import PERSON_KEY, REPEAT_KEY, Enqueue, Menu, Node, Say, SwitchLanguage


def _free_key(key: str) -> str:
    if key == PERSON_KEY:
        raise ValueError("0 always reaches a person")
    if key == REPEAT_KEY:
        raise ValueError("* always repeats")
    if len(key) != 1 or key not in "123456789#":
        raise ValueError("must be one key: 1-9 or #")
    return key


Prompts = Annotated[tuple[Name, ...], Field(description="prompts of ivr/prompts.yaml, played in this order")]
Keys = Annotated[dict[Annotated[str, AfterValidator(_free_key)], Name], Field(description="key: node")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SayNode(_Part):
    """Plays prompts, then goes on. A key chooses otherwise meanwhile."""

    kind: Literal["say"]
    say: Prompts = Field(min_length=1)
    keys: Keys = {}
    then: Name = Field(description="the next node")

    def node(self) -> Node:
        return Say(self.say, self.keys, self.then)


class MenuNode(_Part):
    """Offers choices. 0 reaches a person, * repeats; the second wrong or silent try reaches a person."""

    kind: Literal["menu"]
    intro: Prompts = Field(default=(), description="prompts before the choices, not repeated")
    say: Prompts = Field(min_length=1, description="the choices")
    keys: Keys = Field(min_length=1)
    wait_s: float = Field(default=5.0, gt=0, le=30, description="seconds of silence that are a silent try")

    def node(self) -> Node:
        return Menu(self.intro, self.say, self.keys, self.wait_s)


class LanguageNode(_Part):
    """Goes on in the flow's next language."""

    kind: Literal["language"]
    then: Name

    def node(self) -> Node:
        return SwitchLanguage(self.then)


class QueueNode(_Part):
    """Plays prompts to their end, then asks for an agent."""

    kind: Literal["queue"]
    say: Prompts = ()
    queue: Name | None = Field(default=None, description="left out: the hotline's own queue")

    def node(self) -> Node:
        return Enqueue(self.say, QueueId(self.queue) if self.queue else None)


NodeFile = SayNode | MenuNode | LanguageNode | QueueNode
KINDS: Mapping[str, type[NodeFile]] = {"say": SayNode, "menu": MenuNode, "language": LanguageNode, "queue": QueueNode}


class FlowFile(_Part):
    """What one hotline says to its callers."""

    languages: tuple[Language, ...] = Field(min_length=1, description="in the order of the language key")
    start: Name = Field(description="the first node")
    person: Name = Field(description="the queue node of key 0, and of callers who do not choose")
    nodes: dict[Name, Annotated[NodeFile, Field(discriminator="kind")]] = Field(min_length=1)


def flow_schema() -> dict[str, Any]:
    """JSON Schema of a flow file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FlowFile.model_json_schema()}
