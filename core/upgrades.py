"""Documents that an older version of the program wrote, read as this one would have written them. Pure.

A new field has a default, and nothing else is to be done. Whatever takes away, renames or gives another meaning
gets a step here or beside its document: the version is the number of steps, so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Document = dict[str, Any]
Step = Callable[[Document], Document]
"""From one version to the next. It may change the document it is given."""


class WrittenByLater(ValueError):
    """A later version of the program wrote this; the shape is not known here."""


def version_of(steps: Sequence[Step]) -> int:
    """What is written today; the first version is 1."""
    return len(steps) + 1


def upgraded(document: Document, version: int, steps: Sequence[Step]) -> Document:
    """`document` in today's shape.

    Raises:
        WrittenByLater: `version` is none that these steps lead from.
        KeyError, TypeError, ValueError: it is not what its version says.
    """
    if not 1 <= version <= version_of(steps):
        raise WrittenByLater(f"version {version} was written by a later program; this one knows {version_of(steps)}")
    for step in steps[version - 1 :]:
        document = step(document)
    return document
