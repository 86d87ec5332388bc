"""Commands to Asterisk: orders for a line go to its session, the rest are AMI actions.

`execute` only starts things. Every command ends as CommandDone or CommandFailed in the inbox.
Nothing is repeated: an action whose answer did not come may have run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence

from core import variables
from core.commands import (
    Announce,
    AskTrunk,
    Beep,
    BeginListening,
    CallAgent,
    CallLeader,
    CallListener,
    CancelFar,
    Command,
    ConsultFar,
    ConsultSeat,
    DialFar,
    Dismiss,
    EndBeside,
    EndListening,
    ExcuseFar,
    FetchCaller,
    HoldCall,
    JoinFar,
    JoinSeat,
    JoinThree,
    LetGo,
    MirrorClosing,
    MirrorSeat,
    RefuseCallers,
    RememberPlace,
    RemindSeat,
    RingBeside,
    RingSeat,
    RunFlow,
    SilenceRecording,
    TakeBack,
    TakeTalk,
    TellWait,
    TurnListener,
    WithdrawRing,
)
from core.errors import ActionFailed, LineGone, Misuse, PbxUnavailable
from core.ids import CallId, QueueId, SeatId
from core.inputs import CommandDone, CommandFailed
from core.ports import Inbox
from core.states import CallState
from cti import moves
from cti.ami import AmiClient
from cti.calls import TRUNK, Leg, Legs
from cti.ears import Ears
from cti.lines import Lines, Order
from cti.phones import ListenersPhones
from cti.wire import AGENT_LINE, LEADER_LINE

Actions = (
    WithdrawRing | MirrorSeat | MirrorClosing | RefuseCallers | TakeBack | HoldCall | RemindSeat | ConsultSeat
    | ConsultFar | FetchCaller | RememberPlace | CallAgent | CallLeader | CallListener | TurnListener | Beep
    | AskTrunk | CancelFar | ExcuseFar | JoinThree
)  # fmt: skip
"""Orders whose actions follow from the command alone, to be done in turn."""
AmiCommand = Actions | SilenceRecording | TakeTalk
"""Orders that are AMI actions; the others go to the caller's line, and JoinThree there after its action."""
_ON_LINES = RingSeat | LetGo | JoinSeat | JoinFar | Announce | TellWait | RunFlow | Dismiss | DialFar


CUTS, CUT_AGAIN_S = 20, 0.1

BRIDGED_WITHIN_S = 0.3
"""A caller who is on hold already is in no bridge, and is moved after this time all the same."""


