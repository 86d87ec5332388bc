"""The listeners of bench.listen, in a process of their own: `python -m bench.listeners PORT HOME SECONDS CALL…`.

Prints one JSON object: for each call from when to when it was heard, how many frames came, how many were left out, and
at which moments our side became loud.
"""

from __future__ import annotations

import array
import asyncio
import json
import struct
import sys
import time
from pathlib import Path

from websockets.asyncio.client import connect

LOUD = 1000
QUIET_FRAMES = 5
"""So many quiet frames before a loud one make it the beginning of a tone."""
HEAD_BYTES = 8


async def hear(url: str, token: str, for_s: float) -> dict[str, object]:
    onsets_s: list[float] = []
    frames = lost = 0
    quiet, expected, from_s = 0, 0, 0.0
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}, compression=None) as socket:
        async for message in socket:
            now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
            if isinstance(message, str):
                continue
            from_s = from_s or now_s
            (number,) = struct.unpack_from("<I", message)
            frames, lost, expected = frames + 1, lost + number - expected, number + 1
            ours = array.array("h", message[HEAD_BYTES:])[1::2]
            loud = max(ours) > LOUD
            if loud and quiet >= QUIET_FRAMES:
                onsets_s.append(now_s)
            quiet = 0 if loud else quiet + 1
            if now_s - from_s > for_s:
                break
    return {"from_s": from_s, "to_s": now_s, "frames": frames, "lost": lost, "onsets_s": onsets_s}


async def main(port: str, home: str, for_s: str, *calls: str) -> None:
    token = (Path(home) / "secrets" / "cli.token").read_text()
    base = f"ws://127.0.0.1:{port}/api/v1/calls"
    heard = await asyncio.gather(*(hear(f"{base}/{call}/listen", token, float(for_s)) for call in calls))
    print(json.dumps(dict(zip(calls, heard, strict=True))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
