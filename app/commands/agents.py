"""`agent`: who is signed in where, and the same requests that an agent's own page makes."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from app.commands.terminal import AsJson, print_json, settings_of, show_rows
from app.instance import Instance
from core.states import BreakReason

app = typer.Typer(help="Agents: sign in and out, breaks, hold, transfer, consult.", no_args_is_help=True)
ToAgent = Annotated[str | None, typer.Option("--to", help="Another agent, such as agent-02.")]
ToQueue = Annotated[str | None, typer.Option("--queue", help="A queue; for a consult, the next agent of it.")]
ToNumber = Annotated[str | None, typer.Option("--number", help="An outside number that the house allows.")]
Note = Annotated[str, typer.Option(help="Why; the receiver sees it while the phone rings.")]
AgentName = Annotated[str, typer.Argument(help="The agent's id, such as agent-01.")]
Override = Annotated[bool, typer.Option("--override", help="As a leader, against the floor or the roster; recorded.")]


@app.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents, their seats and states."""
    rows = Instance(settings_of(context)).get("/agents")
    show_rows(rows, as_json, nothing="no agents; the house has them: ./thirdring house export")


@app.command()
def sign_in(
    context: typer.Context,
    agent: AgentName,
    seat: Annotated[str, typer.Argument(help="The seat to sit at, such as seat-01.")],
    override: Override = False,
    as_json: AsJson = False,
) -> None:
    """Sign an agent in at a seat."""
    _request(context, agent, "sign-in", {"seat": seat}, as_json, override)


@app.command()
def sign_out(context: typer.Context, agent: AgentName, override: Override = False, as_json: AsJson = False) -> None:
    """Sign an agent out; refused while in a call, and while it would break the floor."""
    _request(context, agent, "sign-out", {}, as_json, override)


@app.command("break")
def break_(
    context: typer.Context,
    agent: AgentName,
    reason: Annotated[BreakReason, typer.Argument(help="Why.")] = BreakReason.REST,
    override: Override = False,
    as_json: AsJson = False,
) -> None:
    """Send an agent on a break, after the talk if there is one."""
    _request(context, agent, "break", {"reason": reason.value}, as_json, override)


@app.command()
def ready(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Bring an agent back: from a break, from away, or early from wrap-up."""
    _request(context, agent, "ready", {}, as_json)


@app.command("call")
def call_(
    context: typer.Context,
    agent: AgentName,
    number: Annotated[str, typer.Argument(help="Whom to call, such as 13800138000 or +8613800138000.")],
    queue: Annotated[str | None, typer.Option(help="Whose matter it is; its wrap-up follows the talk.")] = None,
    as_json: AsJson = False,
) -> None:
    """Call a number for an agent: the agent's own phone rings first."""
    _request(context, agent, "call", _named(number=number, queue=queue), as_json)


@app.command()
def wrap_up(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Extend an agent's wrap-up, once; `ready` ends it early."""
    _request(context, agent, "wrap-up", {}, as_json)


@app.command("pause-recording")
def pause_recording(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Silence in the recording while the caller gives card data; it goes on by itself after the house's limit."""
    _request(context, agent, "recording/pause", {}, as_json)


@app.command("resume-recording")
def resume_recording(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Record the agent's talk again."""
    _request(context, agent, "recording/resume", {}, as_json)


@app.command()
def hold(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Put the agent's caller on hold."""
    _request(context, agent, "hold", {}, as_json)


@app.command()
def resume(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Bring the agent back to the caller on hold; a consult ends with it."""
    _request(context, agent, "resume", {}, as_json)


@app.command()
def transfer(
    context: typer.Context,
    agent: AgentName,
    to: ToAgent = None,
    queue: ToQueue = None,
    number: ToNumber = None,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Give the agent's caller to somebody else, unannounced."""
    _request(context, agent, "transfer", _named(agent=to, queue=queue, number=number, note=note), as_json)


@app.command()
def consult(
    context: typer.Context,
    agent: AgentName,
    to: ToAgent = None,
    queue: ToQueue = None,
    number: ToNumber = None,
    note: Note = "",
    as_json: AsJson = False,
) -> None:
    """Let the agent speak with a colleague or somebody outside while the caller hears music."""
    _request(context, agent, "consult", _named(agent=to, queue=queue, number=number, note=note), as_json)


@app.command()
def complete(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Give the caller to whoever is being consulted."""
    _request(context, agent, "complete", {}, as_json)


@app.command()
def confer(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Bring caller, agent and consulted colleague together; whoever hangs up leaves the other two."""
    _request(context, agent, "confer", {}, as_json)


@app.command()
def abusive(context: typer.Context, agent: AgentName, as_json: AsJson = False) -> None:
    """Mark the agent's call, or the last one, as abusive: a cool-down follows where the group has one."""
    _request(context, agent, "abusive", {}, as_json)


def _named(**fields: str | None) -> dict[str, object]:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value}


def _request(
    context: typer.Context, agent: str, what: str, body: dict[str, object], as_json: bool, override: bool = False
) -> None:
    path = f"/agents/{quote(agent, safe='')}/{what}{'?override=true' if override else ''}"
    answer = Instance(settings_of(context)).post(path, body)
    if as_json:
        print_json(answer)
    else:
        typer.echo(f"{agent}: {what} granted.")
