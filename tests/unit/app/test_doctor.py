"""Each judgement of the doctor, and its looks at real sockets, files and a real database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.current_house import remember_house
from app.doctor import CHECKS, Level, examine, files, machine, ports, running, stores
from app.doctor.finding import Finding, ok
from app.instance import Instance, as_running
from app.settings import Settings
from core.errors import PbxUnavailable
from core.house import Trunk
from cti.pbx.render import read_allowed
from ivr.prompts import load_prompts
from tests.unit.app.peer import Answer
from tests.unit.app.peer import running as running_instance
from tests.unit.floor import small_house


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, port_base=24000)


def test_a_finding_that_is_not_ok_needs_a_remedy() -> None:
    with pytest.raises(ValueError, match="needs a remedy"):
        Finding(Level.WARN, "something")


def test_a_check_that_cannot_look_is_a_finding(settings: Settings) -> None:
    def no_file(_settings: Settings) -> Finding:
        raise PermissionError(13, "Permission denied", "/x")

    def no_pbx(_settings: Settings) -> Finding:
        raise PbxUnavailable("gone")

    found = dict(examine(settings, {"a": no_file, "b": no_pbx, "c": lambda _settings: ok("fine")}))
    assert [found[name].level for name in "abc"] == [Level.FAIL, Level.FAIL, Level.OK]
    assert "Permission denied" in found["a"].text


@pytest.mark.parametrize("name", ["python", "packages", "limits", "clock", "time zones"])
def test_this_machine_can_be_looked_at(settings: Settings, name: str) -> None:
    assert CHECKS[name](settings).text


def test_packages_against_the_lock() -> None:
    lock = (
        "alpha==1.0 \\\n    --hash=sha256:00\nBeta.b==2.0\ngamma==3 ; sys_platform == 'win32'\n# delta==4\nepsilon==5\n"
    )
    assert machine.drifted(lock, {"alpha": "1.0", "beta-b": "2.1"}) == [
        "Beta.b is 2.1, not 2.0",
        "epsilon is missing",
    ]


def test_misspelt_variables_are_named() -> None:
    environ = {"THIRDRING_PORTBASE": "1", "THIRDRING_HOME": "/x", "THIRDRING_ZZZZZZZZ": "", "PATH": ""}
    assert machine.unknown_variables(environ) == [
        "THIRDRING_PORTBASE (did you mean THIRDRING_PORT_BASE?)",
        "THIRDRING_ZZZZZZZZ",
    ]


@pytest.mark.parametrize(("free", "level"), [(1e9, Level.FAIL), (10e9, Level.WARN), (100e9, Level.OK)])
def test_room_is_counted_in_hours_of_calls(free: float, level: Level) -> None:
    assert machine.judge_disk(int(free), Path("/")).level is level


@pytest.mark.parametrize(("hard", "level"), [(256, Level.FAIL), (2048, Level.WARN), (8192, Level.OK), (-1, Level.OK)])
def test_open_files(hard: int, level: Level) -> None:
    assert machine.judge_limits(256, hard).level is level


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_stranger_on_our_port_is_named(tmp_path: Path, taken: int) -> None:
    found = ports.ports(Settings(home=tmp_path, port_base=taken))
    assert found.level is Level.FAIL
    assert f"{taken}/tcp by " in found.text
    assert f"(process {os.getpid()})" in found.text
    assert "THIRDRING_PORT_BASE" in found.remedy


def test_our_own_process_on_our_port_is_fine(tmp_path: Path) -> None:
    program = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "THIRDRING_HOME": str(tmp_path)},
        text=True,
    )
    with child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        found = ports.ports(Settings(home=tmp_path, port_base=port))
        child.communicate("\n")
    assert (found.level, "1 in use" in found.text) == (Level.OK, True)


def test_udp_counts_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        port = phone.getsockname()[1]
        found = ports.ports(Settings(home=tmp_path, port_base=port - 3))
    assert f"{port}/udp by " in found.text


def test_secrets_that_others_may_read(settings: Settings) -> None:
    secret = settings.home / "secrets/cli.token"
    secret.parent.mkdir()
    secret.write_text("x")
    secret.chmod(0o640)
    assert files.secrets(settings).remedy == f"chmod go= {secret}"
    secret.chmod(0o600)
    assert files.secrets(settings).level is Level.OK
    gone = settings.model_copy(update={"lan_key_file": settings.home / "gone.pem"})
    assert "gone.pem" in files.secrets(gone).text


def test_certificates_are_public_and_their_keys_are_not(settings: Settings) -> None:
    for name in ("server.crt", "server.key"):
        file = settings.home / "secrets/lan" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        file.chmod(0o644)
    assert files.secrets(settings).remedy == f"chmod go= {settings.home}/secrets/lan/server.key"


def test_unpacked_packages_against_the_lock() -> None:
    lock = "asterisk 1:22.10.1 aa\nlibc6 2.43 bb\n"
    whole = {"asterisk": ["1:22.10.1", "aa"], "libc6": ["2.43", "bb"]}
    assert files.judge_packages(whole, lock).level is Level.OK
    newer = files.judge_packages({**whole, "libc6": ["2.44", "cc"]}, lock)
    assert (newer.level, "libc6 2.44" in newer.text) == (Level.WARN, True)
    assert files.judge_packages({}, lock).level is Level.FAIL


def test_a_broken_tree_is_told_with_what_to_delete(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp is right, and the program does not start: half of its files are gone."""
    monkeypatch.delenv("THIRDRING_PBX_ROOT", raising=False)
    tree = settings.home / "pbx/root"
    for file in ("usr/sbin/asterisk", "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"):
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).touch()
    found = files.pbx(settings)
    assert (found.level, found.remedy) == (Level.FAIL, f"delete {tree}; ./thirdring up fetches it anew")


