"""JSON Merge Patch (RFC 7396): the diffs of the live board."""

from __future__ import annotations

from collections.abc import Mapping

Document = dict[str, object]


def merged(document: Mapping[str, object], patch: Mapping[str, object]) -> Document:
    """`document` with `patch` applied; None removes a member. Neither argument is changed."""
    result = {key: value for key, value in document.items() if key not in patch or patch[key] is not None}
    for key, value in patch.items():
        if isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        elif value is not None:
            result[key] = value
    return result
