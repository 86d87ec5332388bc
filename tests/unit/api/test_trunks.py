"""GET /trunks: what the floor and the PBX say of each carrier, and its last failures by the quarters that had some."""

from __future__ import annotations

from api.routes.trunks import MOST_FAILURES
from core.events import Outcome, TrunkFailed
from core.ids import CallId, TrunkId
from tests.unit.doors import Doors, client_of
from tests.unit.floor import NOON_UTC_S


def failed(n: int, trunk: str, why: str, ago_s: float) -> Outcome:
    return Outcome(n, 0, 0.0, NOON_UTC_S - ago_s, TrunkFailed(CallId(f"n-out-{n}.0"), TrunkId(trunk), why))


async def told(doors: Doors, *outcomes: Outcome) -> dict[str, dict[str, object]]:
    doors.utc_s = NOON_UTC_S
    doors.figures.outcomes = doors.calls.moments = list(outcomes)
    async with client_of(doors) as client:
        return {each["id"]: each for each in (await client.get("/trunks")).json()}


async def test_the_last_failures_are_told_with_cause_and_answer() -> None:
    doors = Doors()
    found = await told(
        doors,
        failed(1, "trunk-a", "CONGESTION/34/503", 8 * 86400.0),
        failed(2, "trunk-a", "CONGESTION/34/503", 7000.0),
        failed(3, "trunk-a", "silent", 60.0),
        failed(4, "trunk-a", "/", 50.0),
    )
    rows = [(each["call"], each["why"], each["cause"], each["sip_status"]) for each in found["trunk-a"]["failures"]]  # type: ignore[attr-defined]
    assert rows == [
        ("n-out-4.0", "", None, None), ("n-out-3.0", "silent", None, None), ("n-out-2.0", "CONGESTION", 34, 503),
    ]  # fmt: skip
    assert (found["trunk-a"]["round_trip_ms"], found["trunk-a"]["reachable"]) == (12.0, True)


async def test_of_many_failures_the_newest_are_told() -> None:
    many = [failed(n, "trunk-a", "CHANUNAVAIL/20", 5000.0 - n) for n in range(1, 30)]
    found = (await told(Doors(), *many))["trunk-a"]["failures"]
    assert [each["call"] for each in found] == [f"n-out-{n}.0" for n in range(29, 29 - MOST_FAILURES, -1)]  # type: ignore[attr-defined]


async def test_a_trunk_that_does_not_answer_has_been_silent_since() -> None:
    doors = Doors()
    (trunk,) = doors.house.house.trunks
    both = (trunk, trunk.model_copy(update={"id": TrunkId("b")}))
    doors.house.house = doors.house.house.model_copy(update={"trunks": both})
    line = {"in_use": 2, "blocked": 3, "reachable": False}
    await doors.board.replace("e", 1, {"lines": {"by_trunk": {"b": line}}, "trunk/b": {"since_utc_s": 17.0}})
    silent = (await told(doors))["b"]
    assert (silent["reachable"], silent["since_utc_s"], silent["round_trip_ms"]) == (False, 17.0, None)
    assert (silent["in_use"], silent["blocked"], silent["failures"]) == (2, 3, [])
