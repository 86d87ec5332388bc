"""The carrier against a PBX without engine: its callers and phones do what they say, and hear what is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from app.simulated_call import CallOrder, simulated_call
from cti.carrier.caller import CallerCall
from cti.carrier.carrier import Carrier
from cti.carrier.phone import Phone
from cti.pbx.values import PBX_TEMPLATES
from tests.integration.audio import SILENT_DBFS, dominant_hz, level_of, order_of, read, silences
from tests.integration.evidence import Evidence, hear_telephones, tail
from tests.integration.survival import until
from tests.integration.telephony import HOTLINE, MUSIC_HZ, SWITCHBOARD, Telephony, telephony

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEATS = 30
NORMAL, BUSY, CONGESTION, UNKNOWN_NUMBER = "16", "17", "34", "1"
ECHO = "95003"
HEADER_BYTES = 44


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre() -> AsyncIterator[Telephony]:
    async with telephony(seats=SEATS, templates=(SWITCHBOARD, *PBX_TEMPLATES)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def carrier(centre: Telephony) -> AsyncIterator[Carrier]:
    yield centre.carrier
    await centre.carrier.hang_up_all()


@pytest_asyncio.fixture(loop_scope="module")
async def phone(carrier: Carrier) -> AsyncIterator[Phone]:
    phone = await carrier.phone("seat-01")
    await phone.register()
    phone.timeline.forget()
    yield phone
    if phone.registered:
        await phone.unregister()


async def call_seat(carrier: Carrier, keys: str = "1", **how: str) -> CallerCall:
    call = await carrier.dial(HOTLINE, **how)  # type: ignore[arg-type]
    await call.answered()
    await call.press(keys)
    return call


async def test_a_call_is_answered_and_both_hear_each_other(carrier: Carrier, phone: Phone) -> None:
    await phone.will_answer(after_s=1.0, talk_s=1.5)
    call = await call_seat(carrier, caller="13800138001")
    ring = await phone.ringing()
    assert ring.details["caller"].endswith("13800138001")
    answer = await phone.answered()
    assert answer.boot_s - ring.boot_s == pytest.approx(1.0, abs=0.2)
    assert (await call.bridged()).details["seat"] == phone.seat
    assert (await phone.ended()).details["cause"] == NORMAL
    assert (await call.ended()).details["cause"] == NORMAL
    assert dominant_hz(await phone.heard(), 0.3) == pytest.approx(call.tone_hz, abs=2)
    assert dominant_hz(await call.heard(), -1.3, -0.5) == pytest.approx(phone.tone_hz, abs=2)


async def test_the_caller_hears_music_while_a_phone_rings(carrier: Carrier, phone: Phone) -> None:
    await phone.will_ignore()
    call = await call_seat(carrier)
    await phone.ringing()
    await asyncio.sleep(1.5)  # the time that is listened to
    await call.hang_up()
    await phone.cancelled()
    heard = await call.heard()
    assert dominant_hz(heard, -1.2) == pytest.approx(MUSIC_HZ, abs=2)
    assert not [span for span in silences(heard) if span[1] > read(heard).lasts_s - 1.2]


@pytest.mark.parametrize("trunk", ["a", "b"])
@pytest.mark.parametrize("dtmf", ["rfc4733", "inband"])
async def test_keys_arrive_over_each_trunk(carrier: Carrier, phone: Phone, trunk: str, dtmf: str) -> None:
    await phone.will_ignore()
    call = await call_seat(carrier, trunk=trunk, dtmf=dtmf)
    await phone.ringing()
    await call.hang_up()
    await phone.cancelled()


async def test_a_phone_can_be_picked_up_by_hand(carrier: Carrier, phone: Phone) -> None:
    await phone.will_ignore()
    call = await call_seat(carrier, caller="13800138002")
    await phone.ringing()
    await phone.answer()
    await call.bridged()
    await phone.hang_up()
    await call.ended()


@pytest.mark.parametrize("decline", [False, True])
async def test_a_phone_rejects_without_ringing(carrier: Carrier, phone: Phone, decline: bool) -> None:
    await phone.will_reject(decline=decline)
    call = await call_seat(carrier)
    await phone.rejected()
    await call.ended()
    assert not [fact for fact in phone.timeline.all("ringing") if fact.boot_s > call.timeline.facts[0].boot_s]


async def test_a_phone_rejects_after_ringing(carrier: Carrier, phone: Phone) -> None:
    await phone.will_reject(after_s=0.5)
    call = await call_seat(carrier)
    ring = await phone.ringing()
    assert (await phone.rejected()).boot_s - ring.boot_s == pytest.approx(0.5, abs=0.2)
    await call.ended()


async def test_call_records_tell_answers_and_ends_in_parts_of_a_second(
    centre: Telephony, carrier: Carrier, phone: Phone
) -> None:
    """Of callers and phones, and the end of a ring that nobody answered."""
    await phone.will_answer(after_s=0.5, talk_s=1.5)
    call = await call_seat(carrier, caller="13800138011")
    answered, ended = await phone.answered(), await phone.ended()
    await call.ended()
    await phone.will_ignore()
    other = await call_seat(carrier, caller="13800138012")
    await phone.ringing()
    await other.hang_up()
    silent = await phone.cancelled()
    found = Evidence()
    async with asyncio.timeout(5):
        while not found.phones or found.phones[-1].number != tail("13800138012"):
            await asyncio.sleep(0.05)
            found = Evidence()
            hear_telephones(found, centre.settings.home / "carrier/log/cdr-csv/Master.csv")
    talk, ring = found.phones[-2:]
    assert (talk.number, talk.seat, ring.answered_s) == (tail("13800138011"), phone.seat, None)
    assert talk.talk_s == pytest.approx(ended.boot_s - answered.boot_s, abs=0.2)
    assert ring.ended_s - talk.ended_s == pytest.approx(silent.boot_s - ended.boot_s, abs=0.2)
    (heard,) = [leg for leg in found.callers if leg.number == tail("13800138011")]
    came = call.timeline.all("answered")[0].boot_s
    assert heard.talk_s == pytest.approx(call.timeline.all("ended")[0].boot_s - came, abs=0.2)


async def test_an_unregistered_phone_is_not_called(carrier: Carrier, phone: Phone) -> None:
    await phone.unregister()
    before = phone.timeline.all("invited")
    call = await call_seat(carrier)
    await call.ended()
    assert phone.timeline.all("invited") == before
    await phone.register()
    again = await call_seat(carrier)
    await phone.ringing()
    await again.hang_up()


async def test_a_withheld_number_is_not_shown(carrier: Carrier, phone: Phone) -> None:
    await phone.will_ignore()
    call = await call_seat(carrier, caller="")
    assert not any(character.isdigit() for character in (await phone.ringing()).details["caller"])
    await call.hang_up()


async def test_congestion_and_an_unknown_number_end_before_the_answer(carrier: Carrier) -> None:
    for number, cause in (("95002", CONGESTION), ("400", UNKNOWN_NUMBER)):
        call = await carrier.dial(number)
        assert (await call.ended()).details["cause"] == cause
        assert not call.timeline.all("answered")


async def test_an_echo_gives_a_caller_the_own_voice(carrier: Carrier) -> None:
    call = await carrier.dial(ECHO)
    await call.answered()
    await asyncio.sleep(1.0)  # the time that is listened to
    await call.hang_up()
    assert dominant_hz(await call.heard()) == pytest.approx(call.tone_hz, abs=2)


async def hears(call: CallerCall) -> bool:
    """Sixty channels that begin at once may be bridged for a while before the first sound."""
    file = call.plan.heard
    assert file is not None
    return file.is_file() and file.stat().st_size > HEADER_BYTES and level_of(read(file)) > SILENT_DBFS


async def test_thirty_calls_at_once_each_hear_their_own_phone(carrier: Carrier) -> None:
    phones = [await carrier.phone(f"seat-{n:02}") for n in range(1, SEATS + 1)]
    await asyncio.gather(*(phone.register() for phone in phones))
    await asyncio.gather(*(phone.will_answer(after_s=0.2) for phone in phones))
    calls = await asyncio.gather(*(carrier.dial(str(95101 + n), f"139000{n:05}", "ab"[n % 2]) for n in range(SEATS)))
    bridged = await asyncio.gather(*(call.bridged() for call in calls))
    assert [fact.details["seat"] for fact in bridged] == [phone.seat for phone in phones]
    for call in calls:
        await until(partial(hears, call), "a caller whose phone is not heard")
    await asyncio.sleep(1.0)  # the time that is listened to
    await carrier.hang_up_all()
    await asyncio.gather(*(phone.unregister() for phone in phones))
    tones = [phone.tone_hz for phone in phones]
    for call, tone in zip(calls, tones, strict=True):
        assert set(order_of(await call.heard(), tones)) == {tone}


async def test_the_carrier_runs_without_complaint(centre: Telephony) -> None:
    """Save pjproject's own remark that a module came late: it depends on how fast the machine loads modules."""
    log = centre.carrier.plan.layout.messages.read_text().splitlines()
    complaints = [line for line in log if "ERROR" in line or "WARNING" in line]
    assert [line for line in complaints if "pjproject:" not in line] == []


