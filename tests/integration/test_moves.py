"""Moving a call on real telephones: hold, transfer, consult. Who hears whom, and what is recorded of each voice."""

from __future__ import annotations

import pytest

from cti.carrier.timeline import boot_s
from tests.integration import audio
from tests.integration.centre import BRIEF, Centre
from tests.integration.office import BUDGET_S, crowded, happened, idle, office, record_of, shared, shown, story_of
from tests.integration.talks import archived, asks, colleague, does, doing, speak, talk, voices

pytestmark = pytest.mark.asyncio(loop_scope="module")

REMIND_S = 5.0
STILL_THERE_HZ, KEPT_HZ, REMIND_HZ = 3100.0, 440.0, 880.0
TONES = {**BRIEF, ("zh-CN", "still-there"): STILL_THERE_HZ}


building, house = shared(office(3, hold_reminder_s=REMIND_S), TONES)


# --- hold --------------------------------------------------------------------------------------
async def test_a_held_caller_hears_music_and_a_reminder_and_the_agent_keeps_the_line(house: Centre) -> None:
    caller, phone = await talk(house)
    await speak()
    await does(house, "agent-01", "hold")
    held = await shown(house, caller, "held")
    await doing(house, "seat-01", "holding")
    reminded = await house.until(f"call/{held['id']}", lambda entry: entry.get("reminded_utc_s"), REMIND_S + 3)
    assert reminded["reminded_utc_s"] - held["held_since_utc_s"] == pytest.approx(REMIND_S, abs=0.5)
    await speak()
    await does(house, "agent-01", "resume")
    await doing(house, "seat-01", "talking")
    await speak()
    await phone.hang_up()
    heard, said_to_agent = await caller.heard(), await phone.heard()
    pitches = (phone.tone_hz, STILL_THERE_HZ, KEPT_HZ, REMIND_HZ, 2900.0)
    assert audio.order_of(heard, pitches)[-4:] == [phone.tone_hz, STILL_THERE_HZ, phone.tone_hz, 2900.0]
    assert audio.silences(heard, at_least_s=0.5) == [], "music, never dead air"
    order = audio.order_of(said_to_agent, (caller.tone_hz, KEPT_HZ, REMIND_HZ))
    assert [hz for n, hz in enumerate(order) if order[n - 1 : n] != [hz]] == [
        caller.tone_hz, KEPT_HZ, REMIND_HZ, caller.tone_hz,
    ]  # fmt: skip
    story = await story_of(house, caller)
    (resumed,), (ended,) = happened(story, "CallResumed"), happened(story, "TalkEnded")
    assert resumed["held_s"] == ended["held_s"] > REMIND_S
    assert len(phone.timeline.all("answered")) == 1, "one leg, kept all the time"
    recorded = await voices(house, (await record_of(house, caller))["call"])
    assert set(recorded) == {"caller", f"{phone.tone_hz} Hz"}
    agent = audio.read(recorded[f"{phone.tone_hz} Hz"])
    assert agent.lasts_s == pytest.approx(ended["talk_s"] + ended["held_s"], abs=1.0 if crowded() else 0.3)
    assert audio.dominant_hz(recorded["caller"], -1.4, -0.6) == caller.tone_hz
    await idle(house)


async def test_hold_twice_and_the_caller_hangs_up_on_hold(house: Centre) -> None:
    caller, phone = await talk(house)
    for _ in range(2):
        await does(house, "agent-01", "hold")
        await shown(house, caller, "held")
        await does(house, "agent-01", "resume")
        await shown(house, caller, "talking")
    await does(house, "agent-01", "hold")
    hung_up_s = boot_s()
    await caller.hang_up()
    assert (await phone.ended()).boot_s - hung_up_s < 1.0, "nobody keeps the line of a caller who has gone"
    assert (await record_of(house, caller))["how"] == "caller"
    await idle(house)


async def test_an_agent_who_hangs_up_on_a_held_caller_has_not_lost_them(house: Centre) -> None:
    caller, phone = await talk(house)
    await does(house, "agent-01", "hold")
    other = await colleague(house)
    await phone.hang_up()
    await other.answered()
    assert (await shown(house, caller, "talking"))["seat"] == "seat-02"
    await caller.hang_up()
    story = await story_of(house, caller)
    assert [moved["why"] for moved in happened(story, "CallMoved")] == ["keeper_left"]
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []


