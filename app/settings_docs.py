"""What people and editors read about the settings: docs/settings.md and the JSON Schema, both from the fields."""

from __future__ import annotations

from typing import Any

from app.settings import FILE, Settings, variable

_HEAD = f"""# Settings

<!-- Generated from app/settings.py: ./thirdring settings docs > docs/settings.md -->

The deployment: addresses, ports, paths, the places of secrets. They are read once, at the start, from
`$THIRDRING_HOME/{FILE}` and from the environment; the environment wins. Without the file the defaults hold.
What is edited while running (hotlines, trunks, queues, seats, agents, shifts) is not here: that is the house,
`./thirdring house export|import|diff`.

An editor that knows JSON Schema checks the file while you type: `./thirdring settings schema`.
A mistake is told as `file:line: key: what was expected`, all of them at once, and nothing starts.

| key | environment | default | allowed | meaning |
|---|---|---|---|---|
"""


def json_schema() -> dict[str, Any]:
    """JSON Schema of thirdring.yaml. `home` is not in it: the file lies in it."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = FILE
    schema["description"] = "Deployment settings of Thirdring; see docs/settings.md"
    del schema["properties"]["home"]
    del schema["required"]
    return schema


def markdown() -> str:
    """The text of docs/settings.md."""
    schema = Settings.model_json_schema()
    return _HEAD + "".join(_row(key, schema["properties"][key]) for key in Settings.model_fields)


def _row(key: str, field: dict[str, Any]) -> str:
    default = "`.thirdring` beside the program" if key == "home" else _default(field.get("default"))
    return f"| `{key}` | `{variable(key)}` | {default} | {_allowed(field)} | {field['description']} |\n"


def _default(value: object) -> str:
    return "empty" if value in ("", None) else f"`{value}`"


def _allowed(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = {"integer": "whole number", "number": "number"}.get(field.get("type", ""), "")
    if kind:
        return f"{kind}, {field['minimum']:g}-{field['maximum']:g}"
    return "path" if field.get("format") == "path" or "anyOf" in field else "text"
