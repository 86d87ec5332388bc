"""The auditor of the fault tests: it sees each law broken, and shares no code with what it judges."""

from __future__ import annotations

import ast
import csv
import os
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.integration import auditor, evidence
from tests.integration.auditor import Auditor, Law
from tests.integration.evidence import BYTES_PER_S, WAV_HEADER_BYTES, gathered

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC).timestamp()
TALK_S = 10.0
TABLES = {
    "outcomes": "tag, call, body",
    "inputs": "tag, wall",
    "calls": "call, caller, hotline, queue, language, seat, how, entered_utc_s, offered_utc_s, answered_utc_s,"
    " ended_utc_s",
    "recordings": "call, seat, voice, kind, state, due, file, path, due_from_utc_s, due_to_utc_s",
}


@pytest.mark.parametrize("module", [auditor, evidence], ids=["auditor", "evidence"])
def test_it_shares_no_code_with_what_it_judges(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    ours = {path.parent.name for path in Path(__file__).resolve().parents[2].glob("*/__init__.py")}
    assert {name.partition(".")[0] for name in named} & ours <= {"tests"}


def test_every_fault_test_with_telephones_is_audited() -> None:
    checkout = Path(__file__).resolve().parents[2]
    table = (checkout / "docs/reliability.md").read_text(encoding="utf-8").partition("## Faults")[2].partition("## ")[0]
    named = sorted(set(re.findall(r"tests/integration/[a-z_/]+\.py", table)))
    texts = {name: (checkout / name).read_text(encoding="utf-8") for name in named}
    with_telephones = {name for name, text in texts.items() if "import Centre" in text or ", Centre" in text}
    audited = {name for name, text in texts.items() if "survivors(" in text or "is_audited=True" in text}
    assert with_telephones == audited and len(audited) > 15


@dataclass(frozen=True, slots=True)
class Call:
    """A caller who talks for TALK_S at a phone; moments are seconds after noon."""

    name: str
    seat: str
    came_s: float
    rung_s: float
    talks: bool = True
    words: int = 1
    is_final: bool = True
    how: str = "agent"
    hung_up_s: float | None = None
    voice_s: float = TALK_S
    callers_voice_s: float = TALK_S + 1
    is_whole: bool = True
    state: str = "finished"
    archived_s: float = 0.0
    booked: bool = True
    dialled: bool = True
    rings: bool = True
    """A browser writes no call records."""
    alone: bool = False

    @property
    def number(self) -> str:
        return f"1380000000{self.name[0]}"

    @property
    def answered_s(self) -> float:
        return self.rung_s + 1.25

    @property
    def over_s(self) -> float:
        return self.answered_s + TALK_S if self.hung_up_s is None else self.hung_up_s


@dataclass(slots=True)
class Scene:
    """A home as a run leaves it."""

    home: Path
    calls: dict[str, Call] = field(
        default_factory=lambda: {
            call.name: call
            for call in (
                Call("1", "seat-01", 0, 2), Call("2", "seat-02", 3, 5), Call("3", "seat-01", 6, 14),
            )
        }
    )  # fmt: skip
    telephones: list[list[str]] = field(default_factory=list)
    """More rows of theirs."""
    own: list[tuple[str, float, int]] = field(default_factory=list)
    """Calls that we make: seat, when, last words."""
    starts_s: list[float] = field(default_factory=lambda: [-60.0])
    engines_s: list[float] = field(default_factory=lambda: [-60.0])
    alarms: list[str] = field(default_factory=list)

    def change(self, name: str, **how: object) -> None:
        self.calls[name] = replace(self.calls[name], **how)  # type: ignore[arg-type]

    def ring(self, seat: str, number: str, rung_s: float, answered_s: float | None, over_s: float) -> None:
        stamps = [moment for moment in (answered_s, over_s) if moment is not None]
        channel, unique = f"PJSIP/phone-{seat}-0000001a", f"carrier-1.{len(self.telephones)}"
        self.telephones.append(row(number, channel, unique, rung_s, answered_s, over_s, stamped(*stamps)))

    async def laws(self, *, crowded: bool = False) -> list[Law]:
        self._write()
        return Auditor(await gathered(self.home), crowded).laws()

    def _write(self) -> None:
        etc = self.home / "carrier/etc/pjsip.conf"
        etc.parent.mkdir(parents=True)
        seats = ("seat-01", "seat-02")
        etc.write_text("".join(f"[phone-{seat}](phone)\nfrom_user=sip-{seat}\n[phone-{seat}]\n" for seat in seats))
        heard = [*self.telephones]
        self.telephones = []
        for call in self.calls.values():
            stamps = stamped(call.came_s, call.over_s)
            told = ("PJSIP/trunk-a-rfc4733-0000001b", f"9a-{call.name}", call.came_s, call.came_s, call.over_s, stamps)
            heard += [row(call.number, *told)] if call.dialled else []
            if call.talks and call.rings:
                self.ring(call.seat, call.number, call.rung_s, call.answered_s, call.answered_s + TALK_S)
            self._record(call)
        write(self.home / "carrier/log/cdr-csv/Master.csv", heard + self.telephones)
        booked = [
            row(
                call.number, "PJSIP/trunk-a-0000001c", f"a-{call.name}", call.came_s, call.came_s, call.over_s,
                f"sales/en/sales/{'1.5' if call.alone else ''}//",
            )
            for call in self.calls.values() if call.booked
        ]  # fmt: skip
        ours = [
            row("", f"PJSIP/sip-{seat}-0000001d", f"a-out-{at_s}", at_s, None, at_s, "") for seat, at_s, _ in self.own
        ]
        write(self.home / "pbx/log/cdr-csv/Master.csv", booked + ours)
        starts = [f"{NOON + at_s:.0f}|NONE|NONE|NONE|QUEUESTART|\n" for at_s in self.starts_s]
        (self.home / "pbx/log/queue_log").write_text("".join(starts))
        self._store()

    def _record(self, call: Call) -> None:
        if not call.talks:
            return
        lengths_s = {f"agent-a-{call.name}9": call.voice_s, "caller": call.callers_voice_s}
        for who, lasts_s in lengths_s.items():
            if lasts_s:
                file = self.home / f"recordings/2026/11/27/a-{call.name}-{who}.wav"
                file.parent.mkdir(parents=True, exist_ok=True)
                size = round(lasts_s * BYTES_PER_S)
                told = size if call.is_whole else 0
                file.write_bytes(bytes(WAV_HEADER_BYTES - 4) + told.to_bytes(4, "little") + bytes(size))
                os.utime(file, times=(NOON, NOON + call.answered_s + TALK_S + 0.02))
        if call.archived_s:
            file = self.home / f"archive/2026/11/27/{call.name}.flac"
            file.parent.mkdir(parents=True, exist_ok=True)
            rates = 8000 << 44 | round(8000 * call.archived_s)
            file.write_bytes(b"fLaC" + bytes(14) + rates.to_bytes(8, "big") + bytes(16))

    def _store(self) -> None:
        (self.home / "data").mkdir()
        database = sqlite3.connect(self.home / "data/thirdring.sqlite3")
        for table, columns in TABLES.items():
            database.execute(f"create table {table} ({columns})")
        for call in self.calls.values():
            answered = NOON + call.answered_s if call.talks else None
            ended = NOON + call.over_s if call.is_final else None
            self._insert(
                database, "calls", f"a-{call.name}", f"+86{call.number}", "sales", "sales", "en", call.seat, call.how,
                NOON + call.came_s, NOON + call.came_s, answered, ended,
            )  # fmt: skip
            for _ in range(call.words):
                self._insert(database, "outcomes", "CallEnded", f"a-{call.name}", "{}")
            path, to_s = f"2026/11/27/{call.name}", NOON + call.answered_s + TALK_S
            self._insert(
                database, "recordings", f"a-{call.name}", call.seat, f"a-{call.name}/1", "talk", call.state, 1, "",
                path, answered, to_s,
            )  # fmt: skip
        for seat, at_s, words in self.own:
            ended = NOON + at_s + 1
            self._insert(
                database, "calls", f"a-out-{at_s}", f"+86{self.calls['1'].number}", "", "", "en", seat, "agent", ended,
                None, None, ended,
            )  # fmt: skip
            for _ in range(words):
                self._insert(database, "outcomes", "OutboundEnded", f"a-out-{at_s}", "{}")
        for alarm in self.alarms:
            self._insert(database, "outcomes", "Alarmed", None, alarm)
        for at_s in self.engines_s:
            self._insert(database, "inputs", "HouseOpened", datetime.fromtimestamp(NOON + at_s, UTC).isoformat())
        database.commit()
        database.close()

    def _insert(self, database: sqlite3.Connection, table: str, *values: object) -> None:
        database.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)


