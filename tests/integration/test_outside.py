"""A caller is given to a number outside the house, on real telephones: by an agent, also one who has consulted there
before, and because a queue overflows."""

from __future__ import annotations

import pytest

from core.house import House
from cti.carrier.callee import Callee
from cti.carrier.caller import CallerCall
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import (
    ask,
    both_trunks,
    happened,
    idle,
    office,
    record_of,
    shared,
    shown,
    story_of,
)
from tests.integration.short_flows import SHORT
from tests.integration.survival import engine_back, hears, kill_engine, nobody_restarts, until
from tests.integration.talks import archived, asks, does, doing, speak, talk, voices

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

NUMBER = "13700000002"
NOTICE_HZ, HOLD_HZ, GOODBYE_HZ = 900.0, 1000.0, 2900.0


def house_with_a_workshop() -> House:
    whole = office(2)
    full = {"max_waiting": 0, "overflow_number": NUMBER}
    queues = [queue.model_dump() | (full if queue.id == "complaints" else {}) for queue in whole.queues]
    trunks = [trunk.model_dump() | {"caller_number": "01084000000"} for trunk in whole.trunks]
    menu, _, _ = SHORT["after-sales"].partition("  complaints:\n")
    workshop = f"  complaints: {{kind: outside, say: [please-hold], number: {NUMBER}, queue: after-sales}}\n"
    flows = SHORT | {"after-sales": menu + workshop}
    return office(2, queues=queues, trunks=trunks, outside={"numbers": [NUMBER], "ring_s": 6}, flows=flows)


building, house = shared(house_with_a_workshop())


async def workshop(running: Centre) -> Callee:
    """Whoever has the number picks up, and both trunks lead there."""
    await both_trunks(running)
    callee = await running.carrier.callee(NUMBER)
    await callee.will_answer(after_s=0.5)
    callee.timeline.forget()
    return callee


