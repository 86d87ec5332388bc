"""Names of things. Every id is ours; one that a PBX node makes is qualified with the node."""

from __future__ import annotations

from typing import NewType

CallId = NewType("CallId", str)
"""`<node>-<epoch>.<n>`: the caller channel's UNIQUEID, which Asterisk prefixes with systemname."""

OfferId = NewType("OfferId", str)
"""`<call>/<n>`: the n-th time this call was offered to a seat. A token: late facts carry an old one."""

CommandId = NewType("CommandId", str)
"""`<input sequence>.<ordinal>`: one order of the engine."""

RequestId = NewType("RequestId", str)
"""Chosen by whoever asks; offering the same id again changes nothing."""

CallbackId = NewType("CallbackId", str)
"""`cb-<input sequence>`: a promise to call somebody back."""

WorkId = NewType("WorkId", str)
"""`w-<input sequence>.<n>`: one thing that somebody has to do (queueing.work)."""

ListeningId = NewType("ListeningId", str)
"""`li-<input sequence>`: one person listening to one call (queueing.listening)."""

DeskMessageId = NewType("DeskMessageId", str)
"""`dm-<input sequence>`: what somebody wrote to an agent (queueing.desk_messages)."""

SeatId = NewType("SeatId", str)
AgentId = NewType("AgentId", str)
QueueId = NewType("QueueId", str)
HotlineId = NewType("HotlineId", str)
TrunkId = NewType("TrunkId", str)
NodeId = NewType("NodeId", str)


def own_offer(call: CallId) -> OfferId:
    """The token of a leg that began a call of its own: an agent's in a call that we make, a listener's phone's.

    The attempts at a far end are 1, 2, …
    """
    return OfferId(f"{call}/0")


NO_QUEUE, NO_HOTLINE, NOBODY = QueueId(""), HotlineId(""), AgentId("")
NO_OFFER, NO_CALL = OfferId(""), CallId("")
"""What facts say where these are not known: a leg that the native queue made has no offer, a talk that is found at a
resync may have no queue."""
