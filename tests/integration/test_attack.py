"""An outsider, a stolen phone and a stolen connection against the running product, all on loopback.

Each test takes the attacker's side and says what must not come of it.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Mapping

import pytest

from core.commands import CallAgent, MirrorSeat
from core.errors import ActionFailed
from core.ids import CallId, CommandId, NodeId, OfferId, QueueId, SeatId
from cti.ami import AmiClient
from cti.credentials import Credentials, load_credentials
from cti.execute import call_agent, hangup, mirror, silence, take_back
from cti.moves import cut_prompt
from cti.wire import ami_action
from tests.ban_filter import FORGED, addresses
from tests.integration import audio
from tests.integration.centre import CHECKOUT, Centre
from tests.integration.office import both_trunks, dial, office, shared, shown, wait
from tests.integration.plain_phone import plain_phone
from tests.integration.raw_caller import raw_caller
from tests.integration.rtp_keys import rtp_keys, tone
from tests.integration.sip_attacker import SipAttacker, malformed, sip_attacker
from tests.integration.survival import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

OUTSIDE = ["0013900139000", "13900139000", "+8613900139000", "110", "9013900139000", "500&PJSIP", "*8", "*8seat-01"]
INSIDE = ["s", "i", "h", "t", "T", "arrived", "engine", "after", "fallback", "nobody", "caller", "agent", "blocked"]
SEATS = ["seat-01", "01", "1000", "agent-01", "s%40answered", "caller%40record", "presales"]
NOBODY_IS_THERE = 404
CARRIER, STRANGER = "127.0.0.2", "127.0.0.9"
OWN_HZ, FOREIGN_HZ = 500, 1000
LEARNS_FOR_S = 6.0
"""A little longer than Asterisk lets a talk's source change (res_rtp_asterisk.c, STRICT_RTP_LEARN_TIMEOUT)."""
WRONG_PROOF = 'Authorization: Digest username="x",realm="asterisk",nonce="1/2",uri="sip:x",response="' + "0" * 32 + '"'


building, house = shared(office(2, wrap_up_s=0), is_audited=True)


def credentials_of(house: Centre) -> Credentials:
    return load_credentials(house.settings.home / "secrets/seats.key")


async def lines_in_use(house: Centre) -> int:
    return int((await house.get("/live"))["snapshot"]["lines"]["in_use"])


