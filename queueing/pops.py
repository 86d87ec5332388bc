"""Screen pops: what an agent's desktop shows of the call it is offered, and the rings that wait for it.

- Each offer is a pop, named by the offer's id; an agent has one, the last. What it shows is derived (monitor.pops).
- A desktop (a window of a browser) says that it shows the pop. The first one that says so has it, others are refused,
  unless the agent wants it there instead.
- Where the house or the queue says so, a ring that routing chose begins with that word. A desktop that is silent for
  `pop_within_s` leaves the call to the next agent, and its seat rests like one that could not be rung.
- Nobody waits for a desktop in vain: an agent who is asked again because nobody else is left is rung at once.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import PopShown
from core.ids import CallId, OfferId
from core.inputs import ShowPop
from core.traces import Trace
from queueing import trace
from queueing.decision import Draft
from queueing.floor import Floor
from queueing.state import AgentRecord, CallRecord


def offered(draft: Draft, agent: AgentRecord, pop: OfferId) -> None:
    """From now on this is the agent's pop, and no desktop shows it yet."""
    agent.pop, agent.pop_boot_s, agent.desktop = pop, draft.now_s, ""


def comes_first(floor: Floor, call: CallRecord, why: Trace | None) -> bool:
    """Does this ring wait for the desktop?"""
    if why is None or why.forgiving or why.strategy == trace.NAMED:
        return False
    queue = floor.queues.get(call.queue) if call.queue else None
    own = queue.ring_after_pop if queue else None
    return floor.desk.ring_after_pop if own is None else own


def show(draft: Draft, agent: AgentRecord, wish: ShowPop) -> None:
    """A desktop shows the agent's pop. Raises Refused."""
    if agent.pop != wish.pop:
        raise Refused(f"{wish.pop} is not what {agent.id} is offered now. Close it.")
    if agent.desktop == wish.desktop:
        return
    if agent.desktop and not wish.here_instead:
        raise Refused("Another window of yours shows this call. Go there, or ask to have it here instead.")
    agent.desktop = wish.desktop
    draft.tell(PopShown(_call_of(wish.pop), wish.pop, agent.id, wish.desktop, draft.now_s - agent.pop_boot_s))


def _call_of(pop: OfferId) -> CallId:
    """An adopted talk has no offer: its pop is named by the call."""
    return CallId(pop.rpartition("/")[0] or pop)
