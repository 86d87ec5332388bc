"""Which ways on from business hours are closed ones: those that tell callers when it opens. Pure.

A holiday, a lunch break and a night may each say something else. None of them is the opening that the others tell of.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.parts import (
    OPENS_DAY,
    OPENS_TIME,
    Branch,
    Enqueue,
    Flow,
    Hours,
    LookUp,
    Menu,
    Node,
    Say,
    Set,
    Spoken,
    SwitchLanguage,
)

_OPENINGS = (OPENS_DAY, OPENS_TIME)


def closed_ways(flow: Flow, hours: Hours) -> frozenset[str]:
    """Those of the nodes that these hours lead to."""
    ways = {hours.otherwise, *(span.go for span in hours.spans)}
    return frozenset(way for way in ways if _tells(flow, way))


def _tells(flow: Flow, way: str) -> bool:
    """Without a key: what a menu leads to may be closed for good. Other hours on the way tell of themselves. A way on
    which some are served untold, because their queue has somebody, say, is an open one."""
    ahead, seen, tells = [way], {way}, False
    while ahead:
        node = flow.nodes[ahead.pop()]
        if _names_an_opening(node):
            tells = True
            continue
        if isinstance(node, Menu | Enqueue):
            return False
        ahead += [name for name in goes_on(node) if name not in seen]
        seen.update(ahead)
    return tells


def _names_an_opening(node: Node) -> bool:
    if isinstance(node, Branch):
        return node.on == "value" and node.of in _OPENINGS
    prompts = (*getattr(node, "intro", ()), *getattr(node, "prompts", ()))
    return any(isinstance(prompt, Spoken) and prompt.of in _OPENINGS for prompt in prompts)


def goes_on(node: Node) -> Iterator[str]:
    """Where a call goes on to by itself, whatever is known of it. Hours are none of these: they are known."""
    match node:
        case Say(then=then) | Set(then=then) | SwitchLanguage(then):
            yield then
        case Branch() | LookUp():
            yield from (*node.cases.values(), node.otherwise)