# --- the manager interface ----------------------------------------------------------------------------
DENIED: list[Mapping[str, str]] = [
    {"Action": "Command", "Command": "core show version"},
    {"Action": "PJSIPShowContacts"},
    {"Action": "PJSIPShowEndpoints"},
    {"Action": "MixMonitor", "Channel": "PJSIP/trunk-a-00000001", "File": "/tmp/x.wav"},
    {"Action": "Reload"},
    {"Action": "ModuleLoad", "Module": "app_system.so", "LoadType": "load"},
    {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    {"Action": "GetConfig", "Filename": "manager.conf"},
    {"Action": "CreateConfig", "Filename": "evil.conf"},
    {"Action": "Filter", "Operation": "Add", "Filter": "Event: Hangup"},
    {"Action": "DBPut", "Family": "registrar", "Key": "x", "Val": "y"},
    {"Action": "DialplanExtensionAdd", "Context": "seat", "Extension": "1", "Priority": "1", "Application": "Dial"},
    {"Action": "Originate", "Channel": "Local/s@answered", "Application": "System", "Data": "id", "Async": "true"},
    {
        "Action": "Originate",
        "Channel": "Local/s@answered",
        "Application": "Exec",
        "Data": "System(id)",
        "Async": "true",
    },
]


TRIED = {"Login", "Ping", "CoreStatus", "CoreSettings", "DeviceStateList", "Getvar", "Status", "QueueAdd"}
TRIED |= {"QueuePause", "QueueRemove", "Setvar", "Redirect", "Hangup", "Originate", "PlayDTMF"}
TRIED |= {"MixMonitorMute"}


async def test_who_holds_the_engines_manager_login_can_run_no_program(house: Centre) -> None:
    answers = [(action, await thief_says(house, action)) for action in DENIED]
    assert [action for action, answer in answers if "Response: Error" not in answer] == []


async def test_no_function_that_reaches_beyond_a_call_is_run_over_the_manager_interface(house: Centre) -> None:
    """With live_dangerously DB() would write into Asterisk's database, where registrations are."""
    written = {"Action": "Setvar", "Variable": "DB(thief/x)", "Value": "prey"}
    assert "Response: Error" in await thief_says(house, written)
    assert "prey" not in await thief_says(house, {"Action": "Getvar", "Variable": "DB(thief/x)"})


async def test_asterisk_itself_does_not_bind_an_originate_to_our_contexts(house: Centre) -> None:
    """The cost of docs/decisions/0008: were this refused, the encoder would not be the only guard."""
    await both_trunks(house)
    callee = await house.carrier.callee("13900139000")
    foreign = {"Action": "Originate", "Channel": "PJSIP/13900139000@trunk-a", "Application": "Echo", "Async": "true"}
    assert "Success" in await thief_says(house, foreign)
    await callee.timeline.next("invited", timeout_s=30)
    await callee.hang_up()


async def test_the_engines_manager_login_may_do_all_that_the_product_does(house: Centre) -> None:
    """Every action of cti/ and app/, made by the product's own words where it has some."""
    caller = await wait(house)
    phone = credentials_of(house).sip_name(SeatId("seat-01"))
    queues = [QueueId(queue.id) for queue in house.house.queues]
    ami = await engines_login(house)
    try:
        for action in ("Ping", "CoreStatus", "CoreSettings"):
            await ami.action({"Action": action})
        await ami.listing({"Action": "DeviceStateList"}, "DeviceStateListComplete")
        await ami.action({"Action": "Getvar", "Variable": "THIRDRING_BLOCKED_a"})
        status = await ami.listing({"Action": "Status", "Variables": "THIRDRING_CALL"}, "StatusComplete")
        channel = next(str(each["Channel"]) for each in status if str(each.get("Channel")).startswith("PJSIP/trunk-a"))
        for serves in (tuple(queues), ()):
            mirrored = MirrorSeat(CommandId("x"), float("inf"), NodeId("a"), SeatId("seat-01"), serves, paused=False)
            for order in mirror(mirrored, [phone], queues):
                assert not await is_denied(ami, order), order  # "not there" is an answer
        for order in (cut_prompt(channel), *take_back(channel)):
            await ami.action(order)
        assert not await is_denied(ami, silence(channel, on=True))  # "not recorded" is an answer
        ring = CallAgent(
            CommandId("x"), 0.0, NodeId("a"), CallId("a-out-9.9"), OfferId("x"), SeatId("seat-01"), "", 5.0
        )
        await ami.action(call_agent(ring, phone))
        assert (await shown(house, caller, "waiting"))["state"] == "waiting"
        await ami.action(hangup(channel))
        await caller.ended()
    finally:
        ami.close("done")


async def test_no_action_of_the_product_is_missing_here() -> None:
    """TRIED is what the test above sends; whoever adds an action to the product adds it there.

    The carrier is another PBX, and a remote one is told to reload by a user of its own.
    """
    files = [file for part in ("cti", "app") for file in (CHECKOUT / part).rglob("*.py")]
    files = [file for file in files if "carrier" not in file.parts and file.name != "pbx_reload.py"]
    found = [re.findall(r'"Action": "(\w+)"', file.read_text(encoding="utf-8")) for file in files]
    assert {action for actions in found for action in actions} == TRIED


async def test_the_manager_interface_knows_one_address_only(house: Centre) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.settings.ports.ami, local_addr=("127.0.0.9", 0))
    try:
        login = {"Action": "Login", "Username": "thirdring", "Secret": credentials_of(house).ami_secret}
        writer.write(ami_action(login))
        assert b"Response: Error" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    finally:
        writer.close()


async def test_wrong_manager_logins_do_not_disturb_the_engine(house: Centre) -> None:
    caller = await wait(house)
    for user, secret in (("thirdring", "guess"), ("admin", "admin"), ("", ""), ("thirdring", "x" * 900)):
        with pytest.raises(ActionFailed):
            await AmiClient.connect("127.0.0.1", house.settings.ports.ami, user, secret, lambda message: None)
    assert not caller.over
    assert (await house.get("/health"))["parts"]["pbx"]["ok"]


