"""One task with prompts, in a process of its own: `python -m app.studio_worker`.

The task is a line of JSON, behind it may be a recording; the answer is a line, too. It is bounded in memory and behind
everybody else for the processor.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.sounds import speaker
from core.errors import ConfigurationWrong, Refused
from ivr import recordings
from ivr.prompts import Utterance
from ivr.sounds import make_sounds, prepare_sounds
from ivr.voice import SpeechFailed
from recording.background import answer, step_back

MEMORY_BYTES = 2 << 30


def run(task: Mapping[str, Any], sound: bytes) -> dict[str, Any]:
    """What came of it.

    Raises:
        Unusable: the recording cannot be used.
        Refused: there is none to give back.
        SpeechFailed, OSError: a program or the disk failed.
    """
    home = Path(task["home"])
    sounds, espeak = home / "sounds", speaker(home / "tools")
    utterances = tuple(Utterance(**each) for each in task["utterances"])
    match task["what"]:
        case "take":
            with tempfile.NamedTemporaryFile(dir=home / "run", prefix=".recording-") as file:
                file.write(sound)
                file.flush()
                judgement = recordings.take(
                    utterances[0], Path(file.name), sounds, espeak, by=task["by"], at_utc_s=task["at_utc_s"]
                )
            return asdict(judgement)
        case "give_back":
            recordings.give_back(utterances[0], sounds, espeak)
        case "prepare":
            return {"made": prepare_sounds(utterances, sounds, espeak)}
        case "place":
            make_sounds(utterances, sounds, espeak)
    return {}


def main() -> None:
    step_back()
    os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    task = json.loads(sys.stdin.buffer.readline())
    try:
        became: dict[str, Any] = {"done": run(task, sys.stdin.buffer.read())}
    except recordings.Unusable as refusal:
        became = {"refused": str(refusal), "faults": refusal.faults}
    except Refused as refusal:
        became = {"refused": str(refusal)}
    except (SpeechFailed, ConfigurationWrong, OSError, MemoryError) as error:
        became = {"failed": str(error) or type(error).__name__}
    answer(became)


if __name__ == "__main__":
    main()
