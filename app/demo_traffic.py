"""What the demo's callers and agents do: drawn from a real year's shape of the day. Pure, given the dice.

The shape is that of a bank's call centre in 1999 (app/demo_profile.csv). Talks are lognormal, as found
there: Brown, Gans, Mandelbaum, Sakov, Shen, Zeltyn, Zhao, "Statistical Analysis of a Telephone Call
Center", JASA 100 (469), 2005.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from random import Random

from core.states import BreakReason

PROFILE = Path(__file__).with_name("demo_profile.csv")
QUARTER_S = 900
WAYS = ("0", "3", "4", "122", "332", "21")
WRONG_KEYS = "78*"
LONGEST_TALK_S = 600.0


@dataclass(frozen=True, slots=True)
class DemoRates:
    """Bounds of the demo. Defaults keep a dozen agents about three quarters busy at the busiest hour."""

    busiest_per_hour: float = 400.0
    least_per_hour: float = 180.0
    callers_at_once: int = 40
    talk_mean_s: float = 45.0
    talk_spread: float = 0.8
    """Standard deviation of the talk's logarithm."""
    patience_mean_s: float = 90.0
    spare_seats: int = 2
    """Seats left to people who want to try a phone of their own."""


def read_profile(path: Path = PROFILE) -> list[float]:
    """Calls in each of the 96 quarters of an hour of a working day."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return [float(row["calls"]) for row in csv.DictReader(lines)]


def calls_per_hour(profile: Sequence[float], rates: DemoRates, at: time) -> float:
    """The day's shape at this time of day, scaled to the busiest quarter, and never below the least."""
    quarter = (at.hour * 3600 + at.minute * 60 + at.second) // QUARTER_S
    return max(rates.least_per_hour, rates.busiest_per_hour * profile[quarter] / max(profile))


def gap_s(dice: Random, per_hour: float) -> float:
    """Seconds to the next caller: a Poisson stream at this rate."""
    return dice.expovariate(per_hour / 3600)


@dataclass(frozen=True, slots=True)
class CallerScript:
    """One caller. `leaves_after_s` into the greeting, or None; `keys` are pressed one by one, `pause_s` apart."""

    hotline: str
    trunk: str
    number: str
    pause_s: float
    keys: str
    leaves_after_s: float | None
    patience_s: float
    talk_s: float


def draw_caller(dice: Random, rates: DemoRates, hotlines: Sequence[str], trunks: Sequence[str]) -> CallerScript:
    """One in twenty leaves during the greeting, one in twenty says nothing, one in ten errs first."""
    return CallerScript(
        hotline=dice.choice(hotlines),
        trunk=dice.choice(trunks),
        number=f"1{dice.choice('3578')}{dice.randrange(10**9):09}",
        pause_s=dice.uniform(1.5, 5.0),
        keys=_keys(dice),
        leaves_after_s=dice.uniform(0.5, 5.0) if dice.random() < 0.05 else None,
        patience_s=dice.expovariate(1 / rates.patience_mean_s),
        talk_s=draw_talk_s(dice, rates),
    )


def _keys(dice: Random) -> str:
    luck = dice.random()
    if luck < 0.05:
        return ""
    return (dice.choice(WRONG_KEYS) if luck < 0.15 else "") + dice.choice(WAYS)


def draw_talk_s(dice: Random, rates: DemoRates) -> float:
    """Lognormal with the given mean: mu = ln(mean) - sigma^2/2."""
    sigma = rates.talk_spread
    return min(LONGEST_TALK_S, dice.lognormvariate(math.log(rates.talk_mean_s) - sigma**2 / 2, sigma))


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """What an agent does with the next call: answers after `ring_s`, or not at all; `rest_s` is a break after it."""

    answers: bool
    ring_s: float
    talk_s: float
    notices_after_s: float
    rest_s: float | None
    reason: BreakReason


def draw_turn(dice: Random, rates: DemoRates) -> AgentTurn:
    """One ring in twelve is missed; one talk in fifteen is followed by a break."""
    return AgentTurn(
        answers=dice.random() > 1 / 12,
        ring_s=min(12.0, dice.lognormvariate(math.log(3.0), 0.5)),
        talk_s=draw_talk_s(dice, rates) * 1.5,
        notices_after_s=dice.uniform(5.0, 20.0),
        rest_s=dice.uniform(20.0, 90.0) if dice.random() < 1 / 15 else None,
        reason=dice.choice(list(BreakReason)),
    )
