"""`prompts`: which are still synthetic, and recordings that take their place; with or without a running instance."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.terminal import AsJson, settings_of, show_rows, show_values
from core.errors import Refused

if TYPE_CHECKING:
    from app.settings import Settings
    from ivr.prompts import Utterance

app = typer.Typer(help="Prompts: whose voice says them, and recordings.", no_args_is_help=True)
Prompt = Annotated[str, typer.Argument(help="Its name, as ./thirdring prompts list shows it.")]
UPLOAD_WITHIN_S = 90.0


class Languages(Enum):
    CHINESE = "zh-CN"
    ENGLISH = "en"


class Voices(Enum):
    ANY = ""
    SYNTHETIC = "synthetic"
    RECORDING = "recording"


Language = Annotated[Languages, typer.Option(help="The language it is for.")]


@app.command("list")
def list_(
    context: typer.Context,
    voice: Annotated[Voices, typer.Option(help="Only those that this voice says.")] = Voices.ANY,
    language: Annotated[Languages | None, typer.Option(help="Only of this language.")] = None,
    parts: Annotated[bool, typer.Option("--parts", help="The words of numbers and times, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the prompts: whose voice says them, for how long, and what."""
    from core.house_prompts import PARTS_PREFIX

    rows = [
        row
        for row in _rows(settings_of(context))
        if voice.value in ("", row["voice"])
        and (language is None or row["language"] == language.value)
        and (parts or not row["prompt"].startswith(PARTS_PREFIX))
    ]
    if not as_json:
        shown = ("prompt", "language", "voice", "lasts_s", "text")
        rows = [{name: row[name] for name in shown} | {"lasts_s": round(row["lasts_s"], 1)} for row in rows]
    show_rows(rows, as_json, nothing="no such prompts")


@app.command("record")
def record(
    context: typer.Context,
    prompt: Prompt,
    file: Annotated[Path, typer.Argument(help="A sound file: wav, mp3, m4a, aac, flac, ogg.")],
    language: Language = Languages.CHINESE,
) -> None:
    """Let a recording take the place of the synthetic voice; it is judged, trimmed and levelled first."""
    settings = settings_of(context)
    if (instance := _running(settings)) is not None:
        path = f"/prompts/{language.value}/{prompt}/recording"
        judged = instance.ask("PUT", path, content=_read(file), timeout_s=UPLOAD_WITHIN_S).json()
    else:
        judged = _taken(settings, _utterance(settings, prompt, language.value), file)
    told = f"{judged['lasts_s']:.1f} s, was {judged['level_dbfs']:.0f} dBFS"
    typer.echo(f"{prompt} ({language.value}): {told}; callers hear it from now on.")


@app.command("remove")
def remove(context: typer.Context, prompt: Prompt, language: Language = Languages.CHINESE) -> None:
    """Go back to the synthetic voice."""
    settings = settings_of(context)
    if (instance := _running(settings)) is not None:
        instance.ask("DELETE", f"/prompts/{language.value}/{prompt}/recording", timeout_s=UPLOAD_WITHIN_S)
    else:
        from app.sounds import speaker
        from ivr.recordings import give_back

        utterance = _utterance(settings, prompt, language.value)
        give_back(utterance, settings.home / "sounds", speaker(settings.home / "tools"))
    typer.echo(f"{prompt} ({language.value}) is synthetic again.")


@app.command("phone")
def phone(
    context: typer.Context, prompt: Prompt, language: Language = Languages.CHINESE, as_json: AsJson = False
) -> None:
    """Get a code to record a prompt with a seat's phone."""
    from app.instance import Instance

    told = Instance(settings_of(context)).post(f"/prompts/{language.value}/{prompt}/code", {})
    show_values(told, as_json)


def _running(settings: Settings) -> Any:
    from app.instance import Instance

    instance = Instance(settings)
    return instance if instance.is_running() else None


def _rows(settings: Settings) -> list[dict[str, Any]]:
    """As GET /prompts gives them."""
    if (instance := _running(settings)) is not None:
        return list(instance.get("/prompts"))
    from api.routes.prompts import shown
    from app.current_house import last_known_house
    from app.studio import listed

    return [shown(row).model_dump() for row in listed(last_known_house(settings), settings.home / "sounds")]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from error


def _taken(settings: Settings, utterance: Utterance, file: Path) -> dict[str, float]:
    import getpass
    import time
    from dataclasses import asdict

    from app.sounds import speaker
    from ivr.recordings import take

    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    tools, sounds = settings.home / "tools", settings.home / "sounds"
    return asdict(take(utterance, file, sounds, speaker(tools), by=getpass.getuser(), at_utc_s=time.time()))


def _utterance(settings: Settings, prompt: str, language: str) -> Utterance:
    from app.current_house import last_known_house
    from app.studio import known

    return known(last_known_house(settings), prompt, language)
