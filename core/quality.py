"""The form by which a talk is judged: questions with weights, the points somebody gave, and what they come to.

A mark keeps the questions as they stood: the form may change, what was said of a talk does not. The agent may answer a
mark once, and then it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import Field

from core.parts import Language, Name, Part, Shown


class QualityQuestion(Part):
    """One thing to look at, for points from 0 to `most`."""

    id: Name
    text: dict[Language, Shown] = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0, le=100, description="its share of the whole, against the others' weights")
    most: int = Field(default=5, ge=1, le=10, description="points at best")
    critical: bool = Field(default=False, description="0 points here make the whole 0")


class QualityRules(Part):
    """How talks are judged; without questions they are not."""

    questions: tuple[QualityQuestion, ...] = Field(default=(), max_length=30)


def quality_problems(rules: QualityRules) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Questions that are there twice, with their places."""
    seen: set[str] = set()
    for position, question in enumerate(rules.questions):
        if question.id in seen:
            yield ("quality", "questions", position, "id"), f"{question.id!r} is already taken; each id must occur once"
        seen.add(question.id)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question as it stood, and its points. None: it did not come up in this talk."""

    question: QualityQuestion
    points: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody said of a recorded talk, and what its agent answered. `replied_utc_s` None: nothing yet."""

    recording: str
    call: str
    agent: str
    queue: str
    by: str
    at_utc_s: float
    score: float
    judged: tuple[Judged, ...]
    comment: str
    reply: str = ""
    replied_utc_s: float | None = None


def score(judged: Iterable[Judged]) -> float | None:
    """0 to 100: the weighted mean of what came up; 0 where a critical question has no point. None: nothing came up."""
    asked = [(each.question, each.points) for each in judged if each.points is not None]
    if not asked:
        return None
    if any(question.critical and points == 0 for question, points in asked):
        return 0.0
    reached = sum(question.weight * points / question.most for question, points in asked)
    return round(100 * reached / sum(question.weight for question, _ in asked), 1)