@pytest.mark.parametrize(
    ("mode", "remedy"), [("embedded", "./thirdring up fetches"), ("installed", "install Asterisk")]
)
def test_no_asterisk_is_told_with_what_brings_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, mode: str, remedy: str
) -> None:
    monkeypatch.delenv("THIRDRING_PBX_ROOT", raising=False)
    monkeypatch.setattr("cti.pbx.installation.program_here", lambda: None)
    found = files.pbx(settings.model_copy(update={"pbx_mode": mode}))
    assert (found.level, found.remedy.startswith(remedy)) == (Level.FAIL, True)


def test_an_installed_asterisk_is_named_with_what_it_lacks() -> None:
    whole = files.judge_installed("/usr/sbin/asterisk", "Asterisk 20.6.0", [])
    assert (whole.level, whole.text) == (Level.OK, "this machine's own Asterisk 20.6.0: /usr/sbin/asterisk")
    lacking = files.judge_installed("/usr/sbin/asterisk", "Asterisk 20.6.0", ["app_queue", "res_pjsip"])
    assert (lacking.level, "lacks 2 module(s): app_queue, res_pjsip" in lacking.text) == (Level.FAIL, True)
    assert files.judge_installed("/usr/sbin/asterisk", "", []).level is Level.FAIL


def test_a_distributions_own_codecs_are_not_missed(tmp_path: Path) -> None:
    """codec_opus_open_source is Debian's; an Asterisk from its makers' source has none."""
    for name in read_allowed(machine.ROOT / "asterisk-conf/modules.allowed") - {"codec_opus_open_source", "app_dial"}:
        (tmp_path / f"{name}.so").touch()
    assert files.lacking_modules(tmp_path) == ["app_dial"]


def test_a_prompt_missing_in_one_language(settings: Settings) -> None:
    """Numbers are said with other words in each language: not each prompt is in both."""
    shipped = [f"{each.language}/{each.name}.wav" for each in load_prompts()]
    for name in (*shipped, "zh-CN/cache/ab.wav", "music/wait.wav"):
        file = settings.home / "sounds" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(100))
    assert files.sounds(settings).level is Level.OK
    (settings.home / "sounds/en/goodbye.wav").write_bytes(bytes(44))
    assert files.sounds(settings).text == "1 prompt(s) missing or empty: en/goodbye.wav"
    (settings.home / "sounds/en/goodbye.wav").write_bytes(bytes(100))
    house = small_house().model_copy(update={"prompts": {"own-words": {"zh-CN": "再见。"}}})
    remember_house(settings, house)
    assert files.sounds(settings).text == "1 prompt(s) missing or empty: zh-CN/own-words.wav"
    (settings.home / "sounds/zh-CN/own-words.wav").write_bytes(bytes(100))
    assert files.sounds(settings).level is Level.OK, "a prompt of the house's own may have one language"


