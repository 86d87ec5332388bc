"""Many made at once from a CSV file: every line is looked at before the first one is made, and then all of them are.

Only who asks for it by name (`partial`) has the good lines taken when others are wrong, and is told which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from api.csv_lines import Line
from api.problems import FieldProblem, Problem

MOST_LINES = 200
Name = TypeVar("Name", bound="Named")
TryOnly = Annotated[bool, Query(description="report what would happen, and change nothing")]
Partial = Annotated[bool, Query(description="take the good lines although others are wrong; else it is all or none")]


class Named(Protocol):
    """What a line makes; its name is there once."""

    @property
    def name(self) -> str: ...


class LineTold(BaseModel):
    """What became of one line of the file."""

    line: int = Field(examples=[2])
    outcome: str = Field(examples=["added"], description="added, unchanged, or refused; customers: changed, too")
    name: str = Field(default="", examples=["agent-07"])
    was: str = Field(default="", examples=["王明"], description="the name until now of a customer whom it changes")
    problem: str = Field(default="", examples=["role: 'boss' is none of agent, leader, …"])


class LineMade(LineTold):
    """Whatever a person or a phone logs in with is shown this once."""

    username: str = Field(default="", examples=["sq3v8n2m5tkd"])
    password: str = Field(default="", examples=["…"])
    server: str = Field(default="", examples=["127.0.0.1:20003"], description="where a seat's phone registers")


class Made(BaseModel):
    """The report: how many lines, and each of them."""

    added: int = Field(examples=[12])
    unchanged: int = Field(examples=[3])
    refused: int = Field(examples=[0])
    lines: list[LineMade]


def body(example: str) -> dict[str, Any]:
    """`openapi_extra` of a route that takes such a file."""
    content = {"text/csv": {"schema": {"type": "string"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def sort(lines: Sequence[Line[Name]], known: Mapping[str, Name]) -> tuple[list[tuple[int, Name]], list[LineMade]]:
    """Those to be made, with their numbers, and what is to be said of the others. One that is there already in the
    same form is left alone; in another form it is refused: what exists is changed one by one."""
    new: dict[str, tuple[int, Name]] = {}
    told: list[LineMade] = []
    for line in lines:
        row = line.row
        if row is None:
            told.append(_refused(line.problem, line.number))
        elif row.name in new:
            told.append(_refused(f"is on line {new[row.name][0]}, too", line.number, row.name))
        elif row.name not in known:
            new[row.name] = line.number, row
        elif known[row.name] == row:
            told.append(LineMade(line=line.number, outcome="unchanged", name=row.name))
        else:
            told.append(_refused(f"is there already, as {known[row.name]}; change it by itself", line.number, row.name))
    return list(new.values()), told


def _refused(why: str, line: int, name: str = "") -> LineMade:
    return LineMade(line=line, outcome="refused", name=name, problem=why)


def refuse_wrong(told: Sequence[LineTold]) -> None:
    """Raises Problem: 422 with each wrong line."""
    wrong = sorted((line for line in told if line.outcome == "refused"), key=lambda line: line.line)
    if wrong:
        errors = [
            FieldProblem(field=f"line {line.line}", problem=f"{line.name} {line.problem}".strip()) for line in wrong
        ]
        raise Problem(422, f"{len(wrong)} lines are wrong; nothing was done", errors=errors)


def report(made: Sequence[LineMade], told: Sequence[LineMade]) -> Made:
    lines = sorted([*made, *told], key=lambda line: line.line)
    counts = {name: sum(line.outcome == name for line in lines) for name in ("added", "unchanged", "refused")}
    return Made(**counts, lines=lines)
