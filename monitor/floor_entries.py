"""What events do to the rest of the board: agents, seats, queues' doors, trunks, the PBX, the house, alarms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from core.events import (
    AgentChanged,
    AlarmChanged,
    Alarmed,
    DrainBegan,
    DrainEnded,
    Event,
    HouseApplied,
    PbxChanged,
    QueueClosed,
    QueueOpened,
    SeatChanged,
    TrunkChanged,
)
from core.ids import AgentId, QueueId, SeatId
from core.recordings import RecordingPaused, RecordingResumed
from core.states import AgentStatus, AlarmState
from monitor import staff
from monitor.entries import Entries
from monitor.panels import Entry, house_panel

ALARMS_KEPT = 50


def fold(board: Entries, event: Event) -> None:
    """Nothing for an event that the board does not show."""
    if not (_people(board, event) or _lines(board, event) or _house(board, event)):
        _staff(board, event)


def alarm(board: Entries, name: str, text: str, values: Mapping[str, str] | None = None) -> None:
    """Put an alarm on the board; the last 50 are kept, newest first. `values` are those that `text` is made of."""
    told = {"name": name, "text": text, "at_utc_s": board.utc_s} | ({"values": dict(values)} if values else {})
    board.put("alarms", {"last": [told, *board.get("alarms")["last"]][:ALARMS_KEPT]})


def _people(board: Entries, event: Event) -> bool:
    match event:
        case AgentChanged():
            _agent_changed(board, event)
        case SeatChanged():
            board.seat(event.seat, reachable=event.reachable)
        case RecordingPaused():
            board.seat(event.seat, recording_paused_utc_s=board.utc_s)
        case RecordingResumed():
            board.seat(event.seat, recording_paused_utc_s=None)
        case _:
            return False
    return True


def _lines(board: Entries, event: Event) -> bool:
    match event:
        case TrunkChanged():
            if event.trunk in {trunk.id for trunk in board.house.trunks}:
                entry = {"id": event.trunk, "reachable": event.reachable, **board.since()}
                board.put(f"trunk/{event.trunk}", entry)
                board.stale.add("lines")
        case PbxChanged():
            board.put(f"pbx/{event.node}", {"id": event.node, "up": event.up, "since_utc_s": board.utc_s})
        case _:
            return False
    return True


def _house(board: Entries, event: Event) -> bool:
    match event:
        case HouseApplied():
            _house_applied(board, event)
        case QueueClosed():
            how = {"to": event.to, "message": event.message, "until_utc_s": event.until_utc_s}
            _closing(board, event.queue, {**how, "by": event.by, "since_utc_s": board.utc_s})
        case QueueOpened():
            _closing(board, event.queue, None)
        case DrainBegan():
            until = {"until_utc_s": board.utc_s + event.within_s, "until_boot_s": board.boot_s + event.within_s}
            board.put("drain", {"by": event.by, **board.since(), **until})
        case DrainEnded():
            board.sheet.drop("drain")
        case AlarmChanged():
            _alarm_changed(board, event)
        case Alarmed():
            alarm(board, event.name, event.text, dict(event.values))
        case _:
            return False
    return True


def _staff(board: Entries, event: Event) -> None:
    if change := staff.change(event, board.get, board.utc_s):
        board.put(*change)
    if told := staff.alarm(event):
        alarm(board, *told)


def _agent_changed(board: Entries, event: AgentChanged) -> None:
    key = f"agent/{event.agent}"
    old = board.get(key) or {"id": event.agent, "name": event.agent, "seat": event.seat}
    now = {"status": event.status, "state": event.state, **board.since()}
    seat = None if event.status is AgentStatus.SIGNED_OUT else event.seat
    if old["seat"] and old["seat"] != seat:
        _leave(board, event.agent, old["seat"])
    if not seat and event.agent not in {agent.id for agent in board.house.agents}:
        board.sheet.drop(key)  # whoever is taken out of the house is signed out behind it, after a talk perhaps
        return
    signed_out = {} if seat else {"withheld": None, "withheld_until_utc_s": None}
    board.put(key, {**old, **now, **signed_out, "seat": seat, "reason": event.reason})
    if seat:
        board.seat(seat, agent=event.agent, agent_name=old["name"], **now)


def _leave(board: Entries, agent: AgentId, seat: SeatId) -> None:
    """Nobody sits there; a seat that is taken out of the house is shown for as long as somebody does."""
    if seat not in {item.id for item in board.house.seats}:
        board.sheet.drop(f"seat/{seat}")
    elif board.get(f"seat/{seat}").get("agent") == agent:
        board.seat(seat, agent=None, agent_name="", status=None, state=None, **board.since())


def _house_applied(board: Entries, event: HouseApplied) -> None:
    board.put("house", house_panel(board.house) | {"version": event.version, "lines": event.lines})
    names = dict(event.agents)
    board.keep_only("seat/", {str(seat) for seat in event.seats})
    board.keep_only("agent/", {str(agent) for agent in names})
    board.keep_only("trunk/", {str(trunk.id) for trunk in board.house.trunks})
    for prefix in ("queue/", "governor/", "offers/"):
        board.keep_only(prefix, {str(queue) for queue in event.queues})
    for call in board.sheet.keys_of("call/"):
        board.touch_waiting(board.get(call))  # who waits in a queue that is gone is shown there to the end
    for seat in event.seats:
        board.seat(seat)
    for agent, name in names.items():
        blank = {"status": AgentStatus.SIGNED_OUT, "state": None, "seat": None, **board.since()}
        board.put(f"agent/{agent}", blank | board.get(f"agent/{agent}") | {"id": agent, "name": name})
    board.stale |= {"lines"} | {f"queue/{queue}" for queue in event.queues}


def _closing(board: Entries, queue: QueueId, closing: Entry | None) -> None:
    """Which queues are closed, by whom, since when, and where their calls go ("": a closing message)."""
    others = {name: entry for name, entry in board.get("closed").items() if name != queue}
    board.put("closed", others | ({queue: closing} if closing else {}))


def _alarm_changed(board: Entries, event: AlarmChanged) -> None:
    """What stands now; what is over leaves the board, and stays in the history."""
    key = f"alarm/{event.rule}/{event.subject}"
    if event.state is AlarmState.CLEARED:
        board.sheet.drop(key)
    else:
        since = {name: at for name, at in board.get(key).items() if name.startswith("since_")}
        board.put(key, asdict(event) | {"id": f"{event.rule}/{event.subject}"} | (since or board.since()))
