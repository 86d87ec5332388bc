"""The house to start with, before the database is asked: the last one in force, else the seed.

The seed is house.yaml in THIRDRING_HOME if somebody put one there before the first start, else the shipped one,
with the flows that ship.
"""

from __future__ import annotations

import json
from pathlib import Path

from app.settings import Settings
from core.house import House
from core.house_text import from_yaml
from ivr.script import shipped_flows

FILE = "data/house.json"
SHIPPED = Path(__file__).resolve().parents[1] / "house.yaml"


def remember_house(settings: Settings, house: House) -> None:
    """Keep a copy beside the data for the next start; replaced in one step."""
    file = settings.home / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(house.model_dump_json(), encoding="utf-8")
    temporary.replace(file)


def last_known_house(settings: Settings) -> House:
    """Raises ConfigurationWrong: the seed is wrong, and there is no other house."""
    try:
        return House.model_validate(json.loads((settings.home / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        own = settings.home / SHIPPED.name
        seed = own if own.exists() else SHIPPED
        return with_shipped_flows(from_yaml(seed.read_text(encoding="utf-8"), str(seed)))


def with_shipped_flows(house: House) -> House:
    """The texts that ship, where the house has none of its own: from then on they are the house's, to be changed."""
    return house.model_copy(update={"flows": {**shipped_flows(), **house.flows}})
