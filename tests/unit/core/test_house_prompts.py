"""Prompts of a house's own: what it may write, and what comes of it."""

from __future__ import annotations

import pytest

from app.flows import known_to
from core.errors import ConfigurationWrong
from core.house import House
from core.house_text import differences, from_yaml, to_yaml
from ivr.prompts import Utterance, load_prompts, prompts_of
from tests.unit.floor import small_house

OWN = {"our-address": {"en": "One, Culture Road."}, "goodbye": {"zh-CN": {"text": "Bye.", "spoken": "en"}}}


def house_with(**prompts: object) -> House:
    return House.model_validate(small_house().model_dump() | {"prompts": prompts})


def test_its_texts_stand_over_the_shipped_ones_language_by_language() -> None:
    utterances = prompts_of(house_with(**OWN).prompts)
    said = {(each.name, each.language): each for each in utterances}
    assert len(said) == len(utterances) == len(load_prompts()) + 1
    assert said["our-address", "en"].text == "One, Culture Road."
    assert said["goodbye", "zh-CN"] == Utterance("goodbye", "zh-CN", "Bye.", "en")
    assert said["goodbye", "en"] in load_prompts()


def test_flows_may_name_them_in_the_languages_they_have() -> None:
    assert known_to(house_with(**OWN)).prompts["our-address"] == {"en"}


def test_they_go_out_and_in_with_the_house_and_their_changes_are_told() -> None:
    house = house_with(**OWN)
    assert from_yaml(to_yaml(house), "house.yaml") == house
    changed = house_with(**OWN | {"our-address": {"en": "Two, Culture Road."}})
    told = [(change.key, change.after) for change in differences(house, changed)]
    assert told == [("prompts.our-address.en", "Two, Culture Road.")]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{say-one: {en: uno}}", "names that begin with say- are the words of numbers and times"),
        ("{../goodbye: {en: Bye}}", "must be 1-40 lower-case letters"),
        ('{goodbye: {en: "Good\\nbye"}}', "must be one line of printable characters"),
        ("{goodbye: {en: ''}}", "at least 1 character"),
        ("{goodbye: {fr: Adieu}}", "zh-CN"),
    ],
)
def test_what_cannot_be_spoken_is_told_with_its_line(written: str, told: str) -> None:
    text = to_yaml(small_house()).replace("prompts: {}", f"prompts: {written}")
    with pytest.raises(ConfigurationWrong) as wrong:
        from_yaml(text, "house.yaml")
    (problem,) = [each for each in wrong.value.problems if told in each]
    assert problem.startswith("house.yaml:") and ": prompts." in problem
