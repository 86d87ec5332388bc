"""The command line against a scripted instance: what it asks, what it says, how it ends."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.alone import alone, holder
from app.cli import main
from app.doctor import stores
from app.settings import read_settings
from core.house_text import from_yaml, to_yaml
from store.house import HouseStore
from store.migrations import migrate
from store.session import reading_engine, sqlite_url
from store.writer import Writer
from tests.unit.app.peer import Answer, Peer, running

ROOT = Path(__file__).resolve().parents[3]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    before = os.umask(0o022)
    monkeypatch.setenv("THIRDRING_HOME", str(tmp_path))
    monkeypatch.delenv("THIRDRING_PORT_BASE", raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["thirdring", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        return (1, said.out, said.err + code) if isinstance(code, str) else (int(code or 0), said.out, said.err)

    yield run
    os.umask(before)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    with running(tmp_path) as peer:
        yield peer


def default_house() -> str:
    return (ROOT / "house.yaml").read_text(encoding="utf-8")


def serve_house(peer: Peer, version: int) -> None:
    house = from_yaml(default_house(), "house.yaml").model_dump(mode="json")
    peer.answers["GET /house"] = Answer(house, headers={"ETag": f'"{version}"'})


def test_no_command_waits_for_the_libraries_of_another() -> None:
    """They take three times as long to import as all that is needed to read a command line."""
    program = "import sys, app.cli; print({'core.house', 'httpx', 'pydantic', 'rich'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_without_an_instance_it_says_how_to_start_one(run: Run, tmp_path: Path) -> None:
    code, out, err = run("seat", "list")
    assert (code, out) == (1, "")
    assert err == (
        f"Thirdring is not running here: there is no {tmp_path}/secrets/cli.token. Start it with: ./thirdring up"
    )


def test_a_dead_instance_is_named_by_its_address(run: Run, tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    code, _, err = run("agent", "list")
    assert code == 1
    assert "Nothing answers at http://127.0.0.1:" in err
    assert "./thirdring up" in err


def test_every_request_carries_the_token(run: Run, peer: Peer) -> None:
    peer.answers["GET /seats"] = Answer([])
    run("seat", "list")
    assert peer.asked[0][1]["authorization"] == "Bearer t0ken"


def test_seats_are_listed_for_people_and_programs(run: Run, peer: Peer) -> None:
    rows = [{"id": "seat-01", "name": "工位01", "reachable": True}]
    peer.answers["GET /seats"] = Answer(rows)
    code, out, _ = run("seat", "list")
    assert code == 0
    assert out.split() == ["id", "name", "reachable", "seat-01", "工位01", "yes"]
    assert json.loads(run("seat", "list", "--json")[1]) == rows


@pytest.mark.parametrize("name", ["[/red]", "[bold]坐席", ":skull:"])
def test_a_name_is_shown_as_it_is_written(run: Run, peer: Peer, name: str) -> None:
    peer.answers["GET /seats"] = Answer([{"id": "seat-01", "name": name}])
    code, out, _ = run("seat", "list")
    assert (code, out.split()) == (0, ["id", "name", "seat-01", name])


def test_what_it_writes_is_closed_to_other_users(run: Run, tmp_path: Path) -> None:
    run("seat", "list")
    assert os.umask(0o022) == 0o027


def test_a_new_seat_shows_its_password(run: Run, peer: Peer) -> None:
    peer.answers["POST /seats"] = Answer({"id": "seat-16", "sip_name": "sabc", "secret": "x" * 32}, 201)
    code, out, err = run("seat", "add", "seat-16", "--name", "工位16")
    assert code == 0
    assert "x" * 32 in out
    assert "not shown again" in err
    assert peer.asked[0][2] == {"id": "seat-16", "name": "工位16"}


def test_a_drain_is_asked_for_with_its_limit_and_cancelled(run: Run, peer: Peer) -> None:
    peer.answers["POST /drain"] = peer.answers["POST /drain/cancel"] = Answer({"request": "r", "result": ""})
    code, out, _ = run("stop", "--drain", "--within", "60", "--no-wait")
    assert (code, peer.asked[0][2]) == (0, {"within_s": 60})
    assert out == "No more calls are taken. It stops when those it has are over, in 60 s at the latest.\n"
    assert run("stop", "--cancel")[:2] == (0, "Calls are taken again.\n")


def test_whoever_waits_for_a_drain_hears_that_it_was_cancelled(run: Run, peer: Peer, tmp_path: Path) -> None:
    peer.answers["POST /drain"] = Answer({"request": "r", "result": ""})
    peer.answers["GET /health/ready"] = Answer({"ok": True, "state": "ready"})
    with alone(tmp_path / "run/up.pid"):
        code, _, err = run("stop", "--drain")
    assert (code, err) == (1, "The drain was cancelled: calls are taken again.")


def test_whoever_waits_for_a_drain_hears_what_is_left_until_it_has_stopped(
    run: Run, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.answers["POST /drain"] = Answer({"request": "r", "result": ""})
    peer.answers["GET /health/ready"] = Answer({"state": "draining", "calls_left": 2, "wrap_ups_left": 1}, 503)
    holders = iter([4711, 4711, 0])
    monkeypatch.setattr("app.commands.stop.holder", lambda place: next(holders))
    monkeypatch.setattr("app.commands.stop.LOOK_EVERY_S", 0.0)
    code, out, _ = run("stop", "--drain")
    assert (code, out.splitlines()[1:]) == (0, ["2 calls and 1 wrap-ups are left.", "Stopped."])


def test_nothing_is_stopped_where_nothing_runs(run: Run) -> None:
    assert run("stop") == (1, "", "Thirdring is not running here.")


def test_stopping_ends_the_process_that_holds_the_home(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "run/up.pid"
    program = (
        "import sys, time, pathlib; from app.alone import alone\nwith alone(pathlib.Path(sys.argv[1])): time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(place)], cwd=ROOT) as running_here:
        until_s = time.monotonic() + 20
        while not holder(place) and time.monotonic() < until_s:
            time.sleep(0.02)
        assert holder(place) == running_here.pid
        assert run("stop")[:2] == (0, "Stopped.\n")
        assert running_here.wait(20) == -signal.SIGTERM


def test_a_note_that_is_there_is_changed_from_what_it_was(run: Run, peer: Peer) -> None:
    peer.answers["GET /staff"] = Answer({"items": [{"item": "printer", "version": "9f2c"}], "handovers": []})
    for item in ("printer", "vip"):
        peer.answers[f"PUT /items/{item}"] = Answer({"request": "r", "result": ""})
        assert run("roster", "note", item, "out of paper")[:2] == (0, f"{item} is noted.\n")
    asked = [headers.get("if-match") for what, headers, _ in peer.asked if what.startswith("PUT")]
    assert asked == ['"9f2c"', None]


def test_a_file_of_users_is_sent_and_its_report_printed(run: Run, peer: Peer, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("name,role\nagent-07,agent\n", encoding="utf-8")
    line = {"line": 2, "outcome": "added", "name": "agent-07", "problem": "", "username": "", "password": "p" * 20}
    report = {"added": 1, "unchanged": 0, "refused": 0, "lines": [line]}
    peer.answers["POST /users/import?try_only=false&partial=true"] = Answer(report)
    code, out, _ = run("user", "import", str(file), "--partial")
    assert (code, "p" * 20 in out, "1 added, 0 unchanged, 0 refused" in out) == (0, True, True)
    assert "No such file" in run("seat", "import", str(tmp_path / "nothing.csv"))[2]


@pytest.mark.parametrize("how", [["--partial"], ["--partial", "--json"], ["--try-only"]])
def test_an_import_that_refused_lines_ends_with_a_status_of_its_own(
    run: Run, peer: Peer, tmp_path: Path, how: list[str]
) -> None:
    file = tmp_path / "seats.csv"
    file.write_text("id,name\nseat-16,\nSEAT,\n", encoding="utf-8")
    lines = [{"line": 2, "outcome": "added", "problem": ""}, {"line": 3, "outcome": "refused", "problem": "id: small"}]
    report = {"added": 1, "unchanged": 0, "refused": 1, "lines": lines}
    flags = f"try_only={str('--try-only' in how).lower()}&partial={str('--partial' in how).lower()}"
    peer.answers[f"POST /seats/import?{flags}"] = Answer(report)
    code, out, _ = run("seat", "import", str(file), *how)
    assert (code, "id: small" in out) == (3, True)


def test_a_new_user_and_a_programs_token_are_shown_once(run: Run, peer: Peer) -> None:
    peer.answers["POST /users"] = Answer({"name": "agent-07", "role": "agent", "password": "p" * 20}, 201)
    peer.answers["POST /tokens"] = Answer({"name": "crm", "rights": ["see_calls"], "token": "t" * 43}, 201)
    assert "p" * 20 in run("user", "add", "agent-07", "agent")[1]
    assert "t" * 43 in run("token", "add", "crm", "business", "--right", "see_calls", "--days", "30")[1]
    assert [body for _, _, body in peer.asked] == [
        {"name": "agent-07", "role": "agent"},
        {"name": "crm", "user": "business", "rights": ["see_calls"], "days": 30},
    ]


def test_a_lost_second_factor_is_reset(run: Run, peer: Peer) -> None:
    peer.answers["DELETE /users/agent-07/second-factor"] = Answer(None, 204)
    code, out, _ = run("user", "reset-second-factor", "agent-07")
    assert code == 0 and "password alone" in out
    assert [each[0] for each in peer.asked] == ["DELETE /users/agent-07/second-factor"]


def test_the_audit_is_asked_for_by_person_and_object(run: Run, peer: Peer) -> None:
    row = {"at_utc_s": 1.0, "by": "admin", "what": "PATCH /users/{user}", "about": "agent-07", "status": 200}
    peer.answers["GET /audit?by=admin&about=agent-07&limit=50"] = Answer({"rows": [{**row, "address": "192.0.2.7"}]})
    code, out, _ = run("audit", "--by", "admin", "--about", "agent-07")
    assert code == 0 and "PATCH /users/{user}" in out and "agent-07" in out


def test_the_apis_reason_is_what_people_read(run: Run, peer: Peer) -> None:
    peer.answers["POST /seats"] = Answer({"title": "Conflict", "detail": "There is a seat-01 already."}, 409)
    assert run("seat", "add", "seat-01") == (1, "", "There is a seat-01 already.")


def test_each_wrong_field_is_named(run: Run, peer: Peer) -> None:
    errors = [{"field": "body.id", "problem": "must be plain"}]
    peer.answers["POST /seats"] = Answer({"detail": "The request is wrong.", "errors": errors}, 422)
    assert run("seat", "add", "Ä") == (1, "", "The request is wrong.\n  body.id: must be plain")


def test_an_answer_that_is_no_document_is_still_told(run: Run, peer: Peer) -> None:
    peer.answers["GET /seats"] = Answer("gone", 502)
    assert run("seat", "list") == (1, "", "the API answered 502")


def test_moments_are_shown_as_times(run: Run, peer: Peer) -> None:
    peer.answers["GET /agents"] = Answer([{"id": "agent-01", "seat": None, "since_utc_s": 1795000500.0}])
    out = run("agent", "list")[1]
    assert out.split()[:3] == ["id", "seat", "since"]
    assert "1795000500" not in out


def test_a_seat_is_removed_by_its_own_path(run: Run, peer: Peer) -> None:
    peer.answers["DELETE /seats/a%2Fb"] = Answer(status=204)
    assert run("seat", "remove", "a/b") == (0, "a/b is removed.\n", "")


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (("sign-in", "agent-01", "seat-01"), {"seat": "seat-01"}),
        (("sign-out", "agent-01"), {}),
        (("break", "agent-01", "meal"), {"reason": "meal"}),
        (("ready", "agent-01"), {}),
    ],
)
def test_agents_requests(run: Run, peer: Peer, words: tuple[str, ...], body: dict[str, str]) -> None:
    peer.answers[f"POST /agents/agent-01/{words[0]}"] = Answer(status=204)
    code, out, _ = run("agent", *words)
    assert (code, out) == (0, f"agent-01: {words[0]} granted.\n")
    assert peer.asked[0][2] == body


def test_the_roster_is_shown_and_noted_on(run: Run, peer: Peer) -> None:
    row = {"date": "2026-11-26", "agent": "agent-01", "shift": "early", "duty": "late", "start_utc_s": 1795000500.0}
    peer.answers["GET /roster?days=1"] = Answer([row])
    peer.answers["GET /staff"] = Answer({"present": 7, "needed": 8, "rostered": 9, "items": [], "handovers": []})
    code, out, _ = run("roster")
    assert code == 0
    assert "7 on the line, 8 needed, 9 rostered" in out
    assert "late" in out
    peer.answers["PUT /items/printer"] = Answer({"request": "cli:1"})
    assert run("roster", "note", "printer", "out of paper") == (0, "printer is noted.\n", "")


def test_a_swap_replaces_what_was_said_of_that_day(run: Run, peer: Peer) -> None:
    serve_house(peer, 7)
    code, _, err = run("roster", "swap", "2026-12-01", "agent-01", "agent-99")
    assert code == 1
    assert "roster.0: unknown agent 'agent-99'" in err
    assert all(method != "PUT" for method, *_ in peer.asked)


def test_a_year_the_package_does_not_know_is_refused_with_what_to_do(run: Run, peer: Peer) -> None:
    code, _, err = run("roster", "holidays", "2099")
    assert code == 1
    assert "does not know 2099 yet" in err
    assert peer.asked == []


def test_an_unknown_break_reason_never_leaves_the_machine(run: Run, peer: Peer) -> None:
    code, _, err = run("agent", "break", "agent-01", "golf")
    assert code == 2
    assert "meal" in err
    assert peer.asked == []


def test_a_wrong_setting_is_told_before_anything_is_asked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thirdring.yaml").write_text("port_base: 1\n", encoding="utf-8")
    problem = f"{tmp_path}/thirdring.yaml:1: port_base: must be at least 1024 (got 1)"
    assert run("seat", "list") == (1, "", problem)


def test_the_house_goes_out_with_its_version(run: Run, peer: Peer, tmp_path: Path) -> None:
    serve_house(peer, 7)
    file = tmp_path / "out.yaml"
    assert run("house", "export", str(file))[0] == 0
    text = file.read_text(encoding="utf-8")
    assert text == f"# The house, version 7\n{to_yaml(from_yaml(default_house(), 'house.yaml'))}"
    assert run("house", "export")[1] == text


def test_a_difference_ends_with_1(run: Run, peer: Peer, tmp_path: Path) -> None:
    serve_house(peer, 7)
    file = tmp_path / "new.yaml"
    file.write_text(default_house().replace("misses_before_away: 2", "misses_before_away: 3"), encoding="utf-8")
    assert run("house", "diff", str(file)) == (1, "~ misses_before_away: 2 -> 3\n", "")
    assert run("house", "diff", str(ROOT / "house.yaml")) == (0, "no difference\n", "")
    assert json.loads(run("house", "diff", "--json", str(file))[1]) == [
        {"key": "misses_before_away", "before": "2", "after": "3"}
    ]


def test_an_import_carries_the_version_it_was_compared_with(run: Run, peer: Peer, tmp_path: Path) -> None:
    serve_house(peer, 7)
    peer.answers["PUT /house"] = Answer(status=204, headers={"ETag": '"8"'})
    file = tmp_path / "new.yaml"
    file.write_text(default_house().replace("misses_before_away: 2", "misses_before_away: 3"), encoding="utf-8")
    code, out, _ = run("house", "import", "--yes", str(file))
    assert (code, out.splitlines()[-1]) == (0, "The house is now version 8.")
    request, headers, body = peer.asked[-1]
    assert (request, headers["if-match"]) == ("PUT /house", '"7"')
    assert isinstance(body, dict)
    assert body["misses_before_away"] == 3


def test_somebody_else_was_first(run: Run, peer: Peer, tmp_path: Path) -> None:
    serve_house(peer, 7)
    peer.answers["PUT /house"] = Answer({"detail": "The house is version 8 by now; compare again."}, 412)
    file = tmp_path / "new.yaml"
    file.write_text(default_house().replace("rings: 3", "rings: 4"), encoding="utf-8")
    code, _, err = run("house", "import", "--yes", str(file))
    assert (code, err) == (1, "The house is version 8 by now; compare again.")


def test_without_a_yes_nothing_is_put(run: Run, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve_house(peer, 7)
    file = tmp_path / "new.yaml"
    file.write_text(default_house().replace("rings: 3", "rings: 4"), encoding="utf-8")
    monkeypatch.setattr("typer.confirm", lambda *_args, **_words: False)
    code, _, err = run("house", "import", str(file))
    assert (code, err) == (1, "Nothing was changed.")
    assert [asked[0] for asked in peer.asked] == ["GET /health/live", "GET /house"]


def test_a_wrong_house_is_refused_before_the_instance_is_asked(run: Run, peer: Peer, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text("name: x\nrings: 3\n", encoding="utf-8")
    code, out, err = run("house", "import", "--yes", str(file))
    assert (code, out) == (1, "")
    assert f"{file}:2: rings: unknown key" in err
    assert f"{file}:1: trunks: required, and missing" in err
    assert peer.asked == []


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """The home of an instance that ran once and does not run now."""
    (tmp_path / "data/spool").mkdir(parents=True)
    url = sqlite_url(tmp_path / "data/thirdring.sqlite3")

    async def seed() -> None:
        await migrate(url)
        engine, writer = reading_engine(url), Writer(url)
        await HouseStore(engine, writer).seed(
            from_yaml(default_house(), "house.yaml"), datetime(2026, 1, 1, tzinfo=UTC)
        )
        await engine.dispose()
        await writer.close()

    asyncio.run(seed())
    return tmp_path


def test_without_an_instance_the_house_is_in_the_store(run: Run, stored: Path) -> None:
    assert run("house", "diff", str(ROOT / "house.yaml")) == (0, "no difference\n", "")
    file = stored / "new.yaml"
    file.write_text(default_house().replace("rings: 3", "rings: 4"), encoding="utf-8")
    assert run("house", "import", "--yes", str(file))[1].splitlines()[-1] == "The house is now version 2."
    assert run("house", "diff", str(file)) == (0, "no difference\n", "")


def test_nothing_is_put_behind_an_engines_back(run: Run, stored: Path) -> None:
    with (stored / "data/spool/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, _, err = run("house", "export")
    assert (code, err) == (1, "The engine runs, but its API does not answer. Look at: ./thirdring doctor")


def test_before_the_first_start_there_is_no_house(run: Run, tmp_path: Path) -> None:
    assert run("house", "export") == (
        1,
        "",
        f"There is no database in {tmp_path} yet. Make one with: ./thirdring up",
    )


def test_doctor_knows_a_migrated_database(stored: Path) -> None:
    assert "migrated" in stores.database(read_settings({"THIRDRING_HOME": str(stored)})).text


def test_settings_in_force_hide_passwords(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIRDRING_DATABASE_URL", "postgresql+asyncpg://u:hunter2@h/d")
    monkeypatch.setenv("THIRDRING_REDIS_URL", "redis://:hunter2@h/0")
    code, out, _ = run("--port-base", "24000", "settings", "show", "--json")
    values = {row["key"]: row["value"] for row in json.loads(out)}
    assert (code, values["port_base"]) == (0, 24000)
    assert values["database_url"] == "postgresql+asyncpg://u:****@h/d"
    assert values["redis_url"] == "redis://:****@h/0"


def test_the_schema_and_the_page_are_printed(run: Run) -> None:
    assert json.loads(run("settings", "schema")[1])["title"] == "thirdring.yaml"
    assert run("settings", "docs")[1] == (ROOT / "docs/settings.md").read_text(encoding="utf-8")


def test_doctor_prints_each_remedy_and_ends_with_1(run: Run) -> None:
    code, out, _ = run("doctor", "--json")
    rows = json.loads(out)
    assert code == 1
    assert {row["check"] for row in rows} >= {"python", "disk", "ports", "secrets", "pbx", "engine", "trunks"}
    assert all(row["remedy"] for row in rows if row["level"] != "ok")
    code, text, _ = run("doctor")
    assert code == 1
    assert "-> ./thirdring up" in text


def test_home_and_ports_can_be_given_as_options(run: Run, tmp_path: Path) -> None:
    home = tmp_path / "other"
    (first, *_) = json.loads(run("--home", str(home), "settings", "show", "--json")[1])
    assert first == {"key": "home", "value": str(home), "origin": "environment", "place": "THIRDRING_HOME"}
    assert read_settings({"THIRDRING_HOME": str(home)}).home == home


# --- why -------------------------------------------------------------------------------------------
def test_why_tells_everybodys_reasons_when_asked(run: Run, peer: Peer) -> None:
    offer = {"offer": "a-1.17/1", "seat": "seat-01", "agent": "agent-01", "agrees": False, "reasons": ["a", "b"]}
    answer = {"story": [], "waits_because": [], "offers": [offer]}
    peer.answers["GET /calls/a-1.17/why?language=en&everybody=true"] = Answer(answer)
    code, out, _ = run("why", "a-1.17", "--everybody")
    assert code == 0
    assert "a-1.17/1 to agent-01 at seat-01:\n  a\n  b\n" in out and "makes another offer here" in out


def test_why_tells_a_calls_story_in_the_language_asked_for(run: Run, peer: Peer) -> None:
    story = [{"at_utc_s": 1795000500.0, "text": "seat-01的话机开始振铃。"}]
    answer = {"story": story, "waits_because": ["agent-01正在小休"], "offers": []}
    peer.answers["GET /calls/a-1.17/why?language=zh-CN"] = Answer(answer)
    code, out, _ = run("why", "a-1.17", "--language", "zh-CN")
    assert (code, "seat-01的话机开始振铃。" in out, "agent-01正在小休" in out) == (0, True, True)
    assert json.loads(run("why", "a-1.17", "--language", "zh-CN", "--json")[1]) == answer
    assert run("why", "a-1.17", "--language", "tlh")[0] == 2


# --- stats ---------------------------------------------------------------------------------------
def a_report(figures: dict[str, object], of: str = "queue") -> dict[str, object]:
    line = {"name": "after-sales", "start_utc_s": 1795000500, "end_utc_s": 1795002300, "figures": figures}
    moments = {"from_utc_s": 1795000500, "to_utc_s": 1795002300, "time_zone": "Asia/Shanghai"}
    return {"of": of, "by": "30min", **moments, "lines": [line], "totals": [line], "last": [line]}


def test_stats_are_shown_in_business_time_and_with_one_decimal(run: Run, peer: Peer) -> None:
    levels = {"v1": 0.86, "v2": 0.8302, "v3": 0.8113, "v4": 0.8269, "v5": None, "strict": 0.8}
    counts = dict.fromkeys(("abandoned", "callbacks", "messages", "flowed_out", "lost", "waiting", "blocked"), 0)
    times = {"asa_s": 8.25, "aht_s": None, "longest_wait_s": 61.0}
    connected = dict.fromkeys(
        ("connection_rate", "connection_rate_without_short", "connection_rate_with_callbacks"), 0.9
    )
    rates = {
        **connected,
        "three_ring_rate": None,
        "satisfaction": {"response_rate": 0.4},
        "service_level": levels,
        "service_level_s": 20.0,
    }
    report = a_report({"offered": 10, "answered": 9, **counts, **times, **rates, "conserved": False})
    asked = "GET /stats?from=2026-11-20&to=2026-11-20&by=30min&queue=after-sales&compare=true"
    peer.answers[asked] = Answer(report)
    words = ("stats", "--queue", "after-sales", "--from", "2026-11-20", "--by", "30min", "--compare", "--variants")
    code, out, err = run(*words)
    assert code == 0, err
    text = " ".join(out.split())
    for variant in (
        "v1 20 s 86.0 %",
        "v2 20 s 83.0 %",
        "v3 20 s 81.1 %",
        "v4 20 s 82.7 %",
        "v5 20 s -",
        "strict 20 s 80.0 %",
    ):
        assert f"{variant} {variant.partition(' s ')[2]}" in text
    assert "span last period" in text and "queue after-sales, 2026-11-18 19:15 to 2026-11-18 19:45" in text
    assert "do not add up: after-sales" in err
    assert json.loads(run(*words, "--json")[1]) == report


@pytest.mark.parametrize(
    ("of", "figures", "shown"),
    [
        ("node", {"visits": 3, "wrong": 1, "silent": 0, "mean_s": 2.5, "left": {"hung_up": 1}, "to": {"": 1},
                  "callers": 2, "hung_up": 1, "keys": {"1": 2}}, "end 1"),
        ("flow", {"calls": 8, "without_agent": 0.625, "reached": {"served": 5, "left": 3}, "wrong": 0, "silent": 0,
                  "rates": {"served": 0.625, "left": 0.375}, "gave_up": 0, "mean_s": 9.0}, "5 (62.5 %)"),
        ("trunk", {"entered": 1, "blocked": 1, "outbound": 0, "outbound_reached": 0, "blocked_rate": 0.5,
                   "line_s": 7.0, "down_s": 0.0}, "50.0 %"),
    ],
)  # fmt: skip
def test_stats_of_other_things_have_their_own_columns(
    run: Run, peer: Peer, of: str, figures: dict[str, object], shown: str
) -> None:
    peer.answers[f"GET /stats?from=2026-11-20&to=2026-11-20&by=all&of={of}"] = Answer(a_report(figures, of))
    code, out, err = run("stats", "--from", "2026-11-20", "--of", of)
    assert (code, shown in " ".join(out.split())) == (0, True), err


def test_stats_tell_who_called_again_when_they_are_asked(run: Run, peer: Peer) -> None:
    trunk = {"entered": 1, "blocked": 0, "outbound": 0, "outbound_reached": 0, "blocked_rate": 0.0, "line_s": 7.0}
    counts = {"contact_solved": 3, "contact_again": 1, "contact_pending": 2, "contact_withheld": 0}
    figures: dict[str, object] = {
        **trunk,
        "down_s": 0.0,
        "first_contact": 0.75,
        **counts,
        "code_solved": None,
        "coded": 0,
    }
    asked = "GET /stats?from=2026-11-20&to=2026-11-20&by=all&of=queue&first_contact=true"
    peer.answers[asked] = Answer(a_report(figures, "trunk"))
    code, out, err = run("stats", "--from", "2026-11-20", "--of", "queue", "--first-contact")
    assert code == 0, err
    text = " ".join(out.split())
    for told in ("first contact 75.0 % 75.0 %", "came again 1 1", "pending 2 2", "withheld 0 0", "by code - of 0"):
        assert told in text, text


def test_stats_without_a_figure_say_so(run: Run, peer: Peer) -> None:
    asked = "GET /stats?from=2026-11-20&to=2026-11-20&by=all&of=agent"
    peer.answers[asked] = Answer({**a_report({}), "lines": [], "totals": [], "last": None})
    assert "nothing was counted" in run("stats", "--from", "2026-11-20", "--of", "agent")[1]


@pytest.mark.parametrize(
    "words",
    [
        ("api-docs", "{there}/api.json"),
        ("recordings", "export", "a" * 26, "{there}/one.mp3"),
        ("twin", "--day", "2026-11-20", "--house", "{there}/house.yaml"),
    ],
)
def test_a_place_that_is_not_there_is_named_in_a_line(
    words: tuple[str, ...], run: Run, peer: Peer, tmp_path: Path
) -> None:
    peer.answers["GET /recordings/" + "a" * 26 + "/audio?kind=mp3"] = Answer("sound")
    code, said, told = run(*(word.format(there=tmp_path / "nowhere") for word in words))
    assert (code, said) == (1, "")
    assert f"{tmp_path}/nowhere/" in told and "No such file or directory" in told and "\n" not in told.strip()


def test_a_house_in_another_encoding_is_named_in_a_line(run: Run, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_bytes("name: 热线\n".encode("gbk"))
    code, _, told = run("twin", "--day", "2026-11-20", "--house", str(tmp_path / "house.yaml"))
    assert code == 1 and "house.yaml cannot be read" in told and "\n" not in told.strip()


def test_all_that_is_open_is_listed_however_much_it_is(run: Run, peer: Peer) -> None:
    """A list that ends after two hundred looks whole."""
    row = dict.fromkeys(("kind", "queue", "number", "about", "busy", "overdue", "owner"), "") | {"opened_utc_s": 0.0}
    pages = [[row | {"item": f"w-{n}", "due_utc_s": 0.0} for n in names] for names in ((1, 2), (3,))]
    asked = "GET /work?state=open&owner=&limit=200"
    peer.answers[asked] = Answer({"items": pages[0], "next_after": "1~0.0~w-2"})
    peer.answers[f"{asked}&after=1~0.0~w-2"] = Answer({"items": pages[1], "next_after": None})
    code, said, _ = run("work", "list", "--json")
    assert (code, [each["item"] for each in json.loads(said)]) == (0, ["w-1", "w-2", "w-3"])
