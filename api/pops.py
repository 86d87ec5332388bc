"""A screen pop as the API gives it out: its shape, and the caller's number as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from api.auth import Identity
from api.rights import Right
from core.numbers import masked


class Step(BaseModel):
    """A choice the caller made in a menu; `key` is "" for silence."""

    node: str = Field(examples=["menu"])
    key: str = Field(examples=["1"])


class Written(BaseModel):
    """What an agent wrote when giving the call on."""

    agent: str = Field(examples=["agent-01"])
    text: str = Field(examples=["wants a refund for order 4711"])
    at_utc_s: float = Field(examples=[1795000500.0])


class WhyOffered(BaseModel):
    """Why this agent was chosen."""

    strategy: str = Field(
        examples=["longest-idle"],
        description="the queue's strategy, or case-owner, preferred-agent, named (a transfer), chosen (a take-over)",
    )
    step: int = Field(examples=[0], description="how far the queue's requirements had relaxed")
    forgiving: bool = Field(examples=[False], description="asked again: nobody was left who had not missed this call")
    waited_s: float = Field(examples=[8.2], description="seconds in the queue when it was offered")
    considered: int = Field(examples=[3], description="agents who could have had it")


class CustomerShown(BaseModel):
    """Who calls. `source` is who knows it: built-in, or a source of the house."""

    id: str = Field(default="", examples=["c-9f2c1b7a6d5e4f30"], description="of the built-in table, else empty")
    name: str = Field(examples=["王小明"])
    numbers: list[str] = Field(default=[], examples=[["+8613800138000"]])
    tags: list[str] = Field(default=[], examples=[["gold"]])
    note: str = Field(default="", examples=["prefers the morning"])
    vip: bool = False
    reference: str = Field(default="", examples=["crm-4711"], description="the business system's own id")
    link: str = Field(default="", examples=["https://crm.example.com/c/4711"])
    source: str = Field(default="built-in", examples=["built-in"])
    version: int = Field(default=0, examples=[3])


class Contact(BaseModel):
    """An earlier call from, or to, this number; its words are those of GET /calls."""

    call: str = Field(examples=["a-1795000000.17"])
    hotline: str = Field(default="", examples=["after-sales"])
    queue: str = Field(default="", examples=["after-sales"])
    entered_utc_s: float = Field(examples=[1795000500.0])
    agent: str = Field(default="", examples=["agent-02"])
    talk_s: float = Field(default=0.0, examples=[95.0])
    outcome: str = Field(default="", examples=["answered"])
    how: str = Field(default="", examples=["caller"])


class OpenCase(BaseModel):
    """An open case of the caller; its words are those of GET /cases."""

    case: str = Field(examples=["26000017"])
    kind: str = Field(examples=["repair"])
    text: str = Field(examples=["the pump leaks"])
    state: str = Field(examples=["waiting"])
    owner: str = Field(examples=["agent-02"])
    note: str = Field(default="", examples=["the part is ordered"])
    overdue: bool = False
    opened_utc_s: float = Field(examples=[1795000500.0])
    due_utc_s: float = Field(examples=[1795086900.0])


class OwnNote(BaseModel):
    """What the agent has typed so far."""

    text: str = Field(examples=["asked for an invoice"])
    code: str = Field(examples=["invoice"])
    tags: list[str] = Field(examples=[["urgent"]])


class About(BaseModel):
    """What is known of the caller. It comes with the pop, or a moment after it."""

    status: str = Field(examples=["found"], description="found, unknown, or failed: see `failures`")
    customer: CustomerShown | None = None
    contacts: list[Contact] = Field(default=[], description="the last calls from, or to, this number")
    cases: list[OpenCase] = Field(default=[], description="the open ones of this number")
    failures: list[str] = Field(default=[], examples=[[]], description="sources that did not answer in time")


class Pop(BaseModel):
    """What an agent's desktop shows of a call, from the offer to the end of the wrap-up. Times: seconds since 1970."""

    id: str = Field(examples=["a-1795000000.17/1"], description="another offer is another pop")
    call: str = Field(examples=["a-1795000000.17"])
    agent: str = Field(examples=["agent-01"])
    seat: str | None = Field(default=None, examples=["seat-01"])
    kind: str = Field(examples=["call"], description="call, consult, outbound, callback")
    state: str = Field(examples=["ringing"], description="offered, ringing, calling, talking, held, wrap_up")
    desktop: str = Field(
        default="", examples=["3f1c5a1e"], description="the window that shows it; other windows of the agent do not"
    )
    caller: str = Field(default="", examples=["+8613800138000"], description="masked without the right see_numbers")
    language: str = Field(default="", examples=["zh-CN"])
    hotline: str = Field(default="", examples=["after-sales"])
    queue: str | None = Field(default=None, examples=["after-sales"])
    path: list[Step] = Field(default=[], description="the way through the menu")
    notes: list[Written] = Field(default=[], description="from those who had the call before")
    handled_by: list[str] = Field(default=[], examples=[["agent-02"]])
    why: WhyOffered | None = None
    about: About | None = Field(default=None, description="null while it is being looked up, or the caller is unknown")
    asked_by: str | None = Field(default=None, examples=["agent-02"], description="of a consult: who asks")
    callback: str | None = Field(default=None, examples=["cb-4711"], description="the promise that this call keeps")
    entered_utc_s: float | None = Field(default=None, examples=[1795000500.0])
    waiting_since_utc_s: float | None = Field(default=None, examples=[1795000512.0])
    offered_utc_s: float = Field(examples=[1795000520.0])
    answered_utc_s: float | None = Field(default=None, examples=[1795000524.1])
    ended_utc_s: float | None = Field(default=None, examples=[None])
    recording_paused: bool = False
    note: OwnNote | None = Field(default=None, description="saved by PUT /agents/{agent}/calls/{call}/note")


def pop_of(entry: Mapping[str, Any], reader: Identity) -> Pop:
    """The pop that stands on the board of pops."""
    pop = Pop.model_validate(entry)
    if not reader.may(Right.SEE_NUMBERS):
        pop.caller = masked(pop.caller)
        if pop.about is not None and pop.about.customer is not None:
            pop.about.customer.numbers = [masked(number) for number in pop.about.customer.numbers]
    return pop
