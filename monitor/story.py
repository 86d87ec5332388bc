"""The story of a call in plain words, told from its outcomes alone: one sentence an outcome, in two languages. Pure.

The words are in monitor/story_words.py. Callers' numbers are masked; outcomes that need no sentence have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.events import (
    CallEntered,
    CallOffered,
    ConferenceBegan,
    MenuChosen,
    Outcome,
    OutsideAnswered,
    OutsideDialled,
    PromiseMade,
    RingEnded,
    SeatReserved,
    TalkEnded,
    WaitTold,
)
from core.numbers import is_number, masked
from core.reasons import Obstacle
from core.recordings import RecordingFinished
from core.traces import Trace
from monitor.story_words import WORDS, Words


@dataclass(frozen=True, slots=True)
class Sentence:
    at_utc_s: float
    text: str


def story(outcomes: Iterable[Outcome], language: str) -> list[Sentence]:
    """What happened, in order. `language` is zh-CN or en."""
    words = WORDS[language]
    told = ((outcome.at_utc_s, _sentence(words, outcome)) for outcome in outcomes)
    return [Sentence(at, text) for at, text in told if text]


def waiting_for(obstacles: Iterable[Obstacle], language: str) -> list[str]:
    """Why each agent has not a call, or was given an offer of it; one sentence an agent."""
    words = WORDS[language]
    return [words.obstacles[one.reason.value].format(agent=one.agent, detail=one.detail) for one in obstacles]


def _sentence(words: Words, outcome: Outcome) -> str:
    event = outcome.event
    template = words.events.get(type(event).__name__, "")
    return template.format(**_shown(asdict(event)), **_extra(words, event)) if template else ""


def _shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of seconds without needless digits, telephone numbers masked."""
    shown = {name: f"{value:.1f}" if isinstance(value, float) else value for name, value in fields.items()}
    for name in ("caller", "number", "to"):
        if name in shown and is_number(text := str(shown[name])):
            shown[name] = masked(text)
    return shown


def _extra(words: Words, event: object) -> dict[str, str]:
    """What a sentence says beyond the outcome's own fields."""
    match event:
        case CallEntered():
            return {"from_whom": words.known if event.caller else words.withheld}
        case MenuChosen():
            return {"pressed": words.pressed.format(key=event.key) if event.key else words.silence}
        case CallOffered():
            return {"already": words.already.format(waited=f"{event.waited_s:.1f}") if event.waited_s >= 1 else ""}
        case PromiseMade():
            minutes = {"low": f"{event.low_s / 60:.0f}", "high": f"{event.high_s / 60:.0f}"}
            return {"promised": (words.overdue if event.overdue else words.interval).format(**minutes)}
        case WaitTold():
            what = words.comma.join(words.offers[key] for key in event.keys if key in words.offers)
            place = "" if event.ahead is None else words.place.format(ahead=event.ahead)
            return {"place": place, "offered": words.offered.format(what=what) if what else ""}
        case SeatReserved():
            return {"why": _why(words, event.trace, event)}
        case RingEnded():
            return {"how": words.ring_ends[event.outcome.value]}
        case ConferenceBegan():
            return {"third": event.to_agent or masked(event.number)}
        case OutsideDialled() | OutsideAnswered():
            return {"whom": event.agent or words.caller}
        case RecordingFinished():
            return {"kept": f"{event.archived.lasted_s:.1f}"}
        case TalkEnded():
            return {"who": words.who.get(event.by, event.by)}
    return {}


def _why(words: Words, trace: Trace | None, event: SeatReserved) -> str:
    if trace is None:
        return words.by_choice
    chosen = next((one for one in trace.candidates if one.agent == event.agent), None)
    score = abs(chosen.score) if chosen else 0.0
    parts = [words.strategies.get(trace.strategy, "").format(idle=f"{event.idle_s:.1f}", score=score)]
    if trace.step:
        parts.append(words.relaxed.format(step=trace.step))
    if trace.forgiving:
        parts.append(words.forgiving)
    elif missed := [one.agent for one in trace.candidates if one.missed]:
        parts.append(words.missed.format(agents=words.comma.join(missed)))
    if behind := [one.agent for one in trace.candidates if one.agent != event.agent and not one.missed]:
        parts.append(words.behind.format(agents=words.comma.join(behind)))
    return words.semicolon.join(part for part in parts if part)
