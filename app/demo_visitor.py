"""The caller in a browser, at /demo: what its phone needs, as a file for the page's process. On this machine only.

The carrier serves the browser's WebSocket, so the call comes over a trunk like any other.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from app.settings import Settings
from cti.carrier.plan import CarrierPlan
from cti.credentials import Credentials

NAME = "visitor"


def visitor_file(home: Path) -> Path:
    """There while somebody may call from a browser."""
    return home / "run/visitor.json"


def with_visitor(plan: CarrierPlan, settings: Settings, credentials: Credentials) -> CarrierPlan:
    """The carrier with a WebSocket, and an account that may call."""
    ports = replace(plan.layout.ports, http=settings.ports.carrier_http)
    return replace(plan, layout=replace(plan.layout, ports=ports), visitor_secret=credentials.visitor_secret)


def leave_word(settings: Settings, plan: CarrierPlan) -> None:
    """Once the carrier takes calls."""
    word = {
        "uri": f"sip:{NAME}@127.0.0.1",
        "password": plan.visitor_secret,
        "socket": f"ws://127.0.0.1:{plan.layout.ports.http}/ws",
    }
    file = visitor_file(settings.home)
    file.touch(mode=0o600)
    file.write_text(json.dumps(word), encoding="ascii")
