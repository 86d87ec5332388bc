"""The wheel carries the pages built: an installed Thirdring needs no Node."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parents[1]


class BuiltPages(BuildHookInterface):  # type: ignore[type-arg]
    """Builds web/dist when it is not of these sources, and takes it in."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the wheel is made. An editable one serves the checkout's own."""
        if version == "editable":
            return
        sys.path.insert(0, str(ROOT))
        from app.web_build import DIST, ensure_pages

        ensure_pages(ROOT / ".thirdring", self.app.display_info)
        build_data["force_include"][str(DIST)] = "web/dist"
