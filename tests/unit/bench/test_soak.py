"""The soak's plan comes from its seed alone; its auditor is independent, and sees each law broken."""

from __future__ import annotations

import ast
import itertools
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench.soak import auditor
from bench.soak.auditor import Auditor, Law
from bench.soak.faults import FAULTS
from bench.soak.plan import FIRST_AT_S, LAST_BEFORE_END_S, plan

LENGTHS_S = {name: fault.lasts_s for name, fault in FAULTS.items()}
TALK_S = 10.0


def test_a_seed_gives_the_same_plan_again_and_another_gives_another() -> None:
    assert plan(7, 1800, LENGTHS_S) == plan(7, 1800, LENGTHS_S)
    assert plan(7, 1800, LENGTHS_S) != plan(8, 1800, LENGTHS_S)


@pytest.mark.parametrize("seed", range(20))
def test_every_fault_has_its_turn_and_is_over_before_the_end(seed: int) -> None:
    planned = plan(seed, 600, LENGTHS_S)
    assert {each.fault for each in planned[: len(FAULTS)]} == set(FAULTS)
    assert planned[0].at_s == FIRST_AT_S
    assert all(one.at_s + one.lasts_s < after.at_s for one, after in itertools.pairwise(planned)), "one at a time"
    assert planned[-1].at_s + planned[-1].lasts_s <= 600 - LAST_BEFORE_END_S


def test_a_run_too_short_for_a_fault_has_none() -> None:
    assert plan(1, FIRST_AT_S, LENGTHS_S) == []


def test_the_auditor_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(auditor.__file__).read_text(encoding="utf-8"))
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    ours = {path.parent.name for path in Path(__file__).resolve().parents[3].glob("*/__init__.py")}
    assert {name.partition(".")[0] for name in named} & ours == set()


class Scene:
    """A home as a run leaves it: three callers, served by two phones in the order in which they came."""

    def __init__(self, home: Path) -> None:
        self.home, self.log = home, home / "telephones.jsonl"
        self.facts: list[dict[str, object]] = []
        self.alarms = 0
        self.ledger: dict[str, str] = {}
        self.ended = {"1": 1, "2": 1, "3": 1}
        self.voices_s = {"1": TALK_S, "2": TALK_S, "3": TALK_S}
        self.queued = {"1": 100.5, "2": 103.5, "3": 106.5}
        for seat in ("seat-1", "seat-2"):
            self.note("phone", seat, "talks", 90.0, talk_s=TALK_S)
        for number, seat, came, rung in (
            ("1", "seat-1", 100, 101),
            ("2", "seat-2", 103, 104),
            ("3", "seat-1", 106, 113),
        ):
            self.caller(number, came, rung + 1, rung + 1 + TALK_S)
            self.ring(number, seat, rung, rung + 1, rung + 1 + TALK_S)

    def note(self, kind: str, who: str, what: str, at_s: float, **details: object) -> None:
        self.facts.append({"kind": kind, "who": who, "what": what, "at_s": at_s, **details})

    def caller(self, number: str, came: float, bridged: float, ended: float) -> None:
        who = self.number(number)
        self.note("caller", who, "dialled", came, hotline="95001", trunk="a")
        self.note("caller", who, "answered", came)
        self.note("caller", who, "bridged", bridged, seat="")
        self.note("caller", who, "ended", ended, cause="16")

    def ring(self, number: str, seat: str, rung: float, answered: float, ended: float) -> None:
        who = self.number(number)
        self.note("phone", seat, "invited", rung, caller=who)
        self.note("phone", seat, "answered", answered, caller=who)
        self.note("phone", seat, "ended", ended, caller=who, cause="16")

    def drop(self, who: str, what: str) -> None:
        self.facts = [fact for fact in self.facts if (fact["who"], fact["what"]) != (who, what)]

    def move(self, who: str, what: str, at_s: float) -> None:
        for fact in self.facts:
            if (fact["who"], fact["what"]) == (who, what):
                fact["at_s"] = at_s

    def number(self, short: str) -> str:
        return f"1380000000{short}"

    def audit(self) -> dict[str, Law]:
        self._write()
        return {law.name: law for law in Auditor(self.home, self.log).audit()}

    def _write(self) -> None:
        self.facts.sort(key=lambda fact: float(str(fact["at_s"])))
        self.log.write_text("".join(json.dumps(fact) + "\n" for fact in self.facts), encoding="utf-8")
        book = self.home / "pbx/log/cdr-csv/Master.csv"
        book.parent.mkdir(parents=True)
        rows = [["", self.number(each), "", "", "", f"PJSIP/trunk-a-{each}", *[""] * 10, f"c{each}"] for each in "123"]
        book.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
        for each, lasts_s in self.voices_s.items():
            voice = self.home / f"recordings/2026/11/26/c{each}-agent-9.wav"
            voice.parent.mkdir(parents=True, exist_ok=True)
            voice.write_bytes(bytes(44 + round(16_000 * lasts_s)))
        self._write_database()

    def _write_database(self) -> None:
        (self.home / "data").mkdir()
        with closing(sqlite3.connect(self.home / "data/thirdring.sqlite3")) as database, database:
            for table in (
                "calls (call, how, answered_utc_s, ended_utc_s)",
                "outcomes (call, tag, body)",
                "inputs (sequence, boot_s, tag, body)",
                "recordings (call, voice, kind, state, missing_s)",
            ):
                database.execute(f"create table {table}")
            for each, words in self.ended.items():
                database.execute("insert into calls values (?, 'agent', 1.0, 2.0)", (f"c{each}",))
                database.executemany("insert into outcomes values (?, 'CallEnded', '{}')", [(f"c{each}",)] * words)
            for each, boot_s in self.queued.items():
                queued = (boot_s, boot_s, json.dumps({"call": f"c{each}"}))
                database.execute("insert into inputs values (?, ?, 'CallQueued', ?)", queued)
            for each, state in self.ledger.items():
                database.execute("insert into recordings values (?, ?, 'agent', ?, 5.0)", (f"c{each}", each, state))
            lost = "{'text': 'A recording is lost'}"
            database.executemany("insert into outcomes values (null, 'Alarmed', ?)", [(lost,)] * self.alarms)
        database.close()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_run_without_a_fault_holds_every_law(scene: Scene) -> None:
    laws = scene.audit()
    assert {name: list(law.broken) for name, law in laws.items() if not law.held} == {}
    assert {name: law.checked for name, law in laws.items()} == dict.fromkeys(laws, 3)


