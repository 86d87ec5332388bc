"""How long callers wait and how many give up, by theory: Poisson arrivals, exponential handling and patience.

Erlang B and C: A. K. Erlang 1917, as in Cooper, Introduction to Queueing Theory, 2nd ed., 1981, chapter 3.
Erlang A (callers give up): C. Palm 1957; Mandelbaum and Zeltyn, Service Engineering in Action: The
Palm/Erlang-A Queue, 2007. The load is in erlangs: arrivals per second times seconds of handling.
"""

from __future__ import annotations

from dataclasses import dataclass

_NEGLIGIBLE = 1e-12
_LARGE = 1e200


def erlang_b(load: float, agents: int) -> float:
    """Probability that all agents are busy and callers who find them so go away. By recursion over the agents."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Probability of waiting when nobody ever gives up; 1 when the agents cannot carry the load."""
    if load >= agents:
        return 1.0
    blocked = erlang_b(load, agents)
    return blocked / (1 - load / agents * (1 - blocked))


@dataclass(frozen=True, slots=True)
class ErlangA:
    """What happens to a caller: waits at all, gives up."""

    wait: float
    abandon: float


def erlang_a(arrivals_per_s: float, handling_s: float, agents: int, patience_s: float) -> ErlangA:
    """`patience_s` is the mean time after which a waiting caller gives up.

    The queue's states are summed until what follows is negligible; patience makes them fall faster than
    geometrically, so that they end for every load.
    """
    if arrivals_per_s <= 0:
        return ErlangA(0.0, 0.0)
    blocked = erlang_b(arrivals_per_s * handling_s, agents)
    if blocked <= 0:  # far more agents than load: below what a float holds
        return ErlangA(0.0, 0.0)
    service_per_s, leave_per_s = agents / handling_s, 1 / patience_s
    all_busy = here = waiting = 1.0  # weights of the states: nobody waits, `length` wait, anybody waits
    queue, length = 0.0, 0
    while here > _NEGLIGIBLE * waiting:
        length += 1
        here *= arrivals_per_s / (service_per_s + length * leave_per_s)
        waiting += here
        queue += length * here
        if here > _LARGE:
            all_busy, here, waiting, queue = (weight / _LARGE for weight in (all_busy, here, waiting, queue))
    whole = all_busy * (1 / blocked - 1) + waiting
    return ErlangA(waiting / whole, leave_per_s * queue / whole / arrivals_per_s)
