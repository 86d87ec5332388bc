"""How journal lines of older versions are read. The rule for a change of core.inputs or core.events:

- A new class, or a new field with a default: nothing to do.
- A field dropped: nothing to do; it is passed over in old lines.
- A field renamed, or with another meaning or unit: append a step to the class's list. From then on its lines
  are tagged `CallQueued.2`, and the step is given the object of those tagged `CallQueued`.
- A class renamed: its old name goes into RENAMED. A name is never used again; lines of a class that is gone for
  good are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.upgrades import Step

STEPS: Mapping[str, Sequence[Step]] = {}
"""By today's class name. A house inside ConfigurationChanged is read by core.house."""

RENAMED: Mapping[str, str] = {}
"""Old class name to today's."""
