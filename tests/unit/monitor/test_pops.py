"""What a desktop shows: folded from outcomes, the same after a restart, gone when the wrap-up is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from core.events import (
    AgentChanged,
    CallHeld,
    CallNoted,
    CallResumed,
    CallTransferred,
    ConsultAnswered,
    ConsultBegan,
    ConsultEnded,
    Event,
    MenuChosen,
    OutboundBegan,
    OutboundEnded,
    OutboundMoved,
    PopShown,
    TalkBegan,
)
from core.ids import AgentId, CallId, OfferId
from core.states import AgentState, AgentStatus, OutboundOutcome, OutboundState
from core.traces import Trace
from monitor.pops import Pops
from store.merge import merged
from tests.unit.floor import (
    AGENT,
    ANSWERED,
    APPLIED,
    CALL,
    ENDED,
    ENTERED,
    HOTLINE,
    MISSED,
    NOON_UTC_S,
    OFFER,
    OFFERED,
    OTHER_AGENT,
    OTHER_SEAT,
    RANG,
    RESERVED,
    SALES,
    SEAT,
    TALKED,
    journal,
)

RUNG: list[tuple[float, Event]] = [
    (0.0, ENTERED),
    (1.0, MenuChosen(CALL, "menu", "1")),
    (2.0, OFFERED),
    (3.0, RESERVED),
]


def pops_after(*events: tuple[float, Event]) -> Pops:
    pops = Pops()
    for outcome in journal(*events):
        pops.apply(outcome)
    return pops


def pop(*events: tuple[float, Event], agent: AgentId = AGENT) -> dict[str, Any]:
    return pops_after(*events).of(agent) or {}


def changed(state: AgentState, status: AgentStatus = AgentStatus.READY) -> AgentChanged:
    return AgentChanged(AGENT, SEAT, AgentStatus.READY, AgentState.TALKING, status, state, "", 0.0)


def test_an_offer_tells_who_calls_from_where_and_why_this_agent() -> None:
    shown = pop(*RUNG[:3], (10.0, RESERVED))
    assert (shown["id"], shown["call"], shown["agent"], shown["seat"]) == (OFFER, CALL, AGENT, SEAT)
    assert (shown["caller"], shown["language"], shown["hotline"], shown["queue"]) == (
        "+8613800001234", "zh-CN", HOTLINE, SALES,
    )  # fmt: skip
    assert shown["path"] == [{"node": "menu", "key": "1"}]
    assert (shown["waiting_since_utc_s"], shown["offered_utc_s"]) == (NOON_UTC_S + 2, NOON_UTC_S + 10)
    assert (shown["state"], shown["why"]["considered"], shown["why"]["strategy"]) == ("offered", 2, "chosen")


def test_the_rule_that_chose_is_told() -> None:
    chosen = type(RESERVED)(CALL, OFFER, SEAT, AGENT, SALES, 2, 60.0, Trace("best-skill", 1, 0, 8.0, False, ()))
    why = pop((0.0, ENTERED), (1.0, chosen))["why"]
    assert why == {"strategy": "best-skill", "step": 1, "forgiving": False, "waited_s": 8.0, "considered": 2}


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([(4, RANG)], "ringing"),
        ([(4, RANG), (5, ANSWERED)], "talking"),
        ([(5, ANSWERED), (6, CallHeld(CALL, SEAT, AGENT))], "held"),
        ([(5, ANSWERED), (6, CallHeld(CALL, SEAT, AGENT)), (7, CallResumed(CALL, SEAT, AGENT, 1.0))], "talking"),
        ([(5, ANSWERED), (9, TALKED), (9, changed(AgentState.WRAP_UP)), (9, ENDED)], "wrap_up"),
        ([(4, RANG), (19, MISSED)], None),
        ([(5, ANSWERED), (9, TALKED), (9, changed(AgentState.WRAP_UP)), (24, changed(AgentState.IDLE))], None),
        ([(5, ANSWERED), (9, TALKED), (9, changed(AgentState.IDLE))], None),
        ([(5, ANSWERED), (6, changed(AgentState.IDLE, AgentStatus.SIGNED_OUT))], None),
    ],
)
def test_it_stays_until_the_wrap_up_is_over(events: list[tuple[float, Event]], state: str | None) -> None:
    assert pop(*RUNG, *events).get("state") == state


def test_the_window_that_shows_it_is_told() -> None:
    assert pop(*RUNG, (3.1, PopShown(CALL, OFFER, AGENT, "w1", 0.1)))["desktop"] == "w1"
    assert pop(*RUNG)["desktop"] == ""


def test_a_next_offer_takes_the_place_of_the_last() -> None:
    other = type(RESERVED)(CallId("node-1.2"), OfferId("node-1.2/1"), SEAT, AGENT, SALES, 1, 1.0)
    assert pop(*RUNG, (19, MISSED), (20, other))["id"] == "node-1.2/1"
    assert pop(*RUNG, (20, other), (21, MISSED))["id"] == "node-1.2/1", "a late end of the first"


def test_the_receiver_of_a_transfer_reads_the_note_and_who_spoke_before() -> None:
    given = CallTransferred(CALL, SALES, HOTLINE, SEAT, AGENT, "blind", OTHER_AGENT, "wants a refund")
    again = type(RESERVED)(CALL, OfferId(f"{CALL}/2"), OTHER_SEAT, OTHER_AGENT, SALES, 1, 1.0)
    shown = pop(*RUNG, (5, ANSWERED), (9, given), (9, TALKED), (10, again), agent=OTHER_AGENT)
    assert [note["text"] for note in shown["notes"]] == ["wants a refund"]
    assert shown["handled_by"] == [AGENT]


def test_a_colleague_who_is_asked_sees_the_call_and_keeps_it_when_it_is_theirs() -> None:
    asked = ConsultBegan(CALL, OfferId(f"{CALL}/2"), SEAT, AGENT, OTHER_SEAT, OTHER_AGENT, "knows you")
    consult: list[tuple[float, Event]] = [*RUNG, (5, ANSWERED), (6, asked)]
    shown = pop(*consult, agent=OTHER_AGENT)
    assert (shown["kind"], shown["asked_by"], shown["notes"][0]["text"]) == ("consult", AGENT, "knows you")
    spoken: list[tuple[float, Event]] = [*consult, (7, ConsultAnswered(CALL, asked.offer, OTHER_SEAT, OTHER_AGENT))]
    assert pop(*spoken, agent=OTHER_AGENT)["state"] == "talking"

    def ended(how: str) -> tuple[float, Event]:
        return 9.0, ConsultEnded(CALL, asked.offer, OTHER_SEAT, OTHER_AGENT, how, 2.0)

    assert pop(*spoken, ended("cancelled"), agent=OTHER_AGENT) == {}
    theirs = TalkBegan(CALL, SALES, HOTLINE, OTHER_SEAT, OTHER_AGENT, "consulted")
    assert pop(*spoken, ended("completed"), (9.0, TALKED), (9.0, theirs), agent=OTHER_AGENT)["state"] == "talking"


def test_a_call_that_we_make_is_shown_too() -> None:
    call = CallId("node-1-out-7.0")
    began = OutboundBegan(call, AGENT, SEAT, "+8613900139000", SALES, "zh-CN", None)
    assert pop((0, began))["caller"] == "+8613900139000"
    assert pop((0, began))["kind"] == "outbound"
    talks: list[tuple[float, Event]] = [(0.0, began), (5.0, OutboundMoved(call, OutboundState.TALKING, None))]
    assert pop(*talks)["state"] == "talking"
    over = OutboundEnded(call, AGENT, SEAT, SALES, None, OutboundOutcome.REACHED, 9.0, 14.0, "agent")
    assert pop(*talks, (14, over), (14, changed(AgentState.WRAP_UP)))["state"] == "wrap_up"
    assert pop(*talks, (14, over), (14, changed(AgentState.IDLE))) == {}


def test_a_talk_found_on_the_pbx_has_a_pop_named_by_the_call() -> None:
    assert (pop((0, ENTERED), (5, ANSWERED))["id"], pop((0, ENTERED), (5, ANSWERED))["state"]) == (CALL, "talking")


def test_who_is_gone_from_the_house_has_none() -> None:
    without = type(APPLIED)(2, 90, (SALES,), (SEAT,), ((OTHER_AGENT, ""),))
    assert pop(*RUNG, (4, without)) == {}


def test_it_is_the_same_after_a_restart() -> None:
    before = pops_after(*RUNG, (4, RANG))
    after = Pops.from_json(json.loads(json.dumps(before.to_json())))
    assert after.snapshot() == before.snapshot()
    for pops in (before, after):
        pops.apply(journal((5, ANSWERED))[0])
    assert after.snapshot() == before.snapshot()


def test_diffs_lead_to_the_snapshot() -> None:
    pops, document = Pops(), dict[str, Any]()
    for outcome in journal(*RUNG, (4, RANG), (5, ANSWERED), (9, TALKED), (10, changed(AgentState.IDLE))):
        pops.apply(outcome)
        document = merged(document, pops.diff())
        twin = Pops.from_json(pops.to_json())
        assert document == twin.snapshot()
    assert document == {}


def test_a_note_that_is_being_written_is_there_after_a_reload_and_for_whoever_has_the_call_next() -> None:
    noted = CallNoted(CALL, AGENT, "wants a refund", "refund", ("angry",))
    shown = pop(*RUNG, (5, ANSWERED), (6, noted))
    assert shown["note"] == {"text": "wants a refund", "code": "refund", "tags": ["angry"]}
    offered = type(RESERVED)(CALL, OfferId(f"{CALL}/2"), OTHER_SEAT, OTHER_AGENT, SALES, 1, 1.0)
    after = pop(*RUNG, (5, ANSWERED), (6, noted), (9, offered), agent=OTHER_AGENT)
    assert [(note["agent"], note["text"]) for note in after["notes"]] == [(AGENT, "wants a refund")]
    struck = pop(*RUNG, (5, ANSWERED), (6, noted), (7, replace(noted, text="")), (9, offered), agent=OTHER_AGENT)
    assert struck["notes"] == []
    assert pops_after((6, noted)).snapshot() == {}, "of a call that is over"


def test_who_is_known_is_shown_where_that_number_is_and_nowhere_else() -> None:
    other = CallId("node-1.2")
    pops = pops_after(
        *RUNG,
        (4, replace(ENTERED, call=other, caller="+8613900000000")),
        (5, type(RESERVED)(other, OfferId(f"{other}/1"), OTHER_SEAT, OTHER_AGENT, SALES, 1, 1.0)),
    )
    pops.show("+8613800001234", {"name": "Wang"})
    assert [(pops.of(agent) or {})["about"] for agent in (AGENT, OTHER_AGENT)] == [{"name": "Wang"}, None]


def test_what_is_told_of_calls_that_no_desktop_shows_changes_none() -> None:
    before = pops_after(*RUNG)
    strange = CallId("node-1.9")
    after = pops_after(
        *RUNG,
        (5, OutboundMoved(strange, OutboundState.TALKING, None)),
        (6, replace(RANG, call=strange)),
        (7, TalkBegan(strange, SALES, HOTLINE, OTHER_SEAT, AgentId(""), "adopted", True)),
    )
    assert after.snapshot() == before.snapshot()
