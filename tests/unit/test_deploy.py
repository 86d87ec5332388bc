"""What is shipped for running as a service: units that systemd takes, and a filter that names the right address."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from app.settings import Settings, variable
from tests.ban_filter import FORGED, addresses

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
WORST_EXPOSURE = 2.0
"""Of 10. What is left is what the product does: networks, and processes of its own."""

LOGGED = '[2026-11-26 10:15:21.717] SECURITY[23615] res_security_log.c: SecurityEvent="{}",EventTV="2026-11-26T10:15"'
SOMEBODY = ',Severity="Error",Service="PJSIP",EventVersion="1",AccountID="{}",SessionID="{}"'
WHERE = ',LocalAddress="IPV4/UDP/127.0.0.1/20003",RemoteAddress="IPV4/UDP/203.0.113.7/5060"'
DIGEST = ',Challenge="1/2",Response="{}",ExpectedResponse=""'


def analyzed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units as they are, but for a program that is there on every machine."""
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/thirdring/thirdring", "/bin/true"))
    return sorted(tmp_path.iterdir())


def test_systemd_takes_the_units_without_a_word(units: list[Path]) -> None:
    said = analyzed("verify", "--man=no", *units)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_services_are_closed_in_as_far_as_they_work_so(units: list[Path]) -> None:
    for unit in units:
        if unit.suffix == ".service":
            said = analyzed("security", "--offline=true", "--no-pager", unit).stdout
            level = re.search(r"exposure level for \S+: ([0-9.]+)", said)
            assert level is not None, said
            assert float(level[1]) <= WORST_EXPOSURE, said


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_a_service_is_an_ordinary_user_without_capabilities_on_a_read_only_system(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    for wanted in ("User=thirdring", "ProtectSystem=strict", "CapabilityBoundingSet=", "NoNewPrivileges=yes"):
        assert wanted in lines
    assert ("Restart=on-failure" in lines) == (unit.name == "thirdring.service")  # a drained house stays stopped
    assert "KillMode=process" in lines  # a dead `up` must not take its PBX along


@pytest.mark.parametrize("event", ["InvalidAccountID", "FailedACL"])
def test_the_filter_finds_strangers(event: str) -> None:
    assert addresses(LOGGED.format(event) + SOMEBODY.format("guess", "a1") + WHERE) == ["203.0.113.7"]


def test_the_filter_finds_who_guesses_passwords() -> None:
    line = LOGGED.format("ChallengeResponseFailed") + SOMEBODY.format("s1", "a1") + WHERE + DIGEST.format("0" * 32)
    assert addresses(line) == ["203.0.113.7"]


@pytest.mark.parametrize(("account", "session"), [(FORGED, "a1"), ("s1", FORGED)])
def test_nobody_can_have_another_one_banned_by_words_in_a_name(account: str, session: str) -> None:
    someone = SOMEBODY.format(account, session) + WHERE
    assert addresses(LOGGED.format("InvalidAccountID") + someone) == ["203.0.113.7"]
    guessed = LOGGED.format("ChallengeResponseFailed") + someone
    assert addresses(guessed + DIGEST.format("0" * 32)) == ["203.0.113.7"]
    assert addresses(guessed + DIGEST.format(FORGED)) == []


@pytest.mark.parametrize("event", ["SuccessfulAuth", "ChallengeSent"])
def test_who_belongs_here_is_not_found(event: str) -> None:
    assert addresses(LOGGED.format(event) + SOMEBODY.format("s1", "a1") + WHERE + ',UsingPassword="1"') == []


def test_the_compose_file_names_settings_and_files_that_there_are() -> None:
    document = yaml.safe_load((DEPLOY / "container/compose.yaml").read_text())
    ours = document["services"]["thirdring"]
    known = {variable(key) for key in Settings.model_fields}
    assert set(ours["environment"]) <= known
    context = DEPLOY / "container" / ours["build"]["context"]
    assert (context / ours["build"]["dockerfile"]).is_file()
    assert (ours["cap_drop"], ours["read_only"]) == (["ALL"], True)
    ports = [port for service in document["services"].values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)  # no database for the network


def test_the_container_runs_as_an_ordinary_user_what_there_is() -> None:
    text = (DEPLOY / "container/Containerfile").read_text()
    assert re.findall(r"^USER (.*)$", text, re.M) == ["thirdring"]
    assert set(re.findall(r"/opt/thirdring/(\w+)", text)) == {"thirdring"}
