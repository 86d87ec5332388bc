"""How far long computing is: one question after the other, each in a process of its own (app.aside)."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.ports import Progress


class ProgressShown(BaseModel):
    """Of everybody's questions of this kind."""

    asked: int = Field(examples=[1], description="not answered yet, with the one that is computed")
    share: float | None = Field(examples=[0.42], description="of that one, 0 to 1; null: not known")


def shown(progress: Progress) -> ProgressShown:
    return ProgressShown(asked=progress.asked, share=progress.share)
