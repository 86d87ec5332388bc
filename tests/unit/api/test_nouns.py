"""What the routes do with right and with wrong input."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest

from api.ports import Probe, Setting
from api.problems import ProblemDocument
from api.rights import Role
from core.errors import ConfigurationWrong, PeerFault, Refused
from core.events import CallNoted, CallTransferred, CaseOpened, ListeningBegan, RequestGranted
from core.house import House
from core.ids import AgentId, HotlineId, ListeningId, OfferId, QueueId, RequestId, SeatId
from core.inputs import BecomeReady, CancelDrain, Drain, ExtendWrapUp, PlaceCall, Requested, SignIn, SignOut, TakeBreak
from core.reasons import Obstacle, PastOffer, Reason
from core.states import BreakReason, CaseKind
from monitor.wallboard import Wallboard
from queueing.draining import Left
from store.records import CallRecord, ListeningRecord
from tests.unit.doors import Doors, client_of
from tests.unit.floor import (
    AGENT,
    APPLIED,
    CALL,
    ENTERED,
    NOON_UTC_S,
    OFFERED,
    SALES,
    SEAT,
    journal,
    signed_in,
    small_house,
)


async def test_the_settings_in_force_are_shown_to_administrators() -> None:
    bind = Setting("bind", "10.1.2.3", "file", "/home/thirdring.yaml:3", "127.0.0.1", "address of the API")
    doors = Doors(settings=(bind,))
    await doors.add_person("boss", Role.SUPERVISOR)
    async with client_of(doors) as client:
        assert (await client.get("/settings")).json() == [dataclasses.asdict(bind)]
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('boss')}") as client:
        assert (await client.get("/settings")).status_code == 403


# --- agents ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "body", "request_"),
    [
        ("sign-in", {"seat": "seat-01"}, SignIn(AGENT, SEAT)),
        ("sign-out", {}, SignOut(AGENT)),
        ("break", {"reason": "meal"}, TakeBreak(AGENT, BreakReason.MEAL)),
        ("ready", None, BecomeReady(AGENT)),
        ("call", {"number": "13800138000"}, PlaceCall(AGENT, "13800138000")),
        ("call", {"number": "13800138000", "queue": "presales"}, PlaceCall(AGENT, "13800138000", SALES)),
        ("wrap-up", None, ExtendWrapUp(AGENT)),
    ],
)
async def test_requests_reach_the_engine_with_their_key(path: str, body: Any, request_: Any) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        answer = await client.post(f"/agents/{AGENT}/{path}", json=body, headers={"Idempotency-Key": "k-1"})
    assert (answer.status_code, answer.json()) == (200, {"request": "admin:k-1", "result": ""})
    assert doors.offered == [Requested(answer.json()["request"], "admin", request_)]


async def test_a_refusal_says_the_engines_sentence() -> None:
    doors = Doors(refusal="seat-01 is taken by agent-02")
    async with client_of(doors) as client:
        answer = await client.post("/agents/agent-01/sign-in", json={"seat": "seat-01"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "seat-01 is taken by agent-02")


async def test_a_repeated_key_is_not_asked_twice() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        for _ in range(2):
            answer = await client.post("/agents/agent-01/ready", headers={"Idempotency-Key": "k"})
            assert answer.status_code == 200
        other = await client.post("/agents/agent-02/ready", headers={"Idempotency-Key": "k"})
    assert (len(doors.offered), other.status_code) == (1, 422)


async def test_a_late_answer_is_told_to_whoever_repeats_the_key() -> None:
    doors = Doors(silent=True)
    doors.options = dataclasses.replace(doors.options, answer_timeout_s=0.01)
    async with client_of(doors) as client:
        first = await client.post("/agents/agent-01/ready", headers={"Idempotency-Key": "k"})
        assert first.status_code == 504
        doors.engine_says(RequestGranted(RequestId("admin:k")))
        again = await client.post("/agents/agent-01/ready", headers={"Idempotency-Key": "k"})
    assert (again.status_code, len(doors.offered)) == (200, 1)


async def test_a_full_inbox_is_said_and_the_key_is_free_again() -> None:
    doors = Doors(full=True)
    async with client_of(doors) as client:
        assert (await client.post("/agents/agent-01/ready", headers={"Idempotency-Key": "k"})).status_code == 503
        doors.full = False
        assert (await client.post("/agents/agent-01/ready", headers={"Idempotency-Key": "k"})).status_code == 200


async def test_agents_and_seats_are_listed_from_the_board() -> None:
    doors, wallboard = Doors(), Wallboard(small_house())
    for outcome in journal((0, APPLIED), (1, signed_in())):
        wallboard.apply(outcome)
    await doors.show(wallboard)
    async with client_of(doors) as client:
        agents, seats = (await client.get("/agents")).json(), (await client.get("/seats")).json()
    assert [(agent["id"], agent["status"], agent["seat"]) for agent in agents] == [
        ("agent-01", "ready", "seat-01"),
        ("agent-02", "signed_out", None),
    ]
    assert [(seat["id"], seat["name"], seat["agent"]) for seat in seats] == [
        ("seat-01", "坐席01", "agent-01"),
        ("seat-02", "坐席02", None),
    ]


# --- seats and the house -----------------------------------------------------------------------------
async def test_a_seat_is_added_as_a_new_version_and_its_login_shown() -> None:
    doors = Doors()
    doors.house.rivals = 1
    async with client_of(doors) as client:
        answer = await client.post("/seats", json={"id": "seat-03", "name": "坐席03"})
        assert (answer.status_code, answer.json()["username"]) == (201, "name-of-seat-03")
        assert (await client.post("/seats", json={"id": "seat-03"})).status_code == 409
    assert [seat.id for seat in doors.house.house.seats] == ["seat-01", "seat-02", "seat-03"]


async def test_a_seat_is_removed_unless_somebody_sits_there() -> None:
    doors, wallboard = Doors(), Wallboard(small_house())
    for outcome in journal((0, APPLIED), (1, signed_in())):
        wallboard.apply(outcome)
    await doors.show(wallboard)
    async with client_of(doors) as client:
        assert (await client.delete("/seats/seat-01")).status_code == 409
        assert (await client.delete("/seats/seat-02")).status_code == 204
        assert (await client.delete("/seats/seat-02")).status_code == 404


async def test_the_house_goes_out_and_in_with_its_version() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        read = await client.get("/house")
        document = read.json() | {"name": "新名字"}
        assert read.headers["etag"] == '"1"'
        written = await client.put("/house", json=document, headers={"If-Match": '"1"'})
        assert (written.status_code, written.headers["etag"]) == (200, '"2"')
        for headers, status in (({"If-Match": '"1"'}, 412), ({}, 428), ({"If-Match": "*"}, 422)):
            assert (await client.put("/house", json=document, headers=headers)).status_code == status
        doors.house.rivals = 1
        assert (await client.put("/house", json=document, headers={"If-Match": '"2"'})).status_code == 412
    assert doors.house.house.name == "新名字"
    assert House.model_validate(read.json()) == small_house()


async def test_a_wrong_house_names_every_field_and_changes_nothing() -> None:
    doors = Doors()
    document = small_house().model_dump(mode="json")
    document["seats"].append({"id": "seat-01", "name": ""})
    document["agents"][0]["skills"] = {"juggling": 3}
    async with client_of(doors) as client:
        answer = await client.put("/house", json=document, headers={"If-Match": '"1"'})
    assert (answer.status_code, doors.house.version) == (422, 1)
    assert {error["field"] for error in answer.json()["errors"]} == {"body.seats.2.id", "body.agents.0.skills.juggling"}


async def test_a_house_that_cannot_be_used_here_is_refused_with_the_reason() -> None:
    doors = Doors()
    document = small_house().model_dump(mode="json")
    async with client_of(doors) as client:
        for reason, status in ((Refused("no such flow"), 409), (ConfigurationWrong(["flows/x.yaml:3: keys"]), 422)):
            doors.house.unfit = reason
            answer = await client.put("/house", json=document, headers={"If-Match": '"1"'})
            assert (answer.status_code, answer.json()["detail"]) == (status, str(reason))


# --- calls ---------------------------------------------------------------------------------------------
def record(number: int) -> CallRecord:
    return CallRecord(
        f"a-1.{number}", "main", "trunk-a", "+8613800001234", "zh-CN", "presales", NOON_UTC_S + number, None,
        None, None, 0.0, 0.0, 0, "", "", "",
    )  # fmt: skip


async def test_calls_come_newest_first_in_pages_and_masked() -> None:
    doors = Doors()
    doors.calls.rows = [record(number) for number in range(5)]
    async with client_of(doors) as client:
        first = (await client.get("/calls", params={"limit": 3})).json()
        second = (await client.get("/calls", params={"limit": 3, "before": first["next_before"]})).json()
    assert [call["call"] for call in first["calls"] + second["calls"]] == [f"a-1.{n}" for n in (4, 3, 2, 1, 0)]
    assert (second["next_before"], first["calls"][0]["caller"]) == (None, "**********1234")


async def test_a_story_is_told_in_order_and_masked() -> None:
    doors = Doors()
    doors.calls.moments = journal((0, ENTERED), (5, OFFERED))
    async with client_of(doors) as client:
        story = (await client.get(f"/calls/{CALL}")).json()
        assert (await client.get("/calls/a-1.2")).status_code == 404
    assert [moment["event"] for moment in story] == ["CallEntered", "CallOffered"]
    assert story[0]["fields"]["caller"] == "**********1234"


async def test_a_story_has_no_number_and_nothing_that_people_wrote() -> None:
    """Notes and cases are read where such a look leaves a row in the audit."""
    given = CallTransferred(
        CALL, QueueId("sales"), HotlineId("main"), SeatId("seat-01"), AgentId("agent-01"), "blind", "+8613900004711",
        "is angry 4711",
    )  # fmt: skip
    noted = CallNoted(CALL, AgentId("agent-01"), "has card 4711", "", ())
    opened = CaseOpened("26000001", CaseKind.REPAIR, "leaks at 4711 Road", "+8613900004711", CALL, "agent-01", 60.0)
    doors = Doors()
    doors.calls.moments = journal((0, ENTERED), (5, given), (6, noted), (7, opened))
    async with client_of(doors) as client:
        story = await client.get(f"/calls/{CALL}")
    fields = {moment["event"]: moment["fields"] for moment in story.json()}
    assert (fields["CallTransferred"]["to"], fields["CaseOpened"]["caller"]) == ("**********4711",) * 2
    written = [fields["CallTransferred"]["note"], fields["CallNoted"]["text"], fields["CaseOpened"]["text"]]
    assert written == ["13 characters", "13 characters", "18 characters"]
    assert story.text.count("4711") == 2


async def test_what_agents_wrote_about_a_call_of_now_is_for_those_who_lead_and_for_its_own_agent() -> None:
    doors, note = Doors(), [{"agent": "agent-02", "text": "is angry 4711", "at_utc_s": 1.0}]
    call = {"id": CALL, "caller": "*", "language": "en", "hotline": "main", "state": "ringing", "entered_utc_s": 1.0}
    board: dict[str, Any] = {f"call/{CALL}": {**call, "notes": note}, "seat/seat-01": {"call": CALL}}
    await doors.board.replace("e", 1, board | {"agent/agent-01": {"seat": "seat-01"}})
    people = {"lead": Role.LEADER, "agent-01": Role.AGENT, "agent-02": Role.AGENT, "desk": Role.OPERATIONS}
    seen = {}
    for name, role in people.items():
        await doors.add_person(name, role)
        async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of(name)}") as client:
            answers = [await client.get(path) for path in ("/live", "/agents/agent-01/call")]
        assert [answer.status_code for answer in answers] == [200, 200]
        seen[name] = ["4711" in answer.text for answer in answers]
    assert seen == {"lead": [True, True], "agent-01": [False, True], "agent-02": [False, False], "desk": [False, False]}


async def test_whoever_may_not_listen_learns_of_no_listener_but_by_the_rule_of_the_house() -> None:
    doors = Doors()
    seen, unseen = (ListeningBegan(ListeningId(f"li-{n}"), CALL, "lead", "192.0.2.7", n == 1) for n in (1, 2))
    doors.calls.moments = journal((0, ENTERED), (5, seen), (6, unseen))
    await doors.add_person("desk", Role.OPERATIONS)
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('desk')}") as client:
        assert len((await client.get(f"/calls/{CALL}")).json()) == 2
        assert len((await client.get(f"/calls/{CALL}/why")).json()["story"]) == 2
    async with client_of(doors) as client:
        assert len((await client.get(f"/calls/{CALL}")).json()) == 3


async def test_who_listened_is_told_newest_first() -> None:
    doors = Doors()
    heard = ("192.0.2.7", "seat-02", "listen", 10.0, None, "")
    doors.listenings.rows = [ListeningRecord(f"li-{number}", CALL, "lead", *heard) for number in (1, 2, 3)]
    async with client_of(doors) as client:
        first = (await client.get("/listenings", params={"call": CALL, "by": "lead", "limit": 2})).json()
        rest = (await client.get("/listenings", params={"limit": 2, "before": first["next_before"]})).json()
        for wrong in ({"call": "a b"}, {"before": "x"}, {"before": "1~"}):
            assert (await client.get("/listenings", params=wrong)).status_code == 422
    assert [row["listening"] for row in first["listenings"] + rest["listenings"]] == ["li-3", "li-2", "li-1"]
    row, after = first["listenings"][0], rest["next_before"]
    assert (row["by"], row["address"], row["ended_utc_s"], after) == ("lead", "192.0.2.7", None, None)


async def test_a_call_says_why_in_both_languages() -> None:
    doors = Doors()
    doors.calls.moments = journal((0, ENTERED), (5, OFFERED))
    doors.engine.says = [Obstacle(AgentId("agent-01"), Reason.ON_BREAK)]
    async with client_of(doors) as client:
        english = (await client.get(f"/calls/{CALL}/why")).json()
        chinese = (await client.get(f"/calls/{CALL}/why", params={"language": "zh-CN"})).json()
        assert (await client.get("/calls/a-1.2/why")).status_code == 404
        assert (await client.get(f"/calls/{CALL}/why", params={"language": "tlh"})).status_code == 422
    assert (len(english["story"]), english["waits_because"]) == (2, ["agent-01 is on a break"])
    assert chinese["waits_because"] == ["agent-01正在小休"]


async def test_everybodys_reasons_at_a_past_offer_are_told_when_asked_for() -> None:
    doors = Doors()
    doors.calls.moments = journal((0, ENTERED), (5, OFFERED))
    reasons = (Obstacle(AgentId("agent-01"), Reason.CHOSEN), Obstacle(AgentId("agent-02"), Reason.BEHIND, "2"))
    doors.past.says = [PastOffer(OfferId(f"{CALL}/1"), 5.0, SeatId("seat-01"), AgentId("agent-01"), True, reasons)]
    async with client_of(doors) as client:
        plain = (await client.get(f"/calls/{CALL}/why")).json()
        full = (await client.get(f"/calls/{CALL}/why", params={"everybody": "true"})).json()
        doors.past.refuses = "The journal does not lead there."
        refused = await client.get(f"/calls/{CALL}/why", params={"everybody": "true"})
    assert plain["offers"] == []
    assert full["offers"][0]["reasons"] == [
        "agent-01 was chosen",
        "agent-02 could have served too, and was number 2 in turn",
    ]
    assert (refused.status_code, refused.json()["detail"]) == (409, "The journal does not lead there.")


# --- health ----------------------------------------------------------------------------------------------
async def well() -> str:
    return "lag 0.4 ms"


async def ill() -> str:
    raise PeerFault("no AMI connection since 12 s")


async def mute() -> str:
    await asyncio.Event().wait()
    return ""


async def test_health_says_which_part_is_ill() -> None:
    doors = Doors(probes=(Probe("engine", well), Probe("pbx", ill), Probe("redis", mute)))
    doors.options = dataclasses.replace(doors.options, probe_timeout_s=0.01)
    async with client_of(doors) as client:
        answer = await client.get("/health")
        assert (await client.get("/health/ready")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200
    assert (answer.status_code, answer.json()["ok"]) == (503, False)
    assert answer.json()["parts"] == {
        "engine": {"ok": True, "detail": "lag 0.4 ms"},
        "pbx": {"ok": False, "detail": "no AMI connection since 12 s"},
        "redis": {"ok": False, "detail": "no answer within 0.01 s"},
    }


async def test_health_is_200_when_all_is_well() -> None:
    async with client_of(Doors(probes=(Probe("engine", well),))) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/health/ready")).json() == {"ok": True, "state": "ready"}


async def test_a_house_that_is_being_stopped_is_well_and_not_ready() -> None:
    doors = Doors(probes=(Probe("engine", well),))
    doors.engine.drains = Left(2, 1)
    async with client_of(doors) as client:
        answer = await client.get("/health/ready")
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/health/live")).status_code == 200
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "state": "draining", "calls_left": 2, "wrap_ups_left": 1}


async def test_a_drain_is_asked_of_the_engine_with_its_limit() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        assert (await client.post("/drain", json={"within_s": 60})).status_code == 200
        assert (await client.post("/drain", json={"within_s": -1})).json()["errors"][0]["field"] == "body.within_s"
        assert (await client.post("/drain/cancel")).status_code == 200
    assert [fact.request for fact in doors.offered if isinstance(fact, Requested)] == [Drain(60), CancelDrain()]


# --- wrong input -----------------------------------------------------------------------------------------
BODIES = [
    b"", b"{", b"null", b"[]", b"1e999", b'"text"', b"\xff\xfe", b"[" * 50_000, b'{"seat": "\\ud800"}',
    b'{"seat": "seat-01", "more": 1}', b'{"seat": null}', b'{"seat": ["seat-01"]}', b'{"seat": "../../etc"}',
    b'{"seat": "a\\r\\nAction: Originate"}', b'{"reason": "\\u0000"}', b'{"reason": 1e400}',
    b'{"name": "\\ud800", "password": "\\ud800"}', b'{"name": "x", "password": NaN}', b'{"id": "\\ud83d"}',
    b'{"id": "seat-77", "name": "\\ud800"}', b'{"id": "seat-01", "name": 5}', b'{"name": -Infinity}',
    json.dumps({"name": "x" * 100_000, "password": "y" * 100_000}).encode(),
    b'{"seats": [{"id": "\\udfff"}]}', b'{"\\ud800": 1}',
]  # fmt: skip
TARGETS = [
    ("POST", "/sessions"), ("POST", "/agents/agent-01/sign-in"), ("POST", "/agents/agent-01/break"),
    ("POST", "/seats"), ("PUT", "/house"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), TARGETS)
async def test_wrong_bodies_are_problems_and_change_nothing(method: str, path: str) -> None:
    doors = Doors()
    headers = {"Content-Type": "application/json", "If-Match": '"1"'}
    async with client_of(doors) as client:
        for body in BODIES:
            answer = await client.request(method, path, content=body, headers=headers)
            assert answer.status_code in ((400, 401, 422, 429) if path == "/sessions" else (400, 422)), body
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert (problem["status"], set(problem)) == (answer.status_code, set(ProblemDocument.model_fields))
    assert doors.offered == [] and doors.house.version == 1


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/calls?limit=0", {}, 422),
        ("GET", "/calls?limit=99999999999999999999999", {}, 422),
        ("GET", "/calls?before=nan", {}, 422),
        ("GET", "/calls?before=%00", {}, 422),
        ("GET", "/calls/..%2f..%2fetc", {}, 404),
        ("GET", "/calls/%00", {}, 422),
        ("GET", "/calls/%ff%fe", {}, 422),
        ("POST", "/agents/AGENT/ready", {}, 422),
        ("POST", f"/agents/{'a' * 5000}/ready", {}, 422),
        ("POST", "/agents/agent-01/ready", {"Idempotency-Key": "x" * 129}, 422),
        ("POST", "/agents/agent-01/ready", {"Idempotency-Key": "a b"}, 422),
        ("DELETE", "/house", {}, 405),
        ("PUT", "/agents/agent-01/ready", {}, 405),
        ("GET", "/nothing", {}, 404),
        ("GET", "/seats/seat-01", {}, 405),
        ("GET", "/live", {"Authorization": "Bearer " + "x" * 5000}, 401),
        ("GET", "/live", {"Authorization": "Bearer \xff\xfe"}, 401),
        ("GET", "/live", {"Authorization": "", "Cookie": "thirdring=\xff"}, 401),
    ],
)
async def test_wrong_addresses_and_headers_are_problems(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    doors = Doors()
    async with client_of(doors) as client:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = await client.request(method, path, headers=raw)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert doors.offered == []


async def drops() -> Any:
    """A body that does not say its length."""
    for _ in range(20):
        yield b"x" * 10


async def test_a_large_body_is_refused_whether_it_says_so_or_not() -> None:
    doors = Doors()
    doors.options = dataclasses.replace(doors.options, body_limit_bytes=100)

    async with client_of(doors) as client:
        headers = {"Content-Type": "application/json"}
        said = await client.post("/seats", content=b"x" * 101, headers=headers)
        unsaid = await client.post("/seats", content=drops(), headers=headers)
    assert (said.status_code, unsaid.status_code) == (413, 413)
    assert said.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/customers/import", {}),
        ("/users/import", {}),
        ("/seats/import", {}),
        ("/seats", {"Content-Type": "application/json", "Idempotency-Key": "large"}),
    ],
)
async def test_a_file_or_a_repeat_that_is_too_large_is_refused_as_such(path: str, headers: dict[str, str]) -> None:
    """Their bodies are read by the route, or before it."""
    doors = Doors()
    doors.options = dataclasses.replace(doors.options, body_limit_bytes=100)

    async with client_of(doors) as client:
        answer = await client.post(path, content=drops(), headers=headers)
    assert answer.status_code == 413, answer.text


async def test_an_error_of_ours_is_a_problem_without_its_text() -> None:
    doors = Doors()

    async def broken(**_: Any) -> Any:
        raise RuntimeError("secret text")

    doors.calls.calls = broken  # type: ignore[method-assign]
    async with client_of(doors) as client:
        answer = await client.get("/calls")
    assert (answer.status_code, "secret" in answer.text) == (500, False)


# --- the document ----------------------------------------------------------------------------------------
async def test_openapi_has_examples_for_every_answer_and_body() -> None:
    async with client_of(Doors()) as client:
        answer = await client.get("/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    own = (
        "AgentShown",
        "SeatShown",
        "SeatMade",
        "Call",
        "Moment",
        "Floor",
        "Health",
        "Session",
        "Granted",
        "ProblemDocument",
    )
    for name in own:
        fields = schemas[name]["properties"]
        assert all(
            "examples" in field or "$ref" in field or "items" in field or "default" in field
            for field in fields.values()
        ), name
    names = {part.split('"')[0] for part in answer.text.split("#/components/schemas/")[1:]}
    assert names <= set(schemas), "references lead somewhere"
