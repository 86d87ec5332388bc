"""A caller's keys in the order in which the PBX heard them, none lost and none twice.

AGI throws away a key that ends between two of its commands: between two prompts in a row, or while we decide
(res_agi.c, run_agi: frames are read and freed). AMI tells of every key (DTMFEnd). So AMI's are the keys, and AGI's
answer only says that one has come. When AMI is late, AGI's word is taken, and AMI's for the same key forgotten.
"""

from __future__ import annotations

import asyncio
from collections import deque

MOST_TYPED_AHEAD = 40
AMI_IS_LATE_S = 0.3


class Keys:
    """The keys of one line that nobody has taken yet. Beyond MOST_TYPED_AHEAD the oldest are forgotten."""

    def __init__(self) -> None:
        self._heard: deque[str] = deque(maxlen=MOST_TYPED_AHEAD)
        self._taken_early: deque[str] = deque(maxlen=MOST_TYPED_AHEAD)
        self._came = asyncio.Event()

    def heard(self, key: str) -> None:
        """AMI has told of a key."""
        if key in self._taken_early:
            self._taken_early.remove(key)
            return
        self._heard.append(key)
        self._came.set()

    def next(self, wanted: str) -> str:
        """The oldest key of `wanted`, or ""; keys before it that nobody wanted are gone."""
        while self._heard:
            if (key := self._heard.popleft()) in wanted:
                return key
        return ""

    async def after(self, key: str, wanted: str) -> str:
        """AGI has told of a key: the oldest one that waits, which is that one unless an earlier one was lost to AGI."""
        try:
            async with asyncio.timeout(AMI_IS_LATE_S):
                while key not in self._heard:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            self._taken_early.append(key)
            return key
        return self.next(wanted)
