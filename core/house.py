"""The house: everything about the hotline that is edited while it runs.

It lives in the store, versioned; it is seeded once from house.yaml and goes in and out as YAML.
A new version is validated whole before any of it applies (`./thirdring house import`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from core.alarms import Alarms, alarm_problems
from core.calling import CallbackRules, OutboundRules, OutsideRules, mobile_problems
from core.desk import DeskRules
from core.errors import PlacedProblems
from core.house_duties import duty_problems
from core.house_prompts import Prompts
from core.house_queues import queue_problems
from core.ids import AgentId, HotlineId, QueueId, SeatId, TrunkId
from core.numbers import Plan
from core.parts import Language, Level, Name, Number, Part, Priority, Shown, plain_name
from core.quality import QualityRules, quality_problems
from core.recorded import ListeningRules, RecordingRules
from core.report_mails import ReportMail, report_mail_problems
from core.service import SurveyRules, WorkRules
from core.snippets import snippet_problems
from core.staff import (
    AgentGroup,
    CalendarYear,
    Governor,
    Group,
    RosterEntry,
    Shift,
    Staffing,
    Weekday,
    calendar_problems,
    floor_problems,
    roster_problems,
    shift_problems,
)


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: "Asia" is a directory
        raise ValueError("must be an IANA time zone such as Asia/Shanghai") from error
    return value


FlowName = Name | Literal[""]


class HouseProblems(PlacedProblems):
    """Mistakes that only the whole house shows."""


class Cadence(Part):
    """How a phone rings in this country. China: 1 s on, 4 s off (GB/T 3971)."""

    on_s: float = Field(default=1.0, gt=0, le=10, description="seconds of tone in one ring")
    off_s: float = Field(default=4.0, gt=0, le=10, description="seconds of silence after it")
    rings: int = Field(default=3, ge=1, le=10, description="a call is picked up by this ring")

    @property
    def budget_s(self) -> float:
        """Seconds from the first 180 Ringing until the seat is pulled back."""
        return self.rings * (self.on_s + self.off_s)


class Lines(Part):
    """Telephone lines of the whole house; each trunk has its own limit beside it."""

    inbound: int = Field(
        default=90, ge=1, le=2000, description="external calls at once; the next one is refused before Answer"
    )
    outbound_reserve: int = Field(
        default=10, ge=0, le=500, description="lines beside them, kept for callbacks and outbound calls"
    )


class Trunk(Part):
    """A carrier's SIP trunk."""

    id: Annotated[TrunkId, AfterValidator(plain_name)]
    name: Shown
    host: str = Field(
        pattern=r"^[A-Za-z0-9.:\-]{1,253}$", description="the carrier's address; calls from elsewhere are refused"
    )
    port: int = Field(
        default=5060,
        ge=0,
        le=65535,
        description="the carrier's SIP port; 0: the port of this instance's simulated carrier",
    )
    lines: int = Field(default=90, ge=1, le=2000, description="calls at once on this trunk")
    username: str = Field(
        default="", pattern=r"^[A-Za-z0-9._+@\-]{0,80}$", description="empty: the carrier knows us by address"
    )
    secret_file: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._\-]{0,79})?$",
        description="name of a 0600 file in <home>/secrets with the carrier's password",
    )
    register_with_carrier: bool = Field(default=False, description="send REGISTER with that user name")
    number_format: Literal["e164", "national", "international"] = Field(
        default="national", description="how this carrier writes numbers outbound: +8613…, 013…, 008613…"
    )
    caller_number: str = Field(default="", pattern=r"^\+?[0-9]{0,20}$", description="number shown on outbound calls")
    dtmf: Literal["rfc4733", "inband", "auto"] = "auto"
    outbound: bool = Field(default=True, description="may calls be made over it?")
    early_media_s: float = Field(
        default=3.0,
        ge=0.5,
        le=180,
        description="seconds of sound without ringing before the answer after which another trunk is tried; "
        "a carrier that plays ring-back tunes and never says 180 needs as long as a phone rings",
    )


class Hotline(Part):
    """A number callers dial. It sets only the greeting and the defaults: every hotline reaches every service."""

    id: Annotated[HotlineId, AfterValidator(plain_name)]
    number: Number
    name: dict[Language, Shown]
    flow: Name = Field(description="the menu callers hear: one of the house's flows")
    queue: QueueId = Field(description="where key 0, silence and the native fallback lead")
    language: Language = "zh-CN"
    priority: Priority = Field(default=0, description="higher is served first")
    trunks: tuple[TrunkId, ...] = Field(default=(), description="empty: reachable over every trunk")
    survey: FlowName = Field(default="", description="the flow after a talk, where the queue names none; empty: none")