async def test_what_cannot_be_done_is_refused_with_the_reason(house: Centre) -> None:
    await talk(house)
    await colleague(house)
    answer = await asks(house, "agent-02", "hold")
    assert (answer.status_code, "has no caller" in answer.text) == (409, True)
    for what, body, why in (
        ("resume", {}, "nobody on hold"),
        ("complete", {}, "no colleague"),
        ("transfer", {"agent": "agent-03"}, "not free"),
        ("transfer", {"queue": "nowhere"}, "no queue"),
        ("transfer", {"number": "+8613800138000"}, "not given to that number"),
        ("consult", {"agent": "agent-99"}, "no agent"),
        ("consult", {"agent": "agent-01"}, "their own colleague"),
    ):
        answer = await asks(house, "agent-01", what, **body)
        assert (answer.status_code, why in answer.text) == (409, True), answer.text
    for body in ({}, {"agent": "agent-02", "queue": "presales"}, {"agent": "500&PJSIP/x"}):
        assert (await asks(house, "agent-01", "transfer", **body)).status_code == 422


# --- blind transfer ------------------------------------------------------------------------------
async def test_a_blind_transfer_brings_the_context_before_the_answer(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house, answers=False)
    await does(house, "agent-01", "transfer", agent="agent-02", note="refund for 4711")
    await phone.ended()
    await other.ringing()
    popped = await house.until("seat/seat-02", lambda entry: entry["state"] == "ringing")
    card = (await house.get("/live"))["snapshot"][f"call/{popped['call']}"]
    assert [(note["agent"], note["text"]) for note in card["notes"]] == [("agent-01", "refund for 4711")]
    assert [step["key"] for step in card["path"]] == ["1"]
    assert (card["handled_by"], card["caller"][-4:]) == (["agent-01"], caller.plan.caller[-4:])
    assert (await house.get("/agents/agent-02/call"))["id"] == popped["call"]
    await other.answer()
    await shown(house, caller, "talking")
    await speak()
    await caller.hang_up()
    row = await record_of(house, caller)
    recorded = await voices(house, row["call"])
    assert set(recorded) == {"caller", f"{phone.tone_hz} Hz", f"{other.tone_hz} Hz"}
    assert audio.silences(await caller.heard(), at_least_s=0.5) == []
    story = await story_of(house, caller)
    assert len(happened(story, "CallAnswered")) == 1, "A is counted once"
    assert [began["agent"] for began in happened(story, "TalkBegan")] == ["agent-02"]


async def test_a_transfer_nobody_answers_comes_back_and_then_leads_the_queue(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house, answers=False)
    await phone.will_ignore()
    await does(house, "agent-01", "transfer", agent="agent-02")
    rang = await other.ringing()
    third = await colleague(house, 3)
    assert (await other.cancelled()).boot_s - rang.boot_s == pytest.approx(BUDGET_S, abs=0.5)
    await phone.ringing()
    await third.answered()
    assert (await shown(house, caller, "talking"))["priority"] == 9
    await caller.hang_up()
    story = await story_of(house, caller)
    assert [(ring["seat"], ring["outcome"]) for ring in happened(story, "RingEnded")] == [
        ("seat-01", "answered"), ("seat-02", "missed"), ("seat-01", "missed"), ("seat-03", "answered"),
    ]  # fmt: skip
    assert [moved["why"] for moved in happened(story, "CallMoved")] == ["not_answered"]


async def test_a_transfer_to_a_queue_is_a_segment_of_that_queue(house: Centre) -> None:
    before = (await house.get("/live"))["snapshot"]
    caller, phone = await talk(house)
    other = await colleague(house)
    await does(house, "agent-01", "transfer", queue="complaints", note="angry")
    await other.answered()
    assert (await shown(house, caller, "talking"))["queue"] == "complaints"
    await caller.hang_up()
    await record_of(house, caller)
    after = (await house.get("/live"))["snapshot"]

    def gained(key: str, figure: str) -> int:
        return int(after[key]["today"][figure]) - int(before[key]["today"][figure])

    for queue, transferred in (("presales", 1), ("complaints", 0)):
        grown = [gained(f"queue/{queue}", figure) for figure in ("offered", "answered", "transferred")]
        assert grown == [1, 1, transferred], queue
    assert [gained("hotline/presales", figure) for figure in ("offered", "answered", "transferred")] == [1, 1, 1]
    assert phone.timeline.all("ended")


