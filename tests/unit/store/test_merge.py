"""Merge patches: the examples of RFC 7396, appendix A, that concern objects."""

from __future__ import annotations

import pytest

from store.merge import Document, merged


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_examples_of_the_rfc(document: Document, patch: Document, result: Document) -> None:
    assert merged(document, patch) == result


def test_arguments_stay_as_they_are() -> None:
    document: Document = {"seats": {"s1": {"state": "idle"}}}
    merged(document, {"seats": {"s1": {"state": "ringing"}, "s2": {}}})
    assert document == {"seats": {"s1": {"state": "idle"}}}
