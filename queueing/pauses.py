"""Card data: a talk's recording is silent while the caller gives it, and goes on by itself.

- Granted when the PBX has done it: who asked may say "now, please" only then.
- It ends when asked, after the house's limit, or with the talk; an engine that was killed meanwhile remembers it.
- Whoever comes in meanwhile is silenced as their recording begins.
- The way back that fails is tried again until it succeeds: silence nobody asked for is a lost recording.
"""

from __future__ import annotations

from core.commands import SilenceRecording
from core.errors import Refused
from core.events import RequestGranted, RequestRefused
from core.ids import CallId, CommandId, RequestId
from core.inputs import CommandDone, CommandFailed, PauseRecording, ResumeRecording
from core.recorded import RecordingRules
from core.recordings import RecordingPaused, RecordingResumed
from core.states import OutboundState
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, Pause

WITHIN_S = 2.5
AGAIN_S = 5.0


def ask(
    floor: Floor,
    draft: Draft,
    agent: AgentRecord,
    request: RequestId,
    by: str,
    wish: PauseRecording | ResumeRecording,
) -> str | None:
    """None: the PBX has to do it first; "": it is so already. Raises Refused."""
    call = _talk_of(floor, agent)
    pause = floor.state.pauses.get(call)
    if pause is not None and pause.request is not None:
        raise Refused("Another request about this recording is being carried out. Try again in a moment.")
    if isinstance(wish, PauseRecording):
        return _pause(floor, draft, agent, call, request, by)
    if pause is None:
        raise Refused(f"The recording of {agent.id} is not paused.")
    pause.request = request
    _order(floor, draft, pause, on=False, how="asked")
    return None


def _pause(floor: Floor, draft: Draft, agent: AgentRecord, call: CallId, request: RequestId, by: str) -> str | None:
    if call in floor.state.pauses:
        return ""
    assert agent.seat is not None
    pause = floor.state.pauses[call] = Pause(call, agent.seat, agent.id, by, request, CommandId(""), draft.now_s)
    _order(floor, draft, pause, on=True, how="")
    return None


def _talk_of(floor: Floor, agent: AgentRecord) -> CallId:
    """The call in which this agent speaks now. Raises Refused."""
    call = floor.state.calls.get(agent.call) if agent.call else None
    outbound = floor.state.outbound.get(agent.call) if agent.call else None
    if call is not None and call.talk is not None and call.talk.agent == agent.id:
        return call.id
    if outbound is not None and outbound.state is OutboundState.TALKING:
        return outbound.id
    raise Refused(f"{agent.id} has no caller. This can be asked for during a talk.")


def joined(floor: Floor, draft: Draft, call: CallId) -> None:
    """Another voice of this call is recorded from now on: no card data on its channel either."""
    pause = floor.state.pauses.get(call)
    if pause is not None and pause.silent and not pause.how:
        _silence(floor, draft, pause, on=True)


def _order(floor: Floor, draft: Draft, pause: Pause, *, on: bool, how: str) -> None:
    pause.command, pause.how = _silence(floor, draft, pause, on=on), how
    floor.due(pause, draft.now_s + AGAIN_S)


def _silence(floor: Floor, draft: Draft, pause: Pause, *, on: bool) -> CommandId:
    command, record = draft.next_id(), floor.state.calls.get(pause.id) or floor.state.outbound.get(pause.id)
    assert record is not None
    draft.order(SilenceRecording(command, draft.now_s + WITHIN_S, record.node, pause.id, on))
    return command


def done(floor: Floor, draft: Draft, fact: CommandDone | CommandFailed) -> bool:
    """Was this order one of ours? Then the recording is as it was ordered, or still as it was."""
    pause = next((pause for pause in floor.state.pauses.values() if pause.command == fact.id), None)
    if pause is None:
        return False
    pause.command = CommandId("")
    refusal = f"The PBX could not do it: {fact.reason}." if isinstance(fact, CommandFailed) else ""
    if not pause.how:
        _silent(floor, draft, pause, refusal)
    elif not refusal:
        _over(floor, draft, pause, pause.how)
    _answer(floor, draft, pause, refusal)
    return True


def _silent(floor: Floor, draft: Draft, pause: Pause, refusal: str) -> None:
    if refusal:
        del floor.state.pauses[pause.id]
        _silence(floor, draft, pause, on=False)  # some channel may have obeyed
        return
    rules = floor.state.house.recording if floor.state.house else RecordingRules()
    pause.since_boot_s, pause.silent = draft.now_s, True
    floor.due(pause, draft.now_s + rules.pause_s)
    draft.tell(RecordingPaused(pause.id, pause.seat, pause.agent, pause.by))


def due(floor: Floor, draft: Draft, pause: Pause) -> None:
    """The limit is reached, or an order got no answer: back to recording, until the PBX has done it."""
    pause.due_boot_s = None
    if not pause.silent and not pause.how:
        _answer(floor, draft, pause, "The PBX has not confirmed it in time. Do not go on before it is granted.")
    _order(floor, draft, pause, on=False, how=pause.how or ("timeout" if pause.silent else "failed"))


def talk_over(floor: Floor, draft: Draft, call: CallId) -> None:
    """The agent has gone; the caller's own voice must be recorded in the next talk."""
    pause = floor.state.pauses.get(call)
    if pause is None:
        return
    _order(floor, draft, pause, on=False, how="talk_over")
    _answer(floor, draft, pause, "The talk is over.")
    _over(floor, draft, pause, "talk_over")


def _over(floor: Floor, draft: Draft, pause: Pause, how: str) -> None:
    del floor.state.pauses[pause.id]
    paused_s = draft.now_s - pause.since_boot_s if pause.silent else 0.0
    draft.tell(RecordingResumed(pause.id, pause.seat, pause.agent, paused_s, how))


def _answer(floor: Floor, draft: Draft, pause: Pause, refusal: str) -> None:
    request, pause.request = pause.request, None
    if request is not None:
        floor.state.answers.keep(request, refusal)
        draft.tell(RequestRefused(request, refusal) if refusal else RequestGranted(request))


def is_asked(floor: Floor, request: RequestId) -> bool:
    """Is this request being carried out?"""
    return any(pause.request == request for pause in floor.state.pauses.values())
