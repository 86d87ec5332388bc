"""One attempt to reach the far end over one trunk, and whose fault it is when it fails.

- The trunk answers with its own failure (503 and the like): its fault, at once.
- It says nothing, not even 100 Trying, for 3 s: its fault. We ask Asterisk, which hears what AMI does not tell.
- It says 100 and no more for 10 s, or sounds without ringing for `early_media_s`: its fault while another trunk is
  left; with none left we wait on, because a carrier may play a tune instead of ringing.
- The far end rings: from here on it is the far end's word.

Q.850 causes, as res_pjsip maps SIP: 486 17, 603 and 403 21, 404 and 604 1, 480 19, 408 18, 484 28, 503 34.
"""

from __future__ import annotations

from core.commands import AskTrunk, CancelFar, ConsultFar, DialFar
from core.events import TrunkFailed
from core.ids import CommandId, OfferId, SeatId, TrunkId
from core.states import CallState, OutboundOutcome
from queueing import seats, trunks
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import Dialling, OutsideRecord

DIAL_WITHIN_S = 2.0
SILENT_S = 3.0
TRYING_S = 10.0
RETURN_WITHIN_S = 5.0
"""From a leg's end, or our order to cancel it, to Dial's return."""
DIAL_OVER_S = 1.0
"""When a dial command is done its talk is over; the PBX's own word has this long to come first."""
SPARE_S = 5.0

_BY_CAUSE = {
    17: OutboundOutcome.BUSY,
    19: OutboundOutcome.NO_ANSWER,
    21: OutboundOutcome.DECLINED,
    1: OutboundOutcome.WRONG_NUMBER,
    22: OutboundOutcome.WRONG_NUMBER,
    28: OutboundOutcome.WRONG_NUMBER,
}
_BY_STATUS = {
    "ANSWER": OutboundOutcome.REACHED,
    "BUSY": OutboundOutcome.BUSY,
    "NOANSWER": OutboundOutcome.NO_ANSWER,
    "CANCEL": OutboundOutcome.AGENT_LEFT,
    "FULL": OutboundOutcome.NO_LINE,
    "REFUSED": OutboundOutcome.WRONG_NUMBER,
}


def attempt_of(record: Dialling) -> OfferId:
    """The present attempt's token."""
    return OfferId(f"{record.id}/{record.attempt}")


def command_of(floor: Floor, draft: Draft, record: Dialling) -> CommandId:
    """The next order's id; its outcome will be this call's."""
    command = draft.next_id()
    floor.state.outbound_commands[command] = record.id
    record.commands.append(command)
    return command


def dial(floor: Floor, draft: Draft, record: Dialling, trunk: TrunkId, ring_s: float) -> None:
    record.attempt += 1
    record.trunk, record.dialled_boot_s = trunk, draft.now_s
    record.rang = record.progressed = record.leg_gone = False
    record.given_up, record.asked = "", None
    record.tried.append(trunk)
    trunks.count_dial(floor, draft, trunk)
    record.command = command_of(floor, draft, record)
    until = draft.now_s + DIAL_WITHIN_S
    whom = (attempt_of(record), trunk, record.number, record.language, ring_s)
    if (asker := asker_of(record)) is None:
        draft.order(DialFar(record.command, until, record.node, record.id, *whom))
    else:
        parts = floor.state.calls[record.id].state is CallState.TALKING
        draft.order(ConsultFar(record.command, until, record.node, record.id, asker, *whom, parts))
    floor.due(record, draft.now_s + SILENT_S)


def asker_of(record: Dialling) -> SeatId | None:
    """The seat whose leg dials, where it is not the call's own line."""
    return record.asker if isinstance(record, OutsideRecord) else None


def rang(floor: Floor, record: Dialling) -> None:
    record.rang = True
    if not record.given_up:
        _wait_on(floor, record)


def progressed(floor: Floor, draft: Draft, record: Dialling) -> None:
    if not (record.progressed or record.rang or record.given_up):
        record.progressed = True
        assert record.trunk is not None
        sound_s = trunks.early_media_s(floor, record.trunk)
        floor.due(record, max(draft.now_s, record.dialled_boot_s + sound_s))


def trunk_said(floor: Floor, draft: Draft, record: Dialling, status: str) -> None:
    """Asterisk's answer to our question: the trunk's last SIP status, or nothing."""
    if record.rang or record.progressed or record.given_up:
        return
    if status:
        floor.due(record, record.dialled_boot_s + TRYING_S)
    else:
        give_up(floor, draft, record, "silent")


def due(floor: Floor, draft: Draft, record: Dialling) -> None:
    """The attempt has had its time without a sign that satisfies."""
    tried = record.dialled_boot_s + TRYING_S <= draft.now_s  # moments, not spans: see queueing.relaxing
    if record.rang:
        give_up(floor, draft, record, "rang too long")
    elif record.progressed or tried:
        if trunks.choose(floor, draft, record.tried) is None and draft.now_s < _limit_boot_s(floor, record):
            _wait_on(floor, record)
        else:
            give_up(floor, draft, record, "no ringing")
    else:
        record.asked = command_of(floor, draft, record)
        until = draft.now_s + DIAL_WITHIN_S
        draft.order(AskTrunk(record.asked, until, record.node, record.id, attempt_of(record), asker_of(record)))
        floor.due(record, draft.now_s + TRYING_S)


def give_up(floor: Floor, draft: Draft, record: Dialling, why: str) -> None:
    """Cancel this attempt. The next trunk is asked when its Dial has returned."""
    record.given_up = why
    until = draft.now_s + DIAL_WITHIN_S
    draft.order(CancelFar(draft.next_id(), until, record.node, record.id, attempt_of(record)))
    floor.due(record, draft.now_s + RETURN_WITHIN_S)


def is_overdue(record: Dialling) -> bool:
    """Its leg is gone, or was to be, and Dial has not returned all the same."""
    return record.leg_gone or bool(record.given_up)


def outcome_of(record: Dialling, result: str) -> OutboundOutcome | None:
    """What Dial's return means. None: the trunk's fault, another may do better."""
    status, cause, *_ = *result.split("/"), ""
    if record.given_up and status != "ANSWER":
        return OutboundOutcome.NO_ANSWER if record.rang else None
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    number = int(cause) if cause.isdecimal() else 0
    if number in _BY_CAUSE:
        return _BY_CAUSE[number]
    return OutboundOutcome.NO_ANSWER if record.rang and number not in seats.UNREACHABLE_CAUSES else None


def blame_trunk(floor: Floor, draft: Draft, record: Dialling, result: str) -> None:
    assert record.trunk is not None
    why = record.given_up or result
    draft.tell(TrunkFailed(record.id, record.trunk, why))
    trunks.failed(floor, draft, record.trunk, why)


def ring_limit_s(floor: Floor, record: Dialling) -> float:
    """A moment longer than Dial's own limit, which comes first."""
    house = floor.state.house
    assert house is not None
    return (house.outside if isinstance(record, OutsideRecord) else house.outbound).ring_s + SPARE_S


def _limit_boot_s(floor: Floor, record: Dialling) -> float:
    return record.dialled_boot_s + ring_limit_s(floor, record)


def _wait_on(floor: Floor, record: Dialling) -> None:
    """Dial's own limit comes first."""
    floor.due(record, _limit_boot_s(floor, record))
