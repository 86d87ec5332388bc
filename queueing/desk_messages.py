"""What leaders write to agents: it stands on the agent's desk until it is read there, signed in or not.

Only which are unread is remembered here; the words are in the outcomes, and in the picture folded from them
(monitor.pops). A text is somebody's free typing: it is bounded, and shown as text.
"""

from __future__ import annotations

from core.errors import Refused
from core.events import DeskMessageRead, DeskMessageSent
from core.ids import DeskMessageId
from core.inputs import ReadDeskMessage, TellAgent
from queueing.decision import Draft
from queueing.floor import Floor

LONGEST = 500
"""Characters; the desk shows it beside a talk that goes on."""
MOST_UNREAD = 20


def send(floor: Floor, draft: Draft, wish: TellAgent, by: str) -> str:
    """Its id. Raises Refused."""
    text = wish.text.strip()
    if not text:
        raise Refused("There is nothing to read in this message. Write a few words.")
    if len(text) > LONGEST:
        raise Refused(f"A message may have {LONGEST} characters. Write a shorter one.")
    unread = floor.state.unread.setdefault(wish.agent, [])
    if len(unread) >= MOST_UNREAD:
        raise Refused(f"{wish.agent} has {MOST_UNREAD} unread messages. Call instead.")
    message = DeskMessageId(f"dm-{draft.sequence}")
    unread.append(message)
    draft.tell(DeskMessageSent(wish.agent, message, text, by))
    return message


def read(floor: Floor, draft: Draft, wish: ReadDeskMessage, by: str) -> None:
    """Raises Refused: it was read before, or never written."""
    unread = floor.state.unread.get(wish.agent, [])
    if wish.message not in unread:
        raise Refused(f"{wish.agent} has no unread message {wish.message}.")
    unread.remove(wish.message)
    if not unread:
        del floor.state.unread[wish.agent]
    draft.tell(DeskMessageRead(wish.agent, wish.message, by))
