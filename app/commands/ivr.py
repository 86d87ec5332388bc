"""`ivr`: what callers hear, checked, tried and drawn before anybody hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from app.commands.terminal import AsJson, print_json, print_table, settings_of
from core.errors import ConfigurationWrong, Refused

if TYPE_CHECKING:
    from core.house import House
    from ivr.checks import Known

app = typer.Typer(help="What callers hear: flows. Whose voice says it: ./thirdring prompts.", no_args_is_help=True)
FlowName = Annotated[str, typer.Argument(help="A flow of the house, or a file that ends in .yaml.")]


@app.command("check")
def check(
    context: typer.Context,
    flows: Annotated[list[str] | None, typer.Argument(help="Flows or .yaml files; none: every hotline's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with flows, and how long callers listen on each way. Ends with 1 if anything is wrong."""
    from ivr.script import read_file

    house, known = _known(context)
    names = flows or list(dict.fromkeys(hotline.flow for hotline in house.hotlines))
    problems: list[str] = []
    rows: list[dict[str, object]] = []
    for name in names:
        try:
            rows += _seconds(name, read_file(*_text(name, house, known)), known)
        except ConfigurationWrong as wrong:
            problems += wrong.problems
    if as_json:
        print_json({"problems": problems, "speech": rows})
    else:
        print_table(rows, nothing="no flow that is right")
        for problem in problems:
            typer.secho(problem, fg="red")
    raise typer.Exit(1 if problems else 0)


@app.command("funnel")
def funnel(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(help="A flow of the house.")],
    since: Annotated[str, typer.Option("--from", help="2026-11-20 or 2026-11-20T14:30, business time.")],
    until: Annotated[str, typer.Option("--to", help="As --from; a date is the end of that day. Else: as --from.")] = "",
    hotline: Annotated[str, typer.Option(help="Only the calls of this hotline.")] = "",
    as_json: AsJson = False,
) -> None:
    """What became of the callers of a flow: node by node, and in the end."""
    from app.instance import Instance

    instance = Instance(settings_of(context))
    span = {"from": since, "to": until or since, "flow": flow} | ({"hotline": hotline} if hotline else {})
    whole, nodes = (instance.get(f"/stats?{urlencode(span | {'of': of})}")["totals"] for of in ("flow", "node"))
    figures = whole[0]["figures"] if whole else {}
    nodes.sort(key=lambda node: -node["figures"]["callers"])
    rows = [_step(node["name"].removeprefix(f"{flow}/"), node["figures"], figures) for node in nodes]
    if as_json:
        print_json({"flow": flow, "figures": figures, "nodes": rows})
        return
    print_table([{"ends in": end, "calls": count, "share": _share(figures["rates"][end])}
                 for end, count in figures.get("reached", {}).items()], nothing="nobody called")  # fmt: skip
    print_table(rows)


def _step(name: str, node: Mapping[str, Any], flow: Mapping[str, Any]) -> dict[str, object]:
    calls = flow.get("calls", 0)
    return {
        "node": name,
        "callers": node["callers"],
        "share": _share(node["callers"] / calls if calls else None),
        "keys": node["keys"],
        **{key: node[key] for key in ("wrong", "silent", "hung_up")},
        "mean_s": round(node["mean_s"] or 0.0, 1),
    }


def _share(rate: float | None) -> str:
    from app.commands.stats import percent

    return percent(rate)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a flow, for editors that complete and check as one types."""
    from ivr.nodes import flow_schema

    print_json(flow_schema())


@app.command("draw")
def draw(
    context: typer.Context,
    flow: FlowName,
    svg: Annotated[Path | None, typer.Option(help="Write an SVG file, too.")] = None,
) -> None:
    """Print a flow as a Mermaid diagram. Key 0 (a person), * and # work everywhere and are not drawn."""
    from ivr import draw as drawing
    from ivr.script import read_file

    house, known = _known(context)
    file = read_file(*_text(flow, house, known))
    typer.echo(drawing.mermaid(file), nl=False)
    if svg is not None:
        try:
            svg.write_text(drawing.svg(file), encoding="utf-8")
        except OSError as error:
            raise Refused(f"{svg} cannot be written: {error.strerror}") from error


