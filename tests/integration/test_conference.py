"""Three in one talk on real telephones: everybody hears everybody, each voice is recorded, and who leaves decides."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from tests.integration import audio
from tests.integration.centre import Centre
from tests.integration.office import happened, idle, office, record_of, shared, shown, story_of
from tests.integration.survival import engine_back, kill_engine, nobody_restarts, until
from tests.integration.talks import archived, asks, colleague, does, doing, speak, talk, voices

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

GOODBYE_HZ = 2900.0

building, house = shared(office(3), is_audited=True)


@dataclass(frozen=True, slots=True)
class Three:
    caller: CallerCall
    agent: Phone
    colleague: Phone

    @property
    def tones(self) -> tuple[float, float, float]:
        return self.caller.tone_hz, self.agent.tone_hz, self.colleague.tone_hz


async def three(house: Centre) -> Three:
    caller, agent = await talk(house)
    other = await colleague(house)
    await does(house, "agent-01", "consult", agent="agent-02")
    await other.answered()
    await doing(house, "seat-02", "consulting")
    await does(house, "agent-01", "confer")
    entry = await shown(house, caller, "talking")
    assert entry["consult"]["with_caller"]
    return Three(caller, agent, other)


async def test_everybody_hears_both_others_and_every_voice_is_recorded(house: Centre) -> None:
    all_three = await three(house)
    await doing(house, "seat-02", "talking")
    await speak()
    await speak()
    await all_three.caller.hang_up()
    await all_three.agent.ended()
    await all_three.colleague.ended()
    caller_hz, agent_hz, colleague_hz = all_three.tones
    for who, others in (
        (all_three.caller, (agent_hz, colleague_hz)),
        (all_three.agent, (caller_hz, colleague_hz)),
        (all_three.colleague, (caller_hz, agent_hz)),
    ):
        assert audio.together(await who.heard(), others), f"{who} does not hear both others at once"
    assert audio.silences(await all_three.caller.heard(), at_least_s=0.5) == []
    recorded = await voices(house, (await record_of(house, all_three.caller))["call"])
    assert set(recorded) == {"caller", f"{agent_hz} Hz", f"{colleague_hz} Hz"}
    for name, hz in (("caller", caller_hz), (f"{agent_hz} Hz", agent_hz), (f"{colleague_hz} Hz", colleague_hz)):
        assert audio.dominant_hz(recorded[name], -1.4, -0.6) == hz, "its own voice, to the end"
        assert not audio.together(recorded[name], tuple(other for other in all_three.tones if other != hz)), (
            "and no other"
        )
    kept = await archived(house, (await record_of(house, all_three.caller))["call"], all_three.tones)
    assert kept == {"agent-01": ({caller_hz}, {agent_hz}), "agent-02": ({caller_hz}, {colleague_hz})}
    story = await story_of(house, all_three.caller)
    assert [began["to_agent"] for began in happened(story, "ConferenceBegan")] == ["agent-02"]
    assert [ended["how"] for ended in happened(story, "ConsultEnded")] == ["caller_left"]
    await idle(house)
    await idle(house, "seat-02")


async def test_the_colleague_leaves_the_agent_with_the_caller(house: Centre) -> None:
    all_three = await three(house)
    await speak()
    await does(house, "agent-02", "hang-up")
    await all_three.colleague.ended()
    await idle(house, "seat-02")
    await speak()
    await all_three.agent.hang_up()
    await all_three.caller.ended()
    heard = await all_three.caller.heard()
    assert audio.order_of(heard, (all_three.agent.tone_hz, all_three.colleague.tone_hz, GOODBYE_HZ))[-2:] == [
        all_three.agent.tone_hz, GOODBYE_HZ,
    ]  # fmt: skip
    assert audio.silences(heard, at_least_s=0.5) == []
    assert (await record_of(house, all_three.caller))["how"] == "agent"
    await idle(house)


@pytest.mark.parametrize("how", ["hangs up", "completes"])
async def test_the_agent_leaves_the_caller_with_the_colleague(house: Centre, how: str) -> None:
    all_three = await three(house)
    await speak()
    if how == "completes":
        await does(house, "agent-01", "complete")
    else:
        await all_three.agent.hang_up()
    await all_three.agent.ended()
    await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
    await idle(house)
    await speak()
    await all_three.colleague.hang_up()
    await all_three.caller.ended()
    heard = await all_three.caller.heard()
    assert audio.order_of(heard, (all_three.agent.tone_hz, all_three.colleague.tone_hz, GOODBYE_HZ))[-2:] == [
        all_three.colleague.tone_hz, GOODBYE_HZ,
    ]  # fmt: skip
    story = await story_of(house, all_three.caller)
    assert [given["how"] for given in happened(story, "CallTransferred")] == ["conference"]
    assert [ended["agent"] for ended in happened(story, "TalkEnded")] == ["agent-01", "agent-02"]


async def test_the_agent_sends_the_colleague_away(house: Centre) -> None:
    all_three = await three(house)
    answer = await asks(house, "agent-01", "hold")
    assert (answer.status_code, "Three are in this talk" in answer.text) == (409, True)
    await does(house, "agent-01", "resume")
    await all_three.colleague.ended()
    await idle(house, "seat-02")
    assert (await shown(house, all_three.caller, "talking"))["seat"] == "seat-01"
    await does(house, "agent-01", "hold")
    await shown(house, all_three.caller, "held")
    await does(house, "agent-01", "resume")
    await shown(house, all_three.caller, "talking")
    await all_three.caller.hang_up()
    await all_three.agent.ended()


async def test_a_killed_engine_leaves_the_talk_of_three_untouched(house: Centre) -> None:
    all_three = await three(house)
    dead = await kill_engine(house)
    await engine_back(house, dead)
    await doing(house, "seat-01", "talking")
    await doing(house, "seat-02", "talking")
    assert all_three.agent.talking and all_three.colleague.talking and not all_three.caller.over
    await speak()
    await all_three.agent.hang_up()
    await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
    await all_three.colleague.hang_up()
    await all_three.caller.ended()
    assert audio.silences(await all_three.caller.heard(), at_least_s=0.5) == []


@pytest.mark.parametrize("first", ["caller", "agents"])
async def test_without_an_engine_the_pbx_ends_it_cleanly(house: Centre, first: str) -> None:
    all_three = await three(house)
    dead = house.engine_pid()
    async with nobody_restarts(house):
        await kill_engine(house)
        await asyncio.sleep(0.5)
        if first == "caller":
            await all_three.caller.hang_up()
            await all_three.agent.ended()
            await all_three.colleague.ended()
        else:
            await all_three.agent.hang_up()
            await all_three.colleague.hang_up()
            await all_three.caller.ended()
            heard = audio.order_of(await all_three.caller.heard(), (*all_three.tones, GOODBYE_HZ))
            assert heard[-1] == GOODBYE_HZ, "said goodbye to, not queued again"
    await engine_back(house, dead)
    await until(lambda: _nobody_is_left(house), "the engine believes in a talk that is over")


async def _nobody_is_left(house: Centre) -> bool:
    board = (await house.get("/live"))["snapshot"]
    return not any(key.startswith("call/") for key in board)
