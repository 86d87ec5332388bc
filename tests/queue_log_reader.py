"""A small reader of queue_log files as tools have one: it knows Asterisk's format and nothing of Thirdring."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Read:
    """What the lines of one queue come to."""

    offered: int = 0
    waits: list[int] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
    left: int = 0
    ring_no_answer: int = 0
    talks: list[int] = field(default_factory=list)
    members: int = 0

    def service_level(self, threshold_s: int) -> float | None:
        """Answered within / (answered + abandoned)."""
        asked = len(self.waits) + len(self.abandoned)
        return sum(wait <= threshold_s for wait in self.waits) / asked if asked else None


def read(file: Path) -> dict[str, Read]:
    """By queue. Raises ValueError on a line that is none."""
    found: dict[str, Read] = defaultdict(Read)
    for text in file.read_text(encoding="utf-8").splitlines():
        epoch, _call, queue, _agent, verb, *data = text.split("|")
        if not epoch.isdigit():
            raise ValueError(text)
        one = found[queue]
        match verb:
            case "ENTERQUEUE":
                one.offered += 1
            case "CONNECT":
                one.waits.append(int(data[0]))
            case "ABANDON":
                one.abandoned.append(int(data[2]))
            case "EXITWITHTIMEOUT" | "EXITEMPTY" | "EXITWITHKEY":
                one.left += 1
            case "RINGNOANSWER":
                one.ring_no_answer += 1
            case "COMPLETECALLER" | "COMPLETEAGENT":
                one.talks.append(int(data[1]))
            case "ATTENDEDTRANSFER":
                one.talks.append(int(data[3]))
            case "BLINDTRANSFER":
                one.talks.append(int(data[3]))
            case "ADDMEMBER":
                one.members += 1
            case "REMOVEMEMBER":
                one.members -= 1
    return found
