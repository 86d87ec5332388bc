"""`settings`: what this deployment is set to, and what can be set."""

from __future__ import annotations

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows

app = typer.Typer(help="The deployment's settings (thirdring.yaml and the environment).", no_args_is_help=True)


@app.command()
def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Print the settings in force and where each is set; passwords in URLs are hidden."""
    from app.settings_shown import in_force

    rows = [
        {"key": each.key, "value": each.value, "origin": each.origin, "place": each.place}
        for each in in_force(settings_of(context))
    ]
    show_rows(rows, as_json, nothing="")


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