@app.command("try")
def try_(
    context: typer.Context,
    flow: FlowName,
    language: Annotated[str, typer.Option(help="The language the call begins in.")] = "zh-CN",
    caller: Annotated[str, typer.Option(help="The number that calls; empty: withheld.")] = "",
    pace: Annotated[float, typer.Option(min=0, max=10, help="1: as slow as it is spoken; 0: at once.")] = 1.0,
) -> None:
    """Be a caller: type keys, read what would be heard. q hangs up."""
    from ivr.script import read_flow

    house, known = _known(context)
    text, source, whole = _text(flow, house, known)
    typer.echo(asyncio.run(_tried(house, read_flow(text, source, whole), known, language, caller, pace)))


async def _tried(house: House, flow: object, known: Known, language: str, caller: str, pace: float) -> str:
    """What came of it, in a line."""
    from app import clock
    from app.call_facts import Contacts, facts_of
    from app.terminal_line import TerminalLine, keys_typed
    from core.ids import CallId, HotlineId, NodeId, TrunkId
    from core.inputs import CallArrived, Input, MessageLeft
    from core.numbers import normalised
    from ivr.parts import Flow
    from ivr.prompts import prompts_of
    from ivr.runner import Surroundings, run

    assert isinstance(flow, Flow)
    told: list[Input] = []

    def offer(fact: Input) -> bool:
        told.append(fact)
        return True

    around = Surroundings(
        offer=offer,
        boot_s=clock.boot_s,
        boot_id="",
        sounds=Path(),
        facts=facts_of(house, Contacts(), dict, clock.now),
    )
    number = normalised(caller, house.number_plan)
    arrived = CallArrived(CallId("try"), NodeId("n"), HotlineId("try"), TrunkId("t"), number, language)
    texts = {(each.language, each.name): each.text for each in prompts_of(house.prompts)}
    line = TerminalLine(arrived.call, texts, known.speech, typer.echo, pace)
    hotline = next((each for each in house.hotlines if each.flow == flow.name), house.hotlines[0])
    with keys_typed(line):
        queued = await run(line, flow, hotline, arrived, around)
    messages = [
        f"a message about {fact.topic}, {fact.lasted_s:.0f} s" for fact in told if isinstance(fact, MessageLeft)
    ]
    if queued is not None:
        return "; ".join([*messages, f"in queue {queued.queue}, priority {queued.priority}, {queued.language}"])
    return "; ".join([*messages, "the call is over"])


def _known(context: typer.Context) -> tuple[House, Known]:
    """The running house, or the one this instance would start with."""
    from app.current_house import last_known_house
    from app.flows import known_to

    settings = settings_of(context)
    house = last_known_house(settings)
    return house, known_to(house, settings.home / "sounds")


def _text(name: str, house: House, known: Known) -> tuple[str, str, Known]:
    """A flow's text, what its reader calls it, and what it may name. A part of flows is taken as one that is run by
    itself. Raises Refused, ConfigurationWrong."""
    from ivr.script import alone, is_part

    if name.endswith(".yaml"):
        try:
            text, source = Path(name).read_text(encoding="utf-8"), Path(name).name
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{name} cannot be read: {error}") from error
    elif name in known.flows:
        text, source = known.flows[name], f"{name}.yaml"
    else:
        raise Refused(f"There is no flow {name!r}; there are {', '.join(sorted(known.flows))}.")
    if not is_part(text, source):
        return text, source, known
    part = Path(source).stem
    return alone(part, house.languages), source, replace(known, flows={**known.flows, part: text})


def _seconds(name: str, file: object, known: Known) -> list[dict[str, object]]:
    """Rows of seconds for each language; a survey leads to nobody."""
    from ivr.nodes import FlowFile
    from ivr.patience import first_choice, quickest, silent

    assert isinstance(file, FlowFile)
    return [
        {
            "flow": name,
            "language": language,
            "to_first_choice_s": round(first_choice(file, known.speech, language)[0], 1),
            "to_a_person_s": round(
                max((way[0] for way in quickest(file, known.speech, language).values()), default=0.0), 1
            ),
            "without_a_key_s": round(silent(file, known.speech, language)[0], 1),
        }
        for language in file.languages
    ]
