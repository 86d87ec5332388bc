"""Differences between documents as JSON merge patches (RFC 7396), which is what the live board keeps. Pure.

A merge patch removes a member by null, so the documents themselves hold none: what is not known is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]


def without_nulls(document: Mapping[str, Any]) -> Document:
    """The document with every null member left out, at every depth of objects."""
    return {
        key: without_nulls(value) if isinstance(value, Mapping) else value
        for key, value in document.items()
        if value is not None
    }


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> Document:
    """The least patch that makes `before` into `after`; neither may hold nulls."""
    patch: Document = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := merge_patch(old, value):
                patch[key] = inner
        elif key not in before or old != value:
            patch[key] = value
    return patch
