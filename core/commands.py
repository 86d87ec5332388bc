"""Orders of the engine, imperative. Executed by cti.execute after the decision, never inside it."""

from __future__ import annotations

from core.frozen import frozen
from core.ids import CallId, CommandId, HotlineId, ListeningId, NodeId, OfferId, QueueId, SeatId, TrunkId
from core.states import ListenMode


@frozen
class RingSeat:
    """Ring this seat for this caller. `dial_s` is the dialplan's own limit, in case we die meanwhile.

    Done when the ring or the talk is over and the line is ours again.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
    dial_s: float
    record: bool = True
    beside: bool = False
    """May a second seat be rung beside it (RingBeside)?"""


@frozen
class RingBeside:
    """Ring this seat too, for a caller for whom another one rings; whoever answers first has the call.

    Done when this ring is over.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
    dial_s: float
    record: bool = True


@frozen
class EndBeside:
    """No second seat will be rung for this ring: it is over as soon as the first one's phone is."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@frozen
class WithdrawRing:
    """Hang up this offer's leg, also one that has just been answered too late; the caller goes on waiting."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId


@frozen
class LetGo:
    """The engine is done with this line: the dialplan's `after` takes it (goodbye and hang-up)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@frozen
class TakeBack:
    """Fetch a caller out of the dialplan's native queue, waiting-since kept."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


@frozen
class MirrorSeat:
    """Tell the native fallback who is on duty: `queues` this seat serves, or none; `paused` on breaks."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    seat: SeatId
    queues: tuple[QueueId, ...]
    paused: bool


@frozen
class MirrorClosing:
    """Tell the native fallback where callers of this closed queue go: "" to a closing message. None: it is open."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    queue: QueueId
    to: QueueId | None


@frozen
class RefuseCallers:
    """Let the dialplan refuse every caller before it answers, or take them in (`refuse` False)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    refuse: bool


@frozen
class HoldCall:
    """Part this talk: the caller comes back to us and hears music, the agent's leg is kept on its phone."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId


