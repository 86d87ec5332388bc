"""Prompts: a name, a text in each language, and the voice that says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import RootModel

from core.documents import load
from core.house_prompts import Prompts, PromptTexts, Spoken
from core.parts import Name
from ivr.say import PARTS, PREFIX

PAUSE_S = 0.3
PER_SECOND = {"zh-CN": 4.4, "en": 14.5}
"""Characters of text that the synthetic voices speak in a second, as measured on the shipped prompts."""

PROMPTS = Path(__file__).with_name("prompts.yaml")


class PromptsFile(RootModel[dict[Name, PromptTexts]]):
    """prompts.yaml."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one voice says under one name."""

    name: str
    language: str
    text: str
    spoken: str


def load_prompts(path: Path = PROMPTS) -> tuple[Utterance, ...]:
    """Every prompt that ships, in every language.

    Raises:
        ConfigurationWrong: with every mistake, in the order of the lines.
        OSError: the file cannot be read.
    """
    file = load(path.read_text(encoding="utf-8"), path.name, PromptsFile)
    return (*_utterances(file.root), *spoken_parts())


def prompts_of(texts: Prompts) -> tuple[Utterance, ...]:
    """Every prompt of a house: the shipped ones, with its own texts over them."""
    every = {(each.name, each.language): each for each in (*_shipped(), *_utterances(texts))}
    return tuple(every.values())


@cache
def _shipped() -> tuple[Utterance, ...]:
    """Read once: it takes some 40 ms, and a running house asks for its prompts beside calls."""
    return load_prompts()


def spoken_parts() -> Iterator[Utterance]:
    """The words that numbers and times are put together from (ivr.say)."""
    for language, words in PARTS.items():
        for name, text in words.items():
            yield Utterance(PREFIX + name, language, text, language)


def _utterances(prompts: Mapping[str, PromptTexts]) -> Iterator[Utterance]:
    for name, texts in prompts.items():
        for language, said in texts.items():
            if isinstance(said, Spoken):
                yield Utterance(name, language, said.text, said.spoken)
            else:
                yield Utterance(name, language, said, language)


def reckoned_speech(utterances: tuple[Utterance, ...]) -> Mapping[tuple[str, str], float]:
    """(language, prompt) -> seconds, by the number of characters; where there is a sound its length is better."""
    return {(each.language, each.name): PAUSE_S + len(each.text) / PER_SECOND[each.spoken] for each in utterances}


def languages_of(utterances: tuple[Utterance, ...]) -> Mapping[str, set[str]]:
    """Prompt name -> languages it can be heard in: what flows are checked against."""
    found: dict[str, set[str]] = {}
    for each in utterances:
        found.setdefault(each.name, set()).add(each.language)
    return found