async def test_a_simulated_call_tells_its_timeline(centre: Telephony, carrier: Carrier, phone: Phone) -> None:
    await phone.will_answer(after_s=0.3)
    lines: list[str] = []
    order = CallOrder(HOTLINE, keys="1", talk_s=0.5, pause_s=0.2)
    report = await simulated_call(carrier.plan, order, lines.append)
    assert report.reached_an_agent
    assert [name for _, name, _ in report.facts] == ["dialled", "answered", "pressed", "bridged", "ended"]
    assert [line.split()[2] for line in lines] == [name for _, name, _ in report.facts]
    assert "(normal)" in lines[-1]
    assert dominant_hz(Path(report.heard), -0.4) == pytest.approx(phone.tone_hz, abs=2)


async def test_a_simulated_call_to_an_unknown_number_says_so(centre: Telephony) -> None:
    lines: list[str] = []
    report = await simulated_call(centre.carrier.plan, CallOrder("400"), lines.append)
    assert not report.reached_an_agent and report.heard == ""
    assert lines[-1].endswith("(no such number)")


async def test_a_simulated_call_brings_its_own_carrier_when_none_runs(centre: Telephony) -> None:
    running, port = centre.carrier.plan, centre.settings.port_base + 20
    ports = replace(running.layout.ports, ami=port, sip=port + 1)
    layout = replace(running.layout, base=centre.settings.home / "other", ports=ports)
    lines: list[str] = []
    report = await simulated_call(
        replace(running, layout=layout, phones_port=port + 2), CallOrder("95002"), lines.append
    )
    assert "one is started for this call" in lines[0]
    assert report.facts[-1][2]["cause"] == CONGESTION
    assert not layout.asterisk_socket.exists()
