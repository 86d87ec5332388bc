"""Facts that reach the engine, past tense. The journal holds them in the order of their arrival.

Every source (PBX, callers' menus, people, outcomes of commands, the clock) comes through one
door, `core.ports.Inbox`. None of them is trusted to be in order across channels, or to be unique. One module for each
source.
"""

from __future__ import annotations

from core.inputs.agents import (
    AgentRequest,
    BecomeReady,
    Complete,
    Confer,
    Consult,
    ExtendWrapUp,
    HangUp,
    Hold,
    MarkAbusive,
    NoteCall,
    PauseRecording,
    PlaceCall,
    ReadDeskMessage,
    Resume,
    ResumeRecording,
    ShowPop,
    SignIn,
    SignOut,
    TakeBreak,
    Transfer,
)
from core.inputs.legs import (
    AgentLineHeld,
    FarAnswered,
    FarJoined,
    FarLegEnded,
    FarProgressed,
    FarRang,
    NoticeUnderstood,
    SeatAnswered,
    SeatLegEnded,
    SeatRang,
    SeatReachabilityChanged,
    TrunkReachabilityChanged,
)
from core.inputs.lines import (
    BesideHeld,
    CallArrived,
    CallbackRequested,
    CallerBack,
    CallerHeld,
    CallerHungUp,
    CallerJoined,
    CallQueued,
    CallsBlocked,
    MenuKeyPressed,
    MenuNodeLeft,
    MessageLeft,
    QueueKeyPressed,
    SurveyAnswered,
)
from core.inputs.pbx import (
    BookedCall,
    PbxBooksRead,
    PbxLost,
    PbxResynced,
    SeenCall,
    SeenFarLeg,
    SeenOutbound,
    SeenSeatLeg,
)
from core.inputs.people import (
    CASE_LASTS_S,
    AcknowledgeAlarm,
    AskCallback,
    CancelCallback,
    CancelDrain,
    ChangeCase,
    ChangeListening,
    ClaimWork,
    CloseCase,
    CloseItem,
    CloseQueue,
    Drain,
    FinishWork,
    GiveCase,
    HandOverWork,
    Listen,
    ListenByPhone,
    MoveCall,
    OpenCase,
    OpenItem,
    OpenQueue,
    OwnCase,
    Request,
    Requested,
    SetPriority,
    StopListening,
    TakeCase,
    TakeFromListening,
    TakeOver,
    TellAgent,
)
from core.inputs.service import (
    LINE_GONE,
    NOT_HELD,
    AlarmNoticed,
    AlarmPassed,
    ClockStepped,
    CommandDone,
    CommandFailed,
    ConfigurationChanged,
    HouseOpened,
    MachineRebooted,
    Tick,
)
from core.recordings import RecordingFact

Input = (
    CallArrived
    | MenuKeyPressed
    | MenuNodeLeft
    | MessageLeft
    | SurveyAnswered
    | CallQueued
    | QueueKeyPressed
    | CallerBack
    | CallerHungUp
    | CallsBlocked
    | CallerHeld
    | CallerJoined
    | BesideHeld
    | SeatRang
    | SeatAnswered
    | SeatLegEnded
    | SeatReachabilityChanged
    | CallbackRequested
    | AgentLineHeld
    | FarRang
    | FarProgressed
    | FarAnswered
    | FarLegEnded
    | FarJoined
    | NoticeUnderstood
    | TrunkReachabilityChanged
    | PbxBooksRead
    | PbxResynced
    | PbxLost
    | RecordingFact
    | Requested
    | AlarmNoticed
    | AlarmPassed
    | CommandDone
    | CommandFailed
    | ConfigurationChanged
    | ClockStepped
    | MachineRebooted
    | HouseOpened
    | Tick
)
