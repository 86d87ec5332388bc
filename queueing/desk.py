"""What agents write: notes on calls, and cases of our own, so that a matter outlives the call it came up in.

- A case has a number of eight digits, which callers can type: two of the year, six that count.
- Whoever takes it first owns it; only the owner, or a leader, gives it on (the door checks who may). Its owner is the
  preferred agent of its caller (queueing.cases).
- It is due after the house's time, or what was asked for. Past that an alarm says so, once.
- Two people may have it open: a change says which state of the case it was made from, and that is its last change's
  moment. The records have the same one (store.case_records).
- Only open cases are remembered here, and of them no texts: these are in the outcomes, and in the records folded from
  them. A closed case stays closed; what comes up again is a new one.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from core.desk import DeskRules
from core.errors import IllegalTransition, MovedOn, Refused
from core.events import Alarmed, CallNoted, CaseChanged, CaseOpened, CaseOverdue, CaseTaken
from core.ids import AgentId
from core.inputs import ChangeCase, GiveCase, NoteCall, OpenCase, OwnCase, TakeCase
from core.states import CaseState
from queueing import agents, cases, lifecycles
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CaseRecord

MOVED_ON = "somebody else has changed this case meanwhile"
OWNED_S = 366 * 86_400.0
"""Longer than any case; an owner's preference ends with the case."""


def note(floor: Floor, draft: Draft, agent: AgentRecord, wish: NoteCall) -> None:
    """Keep what is written so far. Raises Refused: an unknown code."""
    if wish.code and all(code.id != wish.code for code in floor.desk.wrap_up_codes):
        raise Refused(f"There is no wrap-up code {wish.code}. The house knows: {_codes(floor.desk)}.")
    draft.tell(CallNoted(wish.call, agent.id, wish.text, wish.code, wish.tags))


def _codes(rules: DeskRules) -> str:
    return ", ".join(code.id for code in rules.wrap_up_codes) or "none"


# --- cases ---------------------------------------------------------------------------------------
def open_case(floor: Floor, draft: Draft, wish: OpenCase, by: str) -> str:
    """Its number. Raises Refused."""
    if len(floor.state.open_cases) >= floor.desk.cases_open:
        raise Refused(f"{floor.desk.cases_open} cases are open. Close some first.")
    caller = cases.caller_of(floor, wish.caller)
    if wish.owner:
        agents.known(floor, wish.owner)
    case = CaseRecord(_next_number(floor, draft), wish.kind, caller)
    floor.state.open_cases[case.id] = case
    due_s = floor.desk.case_due_s if wish.due_s is None else wish.due_s
    floor.due(case, draft.now_s + due_s)
    _tell(draft, case, CaseOpened(case.id, case.kind, wish.text, caller, wish.call, by, due_s))
    if wish.owner:
        _give(floor, draft, case, wish.owner, by, "")
    return case.id


def _next_number(floor: Floor, draft: Draft) -> str:
    """Counted anew each year of the house's calendar."""
    zone = ZoneInfo(floor.state.house.time_zone if floor.state.house else "UTC")
    year = datetime.fromtimestamp(draft.utc_s, zone).strftime("%y")
    if year != floor.state.case_year:
        floor.state.case_year, floor.state.cases_of_year = year, 0
    floor.state.cases_of_year += 1
    return f"{year}{floor.state.cases_of_year:06}"


def ask(floor: Floor, draft: Draft, request: TakeCase | GiveCase | ChangeCase, by: str) -> str:
    """The moment of its last change. Raises Refused."""
    case = floor.state.open_cases.get(request.case)
    if case is None:
        raise Refused(f"There is no open case {request.case}.")
    if not isinstance(request, TakeCase):
        _check_seen(case, request.seen_utc_s)
    match request:
        case TakeCase():
            if case.owner and case.owner != request.agent:
                raise Refused(f"{case.owner} owns {case.id}. Ask for it to be given on.")
            _give(floor, draft, case, request.agent, by, "")
        case GiveCase():
            _give(floor, draft, case, request.to, by, request.note)
        case _:
            _change(floor, draft, case, request, by)
    return repr(case.changed_utc_s)


def _check_seen(case: CaseRecord, seen_utc_s: float | None) -> None:
    if None not in (seen_utc_s, case.changed_utc_s) and seen_utc_s != case.changed_utc_s:
        raise MovedOn(MOVED_ON)


def _give(floor: Floor, draft: Draft, case: CaseRecord, to: AgentId, by: str, note: str) -> None:
    agents.known(floor, to)
    if case.owner != to:
        was, case.owner = case.owner, to
        _tell(draft, case, CaseTaken(case.id, to, was, by, note))
        cases.own(floor, draft, OwnCase(case.id, to, case.caller, OWNED_S))
    if case.state is CaseState.NEW:
        _move(draft, case, CaseState.IN_WORK, "", by)


def _change(floor: Floor, draft: Draft, case: CaseRecord, wish: ChangeCase, by: str) -> None:
    state = case.state if wish.state is None else wish.state
    _move(draft, case, state, wish.note, by, wish.due_s)
    if state is CaseState.CLOSED:
        case.due_boot_s = None
        del floor.state.open_cases[case.id]
        cases.forget(floor, draft, case.id)
    elif wish.due_s is not None:
        case.overdue = False
        floor.due(case, draft.now_s + wish.due_s)


def _move(draft: Draft, case: CaseRecord, state: CaseState, note: str, by: str, due_s: float | None = None) -> None:
    """Raises Refused: it cannot become that."""
    was = case.state
    if state is not was:
        try:
            case.state = lifecycles.advance(lifecycles.CASE, was, state.value)
        except IllegalTransition as error:
            raise Refused(f"{case.id} is {was} and cannot become {state}.") from error
    _tell(draft, case, CaseChanged(case.id, was, case.state, note, by, due_s))


def due(floor: Floor, draft: Draft, case: CaseRecord) -> None:
    """It should be done by now."""
    case.due_boot_s, case.overdue = None, True
    _tell(draft, case, CaseOverdue(case.id, case.owner))
    whose = f"{case.owner} owns it" if case.owner else "nobody has taken it"
    draft.tell(Alarmed("case_overdue", f"Case {case.id} ({case.kind}) is overdue; {whose}."))


def _tell(draft: Draft, case: CaseRecord, event: CaseOpened | CaseTaken | CaseChanged | CaseOverdue) -> None:
    case.changed_utc_s = draft.utc_s
    draft.tell(event)