def doubled(scene: Scene) -> None:
    scene.ended["2"] = 2


def unended(scene: Scene) -> None:
    scene.ended["2"] = 0


def unrecorded_talk(scene: Scene) -> None:
    """The database says answered, no telephone does."""
    scene.facts = [fact for fact in scene.facts if fact.get("caller") != scene.number("2")]


def two_at_once(scene: Scene) -> None:
    scene.move("seat-1", "answered", 113.0)
    scene.ring("2", "seat-1", 115, 116, 120)


def rung_on(scene: Scene) -> None:
    scene.note("phone", "seat-2", "invited", 120.0, caller=scene.number("1"))
    scene.note("phone", "seat-2", "cancelled", 121.0, caller=scene.number("1"))


def cut_short(scene: Scene) -> None:
    scene.voices_s["2"] = TALK_S - 1.0


def no_file(scene: Scene) -> None:
    del scene.voices_s["2"]


def lost_without_an_alarm(scene: Scene) -> None:
    cut_short(scene)
    scene.ledger["2"] = "lost"


def passed_over(scene: Scene) -> None:
    scene.queued["3"] = 102.0


def hung_up_on(scene: Scene) -> None:
    scene.drop(scene.number("3"), "bridged")


def talk_ended_early(scene: Scene) -> None:
    scene.facts = [fact for fact in scene.facts if fact.get("caller") != scene.number("3")]
    scene.ring("3", "seat-1", 113, 114, 116)
    scene.voices_s["3"] = 2.0


@pytest.mark.parametrize(
    ("breaks", "law"),
    [
        (doubled, "I1"), (unended, "I1"), (unrecorded_talk, "I1"), (two_at_once, "I2"), (rung_on, "I3"),
        (cut_short, "I4"), (no_file, "I4"), (lost_without_an_alarm, "I4"), (passed_over, "I5"), (hung_up_on, "lost"),
        (talk_ended_early, "cut"),
    ],
)  # fmt: skip
def test_each_law_can_be_seen_broken(scene: Scene, breaks: Callable[[Scene], None], law: str) -> None:
    breaks(scene)
    assert not scene.audit()[law].held


def test_a_loss_that_is_told_is_none_that_is_hidden(scene: Scene) -> None:
    lost_without_an_alarm(scene)
    scene.alarms = 1
    assert scene.audit()["I4"].held


def test_who_is_rung_by_the_dialplan_alone_keeps_no_order_and_is_counted(scene: Scene) -> None:
    passed_over(scene)
    scene.note("engine", "engine", "away", 105.0, from_s=103.0)
    law = scene.audit()["I5"]
    assert law.held and law.remark.startswith("1 out of turn")


def test_callers_of_a_trunk_that_went_are_nobodys_fault(scene: Scene) -> None:
    talk_ended_early(scene)
    scene.drop(scene.number("3"), "ended")
    scene.note("caller", scene.number("3"), "cut", 116.0)
    assert scene.audit()["cut"].held
