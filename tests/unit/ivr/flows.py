"""Flows the tests share: one with every kind of node, and strategies for callers."""

from __future__ import annotations

from hypothesis import strategies as st

from core.house import Hotline
from core.ids import CallId, HotlineId, NodeId, QueueId, TrunkId
from core.inputs import CallArrived
from ivr.line import HANG_UP
from ivr.parts import Enqueue, Flow, Menu, Say, SwitchLanguage

KEYS = st.sampled_from([*"0123456789*#ABCD", ""])
SCRIPTS = st.lists(
    st.one_of(KEYS, st.text("0123456789*#ABCD", max_size=40), st.just("4s"), st.just(HANG_UP)), max_size=60
)
"""What callers do: keys, silence, floods of keys, 4 s of a message, a hang-up."""

FLOW = Flow(
    name="sample",
    languages=("zh-CN", "en"),
    start="welcome",
    person="sales",
    nodes={
        "welcome": Say(("welcome",), {"9": "switch", "3": "complaints"}, "main"),
        "main": Menu(("intro",), ("choices",), {"1": "sales", "2": "service", "9": "switch", "5": "main"}, wait_s=5.0),
        "switch": SwitchLanguage("main"),
        "sales": Enqueue(("please-hold",), None),
        "service": Enqueue((), QueueId("service")),
        "complaints": Enqueue(("please-hold",), QueueId("complaints")),
    },
)

ARRIVED = CallArrived(
    CallId("n1-1700000000.1"), NodeId("n1"), HotlineId("h1"), TrunkId("t1"), caller="", language="zh-CN"
)

HOTLINE = Hotline(
    id=HotlineId("h1"),
    number="95001",
    name={"zh-CN": "热线", "en": "Hotline"},
    flow="sample",
    queue=QueueId("sales"),
    priority=2,
)
