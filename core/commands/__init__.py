"""Orders of the engine, imperative. Executed by cti.execute after the decision, never inside it.

Each has an id, the moment after which it must not be carried out any more, and the PBX that it is for.
"""

from __future__ import annotations

from core.commands.lines import (
    CALLBACK_KEY,
    MESSAGE_KEY,
    Announce,
    Dismiss,
    LetGo,
    RememberPlace,
    RunFlow,
    TakeBack,
    TellWait,
)
from core.commands.listening import (
    Beep,
    BeginListening,
    CallListener,
    EndListening,
    TakeTalk,
    TurnListener,
)
from core.commands.outbound import (
    AskTrunk,
    CallAgent,
    CallLeader,
    CancelFar,
    DialFar,
    ExcuseFar,
)
from core.commands.pbx import (
    MirrorClosing,
    MirrorSeat,
    RefuseCallers,
)
from core.commands.rings import (
    EndBeside,
    RingBeside,
    RingSeat,
    WithdrawRing,
)
from core.commands.talks import (
    ConsultFar,
    ConsultSeat,
    FetchCaller,
    HoldCall,
    JoinFar,
    JoinSeat,
    JoinThree,
    RemindSeat,
    SilenceRecording,
)

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
    | ExcuseFar
    | SilenceRecording
    | BeginListening
    | EndListening
    | CallListener
    | TurnListener
    | TakeTalk
    | Beep
)
