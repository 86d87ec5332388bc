"""The ledger's rows in either database: found by what was asked, rebuilt from the journal, held and audited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from api.erasing import Erasing
from core.events import (
    CallAnswered,
    CallEnded,
    CallEntered,
    CallNoted,
    CaseOpened,
    Event,
    SeatReserved,
    SurveyMarked,
    TalkEnded,
)
from core.ids import AgentId, CallId, HotlineId, OfferId, QueueId, SeatId, TrunkId
from core.ledger import RecordingRecord
from core.quality import Judged, Mark, QualityQuestion
from core.recordings import Archived, RecordingErased, RecordingFinished, VoiceClosed, VoiceOpened
from core.states import CaseKind
from store import projecting
from store.call_search import CallSearch
from store.journal import Shipper
from store.projecting import rebuild
from store.quality import QualityMarks
from store.recording_filters import RecordingFilter
from store.recording_notes import RecordingNotes
from store.recordings import Recordings
from tests.integration.store.database import NOW, Database, ship_all, spool_events

START_S = NOW.wall.timestamp()
SEAT, QUEUE, HOTLINE = SeatId("s1"), QueueId("presales"), HotlineId("h1")


def one_call(number: int, *, talk_over_s: float = 0.0, agent: str = "a1") -> list[list[Event]]:
    """A call of this number, talked through and archived."""
    call, person = CallId(f"n-1.{number}"), AgentId(agent)
    offer, name = OfferId(f"{call}/1"), f"{number}" * 26
    file = f"2026/03/01/{call}-agent-n-2.{number}.wav"
    finished = RecordingFinished(
        call, offer, name, f"2026/03/01/{name}", START_S,
        Archived(f"sha-{number}", 100, 60.0 + number, -20.0, -20.0, 1.0, 1.0, number / 2, talk_over_s, 5.0, 5.0),
    )  # fmt: skip
    return [
        [CallEntered(call, HOTLINE, TrunkId("t1"), f"+861380000000{number}", "zh-CN")],
        [SeatReserved(call, offer, SEAT, person, QUEUE, 1, 0.0)],
        [VoiceOpened(call, f"n-2.{number}", SEAT, offer, file, START_S)],
        [CallAnswered(call, QUEUE, HOTLINE, SEAT, person, 1.0, 1)],
        [TalkEnded(call, QUEUE, HOTLINE, SEAT, person, 60.0, "caller"), CallEnded(call, HOTLINE, "caller", 61.0)],
        [VoiceClosed(call, offer, file, START_S, 60.0 + number, False)],
        [finished],
    ]


async def shelf(database: Database, directory: Path, batches: list[list[Event]]) -> Recordings:
    spool_events(directory, batches)
    await ship_all(Shipper(directory, database.writer))
    return Recordings(database.engine, database.writer)


async def voices(recordings: Recordings, wanted: RecordingFilter) -> list[str]:
    return [found.row.voice for found in await recordings.search(wanted)]


async def test_each_question_finds_what_it_asks_for(database: Database, tmp_path: Path) -> None:
    marked = SurveyMarked(CallId("n-1.2"), "how", 5)
    batches: list[list[Event]] = [*one_call(1), *one_call(2, talk_over_s=9.0), [marked], *one_call(3, agent="a2")]
    recordings = await shelf(database, tmp_path, batches)
    first, second, third = (f"n-1.{number}/1" for number in (1, 2, 3))
    assert await voices(recordings, RecordingFilter()) == [third, second, first]
    for wanted, found in (
        (RecordingFilter(CallSearch(agent="a2")), [third]),
        (RecordingFilter(agents={"a1"}), [second, first]),
        (RecordingFilter(agents=set()), []),
        (RecordingFilter(caller="0002"), [second]),
        (RecordingFilter(caller="+8613800000001"), [first]),
        (RecordingFilter(CallSearch(queue="presales", hotline="h1"), call="n-1.3", state="finished"), [third]),
        (RecordingFilter(talk_over_s=5.0), [second]),
        (RecordingFilter(silence_s=1.2), [third]),
        (RecordingFilter(held_s=0.1), []),
        (RecordingFilter(mark=5), [second]),
        (RecordingFilter(mark=4), []),
        (RecordingFilter(least_s=61.5, most_s=62.5), [second]),
        (RecordingFilter(until_utc_s=START_S), []),
        (RecordingFilter(since_utc_s=START_S + 9.0), [third, second]),
        (RecordingFilter(state="lost"), []),
        (RecordingFilter(caller="%"), []),
        (RecordingFilter(on_hold=True), []),
        (RecordingFilter(CallSearch(trunk="t1")), [third, second, first]),
        (RecordingFilter(CallSearch(trunk="t2")), []),
        (RecordingFilter(CallSearch(agent="a2", outcome="talked")), [third]),
        (RecordingFilter(CallSearch(queue="complaints")), []),
    ):
        assert await voices(recordings, wanted) == found, wanted
    one = await recordings.one("2" * 26)
    assert one is not None and (one.caller, one.language, one.held) == ("+8613800000002", "zh-CN", False)
    assert await recordings.one("") is None


async def test_pages_go_on_where_the_last_one_ended(database: Database, tmp_path: Path) -> None:
    recordings = await shelf(database, tmp_path, [batch for number in (1, 2, 3) for batch in one_call(number)])
    seen, before = list[str](), None
    while page := await recordings.search(RecordingFilter(), before=before, limit=2):
        seen += [found.row.voice for found in page]
        before = page[-1].row.expected_utc_s, page[-1].row.voice
    assert seen == ["n-1.3/1", "n-1.2/1", "n-1.1/1"]


async def test_the_ledger_is_rebuilt_to_the_letter(database: Database, tmp_path: Path) -> None:
    erased = RecordingErased(CallId("n-1.1"), "n-1.1/1", "1" * 26, "admin", "asked")
    await shelf(database, tmp_path, [*one_call(1), *one_call(2), [erased]])
    before = await database.records()
    assert len(before["recordings"]) == 2
    await rebuild(database.url)
    assert await database.records() == before


async def test_what_an_earlier_process_left_open(database: Database, tmp_path: Path) -> None:
    recordings = await shelf(database, tmp_path, [*one_call(1), *one_call(2)[:-1], *one_call(3)[:3]])
    left = await recordings.left_open()
    assert [(row.voice, row.state) for row in left.rows] == [("n-1.2/1", "closed"), ("n-1.3/1", "open")]
    assert left.ended == ["n-1.2"]
    ((sequence, _), *_) = sorted((await database.journal())[1], reverse=True)
    assert left.place[0] == sequence
    also = await recordings.left_open(["n-1.1", "n-9.9"])
    assert sorted(row.voice for row in also.rows) == ["n-1.1/1", "n-1.2/1", "n-1.3/1"]
    assert [row.voice for row in await recordings.rows_of(["n-1.1", "n-9.9"])] == ["n-1.1/1"]
    assert await recordings.archived() == [("1" * 26, "sha-1")]
    assert [row.voice for row in await recordings.due_between(START_S, START_S + 12.0)] == ["n-1.1/1", "n-1.2/1"]


async def test_the_records_are_not_whole_until_a_rebuild_has_folded_all(database: Database, tmp_path: Path) -> None:
    recordings = await shelf(database, tmp_path, [*one_call(1), *one_call(2)])
    assert await recordings.is_whole()
    await database.writer.write(projecting._empty)
    while True:
        assert not await recordings.is_whole()
        if await database.writer.write(lambda connection: projecting.catch_up(connection, 5)) < 5:
            break
    assert await recordings.is_whole()


async def test_the_queues_of_what_is_archived(database: Database, tmp_path: Path) -> None:
    recordings = await shelf(database, tmp_path, [*one_call(1), *one_call(2)[:-1]])
    assert await recordings.queues() == ["presales"]
    await shelf(database, tmp_path, [[RecordingErased(CallId("n-1.1"), "n-1.1/1", "1" * 26, "admin", "asked")]])
    assert await recordings.queues() == []


async def test_a_legal_hold_beats_retention(database: Database, tmp_path: Path) -> None:
    recordings = await shelf(database, tmp_path, [*one_call(1), *one_call(2)])
    await recordings.hold("1" * 26, "admin", "court order", START_S)
    await recordings.hold("1" * 26, "admin", "another order", START_S)
    old = await recordings.older_than("presales", START_S + 1000.0)
    assert [row.recording for row in old] == ["2" * 26]
    assert await recordings.older_than("presales", START_S - 1000.0) == []
    assert await recordings.older_than("presales", START_S + 1000.0, [(START_S - 1.0, START_S + 1.0)]) == []
    assert await recordings.older_than("presales", START_S + 1000.0, [(0.0, START_S - 1.0)]) == old
    assert await recordings.held_calls(["n-1.1", "n-1.2", "n-1.9"]) == {"n-1.1"}
    assert await recordings.newest_utc_s() == START_S
    assert await voices(recordings, RecordingFilter(on_hold=True)) == ["n-1.1/1"]
    assert await recordings.release("1" * 26) and not await recordings.release("1" * 26)
    assert len(await recordings.older_than("presales", START_S + 1000.0)) == 2


async def test_tags_and_notes_are_found_and_go_with_the_recording(database: Database, tmp_path: Path) -> None:
    recordings = await shelf(database, tmp_path, [*one_call(1), *one_call(2)])
    notes, first, second = RecordingNotes(database.engine, database.writer), "1" * 26, "2" * 26
    await notes.tag(first, "praise", "lead", START_S)
    await notes.tag(first, "praise", "other", START_S)
    await notes.tag(second, "训练", "lead", START_S)
    assert await notes.tags([first, second]) == {first: ["praise"], second: ["训练"]}
    late = await notes.write(first, "lead", START_S, 42.5, "Asks TWICE, 100%")
    whole = await notes.write(first, "lead", START_S + 9, None, "well done")
    assert await notes.notes(first) == [whole, late]
    for wanted, found in (
        (RecordingFilter(tag="训练"), ["n-1.2/1"]),
        (RecordingFilter(tag="prais"), []),
        (RecordingFilter(text="asks twice"), ["n-1.1/1"]),
        (RecordingFilter(text="100%"), ["n-1.1/1"]),
        (RecordingFilter(text="1%"), []),
    ):
        assert await voices(recordings, wanted) == found, wanted
    assert not await notes.strike(first, late.note, "other"), "somebody else's stays"
    assert await notes.strike(first, late.note, "lead") and await notes.notes(first) == [whole]
    assert await notes.untag(second, "训练") and not await notes.untag(second, "训练")
    await notes.forget(first)
    assert (await notes.notes(first), await notes.tags([first, second])) == ([], {})


async def test_what_an_erasing_that_was_cut_off_left_is_forgotten_by_a_sweep(
    database: Database, tmp_path: Path
) -> None:
    recordings = await shelf(database, tmp_path, [*one_call(1), *one_call(2)])
    notes, marks = RecordingNotes(database.engine, database.writer), QualityMarks(database.engine, database.writer)
    first, second = "1" * 26, "2" * 26
    for recording in (first, second):
        await notes.write(recording, "lead", START_S, None, "Her name is on it.")
        await notes.tag(recording, "praise", "lead", START_S)
        await marks.give(Mark(recording, "n-1.1", "a1", "sales", "lead", START_S, 60.0, (), "Her name."), 0.0)
    assert (await notes.of_erased(), await marks.of_erased()) == ([], [])
    await shelf(database, tmp_path, [[RecordingErased(CallId("n-1.1"), "n-1.1/1", first, "admin", "asked")]])

    async def cut_off(row: RecordingRecord, by: str, why: str) -> None:
        raise OSError("the process is killed here")

    assert (await notes.of_erased(), await marks.of_erased()) == ([first], [first])
    await Erasing(cut_off, recordings, notes, marks).sweep()
    assert (await notes.of_erased(), await marks.of_erased()) == ([], [])
    assert (await notes.notes(first), await notes.tags([first, second])) == ([], {second: ["praise"]})
    assert [(await marks.of_recording(each)).comment for each in (first, second)] == ["", "Her name."]  # type: ignore[union-attr]
    assert [row.recording for row in await recordings.older_than("presales", START_S + 1000.0)] == [second]


async def test_a_mark_is_given_anew_until_its_agent_has_answered(database: Database) -> None:
    marks, first, second = QualityMarks(database.engine, database.writer), "1" * 26, "2" * 26
    polite = QualityQuestion(id="polite", text={"zh-CN": "礼貌", "en": "Polite"}, weight=2.5, critical=True)
    mark = Mark(first, "n-1.1", "a1", "sales", "lead", START_S, 60.0, (Judged(polite, 3),), "看法")
    assert not await marks.give(mark, START_S), "there is none that was given then"
    assert await marks.give(mark, 0.0) and await marks.of_recording(first) == mark
    better = replace(mark, at_utc_s=START_S + 0.123456, score=80.0, judged=(Judged(polite, 4),))
    assert not await marks.give(better, 0.0) and await marks.of_recording(first) == mark
    assert await marks.give(better, START_S) and await marks.of_recording(first) == better
    assert not await marks.reply(first, "to the one before", START_S + 5, START_S)
    assert await marks.reply(first, "谢谢", START_S + 5, better.at_utc_s)
    assert not await marks.reply(first, "again", START_S + 6, better.at_utc_s)
    assert not await marks.give(mark, better.at_utc_s) and not await marks.reply(second, "nothing there", START_S, 0.0)
    await marks.give(replace(mark, recording=second, agent="a2", at_utc_s=START_S + 9), 0.0)
    await marks.give(replace(mark, recording="3" * 26, at_utc_s=START_S + 20, score=100.0), 0.0)
    assert await marks.means(None, START_S, START_S + 30) == {"a1": (2, 90.0), "a2": (1, 60.0)}
    assert [each.recording[0] for each in await marks.newest(None, START_S, START_S + 20)] == ["2", "1"]
    assert [each.recording[0] for each in await marks.newest({"a1"}, START_S, START_S + 30)] == ["3", "1"]
    page = await marks.newest(None, START_S, START_S + 30, limit=2)
    assert [each.recording[0] for each in page] == ["3", "2"]
    older = await marks.newest(None, START_S, START_S + 30, before=(page[-1].at_utc_s, page[-1].recording), limit=2)
    assert [each.recording[0] for each in older] == ["1"]
    await marks.forget(first)
    left = await marks.of_recording(first)
    assert left is not None and (left.score, left.comment, left.reply) == (80.0, "", "")


async def test_a_case_leads_to_its_call_and_to_those_of_its_caller_meanwhile(
    database: Database, tmp_path: Path
) -> None:
    first, third = CallId("n-1.1"), "+8613800000003"
    opened = CaseOpened("20260301-0001", CaseKind.FAULT, "The printer", third, first, "a1", 3600.0)
    noted = CallNoted(CallId("n-1.2"), AgentId("a1"), "Wants a REFUND", "", ())
    recordings = await shelf(database, tmp_path, [*one_call(1), [opened], *one_call(2), [noted], *one_call(3)])
    for wanted, found in (
        (RecordingFilter(case="20260301-0001"), ["n-1.3/1", "n-1.1/1"]),
        (RecordingFilter(case="20260301-0002"), []),
        (RecordingFilter(text="refund"), ["n-1.2/1"]),
    ):
        assert await voices(recordings, wanted) == found, wanted
