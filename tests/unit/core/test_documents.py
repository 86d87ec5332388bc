"""Every mistake is told with file, line, key and expectation, all at once; hostile YAML is refused."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from core import documents
from core.documents import MAX_CHARACTERS, load, parse
from core.errors import ConfigurationWrong
from core.house import House


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = ""
    count: int = 1
    at: time = time(8)
    enabled: bool = True
    password: str = "x" * 20
    parts: tuple[Part, ...] = ()


def problems(text: str, model: type[BaseModel] = Part) -> list[str]:
    with pytest.raises(ConfigurationWrong) as caught:
        load(text, "x.yaml", model)
    return caught.value.problems


HOUSE_WITH_MISTAKES = """\
name: x
tme_zone: Asia/Shanghai
lines: {inbound: -1, inbuond: 3}
lines: {}
trunks:
- {id: a, name: A, host: 127.0.0.2, port: 0}
- {id: B_, name: A, host: 127.0.0.2, port: x}
hotlines: []
skills: [s]
queues: nix
agents:
- id: a
  name: A
  shift: Ä
  skills: {s: 10}
  role: boss
shifts: [{id: a, name: {fr: x}, start: 20:00, end: 25:00}]
"""


def test_all_mistakes_of_a_house_at_once() -> None:
    name_rule = "must be 1-40 lower-case letters, digits or hyphens, starting with a letter or digit"
    assert problems(HOUSE_WITH_MISTAKES, House) == [
        "x.yaml:2: tme_zone: unknown key; did you mean 'time_zone'?",
        "x.yaml:3: lines.inbound: must be at least 1 (got -1)",
        "x.yaml:3: lines.inbuond: unknown key; did you mean 'inbound'?",
        "x.yaml:4: lines: given twice; the first is on line 3",
        f"x.yaml:7: trunks.1.id: {name_rule} (got B_)",
        "x.yaml:7: trunks.1.port: must be a whole number (got x)",
        "x.yaml:8: hotlines: must have at least 1 item(s) (got a list of 0)",
        "x.yaml:10: queues: must be a list (got nix)",
        f"x.yaml:14: agents.0.shift: {name_rule} or must be '' (got Ä)",
        "x.yaml:15: agents.0.skills.s: must be at most 9 (got 10)",
        "x.yaml:16: agents.0.role: must be 'agent', 'leader' or 'supervisor' (got boss)",
        "x.yaml:17: shifts.0.end: must be a time of day such as 08:00 (got 25:00)",
        "x.yaml:17: shifts.0.name.fr: must be 'zh-CN' or 'en' (got fr)",
    ]


def test_a_list_is_not_told_to_be_empty_for_what_is_wrong_with_its_only_item() -> None:
    found = problems("name: x\nhotlines: [{id: h, number: 12ab, name: {en: H}, flow: main, queue: q}]", House)
    assert [problem for problem in found if "hotlines" in problem] == [
        "x.yaml:2: hotlines.0.number: must match ^\\+?[0-9]{2,20}$ (got 12ab)"
    ]


def test_mistakes_that_only_the_whole_house_shows() -> None:
    text = """\
name: x
trunks: [{id: a, name: A, host: 127.0.0.2}]
hotlines:
- {id: h, number: 95001, name: {en: H}, flow: main, queue: r, trunks: [q]}
- {id: i, number: 95001, name: {en: I}, flow: main, queue: q}
skills: [s]
queues: [{id: q, name: {en: Q}, skills: {t: 1}}]
agents:
- {id: a, name: A, shift: dawn}
"""
    assert problems(text, House) == [
        "x.yaml:4: hotlines.0.queue: unknown queue 'r'",
        "x.yaml:4: hotlines.0.trunks: unknown trunk 'q'",
        "x.yaml:5: hotlines.1.number: '95001' is already taken; each number must occur once",
        "x.yaml:7: queues.0.skills.t: unknown skill 't'; the house knows: s",
        "x.yaml:9: agents.0.shift: unknown shift 'dawn'",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\n\tcount: 1", "x.yaml:2: not YAML: found a tab character that violates indentation, column 1"),
        ("name: *b", "x.yaml:1: not YAML: found undefined alias 'b', column 7"),
        ("name: x\x00", "x.yaml:1: not YAML: control characters are not allowed"),
        ("name: x\ncount: \ud800", "x.yaml:2: not YAML: special characters are not allowed"),
        ("a: 1\n---\nb: 2", "x.yaml:2: not YAML: but found another document, column 1"),
        ("- 1", "x.yaml:1: must be a mapping of keys to values (got a list of 1)"),
        ("just text", "x.yaml:1: must be a mapping of keys to values (got 'just text')"),
        ("count:", "x.yaml:1: count: must be a whole number (got nothing)"),
        ("{[a]: b}", "x.yaml:1: a key must be a plain word"),
        ("name: !!python/object:os.x [y]", "x.yaml:1: name: tags are not allowed (got !!python/object:os.x)"),
        ("name: !mine y", "x.yaml:1: name: tags are not allowed (got !mine)"),
        ("password: [hunter2]", "x.yaml:1: password: must be text"),
        ("parts:\n- name: a\n- nmae: b", "x.yaml:3: parts.1.nmae: unknown key; did you mean 'name'?"),
        ("zzz: 1", "x.yaml:1: zzz: unknown key; known here: at, count, enabled, name, parts, password"),
    ],
)  # fmt: skip
def test_the_words_of_a_mistake(text: str, problem: str) -> None:
    assert problem in problems(text)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{a: " * 100_000, "a: &a [*a]", "- " * 50_000],
    ids=["lists", "mappings", "an alias of itself", "compact lists"],
)
def test_deep_documents_are_refused_before_the_stack_ends(text: str) -> None:
    assert "not YAML" in problems(text)[0]


def test_an_alias_bomb_is_refused() -> None:
    bomb = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    assert "aliases make it too large" in problems(bomb)[0]


def test_a_text_of_too_many_values_is_read_no_further_than_to_the_first_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading all of a million characters takes half a minute of the processor."""
    monkeypatch.setattr(documents, "MAX_NODES", 100)
    (said,) = problems("\n".join(f"k{number}: x" for number in range(1000)))
    assert "too many values" in said and int(said.split(":")[1]) < 120
    assert "too many" not in problems("\n".join(f"k{number}: x" for number in range(98)))[0]


def test_a_huge_document_is_refused_unread() -> None:
    assert problems("#" * (MAX_CHARACTERS + 1)) == [
        f"x.yaml:1: must be at most {MAX_CHARACTERS} characters (got {MAX_CHARACTERS + 1})"
    ]


def test_scalars_mean_what_people_wrote() -> None:
    part = load("{name: no, at: 20:00, count: 90, enabled: off}", "x.yaml", Part)
    assert part == Part(name="no", at=time(20), count=90, enabled=False)
    assert load("name: 010", "x.yaml", Part).name == "010"


def test_aliases_of_honest_size_work() -> None:
    assert load("parts: [&a {name: x}, *a]", "x.yaml", Part).parts == (Part(name="x"), Part(name="x"))


def test_an_empty_file_is_all_defaults() -> None:
    assert load("# nothing yet\n", "x.yaml", Part) == Part()


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, "x.yaml")
    except ConfigurationWrong as error:
        assert all(problem.startswith("x.yaml:") for problem in error.problems)
