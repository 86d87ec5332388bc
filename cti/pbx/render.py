"""Templates to configuration files, through one encoder.

Every value a template prints passes `encode`, which refuses what could end the value and begin something
else: Asterisk's parser knows line ends, `;` comments, `[sections]`, and the dialplan knows `,`, `&`, `${}`.
A template's own text is ours and passes as it is.
"""

from __future__ import annotations

import ipaddress
import math
import os
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.errors import Misuse

_BREAKS_OUT = frozenset(";[]{}$&,|<>\"'`\\()#")
_LONGEST_VALUE = 500


class UnfitValue(Misuse):
    """A value that must not stand in a configuration file."""


class Encoded(str):
    """Text that went through `secret` and may stand as it is."""

    __slots__ = ()


def encode(value: object) -> str:
    """A value as text for Asterisk's configuration files.

    Raises:
        UnfitValue: control characters, anything that could break out, over 500 characters, or no plain value.
        UndefinedError: a name that the template does not know.
    """
    if isinstance(value, Encoded):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.10g}"
    if isinstance(value, StrictUndefined):
        return str(value)  # which raises, and names it
    if not isinstance(value, str | Path | ipaddress.IPv4Address | ipaddress.IPv6Address):
        raise UnfitValue(f"a {type(value).__name__} cannot be written into a configuration file")
    text = _without_controls(str(value))
    if bad := sorted(_BREAKS_OUT.intersection(text)):
        raise UnfitValue(f"{text[:40]!r} contains {' '.join(bad)}")
    return text


def secret(value: str) -> Encoded:
    """A password in a conf file: any printable character, `;` escaped as Asterisk's parser wants it.

    The parser takes everything else as it is, after `=`. The refused value is not repeated in the error.
    """
    text = _without_controls(value, show=False)
    if not text:
        raise UnfitValue("an empty password")
    return Encoded(text.replace(";", "\\;"))


def render(templates: Sequence[Path], values: Mapping[str, object], etc: Path) -> frozenset[str]:
    """Write `<etc>/<name>` for each `<name>.j2` of these directories, mode 0640; returns the names that changed.

    The first directory that has a name wins. All are rendered before the first is written.

    Raises:
        UnfitValue: see `encode`. Nothing was written.
    """
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        finalize=encode,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["secret"] = secret
    names = sorted({path.name.removesuffix(".j2") for directory in templates for path in directory.glob("*.j2")})
    texts = {name: environment.get_template(f"{name}.j2").render(values) for name in names}
    return frozenset(name for name, text in texts.items() if _replace(etc / name, text))


def modules_not_allowed(modules: Path, allowed: Path) -> list[str]:
    """Module names found in the module directory but not in the allowed list; they become `noload` lines."""
    return sorted({path.stem for path in modules.glob("*.so")} - read_allowed(allowed))


def read_allowed(allowed: Path) -> frozenset[str]:
    """One module a line, without `.so`; lines beginning with # are comments."""
    lines = allowed.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _without_controls(text: str, *, show: bool = True) -> str:
    shown = repr(text[:40]) if show else "a password"
    if len(text) > _LONGEST_VALUE:
        raise UnfitValue(f"{shown} is longer than {_LONGEST_VALUE} characters")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text):
        raise UnfitValue(f"{shown} contains control characters")
    if text != text.strip():
        raise UnfitValue(f"{shown} begins or ends with a space")
    return text


def _replace(file: Path, text: str) -> bool:
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return False
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        os.fchmod(stream.fileno(), 0o640)
    os.replace(temporary, file)
    return True
