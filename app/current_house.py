"""The house to start with, before the database is asked: the last one in force, else the seed.

The last one is a copy beside the data, and stands in each snapshot of the engine, too. The seed is house.yaml in
THIRDRING_HOME if somebody put one there before the first start, else the shipped one, with the flows that ship.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from app.certificates import write
from app.settings import Settings
from core.errors import ConfigurationWrong
from core.house import House
from core.house_text import from_yaml
from ivr.script import shipped_flows
from store import snapshot

log = logging.getLogger(__name__)

FILE = "data/house.json"
SHIPPED = Path(__file__).resolve().parents[1] / "house.yaml"


def remember_house(settings: Settings, house: House) -> None:
    """Keep a copy beside the data for the next start; replaced in one step. Raises OSError."""
    file = settings.home / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, house.model_dump_json().encode(), 0o640)


def last_known_house(settings: Settings) -> House:
    """Raises ConfigurationWrong: the seed is wrong, and there is no other house."""
    file = settings.home / FILE
    try:
        return House.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        log.error("%s cannot be used (%s); another copy of the house is looked for", file, type(error).__name__)
    return _of_a_snapshot(settings.home / "data/snapshots") or _seed(settings.home / SHIPPED.name)


def _of_a_snapshot(directory: Path) -> House | None:
    for _, document in snapshot.undamaged(directory):
        try:
            return House.model_validate(document["house"])
        except (KeyError, TypeError, ValueError):
            continue
    return None


def _seed(own: Path) -> House:
    seed = own if own.exists() else SHIPPED
    try:
        text = seed.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationWrong([f"{seed}:1: cannot be read as UTF-8: {error}"]) from error
    return with_shipped_flows(from_yaml(text, str(seed)))


def with_shipped_flows(house: House) -> House:
    """The texts that ship, where the house has none of its own: from then on they are the house's, to be changed."""
    return house.model_copy(update={"flows": {**shipped_flows(), **house.flows}})
