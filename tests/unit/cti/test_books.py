"""The PBX's own call records: read on from a place, each call once."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from core.ids import NodeId, SeatId
from core.inputs import PbxBooksRead
from core.variables import BOOKED
from cti.books import KEPT, Books, PbxBooks, RemoteBooks, Row, booked, from_cdr

NODE, SEATS = NodeId("a"), {"s-one": SeatId("seat-01")}


def row(
    unique: str, userfield: str, *, began: str = "10:00:00", ended: str = "10:01:00", trunk: str = "trunk-a"
) -> str:
    day = "2026-01-05"
    columns = [
        "", "013800000001", "engine", "hotline", "", f"PJSIP/{trunk}-00000001", "", "AGI", "", f"{day} {began}",
        f"{day} {began}", f"{day} {ended}", "60", "60", "ANSWERED", "DOCUMENTATION", unique, userfield, "", "", "1",
    ]  # fmt: skip
    return ",".join(f'"{column}"' for column in columns) + "\n"


def parsed(text: str) -> Row:
    return from_cdr(next(csv.reader([text])))


def normalised(text: str) -> str:
    return f"+86{text.removeprefix('0')}"


async def read(books: Books, kept: Mapping[str, str] | None = None) -> PbxBooksRead:
    """`kept` are globals of the PBX."""

    async def global_of(name: str) -> str:
        return (kept or {}).get(name, "")

    return await books.read(global_of, NODE, SEATS, normalised)


async def test_the_first_reading_marks_the_place_and_the_next_goes_on_there(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(row("old", "presales/en////"))
    books = PbxBooks(file)
    assert (await read(books)).calls == ()
    with file.open("a") as stream:
        stream.write(row("new", "presales/en////") + '"half a li')
    again = await read(books)
    assert [call.call for call in again.calls] == ["new"]
    assert (await read(PbxBooks(file, again.place))).calls == ()


def test_a_message_in_the_dialplans_box_is_known_by_the_moment_at_which_it_began() -> None:
    (call,) = booked([parsed(row("m", "presales/en/sales/1767607201.5/+/1767607210.25"))], SEATS, normalised)
    assert (call.message_utc_s, call.answered_utc_s, call.seat, call.closed) == (1767607210.25, None, "", False)


async def test_a_rotated_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(row("new", "presales/en////"))
    assert [call.call for call in (await read(PbxBooks(file, 10_000))).calls] == ["new"]


async def test_no_file_is_no_calls(tmp_path: Path) -> None:
    assert (await read(PbxBooks(tmp_path / "Master.csv"))).place == 0


def test_rows_of_one_call_are_joined() -> None:
    rows = [
        parsed(row("one", "presales/en/presales/1000//", ended="10:00:30")),
        parsed(row("one", "presales/en/presales/1000/s-one/1010", began="10:00:30")),
    ]
    (call,) = booked(rows, SEATS, normalised)
    assert (call.seat, call.queue, call.asked_utc_s, call.answered_utc_s) == ("seat-01", "presales", 1000.0, 1010.0)
    assert call.ended_utc_s - call.began_utc_s == 60.0
    assert call.caller == "+8613800000001"


def test_a_call_does_not_end_before_what_its_dialplan_noted_in_the_same_second() -> None:
    ten_past = 1_767_607_800  # 2026-01-05 10:10:00
    noted = f"presales/en/presales/{ten_past}.2/s-one/{ten_past}.4/{ten_past}.9"
    (call,) = booked([parsed(row("one", noted, ended="10:10:00"))], SEATS, normalised)
    assert call.ended_utc_s == call.talked_utc_s == ten_past + 0.9
    assert (call.asked_utc_s, call.answered_utc_s) == (ten_past + 0.2, ten_past + 0.4)


async def test_refused_calls_and_agents_legs_and_short_lines_are_not_calls(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(row("one", "") + row("two", "presales/en////", trunk="s-one") + "short\n")
    assert (await read(PbxBooks(file, 0))).calls == ()


# --- a PBX on another machine ----------------------------------------------------------------
def kept(*numbers: int, newest: int | None = None) -> dict[str, str]:
    """As the dialplan keeps them (booked): number, call, channel, caller, began, ended, and the words of the CDR."""
    entries = {
        f"{BOOKED}_{number % KEPT}": f"{number}|n1-{number}.1|PJSIP/trunk-a-00000001|013800000001|"
        f"1000.5|1060.25|presales/en/presales/1010.5/s-one/1020.5"
        for number in numbers
    }
    return entries | {BOOKED: str(max(numbers) if newest is None else newest)}


async def test_the_last_calls_of_a_remote_pbx_are_read_each_once_from_where_we_were() -> None:
    books = RemoteBooks()
    assert (await read(books, {})).calls == ()
    assert (await read(books, kept(1700000001))).place == 1700000001
    fact = await read(books, kept(1700000001, 1700000002, 1700000003))
    assert [call.call for call in fact.calls] == ["n1-1700000003.1", "n1-1700000002.1"]
    assert (await read(books, kept(1700000002, 1700000003))).calls == ()
    call = fact.calls[0]
    assert (call.seat, call.trunk, call.caller, call.queue) == ("seat-01", "a", "+8613800000001", "presales")
    assert (call.began_utc_s, call.asked_utc_s, call.answered_utc_s) == (1000.5, 1010.5, 1020.5)
    assert call.ended_utc_s == call.talked_utc_s == 1060.25


async def test_what_it_keeps_no_more_is_not_read_and_neither_is_what_nobody_wrote() -> None:
    """The next call has taken the place of one that we have not read: what is there has another number."""
    newest = 1700000000 + 2 * KEPT
    numbers = range(newest - KEPT + 1, newest + 1)
    assert len((await read(RemoteBooks(1700000000), kept(*numbers))).calls) == KEPT
    overtaken = kept(*range(newest - 2, newest + KEPT), newest=newest)
    assert [call.call for call in (await read(RemoteBooks(newest - 3), overtaken)).calls] == [f"n1-{newest}.1"]
    hostile = {BOOKED: str(newest), f"{BOOKED}_{newest % KEPT}": f"{newest}|n1-1.1"}
    assert (await read(RemoteBooks(newest - 1), hostile)).calls == ()


async def test_a_pbx_that_has_booked_nothing_yet_is_read_from_its_first_call() -> None:
    books = RemoteBooks()
    await read(books, {})
    assert [call.call for call in (await read(books, kept(1700000001))).calls] == ["n1-1700000001.1"]
