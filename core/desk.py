"""The house's rules for agents' desktops."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from core.customers import OtherSource
from core.parts import Language, Name, Part, Shown
from core.snippets import MOST, Snippet

LetterKind = Literal["call", "wrap_up", "note", "case", "callback", "message", "survey", "alarm"]
LETTER_KINDS: tuple[LetterKind, ...] = get_args(LetterKind)
SaidSolved = Literal["", "yes", "no"]


class WrapUpCode(Part):
    """What a call was about, as agents choose it when they wrap up."""

    id: Name
    name: dict[Language, Shown]
    solved: SaidSolved = Field(
        default="", description="what it says of the caller's matter in the first-contact figures; empty: nothing"
    )


class Webhook(Part):
    """A system that is told what happens. Its key signs what is sent; a missing file leaves letters waiting."""

    id: Name
    url: str = Field(pattern=r"^https?://[^\s@]{1,500}$", description="public, or in the setting webhook_networks")
    secret_file: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,79}$",
        description="name of a 0600 file in <home>/secrets with the key that signs, shared with the receiver",
    )
    kinds: tuple[LetterKind, ...] = Field(default=LETTER_KINDS, min_length=1, description="what it is told of")
    enabled: bool = Field(default=True, description="false: nothing new is written for it")
    give_up_s: float = Field(
        default=259_200.0, ge=60, le=2_592_000, description="seconds after which an undelivered letter is set aside"
    )


class DeskRules(Part):
    """What a desktop shows of a call, and whether the phone waits for it."""

    ring_after_pop: bool = Field(
        default=False,
        description="the phone rings only after the desktop has said that it shows the call; else the next agent is "
        "tried. Not for calls that were given to somebody by name, nor where nobody else is left",
    )
    webhooks: tuple[Webhook, ...] = Field(default=(), max_length=10)
    wrap_up_codes: tuple[WrapUpCode, ...] = Field(default=(), max_length=200)
    first_contact_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="a matter was solved at the first contact when its caller does not come again for so many days",
    )
    snippets: tuple[Snippet, ...] = Field(default=(), max_length=MOST)
    greeting: dict[Language, Shown] = Field(default={}, description="what agents say first, shown while it rings")
    closing: dict[Language, Shown] = Field(default={}, description="what they say last, shown in the talk")
    case_due_s: float = Field(
        default=86_400.0, ge=60, le=31_536_000, description="a case open for longer is overdue, and an alarm says so"
    )
    cases_open: int = Field(default=5000, ge=10, le=50_000, description="cases open at once; no more are taken beyond")
    customer_sources: tuple[OtherSource, ...] = Field(
        default=(), max_length=5, description="asked in this order who calls, when the built-in table knows nobody"
    )
    customer_kept_s: float = Field(
        default=300.0, ge=0, le=86_400, description="seconds for which an answer is not asked for again"
    )
    pop_within_s: float = Field(default=0.3, ge=0.05, le=2, description="seconds that a desktop has for saying so")
