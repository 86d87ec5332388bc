"""Open cases and their owners: first-contact ownership.

A business system or a person says who owns a case (OwnCase), by its number and, if known, the caller's. The owner is
waited for before the agent who spoke with the caller last (queueing.preferred). It ends with CloseCase, with its time,
or when an agent who is gone from the house owned it; a bounded number of cases is kept, the oldest go first.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import CaseClosed, CaseOwned
from core.ids import AgentId
from core.inputs import CloseCase, OwnCase
from core.numbers import Plan, normalised
from queueing import agents
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import CallRecord, Case


def ask(floor: Floor, draft: Draft, wish: OwnCase | CloseCase) -> None:
    """What another system says of a case of its own. Raises Refused."""
    if wish.case in floor.state.open_cases:
        raise Refused(f"{wish.case} is a case of ours. Give it to somebody else, or close it, as such.")
    held = _held(floor, draft, wish.case)
    if held is not None and not _may_be_taken(wish, held.agent):
        raise Refused(f"{held.agent} owns {wish.case}. Ask for it to be given on.")
    if isinstance(wish, OwnCase):
        own(floor, draft, wish)
    elif not forget(floor, draft, wish.case):
        raise Refused(f"There is no open case {wish.case}.")


def _may_be_taken(wish: OwnCase | CloseCase, owner: AgentId) -> bool:
    return wish.only_of in (None, owner) and (wish.team is None or owner in wish.team)


def own(floor: Floor, draft: Draft, wish: OwnCase) -> None:
    """From now on this agent owns the case, whoever did before. Raises Refused."""
    agents.known(floor, wish.agent)
    caller = caller_of(floor, wish.caller)
    floor.state.cases.keep(wish.case, Case(wish.agent, caller, draft.now_s + wish.lasts_s))
    if caller:
        floor.state.case_of_caller.keep(caller, wish.case)
    draft.tell(CaseOwned(wish.case, wish.agent, wish.lasts_s))


def caller_of(floor: Floor, written: str) -> str:
    """The number of whom a case is about; "" when none was given. Raises Refused."""
    house = floor.state.house
    caller = normalised(written, house.number_plan if house else Plan())
    if written and not caller:
        raise Refused("That is no telephone number. Give it with digits, and a plus before a country code.")
    return caller


def forget(floor: Floor, draft: Draft, name: str) -> bool:
    """Nobody owns it any more. False: nobody did."""
    case = floor.state.cases.forget(name)
    if case is None or case.until_boot_s <= draft.now_s:
        return False
    if floor.state.case_of_caller.get(case.caller) == name:
        floor.state.case_of_caller.forget(case.caller)
    draft.tell(CaseClosed(name))
    return True


def owner(floor: Floor, draft: Draft, call: CallRecord) -> AgentId | None:
    """Who owns the case that the caller has named, else the case of the caller's number; None: nobody any more."""
    name = call.case or floor.state.case_of_caller.get(call.caller)
    case = _held(floor, draft, name) if name else None
    return case.agent if case is not None else None


def _held(floor: Floor, draft: Draft, name: str) -> Case | None:
    """None: nobody owns it, or its time is over."""
    case = floor.state.cases.get(name)
    return case if case is not None and draft.now_s < case.until_boot_s else None