def test_a_spool_that_is_not_shipped() -> None:
    now_s = 100_000.0
    assert files.judge_spool([], now_s).level is Level.OK
    assert files.judge_spool([(5, 0.0)], now_s).level is Level.OK  # the one being written: a quiet night
    behind = files.judge_spool([(5, now_s - 7200), (5, now_s)], now_s)
    assert (behind.level, "the oldest 120 min old" in behind.text) == (Level.WARN, True)


def test_revisions() -> None:
    assert stores.judge_revisions(("b",), ("b",)).level is Level.OK
    assert "revision none, this program at b" in stores.judge_revisions((), ("b",)).text


def test_a_file_that_is_no_database(settings: Settings) -> None:
    file = settings.home / "data/thirdring.sqlite3"
    file.parent.mkdir()
    file.write_bytes(b"no database" * 100)
    assert stores.database(settings).level is Level.FAIL


def test_a_database_that_is_away(settings: Settings) -> None:
    away = settings.model_copy(update={"database_url": "postgresql+asyncpg://u:hunter2@127.0.0.1:1/d"})
    found = stores.database(away)
    assert found.level is Level.FAIL
    assert "hunter2" not in found.text + found.remedy


def test_redis_that_is_away(settings: Settings) -> None:
    assert stores.redis(settings).level is Level.OK
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    assert stores.redis(away).level is Level.FAIL


WELL = {"ok": True, "detail": "lag 0.4 ms"}
GONE = {"ok": False, "detail": "AMI does not answer"}


@pytest.mark.parametrize(
    ("health", "level"),
    [
        ({"ok": True, "parts": {}}, Level.OK),
        ({"ok": True, "parts": {"engine": WELL}}, Level.OK),
        ({"ok": True, "parts": {"pbx": GONE}}, Level.FAIL),
        ({"ok": False, "parts": {"engine": WELL}}, Level.FAIL),
        ({}, Level.FAIL),
    ],
)
def test_health(health: dict[str, object], level: Level) -> None:
    assert running.judge_health(health).level is level


def test_what_the_running_instance_says(settings: Settings) -> None:
    with running_instance(settings.home) as peer:
        peer.answers["GET /health"] = Answer({"ok": False, "parts": {"engine": WELL, "pbx": GONE}}, 503)
        peer.answers["GET /seats"] = Answer([{"id": "a", "reachable": True}, {"id": "b", "reachable": False}])
        assert running.engine(settings).text == "the engine runs, but not well: pbx: AMI does not answer"
        assert running.seats(settings).text == "1 of 2 seats have a registered phone"


def test_the_ports_are_those_of_the_running_instance(settings: Settings) -> None:
    assert as_running(settings) is settings
    with running_instance(settings.home):
        assert f":{as_running(settings).ports.api}" in Instance(settings).url
        assert as_running(settings).home == settings.home


def test_without_an_instance_each_part_says_so(settings: Settings) -> None:
    assert [check(settings).level for check in (running.engine, running.seats, running.trunks)] == [
        Level.FAIL,
        Level.WARN,
        Level.WARN,
    ]


@pytest.fixture
def carrier() -> Iterator[int]:
    """A SIP peer that answers one OPTIONS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(10)

        def answer() -> None:
            asked, whom = peer.recvfrom(4096)
            assert asked.startswith(b"OPTIONS sip:127.0.0.1:")
            assert asked.endswith(b"Content-Length: 0\r\n\r\n")
            peer.sendto(b"SIP/2.0 200 OK\r\n\r\n", whom)

        thread = threading.Thread(target=answer)
        thread.start()
        yield peer.getsockname()[1]
        thread.join()


def test_a_trunk_that_answers(carrier: int) -> None:
    assert running.answers("127.0.0.1", carrier, 5)


def test_a_trunk_that_does_not() -> None:
    assert not running.answers("127.0.0.1", 1, 0.2)


def trunk(id: str, port: int) -> Trunk:
    return Trunk.model_validate({"id": id, "name": id, "host": "192.0.2.1", "port": port})


def test_trunks_are_judged_together(settings: Settings) -> None:
    assert running.port_of(trunk("a", 0), settings) == 24006
    assert running.port_of(trunk("a", 5060), settings) == 5060
    assert running.judge_trunks(2, []).level is Level.OK
    assert running.judge_trunks(2, [trunk("a", 5060)]).level is Level.WARN
    assert running.judge_trunks(2, [trunk("a", 5060), trunk("b", 5060)]).level is Level.FAIL
    assert "--demo" in running.judge_trunks(2, [trunk("a", 0), trunk("b", 0)]).remedy
