"""What a live client is sent of the board."""

from __future__ import annotations

from typing import Any

from api.topics import Topics

BOARD: dict[str, Any] = {
    "clock": {"utc_s": 1.0},
    "agent/a1": {"seat": "s1"},
    "agent/a2": {},
    "seat/s1": {"call": "c1"},
    "seat/s2": {},
    "call/c1": {"state": "talking"},
    "call/c2": {"state": "waiting"},
    "queue/q1": {"waiting": 1},
    "queue/q2": {"waiting": 0},
    "closed": {},
    "alarms": {"last": []},
    "alarm/trunk-down/a": {"state": "raised"},
}


def keys(*topics: str, board: dict[str, Any] = BOARD) -> set[str]:
    wanted = Topics(topics)
    wanted.look(board)
    return set(wanted.shown(board))


def test_the_floor_is_everything() -> None:
    assert keys("floor") == keys("floor", "agent/a1") == set(BOARD)


def test_each_topic_brings_its_entries_and_the_clock() -> None:
    assert keys("queue/q1") == {"clock", "queue/q1", "closed"}
    assert keys("call/c2") == {"clock", "call/c2"}
    assert keys("alarms") == {"clock", "alarms", "alarm/trunk-down/a"}
    assert keys("pops") == {"clock"}
    assert keys("queue/none", "call/none") == {"clock", "closed"}


def test_the_wall_shows_no_name_and_no_number() -> None:
    topics = Topics(["wall"])
    seat = {"id": "s1", "agent": "a1", "agent_name": "张三", "call": "c1", "status": "ready", "state": "talking"}
    board = BOARD | {"seat/s1": seat, "house": {"name": "三声"}, "lines": {"in_use": 1}, "hotline/h1": {"today": {}}}
    shown = topics.shown(board)
    assert set(shown) == {"clock", "house", "lines", "queue/q1", "queue/q2", "hotline/h1", "seat/s1"}
    assert shown["seat/s1"] == {"status": "ready", "state": "talking", "agent": True}
    assert topics.shown({"seat/s1": {"call": "c2"}, "call/c2": {"caller": "1"}}) == {}
    assert topics.shown({"seat/s1": {"agent": None}, "seat/s2": None}) == {"seat/s1": {"agent": None}, "seat/s2": None}


def test_an_agent_comes_with_seat_and_call() -> None:
    assert keys("agent/a1") == {"clock", "agent/a1", "seat/s1", "call/c1"}
    assert keys("agent/a2") == {"clock", "agent/a2"}


def test_what_comes_into_view_is_noticed() -> None:
    topics = Topics(["agent/a1"])
    topics.look(BOARD)
    assert not topics.look({"seat/s1": {"state": "idle"}})
    assert topics.look({"seat/s1": {"call": "c2"}})
    assert set(topics.shown(BOARD)) == {"clock", "agent/a1", "seat/s1", "call/c2"}
    assert not topics.look({"seat/s1": {"call": None}})
    assert topics.look({"agent/a1": {"seat": "s2"}})
    assert not topics.look({"agent/a1": {"seat": None}})
    assert not topics.look({"agent/a1": None})


def test_an_agents_outbound_call_is_in_view() -> None:
    topics = Topics(["agent/a1"])
    topics.look(BOARD)
    assert topics.look({"seat/s1": {"call": "out-1"}})
    assert set(topics.shown({"outbound/out-1": {}, "outbound/out-2": {}})) == {"outbound/out-1"}
