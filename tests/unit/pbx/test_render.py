"""Nothing a value holds can end it and begin something else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from cti.pbx.render import UnfitValue, encode, modules_not_allowed, read_allowed, render, secret

HOSTILE = [
    "seat\n[evil]",
    "seat\r[evil]",
    "seat\0",
    "x;comment",
    "x;--block--;",
    "[section]",
    "${SHELL(id)}",
    "500&PJSIP/600",
    "500,n,System(id)",
    "a|b",
    '"quoted"',
    "it's",
    "`id`",
    "back\\slash",
    "#exec id",
    " leading",
    "trailing ",
    "line\u2028separator",
    "right\u202eto left",
    "x" * 501,
]


def asterisk_reads(line: str) -> tuple[str, str]:
    """How Asterisk's parser (main/config.c) takes a `name = value` line: comment cut, escape undone, trimmed."""
    text, position = line, 0
    while (position := text.find(";", position)) >= 0:
        if position and text[position - 1] == "\\":
            text = text[: position - 1] + text[position:]
        else:
            text = text[:position]
    name, _, value = text.partition("=")
    return name.strip(), value.removeprefix(">").strip()


def render_one(directory: Path, template: str, **values: object) -> str:
    (directory / "templates").mkdir(exist_ok=True)
    (directory / "templates/a.conf.j2").write_text(template)
    render([directory / "templates"], values, directory)
    return (directory / "a.conf").read_text()


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_refused_and_nothing_is_written(tmp_path: Path, value: str) -> None:
    with pytest.raises(UnfitValue):
        render_one(tmp_path, "name = {{ value }}\n", value=value)
    assert not (tmp_path / "a.conf").exists()


@given(st.text(max_size=60))
def test_what_is_not_refused_arrives_as_it_is(value: str) -> None:
    try:
        line = f"name = {encode(value)}"
    except UnfitValue:
        return
    assert len(line.splitlines()) == 1
    assert asterisk_reads(line) == ("name", value)


@given(st.text(max_size=60))
def test_a_password_arrives_as_it_is_or_is_refused(value: str) -> None:
    try:
        line = f"password = {secret(value)}"
    except UnfitValue as error:
        assert not value or repr(value) not in str(error)
        return
    assert len(line.splitlines()) == 1
    assert asterisk_reads(line) == ("password", value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (0.5, "0.5"),
        (10**12, "1000000000000"),
        (True, "yes"),
        (False, "no"),
        (Path("/a/b"), "/a/b"),
        ("坐席01", "坐席01"),
    ],
)
def test_plain_values(value: object, text: str) -> None:
    assert encode(value) == text


@pytest.mark.parametrize("value", [None, [], {}, b"bytes", float("nan"), float("inf"), object()])
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    with pytest.raises(UnfitValue):
        encode(value)


def test_an_unknown_name_in_a_template_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError):
        render_one(tmp_path, "name = {{ nowhere }}\n")


def test_only_changed_files_are_named_and_they_are_closed_to_others(tmp_path: Path) -> None:
    templates, etc = tmp_path / "templates", tmp_path / "etc"
    templates.mkdir()
    etc.mkdir()
    (templates / "a.conf.j2").write_text("a = {{ a }}\n")
    (templates / "b.conf.j2").write_text("b = {{ b }}\n")
    assert render([templates], {"a": 1, "b": 2}, etc) == {"a.conf", "b.conf"}
    assert render([templates], {"a": 1, "b": 3}, etc) == {"b.conf"}
    assert render([templates], {"a": 1, "b": 3}, etc) == frozenset()
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in etc.iterdir()} == {
        "a.conf": 0o640,
        "b.conf": 0o640,
    }


def test_one_refused_value_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    templates, etc = tmp_path / "templates", tmp_path / "etc"
    templates.mkdir()
    etc.mkdir()
    (templates / "a.conf.j2").write_text("a = {{ a }}\n")
    (templates / "b.conf.j2").write_text("b = {{ b }}\n")
    render([templates], {"a": 1, "b": 2}, etc)
    with pytest.raises(UnfitValue):
        render([templates], {"a": 9, "b": "x\ny"}, etc)
    assert (etc / "a.conf").read_text() == "a = 1\n"


def test_the_first_directory_that_has_a_name_wins(tmp_path: Path) -> None:
    for name in ("own", "common"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.conf.j2").write_text(f"{name}\n")
    render([tmp_path / "own", tmp_path / "common"], {}, tmp_path)
    assert (tmp_path / "a.conf").read_text() == "own\n"


def test_every_module_that_is_not_allowed_is_named(tmp_path: Path) -> None:
    for name in ("app_dial.so", "app_system.so", "func_shell.so"):
        (tmp_path / name).touch()
    allowed = tmp_path / "allowed"
    allowed.write_text("# why\n\napp_dial\nres_absent\n")
    assert read_allowed(allowed) == {"app_dial", "res_absent"}
    assert modules_not_allowed(tmp_path, allowed) == ["app_system", "func_shell"]
