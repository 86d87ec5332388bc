"""The flows of a house: its own texts, and the shipped ones for those it has not changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from app.call_facts import VIP
from core import calling
from core.errors import ConfigurationWrong, Refused
from core.house import House
from ivr.checks import Known
from ivr.parts import Enqueue, Flow
from ivr.prompts import languages_of, prompts_of, reckoned_speech
from ivr.script import alone, read_flow, shipped_flows
from ivr.sounds import measured_speech


def known_to(house: House, sounds: Path | None = None) -> Known:
    """What the house's flows may name. Speech is measured where `sounds` has it, and reckoned elsewhere."""
    utterances = prompts_of(house.prompts)
    measured = measured_speech(utterances, sounds) if sounds else {}
    return Known(
        prompts=languages_of(utterances),
        queues={queue.id for queue in house.queues},
        lists={VIP, *(each.id for each in house.caller_lists)},
        look_ups={each.id for each in house.look_ups},
        shifts={shift.id for shift in house.shifts},
        flows={**shipped_flows(), **house.flows},
        unreachable=partial(_against, house),
        speech={**reckoned_speech(utterances), **measured},
    )


def _against(house: House, number: str) -> str:
    try:
        calling.transferable(number, house)
    except Refused as refusal:
        return str(refusal)
    return ""


def flows_of(house: House, sounds: Path | None = None) -> dict[str, Flow]:
    """Every flow the house names. Raises ConfigurationWrong with every mistake in them."""
    flows, problems = read_flows(house, known_to(house, sounds))
    if problems:
        raise ConfigurationWrong(problems)
    return flows


def read_flows(house: House, known: Known) -> tuple[dict[str, Flow], list[str]]:
    """Those flows of the house that are right, and what is wrong with the others."""
    flows: dict[str, Flow] = {}
    problems: list[str] = []
    for position, hotline in enumerate(house.hotlines):
        name = hotline.flow
        if name not in known.flows:
            there = ", ".join(sorted(known.flows))
            problems.append(f"house: hotlines.{position}.flow: no such flow {name!r}; there are {there}")
        elif name not in flows:
            try:
                flows[name] = read_flow(known.flows[name], f"{name}.yaml", known)
            except ConfigurationWrong as wrong:
                problems += wrong.problems
    for name, place in parts_run_alone(house).items():
        if name not in known.flows:
            problems.append(f"house: {place}: no such flow {name!r}; there are {', '.join(sorted(known.flows))}")
        else:
            try:
                flows[name] = read_alone(house, name, known)
            except ConfigurationWrong as wrong:
                problems += wrong.problems
    return flows, list(dict.fromkeys(problems))


def parts_run_alone(house: House) -> dict[str, str]:
    """Parts of flows that callers hear after a talk, or instead of waiting, and where the house names them."""
    named = {house.message_flow: "message_flow", house.closing_flow: "closing_flow"}
    named |= {each.flow: f"closing_messages.{place}.flow" for place, each in enumerate(house.closing_messages)}
    named |= {each.survey: f"hotlines.{place}.survey" for place, each in enumerate(house.hotlines) if each.survey}
    named |= {each.survey: f"queues.{place}.survey" for place, each in enumerate(house.queues) if each.survey}
    return named


def read_alone(house: House, name: str, known: Known) -> Flow:
    """A part of flows as a flow. Raises ConfigurationWrong."""
    return read_flow(alone(name, house.languages), f"{name}.yaml", known)


def flows_at_start(house: House) -> tuple[Mapping[str, Flow], list[str]]:
    """As read_flows, but a hotline whose flow is wrong (it was right for another release) leads straight to people."""
    flows, problems = read_flows(house, known_to(house))
    return {hotline.flow: straight_to_people(hotline.flow) for hotline in house.hotlines} | flows, problems


def straight_to_people(name: str) -> Flow:
    person = Enqueue(("recording-notice", "please-hold"), None)
    return Flow(name, ("zh-CN", "en"), "person", "person", {"person": person})
