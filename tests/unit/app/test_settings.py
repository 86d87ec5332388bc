"""Settings come from the file and the environment, whole or not at all, and the docs know every key."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from app.settings import Settings, default_home, read_settings, variable
from app.settings_docs import json_schema, markdown
from app.settings_shown import in_force
from core.errors import ConfigurationWrong

ROOT = Path(__file__).resolve().parents[3]


def settings(home: Path, text: str = "", **environ: str) -> Settings:
    if text:
        (home / "thirdring.yaml").write_text(text, encoding="utf-8")
    return read_settings({"THIRDRING_HOME": str(home), **environ})


def problems(home: Path, text: str = "", **environ: str) -> list[str]:
    with pytest.raises(ConfigurationWrong) as caught:
        settings(home, text, **environ)
    return caught.value.problems


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert settings(tmp_path).model_dump() == Settings(home=tmp_path).model_dump()


def test_without_a_home_it_is_beside_the_program() -> None:
    assert default_home() == ROOT / ".thirdring"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    read = settings(tmp_path, "port_base: 30000\nnode: b\n", THIRDRING_PORT_BASE="31000", THIRDRING_LOG_LEVEL="debug")
    assert (read.port_base, read.node, read.log_level) == (31000, "b", "debug")
    assert read.ports.carrier_sip == 31006


def test_every_key_can_be_set_by_the_environment(tmp_path: Path) -> None:
    changed = Settings(
        home=tmp_path,
        port_base=40000,
        bind="::1",
        database_url="postgresql+asyncpg://x/y",
        redis_url="redis://x",
        node="n2",
        watch_recordings=False,
        finish_workers=3,
        lock_recordings=True,
        keep_originals_h=12,
        log_level="error",
        watchdog_s=5,
        pbx_mode="remote",
        pbx_host="pbx.example",
        pbx_ami_port=5039,
        pbx_ami_user="us",
        pbx_ami_secret_file=tmp_path / "ami",
        pbx_reload_user="reload",
        pbx_reload_secret_file=tmp_path / "reload",
        agi_bind="192.0.2.3",
        pbx_calls_live_s=3600,
        media_address="192.0.2.1",
        lan_name="office.example",
        lan_bind="192.0.2.2",
        api_workers=2,
        log_format="json",
        lan_certificate_file=tmp_path / "c.pem",
        lan_key_file=tmp_path / "k.pem",
        smtp_host="mail.example",
        smtp_port=465,
        smtp_tls="tls",
        smtp_user="us",
        smtp_password_file=tmp_path / "mail",
        mail_from="centre@office.example",
        webhook_networks="10.1.2.0/24",
        ban_after=3,
        ban_s=60,
        never_banned="10.1.0.0/16",
        second_factor_rights="listen hear_recordings",
    )
    values = changed.model_dump()
    assert all(values[key] != field.default for key, field in Settings.model_fields.items() if key != "home")
    assert read_settings({variable(key): str(value) for key, value in values.items()}).model_dump() == values


def test_each_setting_in_force_says_where_it_came_from_and_shows_no_secret(tmp_path: Path) -> None:
    text = "node: b\n\nredis_url: redis://desk:p@ss:w0rt@cache.example/0?password=s3cret&db=1\nport_base: 30000\n"
    read = settings(tmp_path, text, THIRDRING_PORT_BASE="31000", THIRDRING_SMTP_PASSWORD_FILE="secrets/mail")
    shown = {each.key: each for each in in_force(read)}
    assert list(shown) == list(Settings.model_fields)
    assert {key: (each.value, each.origin, each.place) for key, each in shown.items() if each.origin != "default"} == {
        "home": (str(tmp_path), "environment", "THIRDRING_HOME"),
        "node": ("b", "file", f"{tmp_path}/thirdring.yaml:1"),
        "redis_url": (
            "redis://desk:****@cache.example/0?password=****&db=1", "file", f"{tmp_path}/thirdring.yaml:3"
        ),
        "port_base": (31000, "environment", "THIRDRING_PORT_BASE"),
        "smtp_password_file": (f"{tmp_path}/secrets/mail", "environment", "THIRDRING_SMTP_PASSWORD_FILE"),
    }  # fmt: skip
    assert (shown["bind"].value, shown["bind"].default) == ("127.0.0.1", "127.0.0.1")
    assert not any(secret in str(shown) for secret in ("p@ss", "w0rt", "s3cret"))


def test_mistakes_name_their_line_or_variable_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "thirdring.yaml"
    text = "port_base: 80\npbx_mode: docker\nnoed: a\n"
    assert problems(tmp_path, text, THIRDRING_WATCHDOG_S="soon") == [
        "environment THIRDRING_WATCHDOG_S: watchdog_s: must be a number (got soon)",
        f"{file}:1: port_base: must be at least 1024 (got 80)",
        f"{file}:2: pbx_mode: must be 'embedded', 'installed' or 'remote' (got docker)",
        f"{file}:3: noed: unknown key; did you mean 'node'?",
    ]


def test_keys_that_need_each_other(tmp_path: Path) -> None:
    file = tmp_path / "thirdring.yaml"
    assert problems(tmp_path, "pbx_mode: remote\nlan_name: x.example\nlan_key_file: k.pem\n") == [
        f"{file}:1: lan_certificate_file: required with lan_key_file",
        f"{file}:1: pbx_ami_secret_file: required with pbx_mode: remote",
        f"{file}:1: pbx_ami_user: required with pbx_mode: remote",
        f"{file}:1: pbx_host: required with pbx_mode: remote",
    ]


def test_a_file_cannot_move_its_own_home(tmp_path: Path) -> None:
    assert problems(tmp_path, "home: /elsewhere") == [
        f"{tmp_path}/thirdring.yaml:1: home: cannot be set in its own file; set THIRDRING_HOME"
    ]


@pytest.mark.parametrize("text", ["- node: b", "just words"])
def test_a_file_that_is_no_mapping_is_not_ignored(tmp_path: Path, text: str) -> None:
    assert "must be a mapping of keys to values" in problems(tmp_path, text)[0]


def test_an_unreadable_file_is_not_ignored(tmp_path: Path) -> None:
    (tmp_path / "thirdring.yaml").write_bytes(b"node: \xff\n")
    assert "cannot be read" in problems(tmp_path)[0]


def test_a_password_in_a_url_is_never_told(tmp_path: Path) -> None:
    assert "hunter2" not in problems(tmp_path, "database_url: [postgresql://u:hunter2@h/d]")[0]


def test_relative_paths_start_at_home(tmp_path: Path) -> None:
    read = settings(tmp_path, "lan_certificate_file: tls/c.pem\nlan_key_file: /etc/k.pem\n")
    assert (read.lan_certificate_file, read.lan_key_file) == (tmp_path / "tls/c.pem", Path("/etc/k.pem"))


def test_the_page_is_the_fields() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == markdown()


def test_every_field_is_documented() -> None:
    page = markdown()
    for key, field in Settings.model_fields.items():
        assert f"| `{key}` | `{variable(key)}` |" in page
        assert field.description


def test_the_schema_judges_as_the_program_does(tmp_path: Path) -> None:
    schema = json.loads(json.dumps(json_schema()))
    jsonschema.validate({"port_base": 30000, "pbx_mode": "installed", "lan_key_file": None}, schema)
    for wrong in ({"port_base": 80}, {"noed": "a"}, {"home": "/x"}, {"log_level": "loud"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