async def engines_login(house: Centre) -> AmiClient:
    secret = credentials_of(house).ami_secret
    return await AmiClient.connect("127.0.0.1", house.settings.ports.ami, "thirdring", secret, lambda message: None)


async def thief_says(house: Centre, action: Mapping[str, str]) -> str:
    """Asterisk's answer to somebody who has the engine's secret and writes without its encoder."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.settings.ports.ami)
    try:
        login = {
            "Action": "Login",
            "Username": "thirdring",
            "Secret": credentials_of(house).ami_secret,
            "Events": "off",
        }
        for each in (login, action):
            writer.write("".join(f"{name}: {value}\r\n" for name, value in each.items()).encode() + b"\r\n")
        async with asyncio.timeout(5):
            await reader.readuntil(b"\r\n\r\n")
            return (await reader.readuntil(b"\r\n\r\n")).decode()
    finally:
        writer.close()


async def is_denied(ami: AmiClient, action: Mapping[str, str]) -> bool:
    try:
        await ami.action(action)
    except ActionFailed as error:
        return "ermission denied" in str(error)
    return False


# --- who may dial what ----------------------------------------------------------------------------------
async def test_a_seats_phone_reaches_nothing(house: Centre) -> None:
    """Nor the hotline: calls of agents are the engine's to make."""
    logins = credentials_of(house)
    seat = SeatId("seat-02")
    async with sip_attacker(house.settings.ports.sip, logins.sip_name(seat), logins.secret(seat)) as phone:
        assert await phone.ask("REGISTER", "") == 200
        numbers = [*OUTSIDE, *INSIDE, *SEATS, logins.sip_name(SeatId("seat-01")), "95001"]
        answers = {number: await phone.ask("INVITE", number) for number in numbers}
        assert answers == dict.fromkeys(numbers, NOBODY_IS_THERE)
        for method in ("REFER", "MESSAGE", "SUBSCRIBE", "PUBLISH"):
            extra = ("Refer-To: <sip:13900139000@127.0.0.2>", "Event: presence")
            assert await phone.ask(method, "95001", *extra) >= 400, method
    assert await lines_in_use(house) == 0


@pytest.mark.parametrize("trunk", ["127.0.0.2", "127.0.0.3"])
async def test_a_carrier_reaches_the_hotlines_and_nothing_else(house: Centre, trunk: str) -> None:
    numbers = [*OUTSIDE, *INSIDE, *SEATS, credentials_of(house).sip_name(SeatId("seat-01")), "9500", "950011"]
    async with sip_attacker(house.settings.ports.sip, "13800138000", address=trunk) as carrier:
        answers = {number: await carrier.ask("INVITE", number) for number in numbers}
    assert answers == dict.fromkeys(numbers, NOBODY_IS_THERE)
    assert await lines_in_use(house) == 0


async def test_strangers_are_challenged_whoever_they_say_they_are(house: Centre) -> None:
    """An existing name, one of nobody, a trunk's: the same answer, so that names cannot be found out."""
    logins = credentials_of(house)
    real = logins.sip_name(SeatId("seat-01"))
    for user in (real, logins.web_name(SeatId("seat-01")), "s00000000000", "trunk-a", "anonymous", "seat-01"):
        for password in ("", "guess", user):
            async with sip_attacker(house.settings.ports.sip, user, password) as stranger:
                said = [await stranger.ask("REGISTER", ""), await stranger.ask("INVITE", "95001")]
            assert said == [401, 401], user
    async with sip_attacker(house.settings.ports.sip, real, address="127.0.0.2") as on_a_trunk:
        assert await on_a_trunk.ask("INVITE", "95001") == 401
    assert await lines_in_use(house) == 0


