"""The PBX's own call records: read on from a place, each call once."""

from __future__ import annotations

from pathlib import Path

from core.ids import NodeId, SeatId
from cti.books import PbxBooks, booked

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


def normalised(text: str) -> str:
    return f"+86{text.removeprefix('0')}"


def test_the_first_reading_marks_the_place_and_the_next_goes_on_there(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(row("old", "presales/en////"))
    books = PbxBooks(file)
    assert books.read(NODE, SEATS, normalised).calls == ()
    with file.open("a") as stream:
        stream.write(row("new", "presales/en////") + '"half a li')
    again = books.read(NODE, SEATS, normalised)
    assert [call.call for call in again.calls] == ["new"]
    assert PbxBooks(file, again.place).read(NODE, SEATS, normalised).calls == ()


def test_a_rotated_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(row("new", "presales/en////"))
    assert [call.call for call in PbxBooks(file, 10_000).read(NODE, SEATS, normalised).calls] == ["new"]


def test_no_file_is_no_calls(tmp_path: Path) -> None:
    assert PbxBooks(tmp_path / "Master.csv").read(NODE, SEATS, normalised).place == 0


def test_rows_of_one_call_are_joined() -> None:
    rows = [
        row("one", "presales/en/presales/1000//", ended="10:00:30").strip().replace('"', "").split(","),
        row("one", "presales/en/presales/1000/s-one/1010", began="10:00:30").strip().replace('"', "").split(","),
    ]
    (call,) = booked(rows, SEATS, normalised)
    assert (call.seat, call.queue, call.asked_utc_s, call.answered_utc_s) == ("seat-01", "presales", 1000.0, 1010.0)
    assert call.ended_utc_s - call.began_utc_s == 60.0
    assert call.caller == "+8613800000001"


def test_a_call_does_not_end_before_what_its_dialplan_noted_in_the_same_second() -> None:
    ten_past = 1_767_607_800  # 2026-01-05 10:10:00
    noted = f"presales/en/presales/{ten_past}.2/s-one/{ten_past}.4/{ten_past}.9"
    (call,) = booked([row("one", noted, ended="10:10:00").strip().replace('"', "").split(",")], SEATS, normalised)
    assert call.ended_utc_s == call.talked_utc_s == ten_past + 0.9
    assert (call.asked_utc_s, call.answered_utc_s) == (ten_past + 0.2, ten_past + 0.4)


def test_refused_calls_and_agents_legs_are_not_calls() -> None:
    refused = row("one", "").strip().replace('"', "").split(",")
    leg = row("two", "presales/en////", trunk="s-one").strip().replace('"', "").split(",")
    assert booked([refused, leg, ["short"]], SEATS, normalised) == []
