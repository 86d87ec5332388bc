"""Is everything there as it was sealed? Files, chain and ledger against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recording.archive import Archive
from recording.seal import Line, standing


@dataclass(frozen=True, slots=True)
class Verdict:
    """`recordings` were looked at; each of `faults` names one and says what is wrong."""

    recordings: int
    lines: int
    faults: tuple[str, ...]


def verify(archive: Archive, public: Ed25519PublicKey, ledger: Iterable[tuple[str, str]] | None) -> Verdict:
    """Read every file. `ledger` is (recording, sha256) of all that must be there; None when it cannot be read."""
    chain = standing(archive.root, public)
    faults = list(chain.wrong)
    for line in chain.present.values():
        faults += _file_faults(archive, line)
    known = {line.path for line in chain.present.values()}
    faults += [f"{path}: lies in the archive and was never sealed" for path in archive.paths() if path not in known]
    if ledger is not None:
        faults += _ledger_faults(chain.present, chain.erased, ledger)
    return Verdict(len(chain.present), chain.lines, tuple(faults))


def _file_faults(archive: Archive, line: Line) -> Iterator[str]:
    try:
        size = archive.size_bytes(line.path, ".flac")
        if size < line.size_bytes:
            yield f"{line.path}: truncated, {size} of {line.size_bytes} bytes are there"
        elif archive.sha256(line.path) != line.sha256:
            yield f"{line.path}: altered, or swapped for another"
    except FileNotFoundError:
        yield f"{line.path}: removed"
    except OSError as error:
        yield f"{line.path}: cannot be read ({error.strerror or error})"


def _ledger_faults(
    present: dict[str, Line], erased: dict[str, Line], ledger: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """An end of the chain that was cut off together with its files shows only here."""
    for recording, sha256 in ledger:
        line = present.get(recording)
        if line is None and recording not in erased:
            yield f"{recording}: the ledger knows it, the manifests do not; their end was cut off"
        elif line is not None and line.sha256 != sha256:
            yield f"{recording}: the ledger has another hash than the manifest"
