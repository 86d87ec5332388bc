"""All that the API needs of the rest, as one frozen object; `create_app` builds everything from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from api.coming_hours import ComingHours
from api.passwords import Passwords
from api.ports import (
    Asks,
    Audit,
    Bans,
    BrowserPhones,
    CallRecords,
    CallsBehind,
    Cases,
    ContactRecords,
    Customers,
    Ears,
    Explains,
    FigureRecords,
    HouseVersions,
    Listenings,
    People,
    PhoneLogins,
    Plans,
    Probe,
    Prompts,
    Qualifies,
    QualityMarks,
    Recordings,
    Remembers,
    Repeats,
    Setting,
    Twins,
    Webhooks,
    Windows,
    Work,
)
from api.rights import Right
from api.second_factor import SecondFactors
from api.throttle import Rate, Throttle
from api.trail import Trail
from core.house import House
from core.ports import Inbox, LiveBoard
from ivr.checks import Known
from ivr.facts import Facts, QueueNow
from ivr.recordings import LARGEST_BYTES


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """How the API is reached.

    `origins` are the pages that may use a session, such as http://127.0.0.1:20000. Cookies know no
    ports: instances on one host need different `cookie` names.
    """

    origins: frozenset[str]
    https: bool = False
    cookie: str = "thirdring"
    session_lasts: timedelta = timedelta(hours=12)
    body_limit_bytes: int = 1_000_000
    recording_limit_bytes: int = LARGEST_BYTES
    """Of a prompt's recording (api.routes.prompts)."""
    answer_timeout_s: float = 3.0
    heartbeat_s: float = 5.0
    send_timeout_s: float = 8.0
    probe_timeout_s: float = 2.0
    phone_socket: str = ""
    """The PBX's WebSocket for browser phones, which the pages' CSP lets them reach."""
    second_factor_rights: frozenset[Right] = frozenset()
    """Given to sessions of those alone who have a second factor."""
    display_for: timedelta = timedelta(days=400)
    """How long a screen's cookie is kept by its browser; its token ends before, or is revoked."""
    visitor: Path | None = None
    """What a caller in a browser calls with, while there may be one."""
    pages_word: Path | None = None
    """What is said while the pages are built; no such file: nothing."""

    @property
    def display_cookie(self) -> str:
        """Of a screen on the wall."""
        return f"{self.cookie}-display"


@dataclass(frozen=True, slots=True)
class Services:
    """The ports behind the routes. `now` reads the wall clock, aware UTC."""

    inbox: Inbox
    answers: Asks
    board: LiveBoard
    pops: LiveBoard
    """`pop/<agent>`: monitor.pops."""
    people: People
    house: HouseVersions
    flows: Callable[[House], Known]
    """What the flows of a house may name, their texts among it."""
    facts: Callable[[House, str, datetime, QueueNow], Facts]
    """Of a call by this number, at this moment, that meets this in every queue."""
    calls: CallRecords
    figures: FigureRecords
    behind: CallsBehind
    contacts: ContactRecords
    work: Work
    cases: Cases
    webhooks: Webhooks
    customers: Customers
    customers_changed: Callable[[Iterable[str]], None]
    """Their numbers: what open pops show of them is looked up anew."""
    messages: Path
    """Where callers' messages are."""
    prompts: Prompts
    recordings: Recordings
    ears: Ears
    listenings: Listenings
    engine: Explains
    qualify: Qualifies
    past: Remembers
    quality: QualityMarks
    plans: Plans
    coming: ComingHours
    twins: Twins
    phones: PhoneLogins
    browser_phones: BrowserPhones
    windows: Windows
    passwords: Passwords
    factors: SecondFactors
    throttle: Throttle
    rate: Rate
    audit: Audit
    repeats: Repeats
    bans: Bans
    trail: Trail
    probes: tuple[Probe, ...]
    settings: Sequence[Setting]
    options: ApiOptions
    now: Callable[[], datetime]
