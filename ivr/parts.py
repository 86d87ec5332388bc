"""What a flow is made of: one dataclass a kind of node. Pure.

A prompt is a name of prompts.yaml, or `Spoken`: a value of this call, said by the rules of ivr.say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from core.ids import QueueId
from core.staff import WEEKDAYS
from ivr.say import Kind

PERSON_KEY, REPEAT_KEY, BACK_KEY = "0", "*", "#"
CALLER = "caller"
"""The value every call has: the number that calls, "" when it is withheld."""
OPENS_DAY, OPENS_TIME = "opens-day", "opens-time"
"""When the queue that was closed opens, or the hours that hold now are over: a date, "" for today, and a time of day,
"" if nobody knows."""
ALWAYS_KNOWN = (CALLER, OPENS_DAY, OPENS_TIME)

HOLIDAY = "holiday"
MADE_UP = "made-up"
"""A weekend day that is worked in exchange for a holiday: no row names it, those of Monday to Friday hold."""
WORKED = frozenset(WEEKDAYS[:5])


@dataclass(frozen=True, slots=True)
class Spoken:
    """Says the value `of` this call; nothing while it has none."""

    kind: Kind
    of: str


Prompt = str | Spoken
Prompts = tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """Plays prompts, then goes to `then`. `keys` choose otherwise meanwhile; any other key is for what follows.

    `answers`: it is what callers call for.
    """

    prompts: Prompts
    keys: Mapping[str, str]
    then: str
    answers: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """Plays `intro` and the choices, waits for a key. `intro` is not repeated."""

    intro: Prompts
    prompts: Prompts
    keys: Mapping[str, str]
    wait_s: float


@dataclass(frozen=True, slots=True)
class Collect:
    """Asks for `least` to `most` digits. # ends them, * clears them; a secret is never said, kept or told."""

    prompts: Prompts
    into: str
    least: int
    most: int
    confirm: bool
    secret: bool
    wait_s: float
    then: str


@dataclass(frozen=True, slots=True)
class Callback:
    """Offers to call back: the caller's own number is read out to be confirmed, or another one is typed."""

    prompts: Prompts
    queue: QueueId | None
    then: str


@dataclass(frozen=True, slots=True)
class Message:
    """Records a message. `number` names the value that holds the number to call, if the caller typed one."""

    prompts: Prompts
    topic: str
    longest_s: float
    number: str
    then: str


@dataclass(frozen=True, slots=True)
class Rate:
    """One question of a survey: the keys 1 to 5 are marks. Silence and other keys go on after the second time."""

    prompts: Prompts
    question: str
    wait_s: float
    then: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Asks another system about `send`; its answer chooses a case and fills `into`. No answer: `otherwise`."""

    prompts: Prompts
    look_up: str
    send: tuple[str, ...]
    into: tuple[str, ...]
    cases: Mapping[str, str]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Branch:
    """Goes on by a fact. `on` is list, language, queue, earlier, shift or value; `of` says which one."""

    on: str
    of: str
    cases: Mapping[str, str]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Span:
    """`days` of WEEKDAYS or HOLIDAY from `start` to `end`; an end of 00:00 is midnight."""

    days: tuple[str, ...]
    start: time
    end: time
    go: str

    def _is_of(self, day: str) -> bool:
        return day in self.days or (day == MADE_UP and not WORKED.isdisjoint(self.days))

    def holds(self, day: str, at: time) -> bool:
        return self._is_of(day) and self.start <= at and (at < self.end or self.end == time.min)


@dataclass(frozen=True, slots=True)
class Hours:
    """Goes on by business time: the first span that holds, else `otherwise`. A holiday is no other day, and a weekend
    day that is worked in exchange for one is a day of Monday to Friday."""

    spans: tuple[Span, ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Set:
    """Changes the call's language, priority or values; "" and None leave them."""

    language: str
    priority: int | None
    values: Mapping[str, str]
    then: str


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """The flow's next language, then `then`."""

    then: str


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Plays prompts to their end, then asks for an agent. `queue` None: the hotline's own.

    `case` names the value that holds the number of the caller's case, "" none. `outside`: a number outside the house is
    tried first, "" none.
    """

    prompts: Prompts
    queue: QueueId | None
    priority: int | None = None
    case: str = ""
    outside: str = ""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Plays prompts to their end, then hangs up. The caller has what they came for."""

    prompts: Prompts


Node = (
    Say
    | Menu
    | Collect
    | Callback
    | Message
    | Rate
    | LookUp
    | Branch
    | Hours
    | Set
    | SwitchLanguage
    | Enqueue
    | Goodbye
)


@dataclass(frozen=True, slots=True)
class Flow:
    """What one hotline says. `person` names the Enqueue node of 0 and of those who do not choose."""

    name: str
    languages: tuple[str, ...]
    start: str
    person: str
    nodes: Mapping[str, Node]
