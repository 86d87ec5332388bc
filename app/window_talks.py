"""Which agents' windows talk (api.phone_windows), in a file of run/ that outlives the engine's process.

It is renamed into place and never forced to disk: a machine that goes down takes its talks along.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from api.phone_windows import WindowTalk
from core.ids import AgentId, CallId

log = logging.getLogger(__name__)


class TalkFile:
    """Small enough to be written in the loop, as the journal is."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[AgentId, WindowTalk]:
        """What the process before this one kept; nothing where that cannot be read."""
        try:
            found = json.loads(self._file.read_bytes())
            return {AgentId(agent): WindowTalk(CallId(call), bool(held)) for agent, (call, held) in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            log.error("%s cannot be read: %s; talks of pages that died meanwhile end by themselves", self._file, error)
            return {}

    def keep(self, talks: Mapping[AgentId, WindowTalk]) -> None:
        aside = self._file.with_suffix(".new")
        try:
            aside.write_text(json.dumps(talks), encoding="utf-8")
            aside.replace(self._file)
        except OSError as error:
            log.error("%s cannot be written: %s", self._file, error)