def row(
    number: str, channel: str, unique: str, began_s: float, answered_s: float | None, ended_s: float, told: str
) -> list[str]:
    """Of cdr_csv.c, in whole seconds."""
    moments = [
        "" if at_s is None else f"{datetime.fromtimestamp(NOON + at_s, UTC):%Y-%m-%d %H:%M:%S}"
        for at_s in (began_s, answered_s, ended_s)
    ]
    return ["", number, "s", "talk", "", channel, "", "", "", *moments, "", "", "", "", unique, told]


def stamped(*moments_s: float) -> str:
    return "".join(f"{NOON + at_s:.6f}/" for at_s in moments_s)


def write(file: Path, rows: list[list[str]]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


async def test_a_house_in_which_nothing_went_wrong_holds_every_law(scene: Scene) -> None:
    scene.own.append(("seat-02", 40.0, 1))
    scene.ring("seat-02", scene.calls["1"].number, 40.0, None, 41.0)  # the number of a caller of before
    laws = await scene.laws()
    assert [(law.says, law.broken) for law in laws if law.broken] == []
    assert [law.checked for law in laws] == [7, 3, 3, 3, 3, 3, 3, 6]


async def test_a_recording_of_a_call_of_ours_may_begin_when_the_far_end_is_dialled(scene: Scene) -> None:
    call = scene.calls["2"]
    scene.change("2", voice_s=TALK_S - 1.0)
    assert any(law.broken for law in await replace(scene, home=scene.home / "theirs").laws() if law.name == "I4")
    scene.own.append((call.seat, call.rung_s, 1))
    assert not any(law.broken for law in await replace(scene, home=scene.home / "ours").laws() if law.name == "I4")


# --- each law broken -----------------------------------------------------------------------------------
def a_second_last_word(scene: Scene) -> None:
    scene.change("2", words=2)


def no_last_word(scene: Scene) -> None:
    scene.change("2", words=0)


def no_final_record(scene: Scene) -> None:
    scene.change("2", is_final=False)


def none_of_a_call_that_no_book_has(scene: Scene) -> None:
    scene.change("2", is_final=False, words=0, booked=False)


def a_record_of_a_call_that_nobody_made(scene: Scene) -> None:
    scene.calls["ghost"] = Call("2nd", "", 30, 30, talks=False, how="abandoned", booked=False, dialled=False)


def no_last_word_of_a_call_of_ours(scene: Scene) -> None:
    scene.own.append(("seat-02", 40.0, 0))


def a_talk_that_no_record_knows(scene: Scene) -> None:
    call = scene.calls["2"]
    scene.change("2", talks=False, how="abandoned", hung_up_s=call.over_s)
    scene.ring("seat-02", call.number, call.rung_s, call.answered_s, call.over_s)


def a_record_of_a_talk_at_no_telephone(scene: Scene) -> None:
    scene.change("2", rings=False, voice_s=0.0)


def an_answer_in_a_talk(scene: Scene) -> None:
    scene.ring("seat-01", "13900000009", 8, 9, 12)


def a_phone_that_rings_on(scene: Scene) -> None:
    scene.ring("seat-02", scene.calls["1"].number, 12, None, 17)


def a_phone_that_is_rung_afterwards(scene: Scene) -> None:
    scene.ring("seat-02", scene.calls["1"].number, 40, None, 41)


def a_recording_cut_short(scene: Scene) -> None:
    scene.change("2", voice_s=TALK_S - 0.5)


def a_recording_too_long(scene: Scene) -> None:
    scene.change("2", voice_s=TALK_S + 0.5)


def no_recording(scene: Scene) -> None:
    scene.change("2", voice_s=0.0)


def a_loss_without_an_alarm(scene: Scene) -> None:
    scene.change("2", voice_s=0.0, state="lost")


def a_loss_with_the_alarm_of_another(scene: Scene) -> None:
    a_loss_without_an_alarm(scene)
    scene.alarms.append('{"name":"recording","values":[["what","lost"],["voice","a-1/1"]]}')


def an_archive_cut_short(scene: Scene) -> None:
    scene.change("2", voice_s=0.0, archived_s=TALK_S - 0.5)


def no_voice_of_the_caller(scene: Scene) -> None:
    scene.change("2", callers_voice_s=0.0)


def a_callers_voice_cut_short(scene: Scene) -> None:
    scene.change("2", callers_voice_s=TALK_S - 2)


def one_passed_over(scene: Scene) -> None:
    scene.change("3", came_s=1, rung_s=14)


def half_a_file(scene: Scene) -> None:
    (scene.home / "archive/work").mkdir(parents=True)
    (scene.home / "archive/work/x.flac.part").write_bytes(b"")


def a_recording_never_closed(scene: Scene) -> None:
    scene.change("2", is_whole=False)


Breaks = Callable[[Scene], None]


@pytest.mark.parametrize(
    ("breaks", "law"),
    [
        (a_second_last_word, "I1"), (no_last_word, "I1"), (no_final_record, "I1"),
        (none_of_a_call_that_no_book_has, "I1"), (no_last_word_of_a_call_of_ours, "I1"),
        (a_talk_that_no_record_knows, "I1"), (a_record_of_a_talk_at_no_telephone, "I1"),
        (a_record_of_a_call_that_nobody_made, "I1"), (an_answer_in_a_talk, "I2"), (a_phone_that_rings_on, "I3"),
        (a_phone_that_is_rung_afterwards, "I3"), (a_recording_cut_short, "I4"), (a_recording_too_long, "I4"),
        (no_recording, "I4"), (a_loss_without_an_alarm, "I4"), (a_loss_with_the_alarm_of_another, "I4"),
        (an_archive_cut_short, "I4"), (no_voice_of_the_caller, "I4"), (a_callers_voice_cut_short, "I4"),
        (one_passed_over, "I5"), (half_a_file, "I7"), (a_recording_never_closed, "I7"),
    ],
)  # fmt: skip
async def test_each_law_can_be_seen_broken(scene: Scene, breaks: Breaks, law: str) -> None:
    breaks(scene)
    assert law in {each.name for each in await scene.laws() if each.broken}


# --- and what breaks none ------------------------------------------------------------------------------
async def broken(scene: Scene, *, crowded: bool = False) -> list[str]:
    return [each for law in await scene.laws(crowded=crowded) for each in law.broken]


async def test_a_loss_that_is_told_is_none_that_is_hidden(scene: Scene) -> None:
    a_loss_without_an_alarm(scene)
    scene.alarms.append('{"name":"recording","values":[["what","lost"],["voice","a-2/1"]]}')
    assert await broken(scene) == []


async def test_originals_may_be_gone_when_the_archive_has_the_whole_talk(scene: Scene) -> None:
    scene.change("2", voice_s=0.0, callers_voice_s=0.0, archived_s=TALK_S)
    assert await broken(scene) == []


@pytest.mark.parametrize("differs_s", [-1.5, -0.5, 0.5, 1.5])
async def test_a_crowded_machine_is_forgiven_half_a_second_and_no_more(scene: Scene, differs_s: float) -> None:
    scene.change("2", voice_s=TALK_S + differs_s)
    assert (await broken(scene, crowded=True) == []) is (abs(differs_s) < 1)


async def test_a_talk_at_a_browser_is_told_by_its_voice_alone(scene: Scene) -> None:
    scene.change("2", rings=False)
    assert await broken(scene) == []


async def test_a_killed_pbx_books_nothing_and_its_telephones_do_not_notice(scene: Scene) -> None:
    """Its talks are over when it starts again; what it has written of them is all there is."""
    for name in "12":
        scene.change(name, booked=False, how="pbx_lost", voice_s=0.0, callers_voice_s=0.0, archived_s=4.0)
    scene.change("3", came_s=10)
    scene.starts_s.append(9.0)
    scene.ring("seat-01", "", 9, 9.5, 10)
    assert await broken(scene) == []


async def test_the_dialplan_alone_and_an_engine_that_comes_back_keep_no_order(scene: Scene) -> None:
    one_passed_over(scene)
    scene.engines_s.append(4.0)
    assert await broken(scene) == []


async def test_who_was_served_without_an_engine_has_no_place_in_line(scene: Scene) -> None:
    one_passed_over(scene)
    scene.change("3", alone=True)
    assert await broken(scene) == []
