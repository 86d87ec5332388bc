"""The drill: a backup is taken while callers wait and talk, and the same instance starts from it in another home."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest

from app.backup import restore
from tests.integration import audio
from tests.integration.centre import Centre, centre
from tests.integration.office import office, opened, record_of, shown, thirdring, wait
from tests.integration.survival import until


@pytest.mark.timeout(180)
async def test_a_backup_taken_at_work_starts_in_another_home(tmp_path: Path) -> None:
    file = tmp_path / "thirdring.tar"
    async with opened(office(2, wrap_up_s=0)) as first:
        phone = await first.carrier.phone("seat-01")
        await phone.will_answer(0.1)
        await first.sign_in("agent-01", "seat-01")
        over = await wait(first)
        await shown(first, over, "talking")
        await over.hang_up()
        record = await record_of(first, over)
        talking, waiting = await wait(first), await wait(first)
        await talking.bridged()
        audio.write_tone(tmp_path / "own.wav", 1500.0, 1.0, rate_hz=48_000)
        sound = (tmp_path / "own.wav").read_bytes()
        assert (await first.api.put("/prompts/en/goodbye/recording", content=sound)).status_code == 200
        status, said, complaints = await thirdring(first, "backup", str(file))
        assert status == 0, complaints
        assert "files" in said and "lock it away" in said
        await waiting.hang_up()
        key = (first.settings.home / "secrets/seats.key").read_bytes()
        house, first_voices = await first.get("/house"), voices(first.recordings)
        prompts = await first.get("/prompts?voice=recording&language=en")
        heard = (await first.api.get("/prompts/en/goodbye/audio")).content

    async with centre(lay_out=lambda home: lay_out(file, home)) as second:
        assert await second.get("/house") == house
        assert (second.settings.home / "secrets/seats.key").read_bytes() == key
        assert voices(second.recordings) <= first_voices
        assert await second.get("/prompts?voice=recording&language=en") == prompts
        assert (await second.api.get("/prompts/en/goodbye/audio")).content == heard
        await until(lambda: _every_call_is_closed(second), "calls of the backup are still open")
        rows = {row["call"]: row for row in (await second.get("/calls"))["calls"]}
        assert rows[record["call"]] == record
        assert sorted(row["how"] for row in rows.values()) == ["caller", "pbx_lost", "pbx_lost"]
        await second.sign_in("agent-02", "seat-02")
        await (await second.carrier.phone("seat-02")).will_answer(0.1)
        assert (await (await wait(second)).bridged()).details["seat"] == "seat-02"


@pytest.mark.timeout(240)
async def test_a_home_without_its_recordings_key_takes_calls_and_archives_them_when_it_is_back(tmp_path: Path) -> None:
    file, key = tmp_path / "thirdring.tar", tmp_path / "recordings.key"
    async with opened(office(2, wrap_up_s=0)) as first:
        await _talked(first)
        await until(lambda: _states(first, {"finished"}), "the first talk is not archived")
        assert (await thirdring(first, "backup", str(file)))[0] == 0

    def without_key(home: Path) -> None:
        lay_out(file, home)
        (home / "secrets/recordings.key").rename(key)

    async with centre(lay_out=without_key) as second:
        archived = {path.name: path.read_bytes() for path in _archive(second).rglob("*") if path.is_file()}
        await second.until(
            "alarms", lambda entry: any("recordings.key is missing" in each["text"] for each in entry["last"])
        )
        await _talked(second)
        assert any("-agent-" in name for name in voices(second.recordings))
        assert {path.name: path.read_bytes() for path in _archive(second).rglob("*") if path.is_file()} == archived
        key.rename(second.settings.home / "secrets/recordings.key")
        os.kill(second.engine_pid(), signal.SIGTERM)
        await until(lambda: _states(second, {"finished"}, 2), "the second talk is not archived")


async def _talked(running: Centre) -> None:
    await (await running.carrier.phone("seat-01")).will_answer(0.1)
    await running.sign_in("agent-01", "seat-01")
    over = await wait(running)
    await shown(running, over, "talking")
    await over.hang_up()
    await record_of(running, over)


async def _states(running: Centre, states: set[str], count: int = 1) -> bool:
    try:
        rows = (await running.get("/recordings"))["recordings"]
    except httpx.HTTPError:
        return False  # its engine is just being replaced
    return len(rows) == count and {row["state"] for row in rows} == states


def _archive(running: Centre) -> Path:
    return running.settings.home / "archive"


async def _every_call_is_closed(running: Centre) -> bool:
    return all(row["how"] for row in (await running.get("/calls"))["calls"])


def lay_out(file: Path, home: Path) -> None:
    restore(file, home, print)


def voices(recordings: Path) -> set[str]:
    return {path.name for path in recordings.rglob("*.wav")}
