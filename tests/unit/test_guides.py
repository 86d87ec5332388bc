"""What the guides tell people to write is accepted by the product."""

from __future__ import annotations

import re
import textwrap
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


@pytest.mark.parametrize("name", ["sip-trunk", "lan", "remote-pbx", "flows", "integrator"])
def test_both_languages_have_the_same_parts(name: str) -> None:
    parts = [re.findall(r"^## ", (GUIDES / f"{name}{end}").read_text(), re.MULTILINE) for end in (".md", ".zh-CN.md")]
    assert len(parts[0]) == len(parts[1]) > 0


def test_the_integrators_guide_has_the_same_lines_in_both_languages() -> None:
    """The integration tests follow the English one; only what people write themselves is in the other language."""

    def lines(name: str) -> list[str]:
        found = re.findall(r"^    (\S.*)$", (GUIDES / name).read_text(encoding="utf-8"), re.MULTILINE)
        return [re.sub(r"(?<=: )\"[^\"]+\"|Wang Xiaoming|王小明", "…", line) for line in found]

    assert lines("integrator.md") == lines("integrator.zh-CN.md")
