"""The floor in a terminal: the same document the page shows, drawn with Rich as it changes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from core.errors import Refused
from store.merge import merged

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from app.instance import Instance

STALE_S = 4.0
"""The engine moves the board's clock once a second."""

REDRAW_S = 1.0
_COLOURS = {
    "idle": "green",
    "talking": "blue",
    "consulting": "blue",
    "ringing": "cyan",
    "reserved": "cyan",
    "dialling": "cyan",
    "wrap_up": "yellow",
    "holding": "yellow",
}
Board = Mapping[str, Any]


def watch(instance: Instance, console: Console) -> None:
    """Draw until the connection ends or Ctrl-C. Raises Refused: not running, or it has stopped."""
    with instance.open_live() as connection, Live(console=console, screen=True, auto_refresh=False) as live:
        for board, age_s in boards(connection):
            live.update(picture(board, age_s), refresh=True)


def boards(connection: ClientConnection) -> Iterator[tuple[Board, float]]:
    """The board after each frame and at least once a second, with seconds since its clock last moved.

    Raises:
        Refused: the engine went away.
    """
    from websockets.exceptions import ConnectionClosed

    board: Board = {}
    moved_s = time.monotonic()
    connection.send("{}")
    while True:
        try:
            frame = json.loads(connection.recv(timeout=REDRAW_S))
        except TimeoutError:
            frame = {}
        except ConnectionClosed as error:
            raise Refused("Thirdring has stopped, or ended this connection.") from error
        before = _clock(board)
        board = frame["snapshot"] if "snapshot" in frame else merged(board, frame.get("diff", {}))
        if _clock(board) != before:
            moved_s = time.monotonic()
        if board:
            yield board, time.monotonic() - moved_s


def _clock(board: Board) -> float:
    clock: float = board.get("clock", {}).get("boot_s", 0.0)
    return clock


def picture(board: Board, age_s: float) -> RenderableType:
    """The whole floor; `age_s` is how old the board is, added to every age on it."""
    now_s = _clock(board) + age_s
    parts = [_head(board, age_s), _queues(board, now_s), _waiting(board, now_s), _seats(board, now_s)]
    return Group(*parts, *_standing(board, now_s), *_alarms(board))


def entries(board: Board, kind: str) -> list[Any]:
    """All entries of a kind, in the order of their ids."""
    return [board[key] for key in sorted(board) if key.startswith(f"{kind}/")]


def _head(board: Board, age_s: float) -> RenderableType:
    lines = board.get("lines", {})
    trunks = ", ".join(f"{name} {trunk['in_use']}" for name, trunk in lines.get("by_trunk", {}).items())
    text = Text()
    text.append(f"{board.get('house', {}).get('name', 'Thirdring')}  ", "bold")
    text.append(f"{lines.get('in_use', 0)} of {lines.get('limit', 0)} lines in use ({trunks})  ")
    text.append(f"{lines.get('blocked', 0)} blocked today  ")
    for pbx in entries(board, "pbx"):
        text.append(f"PBX {pbx['id']} {'up' if pbx['up'] else 'DOWN'}  ", "green" if pbx["up"] else "bold red")
    if drain := board.get("drain"):
        text.append(_draining(board, drain), "bold yellow")
    if age_s > STALE_S:
        text.append(f"NO UPDATE FOR {age_s:.0f} s: this picture may be out of date", "bold red")
    return Panel(text)


def _draining(board: Board, drain: Any) -> str:
    calls = sum(key.startswith(("call/", "outbound/")) for key in board)
    wrap_ups = sum(agent["state"] == "wrap_up" for agent in entries(board, "agent") if "state" in agent)
    until = datetime.fromtimestamp(drain["until_utc_s"], _zone(board))
    return f"DRAINING: {calls} calls and {wrap_ups} wrap-ups left, stops at {until:%H:%M:%S} at the latest  "


