"""`./thirdring twin`: what it asks and how it tells both days."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from api.ports import TwinAsk
from app.cli import app
from app.twin import compared
from tests.unit.app.peer import Answer, Peer, running
from tests.unit.app.test_twin import DAY, Journal, house, read_day
from tests.unit.queueing.test_other_day import day


async def document(tmp_path: Path, *seats: str) -> Any:
    found = compared(await read_day(tmp_path, Journal(day()[1])), house(), TwinAsk(DAY, seats))
    return json.loads(json.dumps(found))


def run(peer: Peer, answer: Any, *words: str) -> tuple[int, str]:
    peer.answers["POST /twin"] = Answer(answer)
    done = CliRunner().invoke(app, ["twin", *words], env=peer.environ | {"COLUMNS": "160"})
    return done.exit_code, done.output or str(done.exception)


async def test_both_days_stand_side_by_side_with_the_calls_that_changed(tmp_path: Path) -> None:
    changed = await document(tmp_path, "+1@01:00-02:00")
    with running(tmp_path) as peer:
        code, out = run(peer, changed, "--day", "2026-01-05", "--seats", "+1@01:00-02:00")
        assert code == 0 and f"{changed['calls_changed']} calls end otherwise" in out
        assert "replayed to the journal's last outcome" in out and "abandoned after" in out and "by twin-1" in out
        assert f"and {changed['calls_changed'] - 20} more" in out
        assert peer.asked[-1][2] == {"day": "2026-01-05", "seats": ["+1@01:00-02:00"], "house": None}
        assert json.loads(run(peer, changed, "--day", "2026-01-05", "--json")[1]) == changed


async def test_a_day_without_a_change_is_said_to_be_the_same(tmp_path: Path) -> None:
    with running(tmp_path) as peer:
        same = await document(tmp_path)
        assert "Nothing is changed, and the other day is the same." in run(peer, same, "--day", "2026-01-05")[1]
        told = run(peer, same | {"differences": 7, "changed": True}, "--day", "2026-01-05")[1]
        assert "decides 7 outcomes" in told and "makes no difference" in told


def test_another_house_is_read_from_a_file_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[3] / "house.yaml"
    with running(tmp_path) as peer:
        run(peer, {}, "--day", "2026-01-05", "--house", str(shipped))
        (_, _, body) = peer.asked[-1]
        assert isinstance(body, dict) and body["house"]["name"] == "三声客服中心"
        code, said = run(peer, {}, "--day", "2026-01-05", "--house", str(tmp_path / "none.yaml"))
        assert code == 1 and "cannot be read" in said