@frozen
class JoinSeat:
    """Bring a held caller together with this seat's leg of the call. Done when that talk is over, like RingSeat."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId


@frozen
class JoinThree:
    """Bring a held caller together with this seat's leg and the colleague's, or that of the far end of this attempt
    (None: a colleague's): all three hear each other.

    Done when nobody but the caller is left.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    colleague: SeatId | None
    attempt: OfferId | None = None


@frozen
class RemindSeat:
    """A tone in the ear of an agent who keeps a caller on hold."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId


@frozen
class Announce:
    """Play this prompt to a caller who hears music; the music goes on after it. The next order cuts it short."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    language: str
    prompt: str


CALLBACK_KEY, MESSAGE_KEY = "1", "2"
"""What a waiting caller presses for what an announcement offers."""


@frozen
class TellWait:
    """Tell a waiting caller the place and the wait, as Announce plays. `ahead` None, and a `high_s` of 0: not told.

    `low_s` to `high_s` are whole minutes; `keys` are those that it offers, and that count from now on.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    language: str
    ahead: int | None
    low_s: float
    high_s: float
    overdue: bool
    keys: str


@frozen
class RunFlow:
    """Hand the caller's line to this flow; when it is over, the line is let go, as by LetGo.

    A flow that leads to a person offers CallQueued instead, and the line stays ours. `opens_utc_s`: when those who
    could serve this caller are there again, if that is known.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    flow: str
    hotline: HotlineId
    trunk: TrunkId
    caller: str
    language: str
    opens_utc_s: float | None = None


@frozen
class Dismiss:
    """Play this prompt to a waiting caller, then let go of the line: there is nobody for them."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    language: str
    prompt: str


@frozen
class ConsultSeat:
    """Ring a colleague from this seat's leg. `parts`: the caller is still in the talk, and is put on hold by it.

    `seat` asks, `colleague` is rung under `offer`. The agent hears the ringing tone; when it is over without a talk,
    the agent's leg is kept.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    offer: OfferId
    colleague: SeatId
    dial_s: float
    parts: bool
    record: bool = True


@frozen
class ConsultFar:
    """Dial this number (inside form) over this trunk from this seat's leg; `parts` as in ConsultSeat.

    Done when that dial is over, with a result as of DialFar; the agent's leg is kept then.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    attempt: OfferId
    trunk: TrunkId
    number: str
    language: str
    ring_s: float
    parts: bool


@frozen
class JoinFar:
    """Bring a held caller together with the far end of this attempt. Done when that talk is over, like JoinSeat."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId


@frozen
class FetchCaller:
    """Take a caller out of whatever bridge it is in, back to us as one who waits in this place."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    queue: QueueId
    since_boot_s: float
    priority: int
    language: str


@frozen
class RememberPlace:
    """Write a waiting caller's new place into its channel, where it outlives us."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    queue: QueueId
    since_boot_s: float
    priority: int
    language: str


@frozen
class CallAgent:
    """Ring an agent's own phone, with `shown` on its display; answered, its line comes to us and can dial.

    `call` becomes the channel's id. `ring_s` is the PBX's own limit, in case we die meanwhile.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    offer: OfferId
    seat: SeatId
    shown: str
    ring_s: float


@frozen
class CallLeader:
    """Ring a leader's mobile over this trunk; answered, the dialplan speaks and waits for key 1.

    `call` as in CallAgent.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    trunk: TrunkId
    number: str
    ring_s: float


@frozen
class DialFar:
    """Dial this number (inside form) over this trunk, on an agent's line that we hold.

    Done when the dial or the talk is over and the line is ours again; the result is `<DIALSTATUS>/<cause>`, and
    `/<SIP status>` behind it where the carrier said one.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId
    trunk: TrunkId
    number: str
    language: str
    ring_s: float


@frozen
class AskTrunk:
    """Has the trunk said anything at all to this attempt? The result is its last SIP status, or "".

    `seat`: it is this agent's leg that dials, not the call's own line.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId
    seat: SeatId | None = None


@frozen
class CancelFar:
    """Hang up this attempt's leg; the agent's line stays ours."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    attempt: OfferId


@frozen
class SilenceRecording:
    """Both sides of this talk are recorded as digital silence (`on`), or as they are again. The timeline goes on."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    on: bool


@frozen
class BeginListening:
    """Bring this call's voices to a listener. `silenced`: card data is being given (SilenceRecording ends it)."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    listening: ListeningId
    silenced: bool


@frozen
class EndListening:
    """`why` as in ListeningEnded."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    listening: ListeningId
    why: str


@frozen
class CallListener:
    """Ring this phone; answered, it hears the agent of this call and the caller. `channel` becomes the leg's id.

    `ring_s` is the PBX's own limit, in case we die meanwhile.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    channel: CallId
    offer: OfferId
    seat: SeatId
    mode: ListenMode
    ring_s: float


@frozen
class TurnListener:
    """The listener on this channel hears, and is heard, in another way."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    channel: CallId
    mode: ListenMode


@frozen
class TakeTalk:
    """The listener on this channel shall have the caller: recorded from now on, and kept until JoinSeat of `taker`.

    `parts`: the caller is in a talk with `seat`, and out of it when this is done, as by HoldCall; else on hold already.
    Refused, the talk goes on, and the listener listens in this mode as before.
    """

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId
    seat: SeatId
    channel: CallId
    offer: OfferId
    taker: SeatId
    mode: ListenMode
    parts: bool
    record: bool


@frozen
class Beep:
    """A short tone in this call's agent's ear: somebody listens."""

    id: CommandId
    not_after_boot_s: float
    node: NodeId
    call: CallId


Command = (
    RingSeat
    | RingBeside
    | EndBeside
    | WithdrawRing
    | LetGo
    | TakeBack
    | MirrorSeat
    | MirrorClosing
    | RefuseCallers
    | HoldCall
    | JoinSeat
    | JoinThree
    | RemindSeat
    | Announce
    | TellWait
    | RunFlow
    | Dismiss
    | ConsultSeat
    | ConsultFar
    | JoinFar
    | FetchCaller
    | RememberPlace
    | CallAgent
    | CallLeader
    | DialFar
    | AskTrunk
    | CancelFar
    | SilenceRecording
    | BeginListening
    | EndListening
    | CallListener
    | TurnListener
    | TakeTalk
    | Beep
)
