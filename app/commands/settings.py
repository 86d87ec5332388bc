"""`settings`: what this deployment is set to, and what can be set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_values

if TYPE_CHECKING:
    from app.settings import Settings

app = typer.Typer(help="The deployment's settings (thirdring.yaml and the environment).", no_args_is_help=True)


@app.command()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the settings in force; passwords in URLs are hidden."""
    show_values(shown(settings_of(context)), as_json)


def shown(settings: Settings) -> dict[str, object]:
    """The settings for eyes: passwords in URLs become ****."""
    from app.logs import without_passwords

    values = settings.model_dump(mode="json")
    return {key: without_passwords(value) if isinstance(value, str) else value for key, value in values.items()}


@app.command()
def schema() -> None:
    """Print the JSON Schema of thirdring.yaml, for editors."""
    from app.settings_docs import json_schema

    print_json(json_schema())


@app.command()
def docs() -> None:
    """Print docs/settings.md, made from the fields."""
    from app.settings_docs import markdown

    typer.echo(markdown(), nl=False)
