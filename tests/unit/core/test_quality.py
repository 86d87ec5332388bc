"""What points come to, and forms that cannot be."""

from __future__ import annotations

import pytest

from core.errors import ConfigurationWrong
from core.house_text import from_yaml, to_yaml
from core.quality import Judged, QualityQuestion, QualityRules, score
from tests.unit.floor import small_house


def question(name: str, weight: float = 1.0, most: int = 5, critical: bool = False) -> QualityQuestion:
    return QualityQuestion(id=name, text={"en": name}, weight=weight, most=most, critical=critical)


@pytest.mark.parametrize(
    ("points", "reached"),
    [
        ((5, 5), 100.0),
        ((0, 5), 25.0),
        ((5, 0), 75.0),
        ((4, None), 80.0),
        ((None, None), None),
        ((0, 0), 0.0),
    ],
)
def test_weights_count_and_what_did_not_come_up_does_not(points: tuple[int | None, ...], reached: float | None) -> None:
    questions = (question("solved", 3.0), question("greeting", 1.0))
    assert score(map(Judged, questions, points)) == reached


def test_points_are_shares_of_each_questions_own_best() -> None:
    assert score([Judged(question("a", most=2), 1), Judged(question("b", most=10), 10)]) == 75.0


def test_no_point_for_a_critical_question_is_none_for_the_whole() -> None:
    identity = question("identity", critical=True)
    assert score([Judged(question("solved", 50.0), 5), Judged(identity, 0)]) == 0.0
    assert score([Judged(question("solved"), 5), Judged(identity, 1)]) == 60.0
    assert score([Judged(question("solved"), 5), Judged(identity, None)]) == 100.0


def test_a_question_is_there_once() -> None:
    twice = small_house().model_copy(update={"quality": QualityRules(questions=(question("a"), question("a")))})
    with pytest.raises(ConfigurationWrong, match="already taken"):
        from_yaml(to_yaml(twice), "house")
