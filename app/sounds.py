"""Has every prompt and the music in place before the first call."""

from __future__ import annotations

import os
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house_prompts import Prompts
from cti.pbx.packages import find_program, tool_environment
from ivr.prompts import prompts_of
from ivr.sounds import make_sounds
from ivr.voice import Espeak


def make_all_sounds(settings: Settings, texts: Prompts | None = None) -> None:
    """Synthesise what is missing or whose text has changed; seconds the first time, nothing afterwards.

    `texts` are the house's own.

    Raises:
        SpeechFailed: espeak-ng is missing or failed.
    """
    make_sounds(prompts_of(texts or {}), settings.home / "sounds", speaker(settings.home / "tools"))


def speaker(tools: Path) -> Espeak:
    """This machine's espeak-ng, or the one in this tree of tools. Raises ConfigurationWrong: there is none."""
    program = find_program("espeak-ng", tools)
    if program is None:
        raise ConfigurationWrong(["espeak-ng is missing; ./thirdring up fetches it, or: apt-get install espeak-ng"])
    return Espeak((str(program),), {**os.environ, **tool_environment(program, tools)}, get_ffmpeg_exe())