class ClosingMessage(Part):
    """A reason for which a queue is closed, and what its callers hear then."""

    id: Name
    name: dict[Language, Shown] = Field(description="as leaders find it on the floor")
    flow: Name = Field(description="a part of flows, as `closing_flow`")


class Relaxation(Part):
    """From so many seconds of waiting on, more agents may serve a caller."""

    after_s: float = Field(gt=0, le=3600, description="seconds after entering the queue")
    skills: dict[Name, Level] = Field(default={}, description="agents with these skills may serve too")
    any_language: bool = Field(default=False, description="agents of every language may serve")


class Queue(Part):
    """Callers who want the same thing."""

    id: Annotated[QueueId, AfterValidator(plain_name)]
    name: dict[Language, Shown]
    skills: dict[Name, Level] = Field(description="skills an agent must have, with the least level 1-9")
    wrap_up_s: float = Field(default=15.0, ge=0, le=3600, description="seconds after a talk before the next call")
    service_level_s: float = Field(
        default=15.0, gt=0, le=600, description="threshold of the service level, from entering the queue"
    )
    service_level_target: float = Field(default=0.8, ge=0, le=1)
    connection_rate_target: float = Field(default=0.9, ge=0, le=1)
    least_agents: int = Field(
        default=1, ge=1, le=500, description="the end of a shift never takes the last so many who can serve it"
    )
    strategy: Literal["longest-idle", "best-skill", "least-occupied", "round-robin"] = Field(
        default="longest-idle", description="whose turn it is among idle agents"
    )
    preferred_agent_s: float = Field(
        default=0.0,
        ge=0,
        le=120,
        description="seconds to wait for the owner of the caller's case, else for who spoke with them last",
    )
    max_waiting: int | None = Field(
        default=None, ge=0, le=1000, description="callers who may wait here; one more overflows; empty: any number"
    )
    max_wait_s: float | None = Field(
        default=None, ge=5, le=36000, description="seconds after which a caller overflows; empty: never"
    )
    overflow: QueueId | None = Field(
        default=None, description="the queue of callers who overflow; empty: they hear a closing message"
    )
    overflow_number: Number | Literal[""] = Field(
        default="", description="or a number outside, one of `outside.numbers`; unanswered, they keep their place here"
    )
    answer_by_s: float | None = Field(
        default=None,
        ge=1,
        le=600,
        description="seconds after entering by which somebody shall have answered: when the chosen agent usually takes "
        "longer, a second phone rings beside theirs; empty: one phone at a time",
    )
    promise_every_s: float = Field(
        default=60.0, ge=0, le=600, description="seconds between promises of how long it will take; 0: none"
    )
    announce_after_s: float = Field(
        default=20.0, ge=0, le=600, description="seconds of waiting before a caller is told place and wait; 0: never"
    )
    announce_every_s: float = Field(default=45.0, ge=10, le=600, description="seconds between such announcements")
    offer_callback_s: float | None = Field(
        default=180.0,
        ge=0,
        le=36000,
        description="callers who may wait so much longer are offered a callback, by key 1; empty: only by the governor",
    )
    offer_message_s: float | None = Field(
        default=None,
        ge=0,
        le=36000,
        description="likewise a message, by key 2, in the flow `message_flow`; empty: only by the governor",
    )
    ring_after_pop: bool | None = Field(
        default=None, description="phones ring only after the desktop shows the call; empty: the house's `desk`"
    )
    relax: tuple[Relaxation, ...] = Field(
        default=(), max_length=4, description="requirements that relax while a caller waits, step by step"
    )
    hold_reminder_s: float | None = Field(
        default=None, ge=5, le=3600, description="seconds on hold before a reminder; empty: the house's"
    )
    survey: FlowName = Field(default="", description="the flow after a talk of this queue; empty: the hotline's")
    recorded_percent: float = Field(
        default=100.0, ge=0, le=100, description="how many of its talks are recorded, chosen by a hash of the call's id"
    )
    keep_recordings_days: int | None = Field(
        default=None, ge=0, le=36_500, description="days after which they are erased; 0: never; empty: the house's"
    )


class Vip(Part):
    """Callers who are served before others."""

    number: str = Field(
        pattern=r"^(\+?[0-9]{2,20}|(\+|0)[0-9]{1,19}\*)$",
        description="a number, or its beginning (with +, 00 or 0) and an asterisk: 0755*",
    )
    priority: Priority
    name: Shown = ""


