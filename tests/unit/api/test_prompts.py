"""/prompts: whose voice says what, and recordings on their way in."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

from api.rights import Role
from tests.unit.doors import Doors, client_of
from tests.unit.floor import NOON_UTC_S

GOODBYE = "/prompts/en/goodbye/recording"


async def test_the_list_says_which_are_still_synthetic() -> None:
    async with client_of(Doors()) as client:
        rows = (await client.get("/prompts")).json()
        assert [(row["language"], row["voice"], row["recorded_by"], row["recorded_utc_s"]) for row in rows] == [
            ("en", "synthetic", "", None),
            ("zh-CN", "recording", "lead", NOON_UTC_S),
        ]
        assert (await client.get("/prompts?voice=synthetic")).json() == rows[:1]
        assert (await client.get("/prompts?language=zh-CN")).json() == rows[1:]


async def test_a_recording_comes_as_the_body_larger_than_any_other_and_says_who_gave_it() -> None:
    doors = Doors()
    doors.options = dataclasses.replace(doors.options, body_limit_bytes=100, recording_limit_bytes=1000)
    async with client_of(doors) as client:
        answer = await client.put(GOODBYE, content=b"x" * 1000)
        assert answer.json() == {"lasts_s": 3.1, "level_dbfs": -24.5, "peak_dbfs": -6.2}
        assert (await client.put(GOODBYE, content=b"x" * 1001)).status_code == 413

        async def unsaid() -> AsyncIterator[bytes]:
            for _ in range(11):
                yield b"x" * 100

        assert (await client.put(GOODBYE, content=unsaid())).status_code == 413
        assert (await client.put("/house", content=b"x" * 1000, headers={"If-Match": '"1"'})).status_code == 413
    assert doors.prompts.taken == [("goodbye", "en", b"x" * 1000, "admin")]


async def test_one_that_cannot_be_used_is_told_and_nothing_is_asked_of_strangers() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        refused = await client.put(GOODBYE, content=b"bad")
        assert (refused.status_code, refused.json()["detail"]) == (
            422, "This recording cannot be used for goodbye: it is too quiet."
        )  # fmt: skip
        assert refused.json()["errors"] == [{"field": "recording", "problem": "quiet"}]
        assert (await client.put(GOODBYE)).status_code == 422
        for path in (
            "/prompts/fr/goodbye",
            "/prompts/en/..%2F..%2Fsecrets",
            "/prompts/en/Good bye",
            "/prompts/en/a.wav",
        ):
            assert (await client.put(f"{path}/recording", content=b"x")).status_code in (404, 422), path
    await doors.add_person("agent-01", Role.AGENT)
    async with client_of(doors, admin=False, Authorization=f"Bearer {await doors.token_of('agent-01')}") as client:
        assert (await client.put(GOODBYE, content=b"x")).status_code == 403
        assert (await client.delete(GOODBYE)).status_code == 403
    assert doors.prompts.taken == []


async def test_it_is_heard_and_given_back(tmp_path: Path) -> None:
    doors = Doors()
    (tmp_path / "goodbye.wav").write_bytes(b"RIFF")
    doors.prompts.files["goodbye", "en"] = tmp_path / "goodbye.wav"
    async with client_of(doors) as client:
        heard = await client.get("/prompts/en/goodbye/audio")
        assert (heard.content, heard.headers["content-type"]) == (b"RIFF", "audio/wav")
        assert (await client.get("/prompts/zh-CN/goodbye/audio")).status_code == 404
        assert (await client.delete(GOODBYE)).status_code == 204
        refused = await client.delete("/prompts/en/please-hold/recording")
        assert (refused.status_code, refused.json()["detail"]) == (
            409,
            "There is no own recording of please-hold in en.",
        )


async def test_a_code_is_given_to_whoever_may_edit_the_house() -> None:
    doors = Doors()
    async with client_of(doors) as client:
        told = (await client.post("/prompts/en/goodbye/code")).json()
    assert told == {"number": "700", "code": "493817", "expires_utc_s": NOON_UTC_S + 600, "text": "Goodbye."}
