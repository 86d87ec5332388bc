"""Voices to stereo frames: nobody waits for a voice that does not come, and nothing grows old."""

from __future__ import annotations

import array
import math

from core.speech import FRAME_BYTES
from cti.two_sides import CALLER_SPEAKS, LATE, OURS_SPEAKS, SILENCED, TALK_OVER, Frame, TwoSides

SILENCE = bytes(FRAME_BYTES)


def tone(peak: int) -> bytes:
    return array.array("h", (round(peak * math.sin(n / 3)) for n in range(FRAME_BYTES // 2))).tobytes()


LOUD, SOFT = tone(8000), tone(4000)


def sides(*ours: str) -> TwoSides:
    both = TwoSides()
    both.add("caller", is_caller=True)
    for name in ours:
        both.add(name, is_caller=False)
    return both


def heard(both: TwoSides, *parts: tuple[str, bytes]) -> list[Frame]:
    return [frame for voice, samples in parts for frame in both.hear(voice, samples)]


def left(frame: Frame) -> bytes:
    return array.array("h", frame.samples)[0::2].tobytes()


def right(frame: Frame) -> bytes:
    return array.array("h", frame.samples)[1::2].tobytes()


def test_a_frame_goes_out_when_both_sides_have_given_theirs() -> None:
    both = sides("agent")
    assert heard(both, ("caller", LOUD)) == []
    (frame,) = heard(both, ("agent", SOFT))
    assert (left(frame), right(frame), frame.number) == (LOUD, SOFT, 0)
    assert frame.marks == CALLER_SPEAKS | OURS_SPEAKS | TALK_OVER
    assert 5.9 < frame.caller_dbfs - frame.ours_dbfs < 6.1


def test_sound_that_comes_in_odd_pieces_is_put_together() -> None:
    both = sides("agent")
    frames = heard(both, ("caller", LOUD[:100]), ("agent", SOFT + SOFT[:20]), ("caller", LOUD[100:]))
    assert [(left(frame), right(frame)) for frame in frames] == [(LOUD, SOFT)]


def test_a_voice_that_never_comes_is_waited_for_once() -> None:
    both = sides("agent")
    frames = [len(heard(both, ("caller", LOUD))) for _ in range(LATE + 3)]
    assert frames == [0] * (LATE - 1) + [LATE, 1, 1, 1]
    assert heard(both, ("agent", SOFT)) == [], "it is back: both are heard together again"
    (frame,) = heard(both, ("caller", LOUD))
    assert (left(frame), right(frame)) == (LOUD, SOFT)


def test_a_burst_loses_its_oldest_frames() -> None:
    both = sides("agent")
    heard(both, ("agent", SOFT * 20))
    assert len(heard(both, *[("caller", LOUD)] * 20)) <= 20 + LATE
    both.add("colleague", is_caller=False)
    assert len(heard(both, ("caller", LOUD * 50))) <= LATE


def test_everybody_of_ours_is_on_the_right_and_too_loud_does_not_turn_over() -> None:
    both = sides("agent", "colleague")
    (frame,) = heard(both, ("caller", SILENCE), ("agent", tone(30000)), ("colleague", tone(30000)))
    samples = array.array("h", right(frame))
    assert (max(samples), left(frame), frame.marks) == (32767, SILENCE, OURS_SPEAKS)


def test_who_has_gone_is_not_waited_for() -> None:
    both = sides("agent")
    both.remove("agent")
    assert len(heard(both, ("caller", LOUD), ("agent", SOFT))) == 1


def test_nothing_of_card_data_goes_out() -> None:
    both = sides("agent")
    both.silenced = True
    (frame,) = heard(both, ("caller", LOUD), ("agent", SOFT))
    assert (set(frame.samples), frame.marks, frame.caller_dbfs) == ({0}, SILENCED, -120.0)


def test_a_frame_is_written_as_the_page_about_it_says() -> None:
    both = sides("agent")
    (frame,) = heard(both, ("caller", LOUD), ("agent", SILENCE))
    encoded = frame.encoded()
    assert (len(encoded), encoded[:4], encoded[4], encoded[5], encoded[6:8]) == (648, bytes(4), 241, 136, b"\1\0")