def _zone(board: Board) -> ZoneInfo:
    return ZoneInfo(board.get("house", {}).get("time_zone", "UTC"))


def _queues(board: Board, now_s: float) -> RenderableType:
    table = Table("queue", expand=True, box=None, title="Queues, today", title_justify="left")
    for name in ("waiting", "longest", "connection rate", "service level", "three rings", "offered", "abandoned"):
        table.add_column(name, justify="right")
    for queue in entries(board, "queue"):
        today = queue["today"]
        table.add_row(
            queue["id"],
            str(queue["waiting"]),
            _age(queue.get("longest_since_boot_s"), now_s),
            _rate(today.get("connection_rate"), queue.get("connection_rate_target")),
            _rate(today["service_level"].get("v3"), queue.get("service_level_target")),
            _rate(today.get("three_ring_rate")),
            str(today["offered"]),
            str(today["abandoned"]),
        )
    return table


def _waiting(board: Board, now_s: float) -> RenderableType:
    calls = [call for call in entries(board, "call") if call["state"] in ("waiting", "reserved", "ringing")]
    calls.sort(key=lambda call: (-call["priority"], call["waiting_since_boot_s"]))
    table = Table("waits", "queue", "hotline", "caller", "priority", "state", box=None)
    table.title, table.title_justify = f"Waiting calls: {len(calls)}", "left"
    for call in calls[:30]:
        age = _age(call["waiting_since_boot_s"], now_s)
        names = (call.get("queue", ""), call["hotline"], call["caller"] or "withheld")
        table.add_row(age, *map(escape, names), str(call["priority"]), call["state"])
    return table


def _seats(board: Board, now_s: float) -> RenderableType:
    seats = [_seat(seat, now_s) for seat in entries(board, "seat")]
    return Columns(seats, equal=True, title=f"Seats: {len(seats)}", align="left")


def _seat(seat: Any, now_s: float) -> Text:
    state = seat_state(seat)
    age = _age(seat["since_boot_s"], now_s) if seat.get("agent") else ""
    return Text(f"{seat['id']} {seat.get('agent_name', '')} {state} {age}".strip(), _COLOURS.get(state, "dim"))


def seat_state(seat: Any) -> str:
    """One word: the phone first, then the agent's call, then what the agent wants."""
    if not seat.get("reachable"):
        return "unreachable"
    if not seat.get("agent"):
        return "empty"
    state: str = seat.get("state") or "idle"
    return seat["status"] if state == "idle" and seat["status"] != "ready" else state


def _standing(board: Board, now_s: float) -> list[RenderableType]:
    """The alarms that stand now, the gravest first."""
    alarms = sorted(entries(board, "alarm"), key=lambda alarm: (alarm["severity"] != "critical", alarm["since_boot_s"]))
    return [
        Text(
            f"ALARM for {_age(alarm['since_boot_s'], now_s)}  {alarm['rule']}: {alarm['text']}"
            + (f", {alarm['by']} looks after it" if alarm["state"] == "acknowledged" else ""),
            "bold red" if alarm["severity"] == "critical" else "yellow",
        )
        for alarm in alarms
    ]


def _alarms(board: Board) -> list[RenderableType]:
    """What was told last, each with its time at the house: it may be long over."""
    last, zone = board.get("alarms", {}).get("last", [])[:3], _zone(board)
    when = [datetime.fromtimestamp(alarm["at_utc_s"], zone) for alarm in last]
    return [
        Text(f"{at:%m-%d %H:%M:%S} {alarm['name']}: {alarm['text']}", "dim")
        for at, alarm in zip(when, last, strict=True)
    ]


def _rate(rate: float | None, target: float | None = None) -> Text:
    if rate is None:
        return Text("-", "dim")
    style = "" if target is None else "green" if rate >= target else "bold red"
    return Text(f"{rate:.1%}", style)


def _age(since_s: float | None, now_s: float) -> str:
    if since_s is None:
        return "-"
    whole = max(0, int(now_s - since_s))
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )
