"""`user` and `token`: who may sign in to a running instance, and which programs."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from api.rights import Right, Role
from app.commands.terminal import AsJson, print_json, settings_of, show_rows, show_values
from app.instance import Instance

app = typer.Typer(help="Users: people who sign in, and business systems.", no_args_is_help=True)
tokens = typer.Typer(help="Tokens: what programs come in with.", no_args_is_help=True)
UserName = Annotated[str, typer.Argument(help="The login; an agent's is the agent's id, such as agent-01.")]
TokenName = Annotated[str, typer.Argument(help="What the token is called, such as crm.")]


RoleName = Annotated[Role, typer.Argument(help="What they are.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List who may sign in, and as what."""
    show_rows(Instance(settings_of(context)).get("/users"), as_json, nothing="no users")


@app.command()
def add(context: typer.Context, user: UserName, role: RoleName, as_json: AsJson = False) -> None:
    """Let somebody sign in. The password is shown this once; an integration gets tokens instead."""
    made = Instance(settings_of(context)).post("/users", {"name": user, "role": role.value})
    show_values({name: value for name, value in made.items() if value}, as_json)


@app.command()
def role(context: typer.Context, user: UserName, role: RoleName, as_json: AsJson = False) -> None:
    """Give somebody another role; they sign in anew."""
    _change(context, user, {"role": role.value}, as_json)


@app.command()
def disable(context: typer.Context, user: UserName, as_json: AsJson = False) -> None:
    """Shut somebody out at once: sessions end, tokens stop working."""
    _change(context, user, {"disabled": True}, as_json)


@app.command()
def enable(context: typer.Context, user: UserName, as_json: AsJson = False) -> None:
    """Let somebody in again who was disabled."""
    _change(context, user, {"disabled": False}, as_json)


@app.command()
def password(context: typer.Context, user: UserName, as_json: AsJson = False) -> None:
    """Replace a forgotten password; the new one is shown this once."""
    show_values(Instance(settings_of(context)).post(f"/users/{quote(user, safe='')}/password", {}), as_json)


@app.command("reset-second-factor")
def reset_second_factor(context: typer.Context, user: UserName, as_json: AsJson = False) -> None:
    """Ask somebody for the password alone: their telephone and recovery codes are lost. They are signed out."""
    Instance(settings_of(context)).ask("DELETE", f"/users/{quote(user, safe='')}/second-factor")
    if as_json:
        print_json({"second_factor": None})
    else:
        typer.echo(f"{user} signs in with the password alone until they set up another second factor.")


def _change(context: typer.Context, user: str, change: dict[str, object], as_json: bool) -> None:
    instance = Instance(settings_of(context))
    version = next((each["version"] for each in instance.get("/users") if each["name"] == user), "agent")
    headers = {"If-Match": f'"{version}"'}
    show_values(instance.ask("PATCH", f"/users/{quote(user, safe='')}", change, headers).json(), as_json)


@tokens.command("list")
def list_tokens(context: typer.Context, as_json: AsJson = False) -> None:
    """List the tokens and what they may do."""
    rows = Instance(settings_of(context)).get("/tokens")
    show_rows(rows, as_json, nothing="no tokens; add one with: ./thirdring token add crm USER --right see_calls")


@tokens.command("add")
def add_token(
    context: typer.Context,
    token: TokenName,
    user: UserName,
    right: Annotated[list[Right], typer.Option(help="What it may do, such as see_calls; repeat for more.")],
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 365,
    as_json: AsJson = False,
) -> None:
    """Let a program in, on behalf of a user. The token is shown this once."""
    wish: dict[str, object] = {"name": token, "user": user, "rights": right, "days": days}
    show_values(Instance(settings_of(context)).post("/tokens", wish), as_json)


@tokens.command()
def revoke(context: typer.Context, token: TokenName, as_json: AsJson = False) -> None:
    """Shut a program out at once."""
    Instance(settings_of(context)).ask("DELETE", f"/tokens/{quote(token, safe='')}")
    if as_json:
        print_json({"revoked": token})
    else:
        typer.echo(f"{token} is revoked.")
