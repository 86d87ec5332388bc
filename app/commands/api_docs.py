"""`api-docs`: the REST API as an OpenAPI document, for people and for generators of clients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def api_docs(
    file: Annotated[Path | None, typer.Argument(help="Where to write it; none: standard output.")] = None,
) -> None:
    """Export the REST API as OpenAPI 3.1. Nothing has to run for it."""
    from api.app import described

    text = json.dumps(described(), ensure_ascii=False, indent=1) + "\n"
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
