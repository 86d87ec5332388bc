"""Who calls: what is known of a customer, and where else that may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import Field, model_validator

from core.parts import Name, Part

LONGEST_NAME, LONGEST_NOTE, LONGEST_TAG, LONGEST_LINK = 80, 2000, 40, 500
MOST_NUMBERS, MOST_TAGS = 20, 20
CARD_FIELDS = ("name", "tags", "note", "vip", "reference", "link")


@dataclass(frozen=True, slots=True)
class Customer:
    """`reference` is the business system's own id, `link` a page of it; `source` says who knows the customer.

    `id` and `version` are those of the built-in table, "" and 0 of a customer that another system knows.
    """

    name: str
    numbers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    vip: bool = False
    reference: str = ""
    link: str = ""
    source: str = "built-in"
    id: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row of a file. `was`: the name until now of the customer whom it changes; `numbers`: those that
    lead to somebody else, or to nobody, than before, or to a card that says something else."""

    outcome: Literal["added", "changed", "unchanged", "refused"]
    was: str = ""
    problem: str = ""
    numbers: tuple[str, ...] = ()


class CustomerSource(Protocol):
    """Where customers are known."""

    @property
    def name(self) -> str: ...

    async def find(self, number: str) -> Customer | None:
        """Whoever has this number, None when nobody is known. Raises PeerFault. Cancelling is safe."""
        ...


class OtherSource(Part):
    """Another system that is asked who calls, after the built-in table and only while a caller waits already."""

    id: Name
    kind: Literal["http", "sql"]
    url: str = Field(
        default="",
        pattern=r"^(https?://[^\s@]{1,500})?$",
        description="http: GET, with {number} where the caller's number goes (+8613800138000, percent-encoded); 404 "
        "means nobody; else a JSON object",
    )
    query: str = Field(
        default="",
        max_length=2000,
        description="sql: one SELECT with :number; its first row's columns are name, tags, note, vip, reference, link",
    )
    secret_file: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._\-]{0,79})?$",
        description="name of a 0600 file in <home>/secrets: the bearer token (http), the database's URL (sql)",
    )
    fields: dict[Literal["name", "tags", "note", "vip", "reference", "link"], str] = Field(
        default={}, description="where a field stands in the answer when not under its own name: customer.full_name"
    )
    timeout_s: Annotated[float, Field(ge=0.05, le=5, description="seconds after which it is as if nobody is known")] = (
        1.0
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.kind == "http" and "{number}" not in self.url:
            raise ValueError("url: must hold {number}")
        if self.kind == "sql" and (":number" not in self.query or not self.secret_file):
            raise ValueError("query: must hold :number, and secret_file name the file with the database's URL")
        return self


def customer_of(answer: Mapping[str, Any], fields: Mapping[Any, str], source: str) -> Customer | None:
    """What another system answered, cut to our bounds; None without a name."""
    values = {field: _at(answer, fields.get(field, field)) for field in CARD_FIELDS}
    name = _text(values["name"], LONGEST_NAME)
    if not name:
        return None
    tags = values["tags"]
    listed = tags if isinstance(tags, list) else str(tags).split(",") if tags else []
    link = _text(values["link"], LONGEST_LINK)
    return Customer(
        name,
        tags=tuple(tag for each in listed[:MOST_TAGS] if (tag := _text(each, LONGEST_TAG))),
        note=_text(values["note"], LONGEST_NOTE),
        vip=values["vip"] in (True, 1, "1", "true", "yes"),
        reference=_text(values["reference"], LONGEST_NAME),
        link=link if link.startswith(("https://", "http://")) else "",
        source=source,
    )


def _at(answer: Any, place: str) -> Any:
    for step in place.split("."):
        answer = answer.get(step) if isinstance(answer, Mapping) else None
    return answer


def _text(value: Any, longest: int) -> str:
    """Printable, within bounds: it comes from elsewhere."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in str(value)).strip()[:longest]
