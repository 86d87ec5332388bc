"""The exception tree.

ThirdringError
├── Misuse                 our own code or configuration asked for something impossible
│   ├── IllegalTransition  a life cycle does not know this event in this state
│   └── ConfigurationWrong a setting or the house is wrong; says file, line, key, expectation
├── Refused                a person's request cannot be granted now; the text is for that person
│   └── MovedOn            somebody else has changed it meanwhile
└── PeerFault              somebody else's fault
    ├── PbxUnavailable     AMI or AGI is gone, mute or refused us
    ├── ActionFailed       the PBX answered Error to an action
    └── LineGone           the caller's channel no longer exists

Beside the tree: PlacedProblems, a ValueError, because pydantic's validators speak in those;
core.documents turns it into ConfigurationWrong.
"""

from __future__ import annotations


class ThirdringError(Exception):
    """Root of everything this product raises on purpose."""


class Misuse(ThirdringError):
    """Our own mistake."""


class IllegalTransition(Misuse):
    """A life cycle has no such event in this state; nothing was changed."""


class ConfigurationWrong(Misuse):
    """A file or a setting is wrong; nothing was applied.

    `problems` holds one line each: `file:line: key: what was expected`.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Refused(ThirdringError):
    """A request that cannot be granted; `str(error)` tells the person why and what to do."""


class MovedOn(Refused):
    """It is not what the change was made from any more; nothing was changed."""


class PlacedProblems(ValueError):
    """What a validator of a whole document found: each problem with its place, keys and positions from the top."""

    def __init__(self, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, place))}: {text}" for place, text in problems))
        self.problems = problems


class PeerFault(ThirdringError):
    """The other side's fault."""


class PbxUnavailable(PeerFault):
    """The PBX connection is lost or does not answer in time. The action may or may not have run."""


class ActionFailed(PeerFault):
    """The PBX refused an action."""


class LineGone(PeerFault):
    """The caller has hung up, or the PBX took the channel away from us."""
