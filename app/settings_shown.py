"""The settings in force, for eyes: each key's value, where it came from, and what it is without anybody's word."""

from __future__ import annotations

from typing import Any

from api.ports import Setting
from app.logs import without_passwords
from app.settings import Settings


def in_force(settings: Settings) -> tuple[Setting, ...]:
    """In the order of docs/settings.md. Passwords in URLs become ****; files with secrets are named, not read."""
    values, fields = settings.model_dump(mode="json"), Settings.model_fields
    return tuple(
        Setting(
            key,
            _shown(values[key]),
            *settings.origin(key),
            default=None if field.is_required() else _shown(field.default),
            meaning=field.description or "",
        )
        for key, field in fields.items()
    )


def _shown(value: Any) -> Any:
    return without_passwords(value) if isinstance(value, str) else value
