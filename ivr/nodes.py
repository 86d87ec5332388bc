"""The shape of a flow file: one class a kind of node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from core.errors import PlacedProblems
from core.ids import QueueId
from core.parts import Language, Name, Number, TimeOfDay
from core.problems import Place
from core.staff import WEEKDAYS
from ivr import parts
from ivr.parts import BACK_KEY, HOLIDAY, PERSON_KEY, REPEAT_KEY, Node, Prompt, Spoken
from ivr.say import Kind


def _free_key(key: str) -> str:
    if key == PERSON_KEY:
        raise ValueError("0 always reaches a person")
    if key == REPEAT_KEY:
        raise ValueError("* always repeats")
    if key == BACK_KEY:
        raise ValueError("# always goes back")
    if len(key) != 1 or key not in "123456789":
        raise ValueError("must be one key: 1-9")
    return key


def _one_value(said: dict[str, str]) -> dict[str, str]:
    if len(said) != 1:
        raise ValueError("must be one value, such as {digits: case}")
    return said


def _days(text: str) -> str:
    """`mon-fri`, `sat`, `holiday`, or several with commas."""
    _read_days(text)
    return text


def _read_days(text: str) -> tuple[str, ...]:
    days: list[str] = []
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if part == HOLIDAY:
            days.append(HOLIDAY)
        elif first in WEEKDAYS and (last or first) in WEEKDAYS:
            begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
            if begin > end:
                raise ValueError(f"must go forward in the week: {part}")
            days += WEEKDAYS[begin : end + 1]
        else:
            raise ValueError("must be days such as mon-fri, sat, holiday")
    return tuple(dict.fromkeys(days))


Value = Annotated[
    Name, Field(description="a value of this call: typed digits, a look-up's answer, caller, opens-day, opens-time")
]
SpokenValue = Annotated[dict[Kind, Name], AfterValidator(_one_value)]
Prompts = Annotated[
    tuple[Name | SpokenValue, ...],
    Field(description="prompts of ivr/prompts.yaml, played in this order; {digits: case} says a value"),
]
Keys = Annotated[dict[Annotated[str, AfterValidator(_free_key)], Name], Field(description="key: node")]
Cases = Annotated[dict[str, Name], Field(min_length=1, description="answer: node")]


def _prompts(said: tuple[str | dict[Kind, str], ...]) -> tuple[Prompt, ...]:
    return tuple(Spoken(*next(iter(one.items()))) if isinstance(one, dict) else one for one in said)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def links(self) -> Iterator[tuple[Place, str]]:
        """Every place in this node that names another, and the name."""
        for key in ("then", "otherwise"):
            if target := getattr(self, key, None):
                yield (key,), target
        for key in ("keys", "cases"):
            yield from (((key, choice), target) for choice, target in getattr(self, key, {}).items())

    def relinked(self, rename: Callable[[str], str]) -> Self:
        """The same node, its links renamed."""
        changed: dict[str, Any] = {
            key: rename(target) for key in ("then", "otherwise") if (target := getattr(self, key, None))
        }
        for key in ("keys", "cases"):
            if links := getattr(self, key, None):
                changed[key] = {choice: rename(target) for choice, target in links.items()}
        return self.model_copy(update=changed)

    def speech(self) -> Iterator[tuple[Place, Name | dict[Kind, str]]]:
        """Every place that names a prompt or a value to be said."""
        for key in ("intro", "say"):
            for position, prompt in enumerate(getattr(self, key, ())):
                yield (key, position), prompt

    def fills(self) -> tuple[str, ...]:
        """Values that are known once a call has passed this node."""
        return ()


class SayNode(_Part):
    """Plays prompts, then goes on. A key chooses otherwise meanwhile; one that it does not know is for what follows."""

    kind: Literal["say"]
    say: Prompts = Field(min_length=1)
    keys: Keys = {}
    then: Name = Field(description="the next node")
    answers: bool = Field(
        default=False, description="it is what callers call for: who has heard it and hangs up was served by the menu"
    )

    def node(self) -> Node:
        return parts.Say(_prompts(self.say), self.keys, self.then, self.answers)


class MenuNode(_Part):
    """Offers choices. 0 reaches a person, * repeats, # goes back; the second wrong or silent try reaches a person."""

    kind: Literal["menu"]
    intro: Prompts = Field(default=(), description="prompts before the choices, not repeated")
    say: Prompts = Field(min_length=1, description="the choices")
    keys: Keys = Field(min_length=1)
    wait_s: float = Field(default=5.0, gt=0, le=30, description="seconds of silence that are a silent try")

    def node(self) -> Node:
        return parts.Menu(_prompts(self.intro), _prompts(self.say), self.keys, self.wait_s)