async def test_a_blind_transfer_to_the_outside_is_heard_and_recorded_on_both_sides(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await workshop(house)
    await speak()
    await does(house, "agent-01", "transfer", number=NUMBER, note="wants the workshop")
    await phone.ended()
    invited = await outside.timeline.next("invited")
    assert invited.details["caller"] == "01084000000", "carriers see a number of the house, never the caller's"
    await outside.answered()
    entry = await shown(house, caller, "outside")
    assert entry["caller"][-4:] == caller.plan.caller[-4:]
    assert [note["text"] for note in entry["notes"]] == ["wants the workshop"]
    await idle(house)
    lines = (await house.get("/live"))["snapshot"]["lines"]
    assert (lines["in_use"], lines["outbound"]) == (1, 1), "the caller's line, and one more"
    await speak()
    await outside.hang_up()
    await caller.ended()
    heard = audio.order_of(await caller.heard(), (phone.tone_hz, outside.tone_hz, GOODBYE_HZ))
    assert heard == [phone.tone_hz, outside.tone_hz, GOODBYE_HZ]
    assert audio.silences(await caller.heard(), at_least_s=0.5) == [], "music while it rings and while the notice plays"
    assert audio.order_of(await outside.heard(), (NOTICE_HZ, caller.tone_hz)) == [NOTICE_HZ, caller.tone_hz]
    row = await record_of(house, caller)
    recorded = await voices(house, row["call"])
    assert set(recorded) == {"caller", f"{phone.tone_hz} Hz", f"{outside.tone_hz} Hz"}
    assert audio.dominant_hz(recorded["caller"], -3.0, -2.0) == caller.tone_hz, "the caller's own recording goes on"
    tones = (caller.tone_hz, phone.tone_hz, outside.tone_hz)
    kept = await archived(house, row["call"], tones)
    assert kept == {"agent-01": ({tones[0]}, {tones[1]}), "outside": ({tones[0]}, {tones[2]})}
    assert row["how"] == "outside"
    (ended,) = happened(await story_of(house, caller), "OutsideEnded")
    assert ended["outcome"] == "reached" and ended["talk_s"] > 1.0


async def test_a_menus_choice_leads_outside_and_nobody_here_is_rung(house: Centre) -> None:
    await house.sign_in("agent-01", "seat-01")
    outside = await workshop(house)
    caller = await ask(house, "3", hotline="95002")
    invited = await outside.timeline.next("invited")
    assert invited.details["caller"] == "01084000000"
    await outside.answered()
    assert (await shown(house, caller, "outside"))["queue"] == "after-sales"
    await speak()
    await outside.hang_up()
    await caller.ended()
    heard = audio.order_of(await caller.heard(), (HOLD_HZ, outside.tone_hz, GOODBYE_HZ))
    assert heard == [HOLD_HZ, outside.tone_hz, GOODBYE_HZ]
    story = await story_of(house, caller)
    assert [happened(story, name)[0]["why"] for name in ("OutsideDialled", "CallFlowedOut")] == ["menu", "menu"]
    assert happened(story, "SeatReserved") == []


async def test_a_trunk_that_fails_is_followed_by_the_other_and_the_music_goes_on(house: Centre) -> None:
    caller, _ = await talk(house)
    outside = await workshop(house)
    await outside.will_fail()
    await does(house, "agent-01", "transfer", number=f"+86{NUMBER}")
    first = await outside.timeline.next("invited")
    second = await outside.timeline.next("invited")
    assert {first.details["trunk"], second.details["trunk"]} == {"a", "b"}
    await outside.answered()
    await speak()
    await caller.hang_up()
    await outside.ended()
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    assert [failed["trunk"] for failed in happened(await story_of(house, caller), "TrunkFailed")] == [
        first.details["trunk"]
    ]


@pytest.mark.parametrize("how", ["busy", "no_answer"])
async def test_unanswered_outside_the_caller_comes_back_to_the_sender(house: Centre, how: str) -> None:
    caller, phone = await talk(house)
    outside = await workshop(house)
    await (outside.will_reject() if how == "busy" else outside.will_ignore())
    phone.timeline.forget()
    await does(house, "agent-01", "transfer", number=NUMBER)
    await phone.answered()
    await shown(house, caller, "talking")
    await speak()
    await phone.hang_up()
    await caller.ended()
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    story = await story_of(house, caller)
    assert [ended["outcome"] for ended in happened(story, "OutsideEnded")] == [how]
    assert [began["agent"] for began in happened(story, "TalkBegan")] == ["agent-01"]


async def test_an_overflowing_caller_is_answered_outside(house: Centre) -> None:
    outside = await workshop(house)
    caller = await ask(house, "3", hotline="95003")
    await outside.answered()
    await shown(house, caller, "outside")
    await speak()
    await caller.hang_up()
    story = await story_of(house, caller)
    assert [flowed["why"] for flowed in happened(story, "CallFlowedOut")] == ["full"]
    recorded = await voices(house, (await record_of(house, caller))["call"])
    assert set(recorded) == {"caller", f"{outside.tone_hz} Hz"}


async def test_an_overflowing_caller_whom_nobody_outside_answers_keeps_the_place(house: Centre) -> None:
    outside = await workshop(house)
    await outside.will_reject()
    caller = await ask(house, "3", hotline="95003")
    await outside.rejected()
    await shown(house, caller, "waiting")
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.1)
    await house.sign_in("agent-01", "seat-01")
    await phone.answered()
    await shown(house, caller, "talking")
    await caller.hang_up()
    assert len(happened(await story_of(house, caller), "CallAnswered")) == 1


async def test_a_number_that_is_not_listed_is_refused(house: Centre) -> None:
    caller, _ = await talk(house)
    for number in ("13800138000", "+447700900123", "110"):
        answer = await asks(house, "agent-01", "transfer", number=number)
        assert (answer.status_code, "number: Callers are not given" in answer.text) == (409, True), answer.text
    await shown(house, caller, "talking")