async def test_strangers_can_be_banned_by_what_the_pbx_writes_of_them_and_nobody_else(house: Centre) -> None:
    """An unknown name, a wrong password, and words in a call id that are to have another one banned."""
    name = credentials_of(house).sip_name(SeatId("seat-01"))
    for user, address in (("nobody", "127.0.0.11"), (name, "127.0.0.12")):
        async with sip_attacker(house.settings.ports.sip, user, "guess", address=address) as stranger:
            assert await stranger.ask("REGISTER", "") == 401
            stranger.throw(stranger.written("REGISTER", "", FORGED, 1, WRONG_PROOF))
    log = house.settings.home / "pbx/log/security.log"
    lines: list[str] = []

    async def told() -> bool:
        lines[:] = (await asyncio.to_thread(log.read_text, errors="replace")).splitlines()
        banned = {address for line in lines for address in addresses(line)}
        return {"127.0.0.11", "127.0.0.12"} <= banned

    try:
        await until(told, "the filter does not find both")
    finally:
        print("\n".join(lines[-40:]))  # pytest shows it when the test failed
    assert "198.51.100.1" not in {address for line in lines for address in addresses(line)}


# --- voice ----------------------------------------------------------------------------------------------
async def test_voice_from_elsewhere_is_not_heard_in_a_talk(house: Centre) -> None:
    """A stranger who has guessed the port of a talk (strict RTP)."""
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.05)
    await house.sign_in("agent-01", "seat-01")
    sip, who = house.settings.ports.sip, f"<sip:13900009001@{CARRIER}>"
    async with rtp_keys(CARRIER) as voice, rtp_keys(STRANGER, 0x6566) as stranger, raw_caller(CARRIER, sip) as caller:
        assert await caller.invite("95001", who, media_port=voice.port) == 200
        voice.to_port = stranger.to_port = caller.media_port
        learnt_s = time.monotonic() + LEARNS_FOR_S
        await voice.speak(0.5, tone(OWN_HZ))
        await voice.press("1")
        talking = asyncio.create_task(house.until("seat/seat-01", lambda entry: entry["state"] == "talking"))
        while not talking.done() or time.monotonic() < learnt_s:
            await voice.speak(0.2, tone(OWN_HZ))
        await talking
        await stranger.speak(1.0, tone(FOREIGN_HZ))
        await voice.speak(0.5, tone(OWN_HZ))
        caller.hang_up("95001", who)
    assert set(audio.order_of(await phone.heard(), (OWN_HZ, FOREIGN_HZ))) == {OWN_HZ}


KEYLESS_HZ = 2000
"""No prompt's, nor any other phone's."""
SILENT_FOR_S = 2.0
"""So long nothing may come to a phone that has no key. Voice would come fifty times a second."""


@pytest.mark.parametrize(
    ("profile", "is_heard"),
    [("RTP/AVP", False), ("RTP/AVPF", False), ("RTP/SAVPF", False), ("UDP/TLS/RTP/SAVPF", True)],
    ids=["plain", "feedback", "sdes", "no-fingerprint"],
)
async def test_a_browsers_name_and_password_give_nobody_a_voice_without_a_key(
    house: Centre, profile: str, is_heard: bool
) -> None:
    """A program that registers as a seat's browser phone, takes the call, and has no DTLS.

    Who promises a key and never gives it is heard all the same, and hears nothing: Asterisk waits for the handshake
    before it sends, not before it listens (res_rtp_asterisk.c, __rtp_sendto and ast_rtp_interpret).
    """
    logins, seat = credentials_of(house), SeatId("seat-01")
    port, own = house.settings.ports.sip, (logins.web_name(seat), logins.web_secret(seat))
    async with plain_phone(*own, port, profile, "a=setup:passive") as phone:
        assert await phone.register() == 200
        await house.until("seat/seat-01", lambda entry: entry["reachable"])
        answer = await house.api.post("/agents/agent-01/sign-in", json={"seat": "seat-01"})
        assert answer.status_code == 200, answer.text
        caller = await wait(house)
        async with asyncio.timeout(20):
            await phone.taken.wait()
        await phone.voice.speak(SILENT_FOR_S, tone(KEYLESS_HZ))
        assert phone.voice.heard == 0
        await caller.hang_up()
    assert (KEYLESS_HZ in audio.order_of(await caller.heard(), (KEYLESS_HZ,))) is is_heard