class DigitsNode(_Part):
    """Asks for digits. # ends them, * clears them. Two wrong or silent tries reach a person."""

    kind: Literal["digits"]
    say: Prompts = Field(min_length=1)
    into: Value
    least: int = Field(default=1, ge=1, le=20, description="fewest digits")
    most: int = Field(default=20, ge=1, le=20, description="most digits; the last of them ends the entry")
    confirm: bool = Field(default=True, description="read them back: 1 is right, 2 is again")
    secret: bool = Field(default=False, description="never said, stored or logged; only a look-up gets it")
    wait_s: float = Field(default=5.0, gt=0, le=30, description="seconds of silence that end the entry")
    then: Name

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.least > self.most:
            raise PlacedProblems([(("least",), f"must be at most `most`, which is {self.most}")])
        if self.secret and self.confirm:
            raise PlacedProblems([(("secret",), "a secret cannot be read back: set confirm to false")])
        return self

    def node(self) -> Node:
        return parts.Collect(
            _prompts(self.say), self.into, self.least, self.most, self.confirm, self.secret, self.wait_s, self.then
        )

    def fills(self) -> tuple[str, ...]:
        return (self.into,)


class LookUpNode(_Part):
    """Asks another system of the house's look_ups; its answer chooses a case and fills values."""

    kind: Literal["look-up"]
    say: Prompts = Field(default=(), description="played before, so that nobody waits in silence")
    look_up: Name = Field(description="one of the house's look_ups")
    send: tuple[Value, ...] = Field(default=(), description="values it gets")
    into: tuple[Value, ...] = Field(default=(), description="values its answer fills")
    cases: Cases
    otherwise: Name = Field(description="the node when it does not answer, not in time, or something else")

    def node(self) -> Node:
        return parts.LookUp(_prompts(self.say), self.look_up, self.send, self.into, self.cases, self.otherwise)

    def fills(self) -> tuple[str, ...]:
        return self.into


class BranchNode(_Part):
    """Goes on by a fact: a caller list (yes, no), the language, a queue (free, busy, empty), the queue of the
    caller's earlier contact, a shift that is on (the first in the house that has a case), or a value."""

    kind: Literal["branch"]
    on: Literal["list", "language", "queue", "earlier", "shift", "value"]
    of: Name | None = Field(default=None, description="which list, queue or value; no queue: the hotline's own")
    cases: Cases
    otherwise: Name | None = Field(default=None, description="may be left out when the cases are all there are")

    def node(self) -> Node:
        return parts.Branch(self.on, self.of or "", self.cases, self.otherwise or next(iter(self.cases.values())))


class SpanPart(BaseModel):
    """One row of opening hours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[str, AfterValidator(_days)] = Field(description="mon-fri, sat, holiday, or several with commas")
    start: TimeOfDay = time.min
    end: TimeOfDay = Field(default=time.min, description="00:00 is midnight")
    go: Name = Field(description="the node")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end != time.min and self.end <= self.start:
            raise PlacedProblems([(("end",), "must be after start; a night is two rows")])
        return self


class HoursNode(_Part):
    """Goes on by business time and day. Rows must leave no hole, or `otherwise` says what holds then."""

    kind: Literal["hours"]
    rows: tuple[SpanPart, ...] = Field(min_length=1)
    otherwise: Name | None = None

    def links(self) -> Iterator[tuple[Place, str]]:
        yield from super().links()
        yield from ((("rows", position, "go"), row.go) for position, row in enumerate(self.rows))

    def relinked(self, rename: Callable[[str], str]) -> Self:
        rows = tuple(row.model_copy(update={"go": rename(row.go)}) for row in self.rows)
        return super().relinked(rename).model_copy(update={"rows": rows})

    def spans(self) -> tuple[parts.Span, ...]:
        return tuple(parts.Span(_read_days(row.days), row.start, row.end, row.go) for row in self.rows)

    def node(self) -> Node:
        return parts.Hours(self.spans(), self.otherwise or self.rows[0].go)


class SetNode(_Part):
    """Changes the call's language, priority or values, and goes on."""

    kind: Literal["set"]
    language: Language | None = None
    priority: int | None = Field(default=None, ge=0, le=9, description="higher is served first")
    values: dict[Value, Annotated[str, Field(max_length=64)]] = {}
    then: Name

    def node(self) -> Node:
        return parts.Set(self.language or "", self.priority, self.values, self.then)

    def fills(self) -> tuple[str, ...]:
        return tuple(self.values)