async def test_a_talk_outside_outlives_the_engine(house: Centre) -> None:
    caller, _ = await talk(house)
    outside = await workshop(house)
    await does(house, "agent-01", "transfer", number=NUMBER)
    await outside.answered()
    await shown(house, caller, "outside")
    dead = await kill_engine(house)
    await engine_back(house, dead)
    await shown(house, caller, "outside")
    assert outside.talking and not caller.over
    await outside.hang_up()
    await caller.ended()
    assert (await record_of(house, caller))["how"] == "outside"


# --- an agent consults outside -----------------------------------------------------------------
async def consulting(house: Centre, caller: CallerCall, *, first_trunk_fails: bool = False) -> Callee:
    """The workshop, with which agent-01 speaks while this caller hears music."""
    outside = await workshop(house)
    if first_trunk_fails:
        await outside.will_fail()
    await does(house, "agent-01", "consult", number=NUMBER, note="wants the workshop")
    await outside.answered()
    entry = await shown(house, caller, "held")
    await house.until(f"call/{entry['id']}", lambda now: now.get("consult", {}).get("state") == "talking")
    return outside


async def test_a_consult_outside_is_completed_and_everybody_hears_and_is_recorded(house: Centre) -> None:
    caller, phone = await talk(house)
    await speak()
    outside = await consulting(house, caller)
    await doing(house, "seat-01", "consulting")
    lines = (await house.get("/live"))["snapshot"]["lines"]
    assert (lines["in_use"], lines["outbound"]) == (1, 1), "the caller's line, and the far end's"
    await speak()
    await does(house, "agent-01", "complete")
    await phone.ended()
    await shown(house, caller, "outside")
    await idle(house)
    await speak()
    await outside.hang_up()
    await caller.ended()
    heard = audio.order_of(await caller.heard(), (phone.tone_hz, outside.tone_hz, GOODBYE_HZ))
    assert heard == [phone.tone_hz, outside.tone_hz, GOODBYE_HZ]
    assert audio.silences(await caller.heard(), at_least_s=0.5) == [], "music during the consult"
    told = audio.order_of(await outside.heard(), (NOTICE_HZ, phone.tone_hz, caller.tone_hz))
    assert told == [NOTICE_HZ, phone.tone_hz, caller.tone_hz]
    assert audio.order_of(await phone.heard(), (caller.tone_hz, outside.tone_hz)) == [caller.tone_hz, outside.tone_hz]
    row = await record_of(house, caller)
    recorded = await voices(house, row["call"])
    assert set(recorded) == {"caller", f"{phone.tone_hz} Hz", f"{outside.tone_hz} Hz"}
    assert row["how"] == "outside"
    (given,) = happened(await story_of(house, caller), "CallTransferred")
    assert (given["how"], given["note"]) == ("consulted", "18 characters")
    (note,) = await house.get(f"/calls/{row['call']}/notes")
    assert (note["agent"], note["to"], note["text"]) == ("agent-01", f"+86{NUMBER}", "wants the workshop")


async def test_the_agent_comes_back_from_a_consult_that_another_trunk_made_possible(house: Centre) -> None:
    caller, phone = await talk(house)
    await speak()
    outside = await consulting(house, caller, first_trunk_fails=True)
    await speak()
    await does(house, "agent-01", "resume")
    await outside.ended()
    await shown(house, caller, "talking")
    await speak()
    await caller.hang_up()
    await phone.ended()
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    heard = audio.order_of(await phone.heard(), (caller.tone_hz, outside.tone_hz))
    assert heard == [caller.tone_hz, outside.tone_hz, caller.tone_hz]
    story = await story_of(house, caller)
    assert len(happened(story, "TrunkFailed")) == 1
    assert [ended["outcome"] for ended in happened(story, "OutsideEnded")] == ["reached"]


