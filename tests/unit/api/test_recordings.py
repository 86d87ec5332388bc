"""/recordings: rights each time, an audit row before anything is heard, ranges, links that end, holds that hold."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from api.links import LASTS
from api.rights import Role
from core.inputs import PauseRecording, Requested, ResumeRecording
from core.ledger import RecordingRecord
from store.audit import AuditRow
from tests.unit.doors import Doors, client_of
from tests.unit.floor import NOON_UTC_S

ID = "abcdefghijklmnopqrstuvwxyz"
ROW = RecordingRecord(
    "n-1.1/1", "n-1.1", "talk", "presales", "main", "seat-01", "agent-01", state="finished", recording=ID,
    path=f"2026/11/26/{ID}", expected_utc_s=NOON_UTC_S, opened_utc_s=NOON_UTC_S, lasted_s=60.0,
    due_from_utc_s=NOON_UTC_S, due_to_utc_s=NOON_UTC_S + 60.0,
)  # fmt: skip


@pytest.fixture
def doors() -> Doors:
    doors = Doors()
    doors.ledger.rows.append(ROW)
    return doors


async def as_(doors: Doors, role: Role) -> dict[str, str]:
    await doors.add_person(role, role)
    return {"Authorization": f"Bearer {await doors.token_of(role)}"}


async def test_searching_masks_the_caller_and_pages(doors: Doors) -> None:
    doors.ledger.rows.append(replace(ROW, voice="n-1.2/1", expected_utc_s=NOON_UTC_S - 10))
    async with client_of(doors) as client:
        first = (await client.get("/recordings", params={"limit": 1, "talk_over_s": 2, "caller": "1234"})).json()
        assert [row["voice"] for row in first["recordings"]] == ["n-1.1/1"]
        assert first["recordings"][0]["caller"] == "**********1234"
        rest = (await client.get("/recordings", params={"before": first["next_before"]})).json()
        assert [row["voice"] for row in rest["recordings"]] == ["n-1.2/1"] and rest["next_before"] is None
    assert (doors.ledger.asked[0].talk_over_s, doors.ledger.asked[0].caller) == (2.0, "1234")


async def test_a_number_is_not_found_out_digit_by_digit(doors: Doors) -> None:
    """By asking for one more each time; the four that a masked number shows may be asked for."""
    await doors.add_person("crm", Role.INTEGRATION)
    for scope, status in (("see_floor hear_recordings", 403), ("see_floor hear_recordings see_numbers", 200)):
        headers = {"Authorization": f"Bearer {await doors.token_of('crm', scope)}"}
        async with client_of(doors, admin=False, **headers) as client:
            assert (await client.get("/recordings?caller=1234")).status_code == 200
            assert (await client.get("/recordings?caller=01234")).status_code == status
    assert [wanted.caller for wanted in doors.ledger.asked] == ["1234", "1234", "01234"]


@pytest.mark.parametrize("query", ["limit=500", "before=x", "caller=abc", "agent=../x", "least_s=-1", "state=A%00"])
async def test_what_cannot_be_asked_is_refused(query: str, doors: Doors) -> None:
    async with client_of(doors) as client:
        assert (await client.get(f"/recordings?{query}")).status_code == 422
    assert doors.ledger.asked == []


async def test_hearing_is_written_down_first_and_ranges_are_served(doors: Doors) -> None:
    async with client_of(doors) as client:
        whole = await client.get(f"/recordings/{ID}/audio")
        assert (whole.status_code, len(whole.content), whole.headers["accept-ranges"]) == (200, 100, "bytes")
        part = await client.get(f"/recordings/{ID}/audio", headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        assert part.headers["content-range"] == "bytes 10-19/100"
        tail = await client.get(f"/recordings/{ID}/audio", headers={"Range": "bytes=-5"})
        assert tail.content == bytes(range(95, 100))
        beyond = await client.get(f"/recordings/{ID}/audio", headers={"Range": "bytes=100-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */100")
        exported = await client.get(f"/recordings/{ID}/audio?kind=wav")
        assert exported.headers["content-disposition"] == f'attachment; filename="{ID}.wav"'
    assert [(row.what, row.by, row.detail) for row in doors.audit.rows][-1] == ("exported", "admin", "wav")
    assert {row.what for row in doors.audit.rows} == {"played", "exported"}
    assert all(row.address for row in doors.audit.rows)


@pytest.mark.parametrize(
    ("sealed", "lies", "state"),
    [("aa", "aa", "whole"), ("aa", "bb", "altered"), ("aa", None, "removed"), ("", "aa", "unsealed")],
)
async def test_whether_the_file_is_what_was_sealed_is_told(sealed: str, lies: str | None, state: str) -> None:
    doors = Doors()
    doors.ledger.rows.append(replace(ROW, sha256=sealed))
    doors.archive.hash = lies
    async with client_of(doors) as client:
        found = (await client.get(f"/recordings/{ID}/proof")).json()
    assert (found["state"], found["sealed_sha256"]) == (state, sealed)


async def test_a_locked_file_that_does_not_open_is_not_what_was_sealed(doors: Doors) -> None:
    doors.ledger.rows = [replace(ROW, sha256="aa")]
    doors.archive.broken = True
    async with client_of(doors) as client:
        assert (await client.get(f"/recordings/{ID}/proof")).json()["state"] == "altered"


async def test_nothing_is_heard_that_cannot_be_written_down(doors: Doors) -> None:
    doors.audit.away = True
    async with client_of(doors) as client:
        answer = await client.get(f"/recordings/{ID}/audio")
    assert answer.status_code == 503 and b"\x05" not in answer.content


@pytest.mark.parametrize(
    ("role", "hears", "holds"),
    [
        (Role.AGENT, 403, 403),
        (Role.OPERATIONS, 403, 403),
        (Role.INTEGRATION, 200, 200),
        (Role.LEADER, 200, 403),
        (Role.SUPERVISOR, 200, 200),
        (Role.ADMINISTRATOR, 200, 200),
    ],
)
async def test_who_may_what(role: Role, hears: int, holds: int, doors: Doors) -> None:
    headers = await as_(doors, role)
    async with client_of(doors, admin=False, **headers) as client:
        for path in ("", "/coverage", f"/{ID}", f"/{ID}/audio", f"/{ID}/peaks", f"/{ID}/proof"):
            assert (await client.get(f"/recordings{path}")).status_code == hears, path
        assert (await client.post(f"/recordings/{ID}/link")).status_code == hears
        assert (await client.post(f"/recordings/{ID}/hold", json={"why": "court order"})).status_code == holds
        assert (await client.delete(f"/recordings/{ID}/hold")).status_code == holds
        assert (await client.get("/recordings/audit")).status_code == holds
        erased = await client.request("DELETE", f"/recordings/{ID}", json={"why": "asked by the customer"})
        assert erased.status_code == holds


async def test_who_did_what_comes_in_pages_newest_first(doors: Doors) -> None:
    found: list[str] = []
    before: dict[str, str] = {}
    async with client_of(doors) as client:
        for _ in range(5):
            await client.get(f"/recordings/{ID}/audio")
        for _ in range(3):
            page = (await client.get("/recordings/audit", params={"limit": "2"} | before)).json()
            found += [row["what"] for row in page["rows"]]
            before = {"before": page["next_before"] or ""}
        assert (await client.get("/recordings/audit", params={"before": "x"})).status_code == 422
    assert (found, page["next_before"]) == (["played"] * 5, None)


async def link_of(client: httpx.AsyncClient) -> str:
    return str((await client.post(f"/recordings/{ID}/link")).json()["url"]).removeprefix("/api/v1")


async def test_a_link_needs_no_token_and_is_noted_once(doors: Doors) -> None:
    async with client_of(doors) as client:
        link = await link_of(client)
        del client.headers["Authorization"]
        assert ID not in link
        for _ in range(3):
            part = await client.get(link, headers={"Range": "bytes=0-9"})
            assert (part.status_code, part.content) == (206, bytes(range(10)))
        assert (await client.get("/recordings/links/" + "x" * 43)).status_code == 404
        assert (await client.get("/recordings/links/../../x")).status_code in (401, 404)
    assert [row.what for row in doors.audit.rows] == ["linked", "played"]


async def test_a_link_ends_with_its_time_and_with_its_makers_rights(doors: Doors) -> None:
    headers = await as_(doors, Role.LEADER)
    async with client_of(doors, admin=False, **headers) as client:
        link = await link_of(client)
        before, doors.people.persons["leader"] = (
            doors.people.persons["leader"],
            replace(doors.people.persons["leader"], disabled=True),
        )
        assert (await client.get(link)).status_code == 404
        doors.people.persons["leader"] = replace(before, role="agent")
        assert (await client.get(link)).status_code == 404
        doors.people.persons["leader"] = before
        assert (await client.get(link)).status_code == 200
        doors.utc_s += LASTS.total_seconds()
        assert (await client.get(link)).status_code == 404


async def test_a_legal_hold_forbids_erasing(doors: Doors) -> None:
    async with client_of(doors) as client:
        held = await client.post(f"/recordings/{ID}/hold", json={"why": "court order"})
        assert held.json()["on_hold"]
        refused = await client.request("DELETE", f"/recordings/{ID}", json={"why": "no room"})
        assert refused.status_code == 409 and "hold" in refused.json()["detail"]
        assert (await client.delete(f"/recordings/{ID}/hold")).status_code == 200
        assert (await client.delete(f"/recordings/{ID}/hold")).status_code == 409
        assert (await client.request("DELETE", f"/recordings/{ID}", json={"why": "no room"})).status_code == 200
        gone = await client.get(f"/recordings/{ID}/audio")
        assert gone.status_code == 404 and "erased" in gone.json()["detail"]
    assert "erased" in [row.what for row in doors.audit.rows]


@pytest.mark.parametrize("name", ["x", "A" * 26, "..%2F..%2Fsecrets%2Fcli.token", "a" * 25 + "%00"])
async def test_no_name_leads_to_a_file(name: str, doors: Doors) -> None:
    async with client_of(doors) as client:
        assert (await client.get(f"/recordings/{name}/audio")).status_code in (404, 422)
    assert doors.audit.rows == []


async def test_coverage_is_of_a_business_day(doors: Doors) -> None:
    async with client_of(doors) as client:
        told = (await client.get("/recordings/coverage")).json()
        assert (told["rate"], told["due_s"], told["segments"]) == (1.0, 60.0, 1)
        other = (await client.get("/recordings/coverage?day=2020-01-01")).json()
        assert (other["rate"], other["segments"]) == (1.0, 0)


async def test_pausing_goes_through_the_inbox(doors: Doors) -> None:
    headers = await as_(doors, Role.LEADER)
    async with client_of(doors, admin=False, **headers) as client:
        for way in ("pause", "resume"):
            assert (await client.post(f"/agents/agent-01/recording/{way}")).status_code == 200
    asked = [fact.request for fact in doors.offered if isinstance(fact, Requested)]
    assert asked == [PauseRecording("agent-01"), ResumeRecording("agent-01")]  # type: ignore[arg-type]


# --- what people write -----------------------------------------------------------------------
async def test_notes_at_a_moment_and_tags_are_written_shown_and_audited(doors: Doors) -> None:
    lead, other = await as_(doors, Role.LEADER), await as_(doors, Role.SUPERVISOR)
    async with client_of(doors, admin=False, **lead) as client:
        written = await client.post(f"/recordings/{ID}/notes", json={"text": "Asks twice.", "moment_s": 42.5})
        assert (written.status_code, written.json()["by"], written.json()["moment_s"]) == (200, "leader", 42.5)
        tagged = await client.put(f"/recordings/{ID}/tags/praise")
        assert tagged.json()["tags"] == ["praise"]
        (listed,) = (await client.get("/recordings", params={"tag": "praise", "text": "twice"})).json()["recordings"]
        assert listed["tags"] == ["praise"]
    assert (doors.ledger.asked[-1].tag, doors.ledger.asked[-1].text) == ("praise", "twice")
    note = f"/recordings/{ID}/notes/{written.json()['note']}"
    async with client_of(doors, admin=False, **other) as client:
        assert [each["text"] for each in (await client.get(f"/recordings/{ID}/notes")).json()] == ["Asks twice."]
        assert (await client.delete(note)).status_code == 404, "only one's own"
    async with client_of(doors, admin=False, **lead) as client:
        assert (await client.delete(note)).json() == []
        assert (await client.delete(f"/recordings/{ID}/tags/praise")).json()["tags"] == []
        assert (await client.delete(f"/recordings/{ID}/tags/praise")).status_code == 404
    done = [row.what for row in doors.audit.rows if not row.status]
    assert done == ["noted", "tagged", "note struck", "untagged"], "what was refused is not in it as done"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("notes", {"text": ""}),
        ("notes", {"text": "x" * 2001}),
        ("notes", {"text": "too late", "moment_s": 61.0}),
        ("notes", {"text": "before", "moment_s": -1.0}),
        ("notes", {"text": "x", "by": "somebody else"}),
    ],
)
async def test_a_note_that_is_none_is_refused(path: str, body: dict[str, object], doors: Doors) -> None:
    async with client_of(doors) as client:
        assert (await client.post(f"/recordings/{ID}/{path}", json=body)).status_code == 422
        assert (await client.put(f"/recordings/{ID}/tags/{'x' * 41}")).status_code == 422
    assert doors.notes.rows == [] and doors.notes.tags_of == {}


async def test_tags_have_a_limit_and_an_erased_recording_keeps_none(doors: Doors) -> None:
    async with client_of(doors) as client:
        for number in range(20):
            assert (await client.put(f"/recordings/{ID}/tags/t{number}")).status_code == 200
        assert (await client.put(f"/recordings/{ID}/tags/t1")).status_code == 200, "it has that one"
        assert (await client.put(f"/recordings/{ID}/tags/t20")).status_code == 409
        await client.request("DELETE", f"/recordings/{ID}", json={"why": "asked by the customer"})
    assert doors.notes.tags_of == {}


async def test_nothing_is_written_about_an_erased_recording(doors: Doors) -> None:
    async with client_of(doors) as client:
        await client.request("DELETE", f"/recordings/{ID}", json={"why": "asked by the customer"})
        refused = await client.post(f"/recordings/{ID}/notes", json={"text": "Her name is on it."})
        assert (refused.status_code, refused.json()["detail"]) == (404, "this recording was erased")
        assert (await client.put(f"/recordings/{ID}/tags/praise")).status_code == 404
    assert (doors.notes.rows, doors.notes.tags_of) == ([], {})


async def test_a_note_is_written_before_or_after_an_erasing_never_meanwhile(doors: Doors) -> None:
    async with client_of(doors) as client:
        async with doors.erasing.turn:
            late = [
                asyncio.create_task(client.post(f"/recordings/{ID}/notes", json={"text": "Her name is on it."})),
                asyncio.create_task(client.put(f"/recordings/{ID}/tags/praise")),
            ]
            while len(doors.erasing.turn._waiters or ()) < 2:  # noqa: ASYNC110 - both are in line for their turn
                await asyncio.sleep(0)
            await doors.ledger.erase(doors.ledger.rows[0], "administrator", "asked by the customer")
        assert [(await each).status_code for each in late] == [404, 404]
    assert (doors.notes.rows, doors.notes.tags_of) == ([], {})
    assert not {"noted", "tagged"} & {row.what for row in doors.audit.rows}


async def test_of_two_who_take_the_same_away_at_one_moment_the_audit_names_the_one_who_did(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited, mine = doors.audit.note, f"/recordings/{ID}"

    async def slow(rows: Sequence[AuditRow]) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        await audited(rows)

    async with client_of(doors) as client:
        written = (await client.post(f"{mine}/notes", json={"text": "Asks twice."})).json()["note"]
        await client.put(f"{mine}/tags/praise")
        await client.post(f"{mine}/hold", json={"why": "court order"})
        monkeypatch.setattr(doors.audit, "note", slow)
        for path, refused in ((f"notes/{written}", 404), ("tags/praise", 404), ("hold", 409)):
            both = await asyncio.gather(*(client.delete(f"{mine}/{path}") for _ in range(2)))
            assert sorted(each.status_code for each in both) == [200, refused]
    done = [row.what for row in doors.audit.rows if not row.status]
    assert done == ["noted", "tagged", "held", "note struck", "untagged", "released"]


async def test_a_disk_that_refuses_is_named_and_is_no_error_of_ours(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuses(row: RecordingRecord, by: str, why: str) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/srv/archive/manifests/2026-11-26.jsonl")

    monkeypatch.setattr(doors.erasing, "_erase", refuses)
    async with client_of(doors) as client:
        answer = await client.request("DELETE", f"/recordings/{ID}", json={"why": "asked by the customer"})
        assert (await client.get(f"/recordings/{ID}")).json()["state"] == "finished"
    assert answer.status_code == 503
    assert "Read-only file system" in answer.json()["detail"] and "/srv" not in answer.text
    assert "/srv/archive/manifests" in caplog.text


async def test_a_hold_that_is_put_on_it_before_its_turn_keeps_it(doors: Doors) -> None:
    """Retention takes hundreds of rows at once, and erases them one after the other."""
    (listed,) = doors.ledger.rows
    async with client_of(doors) as client:
        assert (await client.post(f"/recordings/{ID}/hold", json={"why": "court order"})).status_code == 200
        assert not await doors.erasing.erase(listed, "retention", "kept for 30 days")
        assert (await client.get(f"/recordings/{ID}")).json()["state"] == "finished"


async def test_what_loses_its_turn_to_the_other_is_not_audited_as_done(doors: Doors) -> None:
    """A hold comes before an erasing or after it, never meanwhile; the loser's row says that it was refused."""
    refused = []
    async with client_of(doors) as client:
        for first, method, path, body in (
            ("hold", "DELETE", f"/recordings/{ID}", {"why": "no room"}),
            ("erase", "POST", f"/recordings/{ID}/hold", {"why": "court order"}),
        ):
            async with doors.erasing.turn:
                late = asyncio.create_task(client.request(method, path, json=body))
                while not doors.erasing.turn._waiters:  # noqa: ASYNC110 - it is in line for its turn
                    await asyncio.sleep(0)
                if first == "hold":
                    await doors.ledger.hold(ID, "admin", "court order", 0.0)
                else:
                    await doors.ledger.erase(doors.ledger.rows[0], "retention", "kept for 30 days")
            refused.append((await late).status_code)
            doors.ledger.holds.clear()
        assert (await client.delete(f"/recordings/{ID}/hold")).status_code == 409
    assert refused == [409, 404]
    rows = {(row.what, row.status) for row in doors.audit.rows}
    assert not rows & {("erased", 0), ("held", 0), ("released", 0)}
    assert ("DELETE /recordings/{recording}", 409) in rows


async def test_the_names_of_a_figure_find_the_recordings_behind_it(doors: Doors) -> None:
    async with client_of(doors) as client:
        figure = "queue=presales&outcome=answered&from_utc_s=100&to_utc_s=200"
        assert (await client.get(f"/recordings?{figure}")).status_code == 200
    wanted = doors.ledger.asked[-1].calls
    assert (wanted.queue, wanted.outcome, wanted.since_utc_s, wanted.until_utc_s) == ("presales", "answered", 100, 200)