class PbxExecutor:
    """core.ports.Executor on one node. `queues` are all queues of the native fallback."""

    def __init__(
        self,
        inbox: Inbox,
        lines: Lines,
        legs: Legs,
        client: Callable[[], AmiClient | None],
        boot_s: Callable[[], float],
        boot_id: str,
        ears: Ears,
        listeners: ListenersPhones,
    ) -> None:
        self._inbox = inbox
        self._lines = lines
        self._ears = ears
        self._listeners = listeners
        self._legs = legs
        self._client = client
        self._boot_s = boot_s
        self._boot_id = boot_id
        self._running: set[asyncio.Task[None]] = set()
        self._mirroring: dict[SeatId, asyncio.Lock] = {}
        self.queues: tuple[QueueId, ...] = ()

    def execute(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, _ON_LINES):
                self._order(command)
            elif isinstance(command, RingBeside | EndBeside):
                self._lines.order_beside(command)
            elif isinstance(command, BeginListening | EndListening):
                self._listen(command)
            elif isinstance(command, WithdrawRing | CancelFar):
                self._lines.withdraw(command.offer if isinstance(command, WithdrawRing) else command.attempt)
                self._start(command)
            else:
                self._start(command)

    def _order(self, command: Order) -> None:
        """Put it in line; a prompt that still plays there is cut short."""
        self._lines.order(command)
        if self._lines.is_announcing(command.call):
            self._begin(self._cut(command.call), f"cut-{command.id}")

    def _listen(self, command: BeginListening | EndListening) -> None:
        """Nothing to wait for: a voice that does not come is sent for again."""
        match command:
            case BeginListening():
                self._ears.begin(command.listening, command.call, silenced=command.silenced)
            case EndListening():
                self._ears.end(command.listening, command.why)
        self._inbox.offer(CommandDone(command.id))

    async def _cut(self, call: CallId) -> None:
        """Until it is cut: AGI throws away a key that comes between two of its commands, as the prompt just begins."""
        for _ in range(CUTS):
            caller, client = self._legs.caller(call), self._client()
            if caller is None or client is None or not self._lines.is_announcing(call):
                return
            client.tell(moves.cut_prompt(caller.channel))
            await asyncio.sleep(CUT_AGAIN_S)

    async def stop(self) -> None:
        """Cancel what is still under way."""
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, command: AmiCommand) -> None:
        self._begin(self._carry_out(command), f"command-{command.id}")

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry_out(self, command: AmiCommand) -> None:
        result = ""
        try:
            if isinstance(command, MirrorSeat):
                async with self._mirroring.setdefault(command.seat, asyncio.Lock()):  # the later one has the last word
                    await self._send_all(command)
            elif isinstance(command, SilenceRecording):
                await self._silence(command)
            elif isinstance(command, TakeTalk):
                await self._take(command)
            else:
                result = await self._send_all(command)
        except (PbxUnavailable, ActionFailed, LineGone, Misuse) as error:
            self._inbox.offer(CommandFailed(command.id, str(error)))
        else:
            if isinstance(command, JoinThree):
                self._order(command)  # agent and colleague are there; the caller's line has the last word
            elif not isinstance(command, ConsultFar):  # the dialplan says when that dial is over
                if isinstance(command, TurnListener):
                    self._listeners.has_turned(command)
                self._inbox.offer(CommandDone(command.id, result))

    async def _send_all(self, command: Actions) -> str:
        """Returns the value that the last action was answered with, if it asked for one."""
        value = ""
        if moves.parts(command):
            await self._until_bridged(command.call)
        try:
            for action in self._actions(command):
                value = await self._send(action, command)
        except (PbxUnavailable, ActionFailed):
            self._repair(command)
            raise
        return value

    async def _silence(self, command: SilenceRecording) -> None:
        """On every leg of the call. One that is not recorded has nothing to silence; one that is must not refuse."""
        self._ears.silence(command.call, on=command.on)
        for leg in self._legs.of_call(command.call):
            try:
                await self._send(silence(leg.channel, on=command.on), command)
            except ActionFailed:
                if leg.recorded:
                    raise

    async def _take(self, command: TakeTalk) -> None:
        """The listener's line first: while that is refused, nothing has happened to the talk."""
        for action in self._listeners.taken(command):
            await self._send(action, command)
        line = self._listeners.give(command)
        if command.record:
            await self._until(lambda: line.recorded)  # a Bridge may fetch it out of what it is doing
        if command.parts:
            await self._until_bridged(command.call)
        try:
            for action in moves.taken(command, self._legs):
                await self._send(action, command)
        except (PbxUnavailable, ActionFailed):
            self._repair(command)
            self._listeners.take_back(command)
            raise

    async def _until_bridged(self, call: CallId) -> None:
        """Between answer and bridge the dialplan writes the stage itself; ours must come after it."""
        await self._until(lambda: (caller := self._legs.caller(call)) is None or caller.bridge != "")

    async def _until(self, there: Callable[[], bool]) -> None:
        """Never long."""
        deadline_s = self._boot_s() + BRIDGED_WITHIN_S
        while not there() and self._boot_s() < deadline_s:  # noqa: ASYNC110 - a leg has no event
            await asyncio.sleep(BRIDGED_WITHIN_S / 30)

    def _repair(self, command: AmiCommand) -> None:
        """A talk that could not be parted goes on, a hold that could not be ended too: the stage written before must
        not outlive the attempt."""
        caller, client = self._legs.caller(command.call) if moves.parts(command) else None, self._client()
        if caller is not None and client is not None:
            stage = CallState.TALKING if caller.bridge else CallState.HELD
            client.tell(moves.setvar(caller.channel, variables.STAGE, stage))

    async def _send(self, action: Mapping[str, str], command: Command) -> str:
        client = self._client()
        if client is None:
            raise PbxUnavailable("AMI is not connected")
        if command.not_after_boot_s < self._boot_s():
            raise PbxUnavailable("too late")
        try:
            return str((await client.action(action)).get("Value", ""))
        except ActionFailed:
            if action["Action"] not in _MAY_FAIL:
                raise
            return ""

    def _actions(self, command: Actions) -> list[dict[str, str]]:
        if isinstance(command, CallAgent):
            return [self._call_agent(command)]
        if isinstance(command, CallListener):
            return [self._listeners.ring(command, self._free_phone(command))]
        if isinstance(command, TurnListener):
            return [self._listeners.turned(command)]
        if isinstance(command, Beep):
            return self._listeners.beep(command)
        if isinstance(command, CallLeader):
            return [call_leader(command, self._lines.as_the_carrier_wants_it(command))]
        if isinstance(command, CancelFar | AskTrunk):
            far = self._legs.far_legs(command.call, command.attempt)
            if isinstance(command, CancelFar):
                return [hangup(leg.channel) for leg in far]
            own = self._dialler(command)
            return [ask_trunk(own.channel, leg.channel) for leg in far] if own else []
        if isinstance(command, WithdrawRing):
            legs = self._legs.seat_legs(command.call, command.seat, command.offer)
            return [hangup(leg.channel) for leg in legs]
        if isinstance(command, ConsultFar):
            return moves.consult_far(command, self._legs, self._lines.as_the_carrier_wants_it(command))
        if isinstance(command, TakeBack):
            leg = self._legs.caller(command.call)
            return take_back(leg.channel) if leg else []
        if isinstance(command, MirrorClosing):
            return [mirror_closing(command)]
        if isinstance(command, RefuseCallers):
            return [refuse_callers(command)]
        if not isinstance(command, MirrorSeat):
            return moves.actions(command, self._legs, self._boot_id)
        return mirror(command, self._phones(command.seat), self.queues)

    def _dialler(self, command: AskTrunk) -> Leg | None:
        """Whose Dial it is."""
        if command.seat is None:
            return self._legs.caller(command.call)
        return self._legs.answered_leg(command.call, command.seat)

    def _call_agent(self, command: CallAgent) -> dict[str, str]:
        """Raises ActionFailed: the phone is gone, or the call has been given up before it began."""
        return call_agent(command, self._free_phone(command))

    def _free_phone(self, command: CallAgent | CallListener) -> str:
        """Raises ActionFailed."""
        phones = self._legs.phones(command.seat)
        if not phones or self._lines.is_withdrawn(command.offer):
            raise ActionFailed("the phone cannot be rung")
        return phones[0]

    def _phones(self, seat: SeatId) -> list[str]:
        """All phones of a seat, the one that the native fallback shall ring first: a reachable one, if any."""
        every = [name for name, owner in self._legs.names.items() if owner == seat]
        return list(dict.fromkeys([*self._legs.phones(seat), *every]))


