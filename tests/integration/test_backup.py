"""The drill: a backup is taken while callers wait and talk, and the same instance starts from it in another home."""

from __future__ import annotations

from pathlib import Path

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


async def _every_call_is_closed(running: Centre) -> bool:
    return all(row["how"] for row in (await running.get("/calls"))["calls"])


def lay_out(file: Path, home: Path) -> None:
    restore(file, home, print)


def voices(recordings: Path) -> set[str]:
    return {path.name for path in recordings.rglob("*.wav")}
