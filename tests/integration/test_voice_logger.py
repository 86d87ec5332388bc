"""Real calls, and what the voice logger makes of them: the right voice on the right side, whole, in time, and found.

Voices are tones whose pitch changes at moments that the test knows: that is what both sides are compared with.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.settings import Settings
from cti.carrier import line
from cti.carrier.caller import CallerCall
from cti.carrier.phone import Phone
from cti.carrier.timeline import boot_s
from recording import vault
from tests.integration import audio
from tests.integration.centre import BRIEF, PATIENCE_S, Centre, centre
from tests.integration.office import clear, crowded, idle, office, record_of, shown, thirdring, wait
from tests.integration.talks import sides

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAUSE_S = 6.0
FRAME_S = 0.02
LOW_HZ, HIGH_HZ = 600.0, 1500.0
"""The pitches between which both sides change; each side's own tone is neither."""
SETTLED = ("finished", "lost", "withdrawn")


@asynccontextmanager
async def nothing_kept(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    """As in the field: originals go as soon as they are archived."""
    yield {"THIRDRING_KEEP_ORIGINALS_H": "0"}


@asynccontextmanager
async def nothing_kept_and_all_locked(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    """What is archived here is encrypted, and heard, exported and proved all the same."""
    async with nothing_kept(settings) as variables:
        yield {**variables, "THIRDRING_LOCK_RECORDINGS": "true"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def building() -> AsyncIterator[Centre]:
    house = office(3, recording={"pause_s": PAUSE_S})
    private = house.agents[2].model_copy(update={"recorded_percent": 0.0})
    house = house.model_copy(update={"agents": (*house.agents[:2], private)})
    async with centre(house, BRIEF, around=nothing_kept_and_all_locked) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(building: Centre) -> AsyncIterator[Centre]:
    yield building
    await clear(building)


# --- people ------------------------------------------------------------------------------------
@dataclass(slots=True)
class Speaker:
    """Somebody whose pitch the test changes. `said` is (boot-time seconds, pitch)."""

    party: CallerCall | Phone
    said: list[tuple[float, float]]

    async def say(self, hz: float) -> None:
        for channel in _channels(self.party):
            setvar = {"Action": "Setvar", "Channel": channel, "Variable": "TONE_HZ", "Value": f"{hz:.0f}"}
            await self.party._ami.action(setvar)
            await line.redirect(self.party._ami, channel, "talk", "speak")
        self.said.append((boot_s(), hz))


def _channels(party: CallerCall | Phone) -> list[str]:
    if isinstance(party, CallerCall):
        return [party.channel]
    return [leg.channel for leg in party._legs.values() if leg.up]


async def converse(*speakers: Speaker) -> None:
    """Each in turn changes its pitch, at uneven moments."""
    for number, pause_s in enumerate((0.7, 1.1, 0.5, 0.9, 1.3, 0.6)):
        for speaker in speakers:
            await speaker.say(LOW_HZ if number % 2 else HIGH_HZ)
            await asyncio.sleep(pause_s / len(speakers))


async def talk(house: Centre, number: int = 1) -> tuple[CallerCall, Phone]:
    """A caller in a talk with this agent."""
    phone = await house.carrier.phone(f"seat-{number:02}")
    await phone.will_answer(0.1)
    await house.sign_in(f"agent-{number:02}", f"seat-{number:02}")
    caller = await wait(house)
    await phone.answered()
    await shown(house, caller, "talking")
    return caller, phone


async def does(house: Centre, who: str, what: str, **body: Any) -> None:
    answer = await house.api.post(f"/agents/{who}/{what}", json=body or None)
    assert answer.status_code == 200, answer.text


# --- what the logger made of it ----------------------------------------------------------------
def ledger(house: Centre, call: str) -> dict[str, dict[str, Any]]:
    """The call's rows by voice, straight from the database."""
    file = house.settings.home / "data/thirdring.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        found = database.execute("select * from recordings where call = ? order by expected_utc_s, voice", (call,))
        return {row["voice"]: dict(row) for row in found}


async def settled(house: Centre, call: str, timeout_s: float = 2 * PATIENCE_S) -> list[dict[str, Any]]:
    """The agents' rows of a call whose recordings have come to their end, in the order of the talks."""
    rows: dict[str, dict[str, Any]] = {}
    try:
        async with asyncio.timeout(timeout_s):
            while not rows or any(row["state"] not in SETTLED for row in rows.values()):
                await asyncio.sleep(0.2)
                rows = ledger(house, call)
    except TimeoutError as error:
        told = {voice: (row["state"], row["cause"], row["file"]) for voice, row in rows.items()}
        raise AssertionError(f"after {timeout_s:g} s: {told}") from error
    return [row for row in rows.values() if row["kind"] != "caller" and row["state"] != "withdrawn"]


def heard_pitches(path: Path) -> list[int]:
    """+1 for the high pitch, -1 for the low one, 0 for anything else, a frame of 20 ms each."""
    sound = audio.read(path)
    size = round(FRAME_S * sound.rate_hz)
    frames = [sound.samples[at : at + size] for at in range(0, len(sound.samples) - size, size)]
    powers = [(audio.goertzel(f, sound.rate_hz, HIGH_HZ), audio.goertzel(f, sound.rate_hz, LOW_HZ)) for f in frames]
    return [0 if max(high, low) < 1e4 else 1 if high > low else -1 for high, low in powers]


def said_pitches(said: Sequence[tuple[float, float]], from_s: float, frames: int) -> list[int]:
    """The same, from what the test had them say, on a timeline that begins at `from_s` of the boot clock."""
    pitches = []
    for number in range(frames):
        at = from_s + number * FRAME_S
        before = [hz for moment, hz in said if moment <= at]
        pitches.append(0 if not before else 1 if before[-1] == HIGH_HZ else -1)
    return pitches


def lag_s(heard: Sequence[int], said: Sequence[int], most_s: float = 1.5) -> float:
    """By how much what was heard comes after what was said: the peak of the cross-correlation."""
    most = round(most_s / FRAME_S)

    def likeness(lag: int) -> int:
        return sum(heard[n + lag] * said[n] for n in range(max(0, -lag), min(len(said), len(heard) - lag)))

    return max(range(-most, most + 1), key=likeness) * FRAME_S


def check_in_sync(
    left: Path, right: Path, caller: Speaker, agent: Speaker, answered_boot_s: float, missing_s: float = 0.0
) -> None:
    """Both sides are where they were said, neither shifted against the other, but for what is told to be missing."""
    lags = []
    for path, speaker in ((left, caller), (right, agent)):
        heard = heard_pitches(path)
        lags.append(lag_s(heard, said_pitches(speaker.said, answered_boot_s, len(heard))))
    assert max(map(abs, lags)) <= 0.3 + missing_s, lags
    assert abs(lags[0] - lags[1]) <= (0.3 if crowded() else 0.1) + missing_s, lags


def check_whole(row: dict[str, Any]) -> bool:
    """All of the talk is there. On a machine that is too busy some of it may be lost, and then it says so; False."""
    if row["state"] == "lost" and crowded():
        assert (row["cause"], row["recording"] != "") == ("short", True) and 0.3 < row["missing_s"] < 3.0
        return False
    assert (row["state"], row["cause"]) == ("finished", "") and row["missing_s"] <= 0.3
    return True


def silent_stretch(path: Path) -> tuple[float, float]:
    """From when to when the longest run of zeros lasts, in seconds."""
    sound = audio.read(path)
    best, began = (0, 0), None
    for place, sample in enumerate([*sound.samples, 1]):
        if sample == 0:
            began = place if began is None else began
        elif began is not None:
            best, began = max(best, (began, place), key=lambda run: run[1] - run[0]), None
    return best[0] / sound.rate_hz, best[1] / sound.rate_hz


def originals(house: Centre, call: str) -> list[str]:
    return [path.name for path in house.recordings.rglob(f"{call}-*.wav")]


# --- a talk ------------------------------------------------------------------------------------
async def test_both_voices_are_archived_whole_in_sync_and_on_their_sides(house: Centre, tmp_path: Path) -> None:
    caller, phone = await talk(house)
    answered = phone.timeline.all("answered")[-1].boot_s
    left_says, right_says = Speaker(caller, []), Speaker(phone, [])
    await converse(left_says, right_says)
    await phone.hang_up()
    call = (await record_of(house, caller))["call"]
    (row,) = await settled(house, call)
    talked_s = (await record_of(house, caller))["talk_s"]
    assert (row["agent"], row["queue"]) == ("agent-01", "presales")
    left, right = await sides(house, row["recording"], tmp_path)
    assert audio.read(left).lasts_s == audio.read(right).lasts_s == pytest.approx(row["lasted_s"])
    if check_whole(row):
        assert row["lasted_s"] == pytest.approx(talked_s, abs=0.3)
        check_in_sync(left, right, left_says, right_says, answered)
    assert row["talk_over_s"] == pytest.approx(row["lasted_s"], abs=0.5), "both tones sound all the time"
    async with asyncio.timeout(PATIENCE_S):
        while originals(house, call):  # noqa: ASYNC110 - files in another process have no event
            await asyncio.sleep(0.2)
    await check_found(house, row)
    await asyncio.to_thread(check_locked, house, row)


def check_locked(house: Centre, row: dict[str, Any]) -> None:
    """Nothing of it lies open on the disk."""
    files = sorted((house.settings.home / "archive").rglob(f"{row['recording']}.*"))
    assert [file.suffix for file in files] == [".flac", ".mp3", ".peaks"]
    assert all(vault.is_locked(file) for file in files)


async def check_found(house: Centre, row: dict[str, Any]) -> None:
    """Search, coverage, ranges, a link without a token, the waveform, the audit."""
    found = (await house.get(f"/recordings?agent=agent-01&call={row['call']}&talk_over_s=1"))["recordings"]
    assert [each["recording"] for each in found] == [row["recording"]]
    assert found[0]["caller"].startswith("*")
    covered = await house.get("/recordings/coverage")
    assert covered["segments"] >= 1 and (covered["rate"] == 1.0) == (covered["lost"] == 0)
    path = f"/recordings/{row['recording']}"
    whole = (await house.api.get(f"{path}/audio")).content
    link = (await house.api.post(f"{path}/link")).json()["url"].removeprefix("/api/v1")
    part = await house.api.get(link, headers={"Range": "bytes=100-199"}, auth=None)
    assert (part.status_code, part.content) == (206, whole[100:200])
    peaks = await house.get(f"{path}/peaks")
    assert len(peaks["caller"]) == len(peaks["agent"]) == pytest.approx(row["lasted_s"] * 10, abs=1)
    noted = await house.get(f"/recordings/audit?recording={row['recording']}")
    done = [(each["what"], each["detail"]) for each in noted["rows"]]
    assert {("played", "mp3"), ("linked", "mp3"), ("played", "mp3, link"), ("exported", "wav")} <= set(done)


# --- moved -------------------------------------------------------------------------------------
async def test_hold_and_transfer_make_segments_that_are_each_whole(house: Centre, tmp_path: Path) -> None:
    caller, first = await talk(house)
    second = await house.carrier.phone("seat-02")
    await second.will_answer(0.2)
    await house.sign_in("agent-02", "seat-02")
    answered = first.timeline.all("answered")[-1].boot_s
    says, answers = Speaker(caller, []), Speaker(first, [])
    await converse(says, answers)
    await does(house, "agent-01", "hold")
    await house.until("seat/seat-01", lambda entry: entry["state"] == "holding")
    await asyncio.sleep(1.0)
    await does(house, "agent-01", "resume")
    await house.until("seat/seat-01", lambda entry: entry["state"] == "talking")
    await converse(says, answers)
    await does(house, "agent-01", "transfer", agent="agent-02")
    answered_again = (await second.answered()).boot_s
    await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
    answers_again = Speaker(second, [])
    await converse(says, answers_again)
    await second.hang_up()
    call = (await record_of(house, caller))["call"]
    one, other = await settled(house, call)
    assert [one["agent"], other["agent"]] == ["agent-01", "agent-02"]
    assert one["held_s"] >= 1.0 and other["held_s"] == 0.0
    for row, speaker, began in ((one, answers, answered), (other, answers_again, answered_again)):
        left, right = await sides(house, row["recording"], tmp_path)
        if check_whole(row):
            assert row["lasted_s"] == pytest.approx(row["due_to_utc_s"] - row["due_from_utc_s"], abs=0.3)
            check_in_sync(left, right, says, speaker, began)


async def test_of_three_in_one_talk_each_voice_is_where_it_was_said(house: Centre, tmp_path: Path) -> None:
    caller, first = await talk(house)
    second = await house.carrier.phone("seat-02")
    await second.will_answer(0.2)
    await house.sign_in("agent-02", "seat-02")
    await does(house, "agent-01", "consult", agent="agent-02")
    await second.answered()
    await house.until("seat/seat-02", lambda entry: entry["state"] == "consulting")
    await does(house, "agent-01", "confer")
    await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
    speakers = [Speaker(each, []) for each in (caller, first, second)]
    await converse(*speakers)
    await caller.hang_up()
    rows = await settled(house, (await record_of(house, caller))["call"])
    assert [row["agent"] for row in rows] == ["agent-01", "agent-02"]
    for row, speaker in zip(rows, speakers[1:], strict=True):
        assert row["state"] == "finished" or (row["cause"], row["missing_s"] < 1.0) == ("short", True), row
        left, right = await sides(house, row["recording"], tmp_path)
        began_boot_s = row["due_from_utc_s"] - time.time() + boot_s()
        check_in_sync(left, right, speakers[0], speaker, began_boot_s, row["missing_s"])


# --- card data ---------------------------------------------------------------------------------
async def test_a_pause_is_digital_silence_keeps_the_timeline_and_ends_by_itself(house: Centre, tmp_path: Path) -> None:
    caller, phone = await talk(house)
    answered = phone.timeline.all("answered")[-1].boot_s
    await asyncio.sleep(1.5)
    asked = boot_s()
    await does(house, "agent-01", "recording/pause")
    granted = boot_s()
    await caller.press("4929133")
    await asyncio.sleep(PAUSE_S + 3.0 - (boot_s() - granted))
    hung_up = boot_s()
    await phone.hang_up()
    call = (await record_of(house, caller))["call"]
    (row,) = await settled(house, call)
    assert row["paused_s"] == pytest.approx(PAUSE_S, abs=1.0)
    for side in await sides(house, row["recording"], tmp_path):
        from_s, to_s = silent_stretch(side)
        assert asked - answered - 1.0 < from_s < granted - answered + 0.3, "silent within a second of being asked"
        assert to_s - from_s == pytest.approx(PAUSE_S, abs=1.0), "zeros, no noise"
        assert audio.level_dbfs(side, 0.3, from_s - 0.1) > -30 and audio.level_dbfs(side, to_s + 0.1, -0.2) > -30
    if check_whole(row):
        assert row["lasted_s"] == pytest.approx(hung_up - answered, abs=0.5), "the timeline goes on"
    told = {moment["event"] for moment in await house.get(f"/calls/{call}")}
    assert {"RecordingPaused", "RecordingResumed"} <= told
    assert await asyncio.to_thread(holding, house.settings.home, b"4929133") == []


def holding(home: Path, digits: bytes) -> list[str]:
    """Files of the journal, the database and all logs in which these keys stand."""
    places = [home / "data", home / "pbx/log", home / "run", home / "logs"]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [str(path) for path in files if digits in path.read_bytes() or b",".join(_each(digits)) in path.read_bytes()]


def _each(digits: bytes) -> list[bytes]:
    return [bytes([digit]) for digit in digits]


async def test_a_colleague_who_joins_during_a_pause_is_silent_in_the_recording_too(
    house: Centre, tmp_path: Path
) -> None:
    caller, phone = await talk(house)
    other = await house.carrier.phone("seat-02")
    await other.will_answer(0.1)
    await house.sign_in("agent-02", "seat-02")
    await does(house, "agent-01", "recording/pause")
    await does(house, "agent-01", "consult", agent="agent-02")
    answered = (await other.answered()).boot_s
    await house.until("seat/seat-02", lambda entry: entry["state"] == "consulting")
    await does(house, "agent-01", "confer")
    await house.until("seat/seat-02", lambda entry: entry["state"] == "talking")
    await house.until("seat/seat-01", lambda entry: not entry.get("recording_paused_utc_s"))
    resumed = boot_s()
    await asyncio.sleep(1.5)
    await caller.hang_up()
    call = (await record_of(house, caller))["call"]
    rows = {row["agent"]: row for row in await settled(house, call)}
    _, joined = await sides(house, rows["agent-02"]["recording"], tmp_path)
    from_s, to_s = silent_stretch(joined)
    assert from_s < 0.5, "from its beginning"
    assert to_s == pytest.approx(resumed - answered, abs=1.0), "until the pause was over"
    assert audio.level_dbfs(joined, -1.0, -0.2) > -30, "and then it is recorded"
    await phone.ended()


# --- not to be recorded ------------------------------------------------------------------------
async def test_an_agent_who_is_not_recorded_leaves_no_file(house: Centre) -> None:
    before = json.loads((await thirdring(house, "recordings", "coverage", "--json"))[1])
    caller, phone = await talk(house, 3)
    await asyncio.sleep(1.0)
    call = (await shown(house, caller))["id"]
    assert [name for name in originals(house, call) if "-agent-" in name] == []
    await phone.hang_up()
    await record_of(house, caller)
    async with asyncio.timeout(PATIENCE_S):
        while originals(house, call):  # noqa: ASYNC110 - the caller's own voice goes too
            await asyncio.sleep(0.2)
    assert {row["state"] for row in ledger(house, call).values()} == {"withdrawn"}
    told = json.loads((await thirdring(house, "recordings", "coverage", "--json"))[1])
    assert [told[name] for name in ("lost", "segments", "due_s")] == [
        before[name] for name in ("lost", "segments", "due_s")
    ]


# --- the command line --------------------------------------------------------------------------
async def recorded(house: Centre) -> dict[str, Any]:
    """The row of a short talk."""
    caller, phone = await talk(house)
    await asyncio.sleep(1.0)
    await phone.hang_up()
    (row,) = await settled(house, (await record_of(house, caller))["call"])
    return row


async def test_the_command_line_lists_exports_holds_erases_and_proves(house: Centre, tmp_path: Path) -> None:
    row = await recorded(house)
    recording = row["recording"]
    listed = json.loads((await thirdring(house, "recordings", "list", "--json", "--call", row["call"]))[1])
    assert [each["recording"] for each in listed] == [recording]
    for suffix in ("mp3", "flac", "wav"):
        code, _, complaint = await thirdring(house, "recordings", "export", recording, str(tmp_path / f"x.{suffix}"))
        assert code == 0 and (tmp_path / f"x.{suffix}").stat().st_size > 1000, complaint
    assert (await thirdring(house, "recordings", "verify"))[0] == 0
    assert (await thirdring(house, "recordings", "hold", recording, "--why", "court order"))[0] == 0
    code, _, complaint = await thirdring(house, "recordings", "erase", recording, "--why", "no room")
    assert code == 1 and "legal hold" in complaint
    assert (await thirdring(house, "recordings", "release", recording))[0] == 0
    assert (await thirdring(house, "recordings", "erase", recording, "--why", "asked by the customer"))[0] == 0
    await erased(house, row)
    code, said, _ = await thirdring(house, "recordings", "verify")
    assert code == 0, said
    await check_harm_is_found(house)


async def erased(house: Centre, row: dict[str, Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while ledger(house, row["call"])[row["voice"]]["state"] != "erased":  # noqa: ASYNC110 - polled
            await asyncio.sleep(0.2)
    assert list((house.settings.home / "archive").rglob(f"{row['recording']}.*")) == []


async def check_harm_is_found(house: Centre) -> None:
    """A recording is bent, then put right again."""
    await recorded(house)
    victim = next(path for path in sorted((house.settings.home / "archive").rglob("*.flac")))
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-10])
    code, said, _ = await thirdring(house, "recordings", "verify")
    assert code == 1 and "truncated" in said
    victim.write_bytes(whole)
    await idle(house)
