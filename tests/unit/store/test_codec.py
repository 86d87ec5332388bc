"""Every input and event comes back from JSON as it was."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import events, inputs
from core.ids import AgentId, RequestId
from core.inputs import BecomeReady, CallerHungUp, Requested, SignOut
from store.codec import Codec, event_codec, input_codec
from store.errors import UnknownRecord
from tests.unit.store.records import of_class


@pytest.mark.parametrize("kind", get_args(inputs.Input), ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_an_input_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    _comes_back(input_codec(), data.draw(of_class(kind)))


@pytest.mark.parametrize("kind", get_args(events.Event), ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_an_event_comes_back_as_it_was(kind: type, data: st.DataObject) -> None:
    _comes_back(event_codec(), data.draw(of_class(kind)))


def _comes_back(codec: Codec, value: object) -> None:
    tag, body = codec.encode(value)
    assert tag == type(value).__name__
    assert isinstance(json.loads(body), dict)
    assert b"\n" not in body
    again = codec.decode(tag, body)
    assert again == value
    assert type(again) is type(value)


def test_requests_of_one_shape_are_told_apart() -> None:
    for request in (SignOut(AgentId("a1")), BecomeReady(AgentId("a1"))):
        asked = Requested(RequestId("r1"), "admin", request)
        again = input_codec().decode(*input_codec().encode(asked))
        assert type(again.request) is type(request)


def test_a_row_of_an_older_version_is_read_without_its_dropped_field() -> None:
    old = b'{"call":"n-1.1","cause":16,"dropped":"x"}'
    assert input_codec().decode("CallerHungUp", old) == CallerHungUp(call="n-1.1", cause=16)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tag", "body"),
    [
        ("NoSuchFact", b"{}"),
        ("CallerHungUp", b"{}"),
        ("CallerHungUp", b"not json"),
        ("Requested", b"[]"),
        ("Requested", b'{"id":"r","by":"x","request":{"agent":"a"}}'),
        ("Requested", b'{"id":"r","by":"x","request":{"agent":"a","class":"Sudo"}}'),
    ],
)
def test_what_does_not_fit_is_refused_without_its_content(tag: str, body: bytes) -> None:
    with pytest.raises(UnknownRecord):
        input_codec().decode(tag, body)


def test_the_error_does_not_repeat_a_callers_number() -> None:
    with pytest.raises(UnknownRecord) as caught:
        event_codec().decode("CallEntered", b'{"call":"c","caller":"+8613800000000"}')
    assert "8613800000000" not in str(caught.value)
    assert "hotline: missing" in str(caught.value)
