"""Flows with one key to each queue, as texts of a house: most tests want a caller in a queue, and soon."""

from __future__ import annotations

from pathlib import Path

SHORT = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).with_name("flows").glob("*.yaml")}