class LanguageNode(_Part):
    """Goes on in the flow's next language."""

    kind: Literal["language"]
    then: Name

    def node(self) -> Node:
        return parts.SwitchLanguage(self.then)


class MessageNode(_Part):
    """Records a message, which becomes a piece of work for somebody. A caller who hangs up has finished it."""

    kind: Literal["message"]
    say: Prompts = Field(default=(), description="before the prompt to speak after the tone")
    topic: Name = Field(description="what it is about, for whoever listens to it")
    number: Value | None = Field(default=None, description="the value with the number to call; none: the caller's")
    longest_s: float = Field(default=120.0, ge=5, le=600, description="seconds after which it ends")
    then: Name

    def node(self) -> Node:
        return parts.Message(_prompts(self.say), self.topic, self.longest_s, self.number or "", self.then)


class RateNode(_Part):
    """One question of a survey: keys 1 to 5 are marks."""

    kind: Literal["rate"]
    say: Prompts = Field(min_length=1)
    question: Name
    wait_s: float = Field(default=5.0, gt=0, le=30)
    then: Name

    def node(self) -> Node:
        return parts.Rate(_prompts(self.say), self.question, self.wait_s, self.then)


class CallbackNode(_Part):
    """Promises to call back: the caller confirms the number that we see, or types another."""

    kind: Literal["callback"]
    say: Prompts = ()
    queue: Name | None = Field(default=None, description="whose agents call; left out: the hotline's own queue")
    then: Name

    def node(self) -> Node:
        return parts.Callback(_prompts(self.say), QueueId(self.queue) if self.queue else None, self.then)


class QueueNode(_Part):
    """Plays prompts to their end, then asks for an agent."""

    kind: Literal["queue"]
    say: Prompts = ()
    queue: Name | None = Field(default=None, description="left out: the hotline's own queue")
    priority: int | None = Field(default=None, ge=0, le=9, description="left out: the call's")
    case: Value | None = Field(
        default=None, description="the value with the number of the caller's case: its owner is asked first"
    )

    def node(self) -> Node:
        queue = QueueId(self.queue) if self.queue else None
        return parts.Enqueue(_prompts(self.say), queue, self.priority, self.case or "")


class OutsideNode(_Part):
    """Plays prompts to their end, then gives the caller to a number outside, one of the house's `outside.numbers`.

    Unanswered, the caller waits in the queue.
    """

    kind: Literal["outside"]
    say: Prompts = ()
    number: Number = Field(description="whom the caller's line dials")
    queue: Name | None = Field(default=None, description="where they wait then; left out: the hotline's own queue")

    def node(self) -> Node:
        queue = QueueId(self.queue) if self.queue else None
        return parts.Enqueue(_prompts(self.say), queue, outside=self.number)


class GoodbyeNode(_Part):
    """Plays prompts to their end, then hangs up."""

    kind: Literal["goodbye"]
    say: Prompts = Field(min_length=1)

    def node(self) -> Node:
        return parts.Goodbye(_prompts(self.say))


class FlowNode(_Part):
    """Another flow as a part of this one. Its `return` leads to `then`, its `person` to this flow's."""

    kind: Literal["flow"]
    flow: Name
    then: Name

    def node(self) -> Node:
        raise NotImplementedError("ivr.assembly puts the other flow's nodes in its place")


NodeFile = (
    SayNode | MenuNode | DigitsNode | LookUpNode | BranchNode | HoursNode | SetNode | LanguageNode | MessageNode
    | RateNode | CallbackNode | QueueNode | OutsideNode | GoodbyeNode | FlowNode
)  # fmt: skip
KINDS: Mapping[str, type[NodeFile]] = {
    "say": SayNode,
    "menu": MenuNode,
    "digits": DigitsNode,
    "look-up": LookUpNode,
    "branch": BranchNode,
    "hours": HoursNode,
    "set": SetNode,
    "language": LanguageNode,
    "message": MessageNode,
    "rate": RateNode,
    "callback": CallbackNode,
    "queue": QueueNode,
    "outside": OutsideNode,
    "goodbye": GoodbyeNode,
    "flow": FlowNode,
}


class FlowFile(_Part):
    """What one hotline says to its callers; one without `person` is a part of others (kind: flow)."""

    languages: tuple[Language, ...] = Field(min_length=1, description="in the order of the language key")
    start: Name = Field(description="the first node")
    person: Name | None = Field(
        default=None, description="the queue node of key 0, and of callers who do not choose; none: a part of flows"
    )
    nodes: dict[Name, Annotated[NodeFile, Field(discriminator="kind")]] = Field(min_length=1)


def flow_schema() -> dict[str, Any]:
    """JSON Schema of a flow file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **FlowFile.model_json_schema()}
