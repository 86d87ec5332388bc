"""What is asked of callers after a talk, and what becomes work for somebody: the house's rules."""

from __future__ import annotations

from pydantic import Field

from core.parts import Part


class SurveyRules(Part):
    """When a survey is held (its flow is named by the queue or the hotline), and which marks need looking into."""

    least_talk_s: float = Field(
        default=15.0, ge=0, le=3600, description="after a shorter talk, one that was cut short, nothing is asked"
    )
    low_mark: int = Field(default=2, ge=0, le=5, description="marks up to this become work; 0: none")


class WorkRules(Part):
    """Messages, calls nobody answered, low marks and promised callbacks: one list, each item once."""

    due_s: float = Field(
        default=86_400.0, ge=1, le=2_592_000, description="an item open for longer is overdue, and an alarm says so"
    )
    abandoned_after_s: float = Field(
        default=5.0, ge=0, le=3600, description="who gives up sooner has most likely dialled a wrong number"
    )
    open: int = Field(default=5000, ge=10, le=50_000, description="items open at once; beyond it abandons are dropped")