class Agent(Part):
    """A person who takes calls."""

    id: Annotated[AgentId, AfterValidator(plain_name)]
    name: Shown = Field(min_length=1)
    role: Literal["agent", "leader", "supervisor"] = "agent"
    skills: dict[Name, Level] = Field(default={}, description="levels 1-9")
    languages: tuple[Language, ...] = ("zh-CN",)
    shift: Name | Literal[""] = ""
    days_off: tuple[Weekday, ...] = Field(default=(), description="weekdays on which this agent never works")
    group: AgentGroup = Field(default="", description="one of `groups`; empty: none of their rules")
    leads: tuple[Name, ...] = Field(
        default=(), description="a leader's team: whom of `groups` this person leads; empty: everybody"
    )
    recorded_percent: float | None = Field(
        default=None, ge=0, le=100, description="how many of this agent's talks are recorded; empty: the queue's"
    )
    mobile: Number | Literal[""] = Field(default="", description="a leader's, rung when nobody is left at night")


def suffice(skills: Mapping[str, int], least: Mapping[str, int]) -> bool:
    """Are these levels enough for what a queue asks for?"""
    return all(skills.get(skill, 0) >= level for skill, level in least.items())


class Seat(Part):
    """A place with a phone. Its SIP name and password are derived, never written here."""

    id: Annotated[SeatId, AfterValidator(plain_name)]
    name: Shown = ""


class CallerList(Part):
    """Callers whom flows treat in their own way (a branch on `list`)."""

    id: Name
    numbers: tuple[Annotated[str, Field(pattern=r"^(\+?[0-9]{2,20}|\+?[0-9]{1,19}\*)$")], ...] = Field(
        default=(), description="as the live board shows them, +86138…; with * behind it all that begin so"
    )


class LookUp(Part):
    """Another system that flows ask (a node of kind look-up): POST of a JSON object, answered by one."""

    id: Name
    url: str = Field(
        default="",
        pattern=r"^(https?://[^\s@]{1,500})?$",
        description="empty: not connected, so that flows go on as if it had not answered",
    )
    timeout_s: float = Field(default=3.0, gt=0, le=10, description="seconds a caller waits for it at most")
    secret_file: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9][A-Za-z0-9._\-]{0,79})?$",
        description="name of a 0600 file in <home>/secrets with the bearer token",
    )


class House(Part):
    """The whole of it."""

    name: Shown = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    country_code: str = Field(default="86", pattern=r"^[1-9][0-9]{0,2}$")
    area_code: str = Field(
        default="10", pattern=r"^[0-9]{0,5}$", description="our own, without the leading 0; for local numbers"
    )
    languages: tuple[Language, ...] = Field(default=("zh-CN", "en"), min_length=1)
    cadence: Cadence = Cadence()
    lines: Lines = Lines()
    outbound: OutboundRules = OutboundRules()
    outside: OutsideRules = OutsideRules()
    callbacks: CallbackRules = CallbackRules()
    recording: RecordingRules = RecordingRules()
    listening: ListeningRules = ListeningRules()
    desk: DeskRules = DeskRules()
    quality: QualityRules = QualityRules()
    misses_before_away: int = Field(default=2, ge=1, le=10, description="rings missed in a row that set an agent away")
    wrap_up_extension_s: float = Field(
        default=60.0, ge=0, le=1800, description="seconds by which an agent may extend a wrap-up, once; 0: not at all"
    )
    aging_s: float = Field(
        default=120.0, ge=1, le=3600, description="seconds of waiting that one step of priority is worth"
    )
    returner_s: float = Field(
        default=600.0, ge=0, le=86400, description="who gave up or was cut off and calls again within has the old place"
    )
    language_priority: dict[Language, Priority] = Field(default={}, description="priority of callers of a language")
    vips: tuple[Vip, ...] = Field(default=(), max_length=10_000, description="numbers that are served before others")
    hold_reminder_s: float = Field(
        default=45.0,
        ge=5,
        le=3600,
        description="seconds on hold before both are reminded, and each time on",
    )
    trunks: tuple[Trunk, ...] = Field(min_length=1)
    hotlines: tuple[Hotline, ...] = Field(min_length=1)
    skills: tuple[Name, ...] = Field(min_length=1)
    queues: tuple[Queue, ...] = Field(min_length=1)
    seats: tuple[Seat, ...] = ()
    agents: tuple[Agent, ...] = ()
    shifts: tuple[Shift, ...] = ()
    roster: tuple[RosterEntry, ...] = Field(default=(), description="days that are not as usual")
    calendar: tuple[CalendarYear, ...] = ()
    staffing: Staffing = Staffing()
    groups: tuple[Group, ...] = ()
    governor: Governor = Governor()
    alarms: Alarms = Alarms()
    report_mails: tuple[ReportMail, ...] = Field(default=(), max_length=50, description="reports mailed by themselves")
    caller_lists: tuple[CallerList, ...] = Field(default=(), description="the list vip is `vips`")
    look_ups: tuple[LookUp, ...] = (LookUp(id="repair-progress"),)
    message_flow: Name = Field(default="message", description="what waiting callers hear who would leave a message")
    closing_flow: Name = Field(
        default="closed", description="what callers hear whose queue a person has closed, and no other queue takes them"
    )
    closing_messages: tuple[ClosingMessage, ...] = Field(
        default=(), max_length=50, description="what whoever closes a queue may let its callers hear instead"
    )
    surveys: SurveyRules = SurveyRules()
    work: WorkRules = WorkRules()
    flows: dict[Name, str] = Field(
        default={}, description="what callers hear, as YAML texts; a flow that is not here is the shipped one"
    )
    prompts: Prompts = Field(
        default={},
        max_length=500,
        description="prompts of the house's own, and other texts for shipped ones, language by language",
    )
    prompts_number: str = Field(
        default="700", pattern=r"^[0-9]{2,6}$", description="dialled on a seat's phone to record a prompt; the only one"
    )

    @property
    def number_plan(self) -> Plan:
        """How numbers are written where this house stands."""
        return Plan(self.country_code, self.area_code)

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        """Every id once, every reference to something that exists; all problems are told at once."""
        problems = [*self._doubles(), *self._dangling(), *self._staff()]
        if problems:
            raise HouseProblems(problems)
        return self

    def _doubles(self) -> list[tuple[tuple[str | int, ...], str]]:
        problems: list[tuple[tuple[str | int, ...], str]] = []
        for part, key in (
            ("trunks", "id"), ("hotlines", "id"), ("hotlines", "number"), ("queues", "id"),
            ("seats", "id"), ("agents", "id"), ("shifts", "id"), ("vips", "number"), ("caller_lists", "id"),
            ("look_ups", "id"), ("groups", "id"), ("closing_messages", "id"),
        ):  # fmt: skip
            seen: set[str] = set()
            for position, item in enumerate(getattr(self, part)):
                value = getattr(item, key)
                if value in seen:
                    problems.append(((part, position, key), f"{value!r} is already taken; each {key} must occur once"))
                seen.add(value)
        return problems

    def _dangling(self) -> list[tuple[tuple[str | int, ...], str]]:
        problems = queue_problems(self)
        known = ", ".join(self.skills)
        for part in ("queues", "agents"):
            for position, item in enumerate(getattr(self, part)):
                problems += [
                    ((part, position, "skills", skill), f"unknown skill {skill!r}; the house knows: {known}")
                    for skill in item.skills
                    if skill not in self.skills
                ]
        shifts = {shift.id for shift in self.shifts}
        groups = {group.id for group in self.groups}
        for position, agent in enumerate(self.agents):
            if agent.shift and agent.shift not in shifts:
                problems.append((("agents", position, "shift"), f"unknown shift {agent.shift!r}"))
            if agent.group and agent.group not in groups:
                problems.append((("agents", position, "group"), f"unknown group {agent.group!r}"))
            if unknown := [name for name in agent.leads if name not in groups]:
                problems.append((("agents", position, "leads"), f"unknown group {unknown[0]!r}"))
        trunks = {trunk.id for trunk in self.trunks}
        queues = {queue.id for queue in self.queues}
        for position, hotline in enumerate(self.hotlines):
            if hotline.queue not in queues:
                problems.append((("hotlines", position, "queue"), f"unknown queue {hotline.queue!r}"))
            if unknown := [name for name in hotline.trunks if name not in trunks]:
                problems.append((("hotlines", position, "trunks"), f"unknown trunk {unknown[0]!r}"))
        return problems

    def _staff(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from floor_problems(self.staffing.floor)
        yield from shift_problems(self.shifts, self.staffing.floor)
        yield from calendar_problems(self.calendar)
        yield from alarm_problems(self.alarms)
        yield from quality_problems(self.quality)
        yield from snippet_problems(self.desk.snippets)
        yield from report_mail_problems(self.report_mails)
        wrong_names = tuple(
            roster_problems(self.roster, {agent.id for agent in self.agents}, {shift.id for shift in self.shifts})
        )
        yield from wrong_names or duty_problems(self)
        yield from mobile_problems(self)
        if len(set(self.governor.ladder)) < len(self.governor.ladder):
            yield ("governor", "ladder"), "each measure can be there once"