# --- noise -----------------------------------------------------------------------------------------------
async def test_malformed_invites_and_a_flood_of_registrations_leave_talks_clean(house: Centre) -> None:
    phone = await house.carrier.phone("seat-01")
    await phone.will_answer(0.05)
    await house.sign_in("agent-01", "seat-01")
    caller = await wait(house)
    await caller.bridged()
    await house.until("seat/seat-01", lambda entry: entry["state"] == "talking")
    began_s = time.monotonic()
    async with (
        sip_attacker(house.settings.ports.sip, "13800138000", address="127.0.0.2") as fuzzer,
        sip_attacker(house.settings.ports.sip, credentials_of(house).sip_name(SeatId("seat-01"))) as guesser,
    ):
        for datagram in malformed(fuzzer.written("INVITE", "95009", "f" * 32, 1)):
            fuzzer.throw(datagram)
        await flood(guesser, for_s=5.0)
    lasted_s = time.monotonic() - began_s
    assert not caller.over
    async with asyncio.timeout(10):
        again = await dial(house, record=False)
        await shown(house, again)
    await again.hang_up()
    await caller.hang_up()
    heard = await caller.heard()
    assert [
        span for span in audio.silences(heard, at_least_s=0.3) if span[0] > audio.read(heard).lasts_s - lasted_s
    ] == []
    assert round(audio.dominant_hz(heard, -lasted_s + 0.5, -0.5)) == phone.tone_hz


async def flood(guesser: SipAttacker, for_s: float, per_s: int = 500) -> None:
    """Wrong passwords, each with a proof that looks right."""
    ends_s = time.monotonic() + for_s
    sent = 0
    while (now_s := time.monotonic()) < ends_s:
        while sent < (now_s - ends_s + for_s) * per_s:
            guesser.throw(guesser.written("REGISTER", "", f"{sent:032x}", 1, WRONG_PROOF))
            sent += 1
        await asyncio.sleep(0.01)


# --- the AGI port ----------------------------------------------------------------------------------------
async def test_the_agi_port_holds_against_everybody_but_our_dialplan(house: Centre) -> None:
    caller = await wait(house)
    path = credentials_of(house).agi_path
    greeting = f"agi_network: yes\nagi_network_script: {path}\nagi_uniqueid: a-1.1\nagi_channel: x\n\n".encode()
    lags_ms: list[float] = []
    watching = asyncio.create_task(watch_lag(house, lags_ms))
    writers: list[asyncio.StreamWriter] = []
    try:
        for _ in range(50):
            (await agi(house))[1].close()
        for _ in range(300):
            writers.append((await agi(house))[1])
        _, endless = await agi(house)
        writers.append(endless)
        await pour(endless, b"agi_network: yes\n" * 64_000, most=10 * 2**20)
        reader, stranger = await agi(house)
        writers.append(stranger)
        stranger.write(greeting)
        assert await asyncio.wait_for(reader.read(), 5) == b"", "a channel that AMI does not know is told nothing"
        again = await asyncio.wait_for(dial(house, record=False), 10)
        await again.press("1")
        await shown(house, again, "waiting")
    finally:
        watching.cancel()
        for writer in writers:
            writer.close()
    assert not caller.over
    assert (await shown(house, caller))["state"] == "waiting"
    assert statistics.median(lags_ms) < 50, lags_ms


async def agi(house: Centre) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", house.settings.ports.agi)


async def pour(writer: asyncio.StreamWriter, block: bytes, most: int) -> None:
    """Write until the other side closes, or `most` bytes."""
    sent = 0
    try:
        async with asyncio.timeout(10):
            while sent < most:
                writer.write(block)
                await writer.drain()
                sent += len(block)
    except (ConnectionError, TimeoutError):
        pass


async def watch_lag(house: Centre, lags_ms: list[float]) -> None:
    while True:
        detail = (await house.get("/health"))["parts"]["engine"]["detail"]
        found = re.search(r"loop is ([0-9.]+) ms late", detail)
        assert found is not None, detail
        lags_ms.append(float(found[1]))
        await asyncio.sleep(0.05)
