"""What the guides tell people to write is accepted by the product."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import read_settings
from core.documents import parse
from core.house import Hotline, Trunk

GUIDES = Path(__file__).resolve().parents[2] / "docs/guides"


def examples(name: str) -> list[dict[str, list[object]]]:
    """The YAML blocks of a guide; one that goes on with a list of trunks gets its head."""
    blocks = re.findall(r"```yaml\n(.*?)```", (GUIDES / name).read_text(encoding="utf-8"), re.DOTALL)
    return [parse(text if text[0] != " " else f"trunks:\n{text}", name).data for text in blocks]  # type: ignore[misc]


@pytest.mark.parametrize("name", ["sip-trunk.md", "sip-trunk.zh-CN.md"])
def test_the_examples_of_the_trunk_guide_are_valid(name: str) -> None:
    trunks = [Trunk.model_validate(each) for part in examples(name) for each in part.get("trunks", [])]
    hotlines = [Hotline.model_validate(each) for part in examples(name) for each in part.get("hotlines", [])]
    assert [trunk.id for trunk in trunks] == ["a", "b"]
    assert {trunk for hotline in hotlines for trunk in hotline.trunks} == {"a", "b"}


@pytest.mark.parametrize("name", ["remote-pbx.md", "remote-pbx.zh-CN.md"])
def test_the_settings_of_the_remote_guide_are_valid(name: str, tmp_path: Path) -> None:
    text = (GUIDES / name).read_text(encoding="utf-8")
    (example,) = [part for part in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE) if "pbx_mode" in part]
    (tmp_path / "thirdring.yaml").write_text(textwrap.dedent(example), encoding="utf-8")
    settings = read_settings({"THIRDRING_HOME": str(tmp_path)})
    assert (settings.pbx_mode, settings.pbx_reload_user) == ("remote", "thirdring-reload")


PEOPLE = ("agent", "supervisor", "operator")
ENDS = {"en": ".md", "zh-CN": ".zh-CN.md"}
WORDS = Path(__file__).resolve().parents[2] / "web/src/words"


def said(document: object) -> Iterator[str]:
    """Every text of a file of words, with 0 for what is filled in."""
    if isinstance(document, dict):
        for part in document.values():
            yield from said(part)
    else:
        yield re.sub(r"\{\w+\}", "0", str(document))


@pytest.mark.parametrize("language", ENDS)
@pytest.mark.parametrize("name", PEOPLE)
def test_what_a_guide_quotes_stands_on_a_page(name: str, language: str) -> None:
    """The beginning of it is enough; an ellipsis is what the page fills in."""
    words = list(said(json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))))
    quoted = re.findall("“([^”]+)”", (GUIDES / f"{name}{ENDS[language]}").read_text(encoding="utf-8"))
    shapes = {text: re.escape(text).replace("…", ".+") for text in quoted}
    wrong = [text for text, shape in shapes.items() if text not in words and not any(re.match(shape, w) for w in words)]
    assert quoted and wrong == []


@pytest.mark.parametrize("name", PEOPLE)
def test_a_guide_for_people_has_the_same_commands_in_both_languages(name: str) -> None:
    """But for remarks and what people write themselves."""

    def lines(end: str) -> list[str]:
        found = re.findall(r"^    (\S.*)$", (GUIDES / f"{name}{end}").read_text(encoding="utf-8"), re.MULTILINE)
        return [re.sub(r"\"[^\"]+\"|工位16", "…", line.partition("  #")[0].strip()) for line in found]

    assert lines(ENDS["en"]) == lines(ENDS["zh-CN"])


@pytest.mark.parametrize("name", ["sip-trunk", "lan", "remote-pbx", "flows", "integrator", *PEOPLE])
def test_both_languages_have_the_same_parts(name: str) -> None:
    parts = [re.findall(r"^## ", (GUIDES / f"{name}{end}").read_text(), re.MULTILINE) for end in (".md", ".zh-CN.md")]
    assert len(parts[0]) == len(parts[1]) > 0


def test_the_integrators_guide_has_the_same_lines_in_both_languages() -> None:
    """The integration tests follow the English one; only what people write themselves is in the other language."""

    def lines(name: str) -> list[str]:
        found = re.findall(r"^    (\S.*)$", (GUIDES / name).read_text(encoding="utf-8"), re.MULTILINE)
        return [re.sub(r"(?<=: )\"[^\"]+\"|Wang Xiaoming|王小明", "…", line) for line in found]

    assert lines("integrator.md") == lines("integrator.zh-CN.md")