# --- consult -----------------------------------------------------------------------------------------
async def test_a_consulted_transfer_is_heard_and_recorded_in_every_voice(house: Centre) -> None:
    caller, phone = await talk(house)
    await speak()
    other = await colleague(house)
    await does(house, "agent-01", "consult", agent="agent-02", note="refund")
    await other.answered()
    await doing(house, "seat-02", "consulting")
    await doing(house, "seat-01", "consulting")
    await shown(house, caller, "held")
    await speak()
    await does(house, "agent-01", "complete")
    await phone.ended()
    await doing(house, "seat-02", "talking")
    await speak()
    await caller.hang_up()
    await other.ended()
    heard_by = {who: await who.heard() for who in (phone, other)}
    tones = (caller.tone_hz, phone.tone_hz, other.tone_hz)
    assert audio.order_of(heard_by[phone], tones) == [caller.tone_hz, other.tone_hz]
    assert audio.order_of(heard_by[other], tones) == [phone.tone_hz, caller.tone_hz]
    heard = await caller.heard()
    assert audio.order_of(heard, tones) == [phone.tone_hz, other.tone_hz], "the caller never hears the consult"
    assert audio.silences(heard, at_least_s=0.5) == []
    row = await record_of(house, caller)
    recorded = await voices(house, row["call"])
    assert set(recorded) == {"caller", f"{phone.tone_hz} Hz", f"{other.tone_hz} Hz"}
    kept = await archived(house, row["call"], tones)
    assert kept == {"agent-01": ({tones[0]}, {tones[1]}), "agent-02": ({tones[0]}, {tones[2]})}
    story = await story_of(house, caller)
    (consult,) = happened(story, "ConsultEnded")
    first, second = happened(story, "TalkEnded")
    assert consult["how"] == "completed"
    assert audio.read(recorded[f"{phone.tone_hz} Hz"]).lasts_s == pytest.approx(
        first["talk_s"] + first["held_s"], abs=0.4
    )
    spoke_s = consult["lasted_s"] + second["talk_s"] + second["held_s"]
    assert audio.read(recorded[f"{other.tone_hz} Hz"]).lasts_s == pytest.approx(spoke_s, abs=0.4)
    assert audio.silences(recorded[f"{other.tone_hz} Hz"], at_least_s=0.3) == []
    assert [(talk["agent"], talk["by"]) for talk in (first, second)] == [
        ("agent-01", "transfer"),
        ("agent-02", "caller"),
    ]


async def test_a_consult_can_be_left_for_the_caller(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house)
    await does(house, "agent-01", "consult", queue="complaints")
    await other.answered()
    await doing(house, "seat-01", "consulting")
    await does(house, "agent-01", "resume")
    await other.ended()
    await doing(house, "seat-01", "talking")
    await idle(house, "seat-02")
    await speak()
    await phone.hang_up()
    await caller.ended()
    heard = await phone.heard()
    assert audio.order_of(heard, (caller.tone_hz, other.tone_hz))[-1] == caller.tone_hz
    assert [ended["how"] for ended in happened(await story_of(house, caller), "ConsultEnded")] == ["cancelled"]


async def test_a_colleague_who_hangs_up_leaves_the_agent_with_the_hold(house: Centre) -> None:
    caller, _ = await talk(house)
    other = await colleague(house)
    await does(house, "agent-01", "consult", agent="agent-02")
    await other.answered()
    await doing(house, "seat-01", "consulting")
    await other.hang_up()
    await doing(house, "seat-01", "holding")
    await shown(house, caller, "held")
    await does(house, "agent-01", "resume")
    await doing(house, "seat-01", "talking")
    await caller.hang_up()
    await idle(house)


async def test_a_consult_that_nobody_answers_ends_after_three_rings(house: Centre) -> None:
    caller, _ = await talk(house)
    other = await colleague(house, answers=False)
    await does(house, "agent-01", "consult", agent="agent-02")
    rang = await other.ringing()
    assert (await other.cancelled()).boot_s - rang.boot_s == pytest.approx(BUDGET_S, abs=0.5)
    await doing(house, "seat-01", "holding")
    await does(house, "agent-01", "resume")
    await caller.hang_up()
    await idle(house)


async def test_an_agent_who_hangs_up_in_a_consult_has_transferred_the_call(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house)
    await does(house, "agent-01", "consult", agent="agent-02")
    await other.answered()
    await doing(house, "seat-01", "consulting")
    await phone.hang_up()
    await doing(house, "seat-02", "talking")
    await speak()
    await other.hang_up()
    await caller.ended()
    assert audio.order_of(await caller.heard(), (other.tone_hz, 2900.0))[-2:] == [other.tone_hz, 2900.0]
    await idle(house, "seat-02")


async def test_an_agent_who_hangs_up_while_the_colleague_rings_has_transferred_it_too(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house, answers=False)
    await does(house, "agent-01", "consult", agent="agent-02")
    await other.ringing()
    await other.will_answer(0.1)
    await phone.hang_up()
    await other.answered()
    assert (await shown(house, caller, "talking"))["seat"] == "seat-02"
    await caller.hang_up()
    await idle(house, "seat-02")


async def test_a_caller_who_hangs_up_in_a_consult_frees_both(house: Centre) -> None:
    caller, phone = await talk(house)
    other = await colleague(house)
    await does(house, "agent-01", "consult", agent="agent-02")
    await other.answered()
    await doing(house, "seat-02", "consulting")
    hung_up_s = boot_s()
    await caller.hang_up()
    assert max((await phone.ended()).boot_s, (await other.ended()).boot_s) - hung_up_s < 1.0
    await idle(house)
    await idle(house, "seat-02")
