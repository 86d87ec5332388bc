"""docs/upstream: each defect of panoramisk 1.4 is there, and gone with the patch. On copies, in own processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import panoramisk
import pytest

PATCH = Path(__file__).resolve().parents[3] / "docs/upstream/panoramisk-1.4.patch"

ONE_SECOND = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\n"
FREEZE = """
import asyncio
from panoramisk import fast_agi

async def main():
    app = fast_agi.Application(loop=asyncio.get_running_loop())
    server = await asyncio.start_server(app.handler, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.close()
    await reader.read()  # comes back when the server has closed, too
    print("turns")

asyncio.run(main())
"""
CANCELLED = """
import asyncio
from panoramisk import fast_agi

async def route(request):
    reached.set()
    await asyncio.Event().wait()

class Writer:
    def get_extra_info(self, name): pass
    def close(self): pass

async def main():
    global reached
    reached, reader = asyncio.Event(), asyncio.StreamReader()
    reader.feed_data(b"agi_network_script: x\\n\\n")
    app = fast_agi.Application(loop=asyncio.get_running_loop())
    app.add_route("x", route)
    task = asyncio.ensure_future(app.handler(reader, Writer()))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    print("cancelled" if task.cancelled() else "swallowed")

asyncio.run(main())
"""
MANAGER = """
import asyncio
from types import SimpleNamespace
from panoramisk.manager import Manager

async def main():
    sent, seen = [], []
    manager = Manager(loop=asyncio.get_running_loop(), **options)
    manager.register_event("*", lambda manager, event: seen.append(event.calleridname))
    protocol = manager.config["protocol_factory"]()
    protocol.connection_made(SimpleNamespace(write=sent.append, close=lambda: None))
    done = asyncio.get_running_loop().create_future()
    done.set_result((protocol.transport, protocol))
    manager.connection_made(done)
    work(manager, protocol, sent, seen)
    manager.close()
"""
RESENT = (
    "options = {'resend_actions': False}\n"
    + MANAGER
    + """
def work(manager, protocol, sent, seen):
    future = manager.send_action({"Action": "Originate"})
    protocol.close()
    print(len(manager.awaiting_actions), future.done() and type(future.exception()).__name__)

asyncio.run(main())
"""
)
SPLIT = (
    "options = {}\n"
    + MANAGER
    + """
def work(manager, protocol, sent, seen):
    data = "Event: Newchannel\\r\\nCallerIDName: \\u5f20\\u4e09\\r\\n\\r\\n".encode()
    cut = data.index("\\u5f20".encode()) + 1
    protocol.data_received(b"Asterisk Call Manager/9.0.0\\r\\n")
    protocol.data_received(data[:cut])
    protocol.data_received(data[cut:])
    print(ascii(seen))

asyncio.run(main())
"""
)
INJECTED = (
    "options = {}\n"
    + MANAGER
    + """
def work(manager, protocol, sent, seen):
    try:
        manager.send_action({"Action": "Setvar", "Value": "x\\r\\n\\r\\nAction: Originate"})
    except ValueError:
        pass
    print(b"".join(sent).count(b"Action: "))

asyncio.run(main())
"""
)


@pytest.fixture(params=["as installed", "patched"])
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A directory with a copy of the package; its name says which."""
    place: Path = tmp_path / request.param
    shutil.copytree(
        Path(panoramisk.__file__).parent, place / "panoramisk", ignore=shutil.ignore_patterns("__pycache__")
    )
    if request.param == "patched":
        subprocess.run(["git", "apply", str(PATCH)], cwd=place, check=True, env={**os.environ, "GIT_DIR": "/nowhere"})
    return place


def said(copy: Path, program: str) -> str:
    """What the program prints with this copy; "hangs" if it keeps the processor busy for a second: it needs a tenth."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ONE_SECOND + program],
        env={"PYTHONPATH": str(copy)},
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "hangs" if done.returncode == -signal.SIGXCPU else done.stdout.strip() or done.stderr


@pytest.mark.parametrize(
    ("program", "before", "after"),
    [
        pytest.param(FREEZE, "hangs", "turns", id="a client that leaves early"),
        pytest.param(CANCELLED, "swallowed", "cancelled", id="a cancelled route"),
        pytest.param(RESENT, "1 False", "0 ConnectionResetError", id="an unanswered action"),
        pytest.param(SPLIT, "['\\u4e09']", "['\\u5f20\\u4e09']", id="a split character"),
        pytest.param(INJECTED, "2", "0", id="a line break in a value"),
    ],
)
def test_the_patch_mends_it(copy: Path, program: str, before: str, after: str) -> None:
    assert said(copy, program) == (before if copy.name == "as installed" else after)
