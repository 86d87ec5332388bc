"""Prompts: a name, a text in each language, and the voice that says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, RootModel

from core.documents import load
from core.parts import Language, Name
from ivr.say import PARTS, PREFIX

PAUSE_S = 0.3
PER_SECOND = {"zh-CN": 4.4, "en": 14.5}
"""Characters of text that the synthetic voices speak in a second, as measured on the shipped prompts."""

PROMPTS = Path(__file__).with_name("prompts.yaml")


class Spoken(BaseModel):
    """A text that another language's voice says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=1000)
    spoken: Language


class PromptsFile(RootModel[dict[Name, dict[Language, str | Spoken]]]):
    """prompts.yaml."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one voice says under one name."""

    name: str
    language: str
    text: str
    spoken: str


def load_prompts(path: Path = PROMPTS) -> tuple[Utterance, ...]:
    """Every prompt in every language.

    Raises:
        ConfigurationWrong: with every mistake, in the order of the lines.
        OSError: the file cannot be read.
    """
    file = load(path.read_text(encoding="utf-8"), path.name, PromptsFile)
    return (*_utterances(file), *spoken_parts())


def spoken_parts() -> Iterator[Utterance]:
    """The words that numbers and times are put together from (ivr.say)."""
    for language, words in PARTS.items():
        for name, text in words.items():
            yield Utterance(PREFIX + name, language, text, language)


def _utterances(file: PromptsFile) -> Iterator[Utterance]:
    for name, texts in file.root.items():
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