async def test_an_agent_whom_nobody_outside_answers_has_the_hold_again(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await workshop(house)
    await outside.will_reject()
    said = await asks(house, "agent-01", "consult", number=NUMBER)
    await doing(house, "seat-01", "holding")
    assert phone.talking and (said.status_code == 200 or "The caller is still on hold" in said.text), said.text
    await does(house, "agent-01", "resume")
    await shown(house, caller, "talking")
    await caller.hang_up()
    (ended,) = happened(await story_of(house, caller), "OutsideEnded")
    assert (ended["outcome"], ended["agent"]) == ("busy", "agent-01")


async def test_a_caller_who_hangs_up_during_a_consult_ends_everything(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await consulting(house, caller)
    await caller.hang_up()
    await phone.ended()
    await outside.ended()
    await idle(house)


async def test_a_consult_outside_outlives_the_engine_and_the_caller_gets_the_far_end(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await consulting(house, caller)
    dead = house.engine_pid()
    async with nobody_restarts(house):
        await kill_engine(house)
        assert phone.talking and outside.talking and not caller.over
        await phone.hang_up()
        await until(lambda: hears(caller, outside.tone_hz), "caller and far end are never together")
    await engine_back(house, dead)
    await shown(house, caller, "outside")
    await caller.hang_up()
    await outside.ended()
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    (given,) = happened(await story_of(house, caller), "CallTransferred")
    assert given["how"] == "consulted"


# --- three in one talk, one of them outside ----------------------------------------------------
async def three(house: Centre, caller: CallerCall) -> Callee:
    """The workshop, which speaks with agent-01 and this caller at once."""
    outside = await consulting(house, caller)
    await does(house, "agent-01", "confer")
    entry = await shown(house, caller, "talking")
    three = await house.until(f"call/{entry['id']}", lambda now: now["consult"]["with_caller"])
    assert three["consult"]["number"].endswith(NUMBER[-4:])
    return outside


async def test_agent_caller_and_the_outside_speak_together_until_the_agent_leaves(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await three(house, caller)
    assert "Three are in this talk" in (await asks(house, "agent-01", "hold")).text
    await speak()
    await speak()
    await phone.hang_up()
    await shown(house, caller, "outside")
    await idle(house)
    await speak()
    await outside.hang_up()
    await caller.ended()
    tones = caller.tone_hz, phone.tone_hz, outside.tone_hz
    for who in (caller, phone, outside):
        others = tuple(hz for hz in tones if hz != who.tone_hz)
        assert audio.together(await who.heard(), others), f"{who} does not hear both others at once"
    heard = audio.order_of(await caller.heard(), (outside.tone_hz, GOODBYE_HZ))
    assert heard[-2:] == [outside.tone_hz, GOODBYE_HZ]
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    row = await record_of(house, caller)
    recorded = await voices(house, row["call"])
    assert set(recorded) == {"caller", f"{phone.tone_hz} Hz", f"{outside.tone_hz} Hz"}
    story = await story_of(house, caller)
    assert [began["number"][-4:] for began in happened(story, "ConferenceBegan")] == [NUMBER[-4:]]
    assert [given["how"] for given in happened(story, "CallTransferred")] == ["conference"]


async def test_of_three_the_outside_leaves_the_caller_to_the_agent(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await three(house, caller)
    await speak()
    await outside.hang_up()
    entry = await shown(house, caller, "talking")
    await house.until(f"call/{entry['id']}", lambda now: not now.get("consult"))
    await speak()
    await phone.hang_up()
    await caller.ended()
    heard = audio.order_of(await caller.heard(), (phone.tone_hz, outside.tone_hz, GOODBYE_HZ))
    assert heard[-2:] == [phone.tone_hz, GOODBYE_HZ]
    assert (await record_of(house, caller))["how"] == "agent"


async def test_a_killed_engine_leaves_three_together_and_knows_of_it_again(house: Centre) -> None:
    caller, phone = await talk(house)
    outside = await three(house, caller)
    await engine_back(house, await kill_engine(house))
    await doing(house, "seat-01", "talking")
    assert phone.talking and outside.talking and not caller.over
    await speak()
    await phone.hang_up()
    await shown(house, caller, "outside")
    await outside.hang_up()
    await caller.ended()
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    assert (await record_of(house, caller))["how"] == "outside"