_MAY_FAIL = frozenset({"QueueRemove", "QueueAdd", "Hangup"})
"""Already out, already in, already hung up: what we wanted is so."""


def hangup(channel: str) -> dict[str, str]:
    """Cause 26, "non-selected user clearing": the phone stops ringing and lists no missed call."""
    return {"Action": "Hangup", "Channel": channel, "Cause": "26"}


def silence(channel: str, *, on: bool) -> dict[str, str]:
    """Zeros instead of what is heard and said, also in the file that only pads; the timeline goes on."""
    return {"Action": "MixMonitorMute", "Channel": channel, "Direction": "both", "State": "1" if on else "0"}


def call_agent(command: CallAgent, phone: str) -> dict[str, str]:
    """Ring an agent's phone; answered, it goes to the one place that cti.wire lets an Originate lead."""
    return {
        "Action": "Originate",
        "Channel": f"PJSIP/{phone}",
        **AGENT_LINE,
        "ChannelId": command.call,
        "CallerID": command.shown,
        "Timeout": str(round(command.ring_s * 1000)),
    }


def call_leader(command: CallLeader, number: str) -> dict[str, str]:
    """Ring a mobile; answered, it goes to the one other place that cti.wire lets an Originate lead."""
    return {
        "Action": "Originate",
        "Channel": f"PJSIP/{number}@{TRUNK}{command.trunk}",
        **LEADER_LINE,
        "ChannelId": command.call,
        "Timeout": str(round(command.ring_s * 1000)),
    }


def ask_trunk(own: str, far: str) -> dict[str, str]:
    """The far leg's last SIP status, which Dial keeps on the dialling channel: "SIP 100 Trying", or nothing yet."""
    return {"Action": "Getvar", "Channel": own, "Variable": f"HANGUPCAUSE({far},tech)"}


def take_back(channel: str) -> list[dict[str, str]]:
    """Out of Queue() into the engine's extension, as a waiting caller."""
    return [
        {"Action": "Setvar", "Channel": channel, "Variable": variables.STAGE, "Value": CallState.WAITING.value},
        {"Action": "Redirect", "Channel": channel, "Context": "hotline", "Exten": "engine", "Priority": "1"},
    ]


def mirror(command: MirrorSeat, phones: Sequence[str], queues: Sequence[QueueId]) -> list[dict[str, str]]:
    """Make the native queues hold the first of this seat's phones where it serves, and none of them elsewhere."""
    return [
        action
        for queue in queues
        for place, phone in enumerate(phones)
        for action in _member(command, queue, f"PJSIP/{phone}", serves=place == 0 and queue in command.queues)
    ]


def mirror_closing(command: MirrorClosing) -> dict[str, str]:
    """A global of the dialplan's fallback. AMI keeps the order of a connection, so the later one has the last word."""
    value = "" if command.to is None else command.to or variables.NOWHERE
    return {"Action": "Setvar", "Variable": f"{variables.CLOSED}_{command.queue}", "Value": value}


def refuse_callers(command: RefuseCallers) -> dict[str, str]:
    """A global that the trunks' contexts look at before they answer."""
    return {"Action": "Setvar", "Variable": variables.REFUSING, "Value": "1" if command.refuse else ""}


def _member(command: MirrorSeat, queue: QueueId, interface: str, *, serves: bool) -> list[dict[str, str]]:
    if not serves:
        return [{"Action": "QueueRemove", "Queue": queue, "Interface": interface}]
    member = {"Queue": queue, "Interface": interface, "Paused": "true" if command.paused else "false"}
    return [{"Action": "QueueAdd", **member, "MemberName": command.seat}, {"Action": "QueuePause", **member}]
