"""Random histories: facts doubled, late, lost, contradictory; commands that fail; the PBX gone and back.

After every single input the invariants hold; at the end the history is replayed and gives the same
decisions, also by engines restored from a snapshot's JSON on the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from core.commands import CallLeader, ConsultFar, DialFar, RingBeside, RingSeat
from core.house import House
from core.ids import AgentId, CallbackId, CallId, CommandId, DeskMessageId, OfferId, QueueId, SeatId
from core.inputs import (
    AgentLineHeld,
    AskCallback,
    BesideHeld,
    CallbackRequested,
    CallerBack,
    CancelCallback,
    ChangeCase,
    ChangeListening,
    CloseCase,
    CloseItem,
    CommandDone,
    CommandFailed,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarProgressed,
    FarRang,
    HangUp,
    Hold,
    Input,
    Listen,
    ListenByPhone,
    MarkAbusive,
    MessageLeft,
    NoticeUnderstood,
    OpenCase,
    OpenItem,
    OwnCase,
    PauseRecording,
    PbxResynced,
    PlaceCall,
    QueueKeyPressed,
    ReadDeskMessage,
    Resume,
    ResumeRecording,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeenFarLeg,
    SeenOutbound,
    ShowPop,
    StopListening,
    SurveyAnswered,
    TakeCase,
    TakeFromListening,
    TellAgent,
    Tick,
    Transfer,
)
from core.states import AgentState, BreakReason, CallState, CaseKind, CaseState, ListenMode
from queueing.engine import Engine
from queueing.far_end import attempt_of
from queueing.state import AgentRecord, CallRecord
from tests.unit.queueing.builders import CARE, HOTLINE, NODE, SALES, TRUNK, agent, house, leg, seen
from tests.unit.queueing.invariants import SNAPSHOT, Invariants

AGENTS = ["a1", "a2", "a3"]
SEATS = ["s1", "s2", "s3"]
RESULTS = ["ANSWER", "BUSY", "NOANSWER", "CHANUNAVAIL/20", "CHANUNAVAIL/21", "CANCEL", ""]
SHORT_DAY = {
    "shifts": [
        {"id": "early", "name": {}, "start": "08:00", "end": "08:18"},
        {"id": "late", "name": {}, "start": "08:17", "end": "08:00"},
    ],
    "staffing": {
        "floor": [
            {"start": "08:00", "end": "08:17", "agents": 2},
            {"start": "08:17", "end": "08:18", "agents": 1},
            {"start": "08:18", "end": "08:00", "agents": 1, "night": True},
        ],
        "late_after_s": 5,
        "missing_after_s": 20,
        "shift_end_grace_s": 10,
        "usual_handling_s": 25,
    },
    "groups": [{"id": "cared", "longest_stretch_s": 45, "cool_down_s": 20, "highest_occupancy": 0.5}],
    "governor": {
        "ladder": ["relax_skills", "shorten_wrap_up", "hold_breaks", "ask_reserve", "alarm"],
        "least_calls": 2,
        "up_after_s": 10,
        "down_after_s": 10,
        "window_s": 60,
    },
}
"""The floor opens at 08:16:40: within two minutes the floor sinks twice, a shift ends and the night begins."""


def short_day(*shifts: str) -> House:
    document = house(agent("a1"), agent("a2", skills={"sales": 5, "care": 5}), agent("a3"), seats=3).model_dump()
    people = [{**one, "shift": shift, "group": "cared"} for one, shift in zip(document["agents"], shifts, strict=True)]
    leaders = [
        {**agent(name).model_dump(), "skills": {}, "role": "leader", "mobile": mobile}
        for name, mobile in (("l1", "13900000001"), ("l2", "13900000002"))
    ]
    return House.model_validate({**document, **SHORT_DAY, "agents": [*people, *leaders]})


HOUSES = [
    house(
        agent("a1"),
        agent("a2", skills={"sales": 5, "care": 5}),
        agent("a3", languages=("zh-CN", "en")),
        seats=3,
        sales={"answer_by_s": 1},
    ),
    house(
        agent("a1"),
        agent("a2"),
        agent("a3", skills={"care": 4}),
        seats=3,
        wrap_up_s=0,
        misses_before_away=1,
        desk={"ring_after_pop": True},
    ),
    house(
        agent("a1"),
        agent("a3", skills={"care": 4}, languages=("en",)),
        seats=2,
        aging_s=5.0,
        language_priority={"en": 2},
        outside={"numbers": ["13900139000"], "ring_s": 5},
        returner_s=60.0,
        sales={
            "strategy": "round-robin",
            "max_waiting": 2,
            "max_wait_s": 20,
            "overflow_number": "13900139000",
            "ring_after_pop": True,
            "preferred_agent_s": 3,
            "relax": [{"after_s": 2, "skills": {"care": 1}}, {"after_s": 4, "any_language": True}],
        },
    ),
    short_day("early", "late", "early"),
    short_day("late", "early", "late"),
]

calls = st.integers(min_value=0, max_value=4)
"""0 is a new call, 1 the newest, 2 the one before, …"""
agents = st.sampled_from(AGENTS)
seats = st.sampled_from(SEATS)
queues = st.sampled_from([SALES, CARE])
causes = st.sampled_from([0, 16, 17, 19, 20, 21, 26])
callers = st.sampled_from(["", "+8613800138000", "+8613900139000"])
picks = st.integers(min_value=0, max_value=30)


class Histories(Invariants):
    """Whatever happens."""

    def call(self, pick: int) -> str:
        self.newest += pick == 0
        return f"c{self.newest - max(0, pick - 1)}"

    def ring(self, pick: int) -> RingSeat | RingBeside:
        """One of the last rings ordered, or one that never was."""
        if not self.rings:
            return RingSeat(CommandId("0.0"), 0, NODE, CallId("c0"), OfferId("c0/0"), SeatId("s1"), 20)
        return self.rings[-1 - pick % min(len(self.rings), 4)]

    # --- what happens ----------------------------------------------------------------------
    @initialize(which=st.sampled_from([0, 0, 1, 3, 4]))
    def opens(self, which: int) -> None:
        self.floor.open(HOUSES[which], reachable=("s1", "s2", "s3"))
        for name, seat in zip(AGENTS, SEATS, strict=True):
            self.floor.sign_in(name, seat)

    @rule(call=calls)
    def arrives(self, call: int) -> None:
        self.note(self.floor.arrive(self.call(call)))

    @rule(
        call=calls,
        queue=queues,
        priority=st.integers(0, 2),
        language=st.sampled_from(["zh-CN", "zh-CN", "en"]),
        since=st.one_of(st.none(), st.floats(-5, 60)),
        caller=callers,
    )
    def asks(self, call: int, queue: QueueId, priority: int, language: str, since: float | None, caller: str) -> None:
        back = None if since is None else self.floor.now_s - since
        wish = {"priority": priority, "language": language, "since": back, "caller": caller}
        self.note(self.floor.queue(self.call(call), queue, **wish))  # type: ignore[arg-type]

    @rule(call=calls, cause=st.sampled_from([16, 16, 41]))
    def hangs_up(self, call: int, cause: int) -> None:
        self.note(self.floor.hang_up(self.call(call), cause))

    @rule(queue=queues, talks=st.booleans())
    def a_call_goes_well(self, queue: QueueId, talks: bool) -> None:
        self.note(self.floor.queue(self.call(0), queue))
        ring = self.ring(0)
        self.give(SeatRang(ring.call, ring.offer, ring.seat))
        if talks:
            self.give(SeatAnswered(ring.call, ring.offer, ring.seat))

    @rule()
    def everybody_is_back(self) -> None:
        for name, seat in zip(AGENTS, SEATS, strict=True):
            self.note(self.floor.ready(name))
            self.note(self.floor.sign_in(name, seat))
        self.seen_as_believed()

    @rule(pick=picks)
    def rings_go_well(self, pick: int) -> None:
        ring = self.ring(pick)
        self.give(SeatRang(ring.call, ring.offer, ring.seat))

    @rule(pick=picks)
    def answers(self, pick: int) -> None:
        ring = self.ring(pick)
        self.give(SeatAnswered(ring.call, ring.offer, ring.seat))

    @rule(pick=picks)
    def a_second_phone_can_be_rung(self, pick: int) -> None:
        ring = self.ring(pick)
        self.give(BesideHeld(ring.call, NODE, ring.offer))

    @rule()
    def two_phones_ring(self) -> None:
        for call in self.state().calls.values():
            if call.ring is not None and call.beside:
                self.give(BesideHeld(call.id, NODE, call.ring.offer))
                self.give(SeatRang(call.id, call.ring.offer, call.ring.seat))
        for second in self.state().seconds.values():
            self.give(SeatRang(second.id, second.offer, second.seat))

    @rule(second_first=st.booleans(), both=st.booleans())
    def one_of_two_answers(self, second_first: bool, both: bool) -> None:
        for second in self.state().seconds.values():
            ring = self.state().calls[second.id].ring
            assert ring is not None
            parties = [(ring.offer, ring.seat), (second.offer, second.seat)]
            for offer, seat in (parties[::-1] if second_first else parties)[: 2 if both else 1]:
                self.give(SeatAnswered(second.id, offer, seat))

    @rule(name=agents, window=st.sampled_from(["w1", "w2"]), here_instead=st.booleans())
    def a_window_shows_the_pop(self, name: str, window: str, here_instead: bool) -> None:
        record = self.state().agents.get(AgentId(name))
        if record is not None:
            self.note(self.floor.ask(ShowPop(record.id, record.pop, window, here_instead)))

    @rule(owner=st.sampled_from(["", *AGENTS]), caller=callers, due_s=st.sampled_from([None, 5.0]))
    def a_case_is_opened(self, owner: str, caller: str, due_s: float | None) -> None:
        self.note(self.floor.ask(OpenCase(CaseKind.USE, "x", caller, CallId("c0"), AgentId(owner), due_s)))

    @rule(number=st.integers(1, 3), name=agents, state=st.sampled_from([None, *CaseState]))
    def a_case_goes_on(self, number: int, name: str, state: CaseState | None) -> None:
        case, agent_id = f"26{number:06}", AgentId(name)
        request = TakeCase(case, agent_id) if state is None else ChangeCase(case, "x", state)
        self.note(self.floor.ask(request))

    @rule(pick=picks, cause=causes)
    def leg_ends(self, pick: int, cause: int) -> None:
        ring = self.ring(pick)
        self.give(SeatLegEnded(ring.call, ring.offer, ring.seat, cause))

    @rule(pick=picks, result=st.sampled_from(RESULTS))
    def command_done(self, pick: int, result: str) -> None:
        self.give(CommandDone(self.ring(pick).id, result))

    @rule(pick=picks)
    def command_failed(self, pick: int) -> None:
        self.give(CommandFailed(self.ring(pick).id, "too late"))

    @rule(call=calls, key=st.sampled_from(["1", "2"]), after_s=st.sampled_from([0.0, 21.0]))
    def presses_what_was_offered(self, call: int, key: str, after_s: float) -> None:
        self.time_passes(after_s)  # each deadline is a decision of its own, to be judged by its own moment
        self.give(QueueKeyPressed(CallId(self.call(call)), key))

    @rule(call=calls, what=st.integers(0, 2))
    def a_flow_goes_on(self, call: int, what: int) -> None:
        name = CallId(self.call(call))
        if what == 0:
            self.give(CallerBack(name, NODE))
        elif what == 1:
            self.give(MessageLeft(name, HOTLINE, "", "", "t", "zh-CN", "f.wav", 3.0))
        else:
            self.give(SurveyAnswered(name, "service", 2))

    @rule(pick=picks)
    def any_command_failed(self, pick: int) -> None:
        if self.floor.commands:
            self.give(CommandFailed(self.floor.commands[-1 - pick % len(self.floor.commands)].id, "refused"))

    @rule(call=calls, seat=seats, offer=st.sampled_from(["", "x/1"]), answered=st.booleans())
    def strange_leg(self, call: int, seat: str, offer: str, answered: bool) -> None:
        fact = SeatAnswered if answered else SeatRang
        self.give(fact(CallId(self.call(call)), OfferId(offer), SeatId(seat)))

    # --- calls that we make ----------------------------------------------------------------
    def dial(self, pick: int) -> DialFar | ConsultFar:
        """One of the last dials ordered, or one that never was."""
        if not self.dials:
            never = (CommandId("0.1"), 0.0, NODE, CallId("pbx1-out-0.0"), OfferId("pbx1-out-0.0/1"))
            return DialFar(*never, TRUNK, "+8613800138000", "zh-CN", 45)
        return self.dials[-1 - pick % min(len(self.dials), 4)]

    @rule(name=agents, number=st.integers(0, 2))
    def places_a_call(self, name: str, number: int) -> None:
        self.note(self.floor.ask(PlaceCall(AgentId(name), f"1380013800{number}", SALES)))

    @rule(name=agents, then=st.sampled_from([HangUp, Resume, None]))
    def loses_the_page(self, name: str, then: type[HangUp | Resume] | None) -> None:
        self.note(self.floor.ask(Hold(AgentId(name), is_lost=True)))
        asked = then(AgentId(name)) if then else Transfer(AgentId(name), to_agent=AgentId(name))
        self.note(self.floor.ask(asked))

    @rule(call=calls, number=st.integers(0, 4), keyed=st.sampled_from(["", "+447700900123", "500&PJSIP/1"]))
    def wants_a_callback(self, call: int, number: int, keyed: str) -> None:
        number_wanted = keyed or f"+861390000000{number}"
        who = (CallId(self.call(call)), NODE, HOTLINE, TRUNK, "", number_wanted)
        self.give(CallbackRequested(*who, SALES, "zh-CN"))

    @rule(
        number=st.integers(0, 4), priority=st.integers(0, 2), cancelled=st.booleans(), later_s=st.sampled_from([0, 60])
    )
    def people_promise(self, number: int, priority: int, cancelled: bool, later_s: float) -> None:
        self.note(self.floor.ask(AskCallback(f"1390000000{number}", SALES, "", priority, later_s)))
        promises = list(self.state().callbacks)
        if cancelled and promises:
            self.note(self.floor.ask(CancelCallback(CallbackId(promises[number % len(promises)]))))

    @rule(pick=picks, what=st.sampled_from(["rang", "answered", "ended", "held", "failed"]), cause=causes)
    def agents_own_leg(self, pick: int, what: str, cause: int) -> None:
        if not self.agents_called:
            return
        order = self.agents_called[-1 - pick % min(len(self.agents_called), 3)]
        where = (order.call, order.offer, order.seat)
        facts: dict[str, Input] = {
            "rang": SeatRang(*where),
            "answered": SeatAnswered(*where),
            "ended": SeatLegEnded(*where, cause),
            "held": AgentLineHeld(order.call, NODE, self.floor.now_s),
            "failed": CommandFailed(order.id, "x"),
        }
        self.give(facts[what])

    @rule(pick=picks)
    def agent_picks_up(self, pick: int) -> None:
        for what in ("rang", "answered", "held"):
            self.agents_own_leg(pick, what, 0)

    @rule(pick=picks, what=st.sampled_from([FarRang, FarProgressed, FarAnswered]))
    def far_end(self, pick: int, what: Any) -> None:
        order = self.dial(pick)
        self.give(what(order.call, order.attempt))

    @rule(what=st.sampled_from(["answered", "understood", "ended", "failed"]), cause=causes)
    def a_leader_is_rung(self, what: str, cause: int) -> None:
        for order in [command for command in self.floor.commands if isinstance(command, CallLeader)][-2:]:
            attempt = OfferId(f"{order.call}/1")
            facts: dict[str, Input] = {
                "answered": FarAnswered(order.call, attempt),
                "understood": NoticeUnderstood(order.call),
                "ended": FarLegEnded(order.call, attempt, cause),
                "failed": CommandFailed(order.id, "x"),
            }
            self.give(facts[what])

    @rule()
    def the_last_one_at_night_misses(self) -> None:
        self.house_changes(3)
        self.floor.after(90.0)
        self.everybody_is_back()
        for name in ("a2", "a3"):
            self.is_let_go(name)
        self.note(self.floor.queue(self.call(0), SALES))
        for _ in range(2):
            self.rings_go_well(0)
            self.time_passes(16.0)

    @rule(pick=picks, cause=causes)
    def far_leg_ends(self, pick: int, cause: int) -> None:
        order = self.dial(pick)
        self.give(FarLegEnded(order.call, order.attempt, cause))

    @rule(
        pick=picks, result=st.sampled_from(["BUSY/17", "NOANSWER/0", "CONGESTION/34", "ANSWER/16", "FULL/34", "", "/x"])
    )
    def dial_returns(self, pick: int, result: str) -> None:
        self.give(CommandDone(self.dial(pick).id, result))

    @rule(
        pick=picks, dialled=st.sampled_from(["", "carrier-a/", "carrier-a//", "carrier-a/BUSY/17", "x/CONGESTION/34"])
    )
    def line_comes_round(self, pick: int, dialled: str) -> None:
        self.give(AgentLineHeld(self.dial(pick).call, NODE, self.floor.now_s, dialled))

    @rule(seen_far=st.sampled_from(["none", "ringing", "talking"]), stray=st.booleans())
    def outbound_seen(self, seen_far: str, stray: bool) -> None:
        calls = []
        for record in self.state().outbound.values():
            far = (SeenFarLeg(OfferId(f"{record.id}/{record.attempt}"), TRUNK, seen_far == "talking"),)
            calls.append(SeenOutbound(record.id, record.seat, True, far if seen_far != "none" else ()))
        if stray:
            calls.append(SeenOutbound(CallId("pbx1-out-0.9"), SeatId("s1"), True))
        found = tuple(self.as_believed(call) for call in self.state().calls.values())
        every = frozenset(map(SeatId, SEATS))
        self.give(PbxResynced(NODE, f"run{self.runs}", found, every, tuple(calls)))

    @rule(name=agents, other=st.one_of(agents, queues), verb=st.sampled_from(["transfer", "consult"]))
    def gives_away(self, name: str, other: str, verb: str) -> None:
        where = {"queue": other} if other in (SALES, CARE) else {"to": other}
        self.note(getattr(self.floor, verb)(name, **where))

    @rule(name=agents, number=st.sampled_from(["13900139000", "13900139000", "13800138000"]))
    def gives_out(self, name: str, number: str) -> None:
        self.note(self.floor.transfer(name, number=number))
        self.pbx_does_what_was_asked()

    @rule(name=agents, number=st.sampled_from(["13900139000", "13900139000", "13800138000"]))
    def consults_outside(self, name: str, number: str) -> None:
        self.note(self.floor.consult(name, number=number))
        self.pbx_does_what_was_asked()

    @rule(how=st.sampled_from(["answered", "busy", "failed", "ringing", "completed", "left", "three"]))
    def somebody_outside_is_asked(self, how: str) -> None:
        self.house_changes(2)
        talker = self.talker()
        if talker is None:
            return
        self.consults_outside(talker.id, "13900139000")
        if not self.state().outside:
            return
        if how in ("busy", "failed"):
            self.dial_returns(0, "BUSY/17" if how == "busy" else "CONGESTION/34")
        elif how != "ringing":
            self.far_end(0, FarAnswered)
        if how == "three":
            self.moves_well(talker.id, "confer")
        elif how == "completed":
            self.moves_well(talker.id, "complete")
        elif how == "left":
            self.keepers_hang_up(16)

    @rule(joined=st.booleans())
    def far_ends_meet_their_callers(self, joined: bool) -> None:
        for record in self.state().outside.values():
            if joined:
                self.give(FarJoined(record.id, attempt_of(record)))
            else:
                self.note(self.floor.held(record.id))

    @rule(name=agents, back=st.booleans(), works=st.booleans())
    def card_data(self, name: str, back: bool, works: bool) -> None:
        """A pause asked for or ended, and what the PBX makes of every order about one."""
        wish = ResumeRecording if back else PauseRecording
        self.note(self.floor.ask(wish(AgentId(name))))
        for pause in list(self.state().pauses.values()):
            if pause.command:
                self.give(CommandDone(pause.command) if works else CommandFailed(pause.command, "x"))

    @rule(goes=st.booleans())
    def listens(self, goes: bool) -> None:
        """Somebody begins to listen to each call, or everybody stops."""
        for call in (*self.state().calls, *self.state().outbound):
            self.note(self.floor.ask(Listen(call, "192.0.2.7")))
        for name in list(self.state().listenings) if goes else ():
            self.note(self.floor.ask(StopListening(name)))

    @rule(seat=seats, mode=st.sampled_from(ListenMode), what=st.sampled_from(["rings", "answers", "ends", "fails"]))
    def listens_by_phone(self, seat: str, mode: ListenMode, what: str) -> None:
        """A seat's phone is rung for it, used in another way, and does what phones do."""
        for call in list(self.state().calls)[:1]:
            self.note(self.floor.ask(ListenByPhone(call, "192.0.2.7", SeatId(seat), mode)))
        for listening in list(self.state().listenings.values()):
            if listening.channel is None or listening.command is None:
                continue
            self.note(self.floor.ask(ChangeListening(listening.id, mode)))
            phone = (listening.channel, OfferId(f"{listening.channel}/0"), SeatId(seat))
            facts: dict[str, Input] = {
                "rings": SeatRang(*phone),
                "answers": SeatAnswered(*phone),
                "ends": SeatLegEnded(*phone, 16),
                "fails": CommandFailed(listening.command, "x"),
            }
            self.give(facts[what])

    @rule(what=st.sampled_from(["done", "fails", "hangs up", "parted", "both"]), joined=st.booleans())
    def listener_takes_over(self, what: str, joined: bool) -> None:
        """On the line on which somebody listens; the PBX does it, or not, or the phone is put down meanwhile."""
        for name in list(self.state().listenings):
            self.note(self.floor.ask(TakeFromListening(name)))
        for taking in list(self.state().listenings.values()):
            if taking.turning is None or taking.offer is None or taking.seat is None:
                continue
            if what in ("done", "both"):
                self.give(CommandDone(taking.turning))
            if what in ("parted", "both"):
                self.note(self.floor.held(taking.call))
            if what == "fails":
                self.give(CommandFailed(taking.turning, "x"))
            elif what == "hangs up":
                self.give(SeatLegEnded(taking.call, taking.offer, taking.seat, 16))
            if joined:
                self.note(self.floor.joined(taking.call, taking.seat))

    @rule(name=agents, verb=st.sampled_from(["hold", "resume", "complete", "confer", "put_down"]))
    def moves(self, name: str, verb: str) -> None:
        self.note(getattr(self.floor, verb)(name))

    @rule(name=agents, verb=st.sampled_from(["hold", "resume", "complete", "confer"]))
    def moves_well(self, name: str, verb: str) -> None:
        self.moves(name, verb)
        self.pbx_does_what_was_asked()

    @rule(name=agents, other=st.one_of(agents, queues), verb=st.sampled_from(["transfer", "consult"]))
    def gives_away_well(self, name: str, other: str, verb: str) -> None:
        self.gives_away(name, other, verb)
        self.pbx_does_what_was_asked()

    @rule()
    def pbx_does_what_was_asked(self) -> None:
        """Every move under way goes as it should."""
        for move in self.state().moves.values():
            if (made := self.state().outbound.get(move.id)) is not None:
                self.give(SeatLegEnded(made.id, OfferId(f"{made.id}/0"), made.seat, 16))
                continue
            call = self.state().calls[move.id]
            consult = self.state().consults.get(move.id)
            assert call.talk is not None
            if move.kind == "transfer":
                self.note(self.floor.queue(call.id, since=call.since_boot_s))
            elif move.kind == "hang_up":
                self.give(SeatLegEnded(call.id, call.talk.offer, call.talk.seat, 16))
            elif move.kind == "complete" and (far := self.state().outside.get(call.id)):
                self.give(SeatLegEnded(call.id, call.talk.offer, call.talk.seat, 16))
                self.give(FarJoined(call.id, attempt_of(far)))
            elif move.kind == "complete" and consult is not None:
                self.give(SeatLegEnded(call.id, call.talk.offer, call.talk.seat, 16))
                self.note(self.floor.joined(call.id, consult.seat))
            elif move.kind == "confer" and (far := self.state().outside.get(call.id)):
                self.note(self.floor.joined(call.id, call.talk.seat))
                self.give(FarJoined(call.id, attempt_of(far)))
            elif move.kind == "confer" and consult is not None:
                for seat in (call.talk.seat, consult.seat):
                    self.note(self.floor.joined(call.id, seat))
            elif move.kind == "resume":
                if consult is not None:
                    self.give(SeatLegEnded(call.id, consult.offer, consult.seat, 16))
                self.note(self.floor.joined(call.id, call.talk.seat))
            else:
                self.note(self.floor.held(call.id))
            if move.kind == "consult" and consult is not None:
                self.give(SeatRang(call.id, consult.offer, consult.seat))

    @rule(answer=st.booleans(), cause=causes)
    def colleague(self, answer: bool, cause: int) -> None:
        for consult in self.state().consults.values():
            if answer:
                self.give(SeatAnswered(consult.id, consult.offer, consult.seat))
            else:
                self.give(SeatLegEnded(consult.id, consult.offer, consult.seat, cause))

    def talker(self) -> AgentRecord | None:
        """Somebody in a talk; made, if nobody is."""
        if not any(call.state is CallState.TALKING for call in self.state().calls.values()):
            self.everybody_is_back()
            self.a_call_goes_well(SALES, True)
        talking = [one for one in self.state().agents.values() if one.state is AgentState.TALKING and one.call]
        return next((one for one in talking if one.call in self.state().calls), None)

    @rule()
    def three_in_one_talk(self) -> None:
        if talker := self.talker():
            for other in AGENTS:
                self.gives_away_well(talker.id, other, "consult")
            self.colleague(True, 0)
            self.moves_well(talker.id, "confer")

    @rule(how=st.sampled_from(["answered", "busy", "failed", "ringing"]))
    def a_caller_is_given_out(self, how: str) -> None:
        self.house_changes(2)
        talker = self.talker()
        if talker is None:
            return
        self.gives_out(talker.id, "13900139000")
        if self.state().outside and how == "answered":
            self.far_end(0, FarAnswered)
        elif self.state().outside and how != "ringing":
            self.dial_returns(0, "BUSY/17" if how == "busy" else "CONGESTION/34")

    def slow_call(self) -> None:
        """Quickly told: what each decision must hold is looked at elsewhere."""
        for name, seat in zip(AGENTS, SEATS, strict=True):
            self.floor.ready(name)
            self.floor.sign_in(name, seat)
        decision = self.floor.queue(self.call(0))
        for ring in [command for command in decision.commands if isinstance(command, RingSeat)][-1:]:
            self.floor.rang(ring)
            self.floor.after(2.0)
            self.floor.answer(ring)
            self.floor.leg_end(ring)
        self.floor.hang_up(f"c{self.newest}")

    @rule(rings=st.booleans())
    def slow_agents(self, rings: bool) -> None:
        """Each takes two seconds for three calls, then two phones may ring for one."""
        self.house_changes(0)
        for _ in range(3 * len(AGENTS)):
            self.slow_call()
        self.everybody_is_back()
        self.note(self.floor.queue(self.call(0), SALES))
        if rings:
            self.two_phones_ring()

    @rule(cause=causes)
    def agents_of_three_hang_up(self, cause: int) -> None:
        for consult in self.state().consults.values():
            talk = self.state().calls[consult.id].talk
            if consult.confers and talk is not None:
                self.give(SeatLegEnded(consult.id, talk.offer, talk.seat, cause))

    @rule(cause=causes)
    def keepers_hang_up(self, cause: int) -> None:
        for call in self.state().calls.values():
            if call.state is CallState.HELD and call.talk is not None:
                self.give(SeatLegEnded(call.id, call.talk.offer, call.talk.seat, cause))

    @rule(
        name=agents, call=calls, verb=st.sampled_from(["take_over", "move", "set_priority"]), picked=st.integers(0, 9)
    )
    def supervises(self, name: str, call: int, verb: str, picked: int) -> None:
        arguments = {"take_over": (name, self.call(call)), "move": (self.call(call), (SALES, CARE)[picked % 2])}
        self.note(getattr(self.floor, verb)(*arguments.get(verb, (self.call(call), picked))))

    @rule(
        queue=queues,
        to=st.sampled_from(["", SALES, CARE]),
        closes=st.sampled_from([True, False, False]),
        for_s=st.sampled_from([None, 4.0]),
    )
    def queue_closes_or_opens(self, queue: QueueId, to: str, closes: bool, for_s: float | None) -> None:
        self.note(self.floor.close_queue(queue, to, for_s=for_s) if closes else self.floor.open_queue(queue))

    @rule(
        what=st.sampled_from(["drain", "cancel", "cancel", "started anew"]), within_s=st.sampled_from([0.0, 5.0, 60.0])
    )
    def house_drains(self, what: str, within_s: float) -> None:
        if what == "drain":
            self.note(self.floor.drain(within_s))
        else:
            self.note(self.floor.cancel_drain() if what == "cancel" else self.floor.started_by(f"{self.floor.now_s}"))

    @rule(call=calls, seat=seats, joined=st.booleans())
    def parted_or_joined(self, call: int, seat: str, joined: bool) -> None:
        self.note(self.floor.joined(self.call(call), seat) if joined else self.floor.held(self.call(call)))

    @rule(name=agents, seat=seats)
    def signs_in(self, name: str, seat: str) -> None:
        self.note(self.floor.sign_in(name, seat))

    @rule(name=agents, verb=st.sampled_from(["sign_out", "take_break", "ready", "extend_wrap_up"]))
    def asks_for(self, name: str, verb: str) -> None:
        self.note(getattr(self.floor, verb)(name))

    @rule(name=agents, reason=st.sampled_from(list(BreakReason)), override=st.booleans())
    def breaks(self, name: str, reason: BreakReason, override: bool) -> None:
        self.note(self.floor.take_break(name, reason, override=override))

    @rule(name=agents)
    def is_let_go(self, name: str) -> None:
        self.note(self.floor.sign_out(name, override=True))

    @rule(name=agents)
    def was_abused(self, name: str) -> None:
        self.note(self.floor.ask(MarkAbusive(AgentId(name))))

    @rule(item=st.sampled_from(["x", "y"]), opens=st.booleans())
    def notes(self, item: str, opens: bool) -> None:
        self.note(self.floor.ask(OpenItem(item, "text") if opens else CloseItem(item)))

    @rule(name=agents, reads=st.booleans(), place=st.integers(0, 2))
    def written_to(self, name: str, reads: bool, place: int) -> None:
        unread = self.floor.engine.snapshot().unread.get(AgentId(name), [])
        message = unread[place] if place < len(unread) else DeskMessageId("dm-0")
        wish = ReadDeskMessage(AgentId(name), message) if reads else TellAgent(AgentId(name), "stay longer")
        self.note(self.floor.ask(wish))

    @rule(name=agents, caller=callers, lasts_s=st.sampled_from([5.0, 600.0]), closes=st.booleans())
    def owns_a_case(self, name: str, caller: str, lasts_s: float, closes: bool) -> None:
        self.note(self.floor.ask(CloseCase("K") if closes else OwnCase("K", AgentId(name), caller, lasts_s)))

    @rule(seat=st.sampled_from([*SEATS, "s9"]), reachable=st.booleans())
    def phone(self, seat: str, reachable: bool) -> None:
        self.note(self.floor.reach(seat, reachable))

    @rule(seconds=st.sampled_from([0.1, 0.3, 1.0, 2.0, 5.0, 16.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        end = self.floor.now_s + seconds
        due = self.floor.engine.next_deadline()
        while due is not None and due <= end:
            self.floor.now_s = max(due, self.floor.now_s)
            self.give(Tick())
            due = self.floor.engine.next_deadline()
            assert due is None or due > self.floor.now_s, "a tick leaves nothing behind that is due"
        self.floor.now_s = end

    @rule(which=st.integers(0, 4))
    def house_changes(self, which: int) -> None:
        self.note(self.floor.configure(HOUSES[which], which))

    @rule(
        blind_s=st.floats(0, 30),
        what=st.sampled_from(["restarted", "nothing left", "as believed", "blind"]),
        calls_live_s=st.sampled_from([None, 0.0, 20.0]),
    )
    def out_of_sight(self, blind_s: float, what: str, calls_live_s: float | None) -> None:
        self.note(self.floor.lose_sight(calls_live_s))
        self.time_passes(blind_s)
        self.runs += what == "restarted"
        if what == "as believed":
            self.seen_as_believed()
        elif what != "blind":
            self.note(self.floor.resync(reachable=("s1", "s2", "s3"), started=f"run{self.runs}"))

    @rule()
    def seen_as_believed(self) -> None:
        found = [self.as_believed(call) for call in self.state().calls.values()]
        self.note(self.floor.resync(*found, reachable=("s1", "s2", "s3"), started=f"run{self.runs}"))

    def as_believed(self, call: CallRecord) -> Any:
        legs = []
        if call.ring:
            legs = [leg(call.ring.seat, call.ring.offer)]
        if second := self.state().seconds.get(call.id):
            legs.append(leg(second.seat, second.offer))
        if call.talk:
            legs = [leg(call.talk.seat, call.talk.offer, answered=True)]
        if outside := self.state().outside.get(call.id):
            far = SeenFarLeg(attempt_of(outside), TRUNK, outside.answered_boot_s is not None)
            kept = (outside.asker is not None and not outside.joined) or outside.awaits_caller
            state = CallState.HELD if kept else CallState.OUTSIDE if far.answered else CallState.WAITING
            return replace(seen(call.id, state, *legs, queue=call.queue, since=call.since_boot_s), far=(far,))
        if consult := self.state().consults.get(call.id):
            legs.append(leg(consult.seat, consult.offer, answered=consult.answered_boot_s is not None))
        return seen(call.id, call.state, *legs, queue=call.queue, since=call.since_boot_s)

    @rule(seat=seats, answered=st.booleans())
    def native_queue_has_one(self, seat: str, answered: bool) -> None:
        calls = [self.as_believed(call) for call in self.state().calls.values()]
        fallen = seen(self.call(0), CallState.FALLBACK, leg(seat, answered=answered), since=self.floor.now_s - 9)
        self.note(self.floor.resync(*calls, fallen, reachable=("s1", "s2", "s3"), started=f"run{self.runs}"))

    @rule(
        drawn=st.lists(
            st.tuples(
                calls, st.sampled_from(list(CallState)), st.lists(st.tuples(seats, picks, st.booleans()), max_size=2)
            ),
            max_size=3,
        ),
        reachable=st.lists(seats),
    )
    def seen_otherwise(
        self, drawn: list[tuple[int, CallState, list[tuple[str, int, bool]]]], reachable: list[str]
    ) -> None:
        found = [
            seen(
                self.call(call),
                state,
                *(leg(seat, self.ring(pick).offer if pick % 2 else "", answered=yes) for seat, pick, yes in legs),
            )
            for call, state, legs in drawn
        ]
        self.give(PbxResynced(NODE, f"run{self.runs}", tuple(found), frozenset(map(SeatId, reachable))))

    @rule(pick=picks)
    def fact_again(self, pick: int) -> None:
        history = self.floor.history
        self.give(history[-1 - pick % len(history)][0])

    @rule()
    def restored(self) -> None:
        saved = SNAPSHOT.dump_json(self.state())
        self.snapshots.append((len(self.floor.history), saved))
        self.floor.engine = Engine.restore(SNAPSHOT.validate_json(saved))
        self.just_restored = True


TestHistories = pytest.mark.timeout(600)(Histories.TestCase)  # a crowded machine, or a failure made small
TestHistories.settings = settings(max_examples=80, stateful_step_count=60)
