"""A screen pop as the API gives it out: its shape, and the caller's number as far as the reader may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from api.auth import Identity
from api.rights import Right
from monitor.wallboard import masked


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
    asked_by: str | None = Field(default=None, examples=["agent-02"], description="of a consult: who asks")
    callback: str | None = Field(default=None, examples=["cb-4711"], description="the promise that this call keeps")
    entered_utc_s: float | None = Field(default=None, examples=[1795000500.0])
    waiting_since_utc_s: float | None = Field(default=None, examples=[1795000512.0])
    offered_utc_s: float = Field(examples=[1795000520.0])
    answered_utc_s: float | None = Field(default=None, examples=[1795000524.1])
    ended_utc_s: float | None = Field(default=None, examples=[None])
    recording_paused: bool = False


def pop_of(entry: Mapping[str, Any], reader: Identity) -> Pop:
    """The pop that stands on the board of pops."""
    pop = Pop.model_validate(entry)
    if not reader.may(Right.SEE_NUMBERS):
        pop.caller = masked(pop.caller)
    return pop
