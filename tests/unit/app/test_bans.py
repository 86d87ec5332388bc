"""Bans: who is, for how long, who never is, and what the PBX is given of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ban_list import read_bans
from app.bans import MOST_BANS, Bans
from app.log_tail import MOST_BYTES, LogTail
from app.settings import Settings
from core.bans import Ban
from core.errors import PeerFault, Refused
from tests.unit.floor import small_house
from tests.unit.test_deploy import LOGGED, SOMEBODY, WHERE

STRANGER = LOGGED.format("InvalidAccountID") + SOMEBODY.format("x", "a1") + WHERE


def of(address: str) -> str:
    return STRANGER.replace("203.0.113.7", address)


async def looked(bans: Bans, lines: list[str]) -> None:
    """The log tells these, and is looked at."""
    bans.lines = lambda: lines
    await bans.look()
    bans.lines = list


class Place:
    """Bans of a house in `home`, at a clock of ours. Its carrier is 198.51.100.9."""

    def __init__(self, home: Path, **settings: object) -> None:
        self.now_s, self.loaded, self.late = 1000.0, 0, ""
        self.told: list[Ban] = []
        given = {"ban_after": 3, "never_banned": "127.0.0.0/8 10.0.0.0/8"} | settings
        trunks = tuple(trunk.model_copy(update={"host": "198.51.100.9"}) for trunk in small_house().trunks)
        house = small_house().model_copy(update={"trunks": trunks})
        self.settings = Settings(home=home, **given)  # type: ignore[arg-type]
        self.bans = Bans(self.settings, lambda: house, self._load, self._tell, lambda: self.now_s)

    async def _load(self) -> str:
        self.loaded += 1
        return self.late

    async def _tell(self, ban: Ban) -> None:
        self.told.append(ban)

    def banned(self) -> list[str]:
        kept = [ban.address for ban in read_bans(self.settings.home)]
        assert kept == [ban.address for ban in self.bans.current()]
        return kept


async def test_who_is_refused_too_often_is_banned_for_a_while_and_told_of_once(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await looked(place.bans, [STRANGER] * 2)
    assert (place.banned(), place.loaded) == ([], 0)
    await looked(place.bans, [STRANGER] * 20)
    assert (place.banned(), place.loaded) == (["203.0.113.7"], 1)
    assert [(ban.address, ban.by, ban.until_utc_s) for ban in place.told] == [("203.0.113.7", "thirdring", 4600.0)]
    place.now_s += 3599
    await looked(place.bans, [])
    assert place.banned() == ["203.0.113.7"]
    place.now_s += 1
    await looked(place.bans, [])
    assert (place.banned(), place.loaded) == ([], 2)


async def test_carriers_and_our_own_networks_are_never_banned(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await looked(place.bans, [of(address) for address in ("198.51.100.9", "127.0.0.5", "10.1.2.3") for _ in range(50)])
    assert (place.banned(), place.told) == ([], [])
    for address, said in (("198.51.100.9", "carrier"), ("127.0.0.5", "never_banned"), ("nobody", "no address")):
        with pytest.raises(Refused, match=said):
            await place.bans.ban(address, 60.0, "admin", "")


async def test_loopback_is_never_banned_unless_somebody_says_so(tmp_path: Path) -> None:
    for address in ("127.0.0.1", "::1"):
        with pytest.raises(Refused, match="never_banned"):
            await Place(tmp_path, never_banned=Settings(home=tmp_path).never_banned).bans.ban(address, 60.0, "x", "")


async def test_a_ban_outlives_a_restart_and_is_lifted_by_hand(tmp_path: Path) -> None:
    await Place(tmp_path).bans.ban("2001:DB8::1", 60.0, "admin", "calls all night")
    again = Place(tmp_path)
    assert again.banned() == ["2001:db8::1"]
    assert await again.bans.lift("2001:db8:0::1")
    assert not await again.bans.lift("2001:db8::1")
    assert (again.banned(), again.loaded) == ([], 1)


async def test_who_bans_or_lifts_is_told_when_the_pbx_does_not_know_yet(tmp_path: Path) -> None:
    """It would go on refusing, or answering, whom it was said to have let in, or shut out."""
    place = Place(tmp_path)
    place.late = "Asterisk is starting"
    with pytest.raises(PeerFault, match="does not know of it yet: Asterisk is starting"):
        await place.bans.ban("203.0.113.7", 60.0, "admin", "")
    assert place.banned() == ["203.0.113.7"]
    with pytest.raises(PeerFault, match="does not know"):
        await place.bans.lift("203.0.113.7")
    assert place.banned() == []
    await looked(place.bans, [STRANGER] * 3)
    assert place.banned() == ["203.0.113.7"], "nobody is there to be told, and the next are looked at"


async def test_a_ban_that_a_full_disk_does_not_take_is_written_told_and_loaded_when_it_does(tmp_path: Path) -> None:
    """A flood of attempts may be what has filled it."""
    place, file = Place(tmp_path), tmp_path / "data"
    file.write_text("in the place of a directory")
    await looked(place.bans, [STRANGER] * 3)
    with pytest.raises(PeerFault, match=r"bans\.json"):
        await place.bans.ban("203.0.113.8", 60.0, "admin", "")
    assert (place.told, place.loaded) == ([], 0)
    file.unlink()
    await looked(place.bans, [])
    assert place.banned() == ["203.0.113.7", "203.0.113.8"]
    assert ([ban.address for ban in place.told], place.loaded) == (["203.0.113.7"], 1)
    await looked(place.bans, [])
    assert (len(place.told), place.loaded) == (1, 1)


async def test_attempts_before_a_ban_was_lifted_count_no_more(tmp_path: Path) -> None:
    place = Place(tmp_path)
    await looked(place.bans, [STRANGER] * 5)  # two more than are needed: the PBX took a moment to refuse them
    assert await place.bans.lift("203.0.113.7")
    await looked(place.bans, [STRANGER])
    assert place.banned() == []
    await looked(place.bans, [STRANGER] * 2)
    assert place.banned() == ["203.0.113.7"]


async def test_nor_do_those_that_the_log_has_and_nobody_has_read_yet(tmp_path: Path) -> None:
    place, other = Place(tmp_path), of("203.0.113.8")
    await looked(place.bans, [STRANGER] * 3)
    place.bans.lines = lambda: [STRANGER] * 3 + [other] * 3
    assert await place.bans.lift("203.0.113.7")
    assert place.banned() == []
    await looked(place.bans, [])
    assert place.banned() == ["203.0.113.8"], "who tried at the same time is banned all the same"


@pytest.mark.parametrize("text", ["nonsense", '[{"address": 1}]', "[1]", "{"])
async def test_a_list_that_cannot_be_read_bans_nobody_and_stops_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "data/bans.json"
    file.parent.mkdir()
    file.write_text(text)
    assert list(Place(tmp_path).bans.current()) == []


async def test_the_list_is_bounded_and_the_oldest_go_first(tmp_path: Path) -> None:
    place = Place(tmp_path)
    many = [f"203.0.{number // 250}.{number % 250}" for number in range(MOST_BANS + 2)]
    await looked(place.bans, [of(address) for address in many for _ in range(3)])
    assert (place.banned(), place.loaded) == (many[2:], 1)


def test_a_log_is_followed_over_its_renaming_and_a_flood_is_skipped(tmp_path: Path) -> None:
    log = tmp_path / "security.log"
    early = LogTail(log)
    assert early.lines() == []
    log.write_text("old\n")
    tail = LogTail(log)
    assert (early.lines(), tail.lines()) == (["old"], [])
    with log.open("a") as stream:
        stream.write("whole\nhal")
    assert tail.lines() == ["whole"]
    with log.open("a") as stream:
        stream.write("f\n")
    assert tail.lines() == ["half"]
    log.rename(tmp_path / "security.log.0")
    log.write_text("new\n")
    assert tail.lines() == ["new"]
    with log.open("a") as stream:
        stream.write("x" * 99 + "\n" * 1)
        stream.write("".join(f"{number:0>99}\n" for number in range(MOST_BYTES // 50)))
    lines = tail.lines()
    assert len(lines) <= MOST_BYTES // 100 and lines[-1] == f"{MOST_BYTES // 50 - 1:0>99}"
    assert tail.lines() == []
