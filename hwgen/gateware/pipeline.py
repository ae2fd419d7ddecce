"""Delay lines of plain registers, and copies for groups of PEs."""

from __future__ import annotations

from math import ceil, sqrt

from amaranth.hdl import Module, Signal, Value

from hwgen.gateware.cells import Copy
from hwgen.plan import latency

GROUP = 4
"""PEs that share one copy of what goes to all of them."""
NEAR = 4
"""Lanes that share one copy of what goes to all lanes of a PE or of a transform: strobes, selects."""


def pe_groups(pes: int) -> int:
    """How many groups of :data:`GROUP` PEs there are, the last one perhaps smaller."""
    return -(-pes // GROUP)


def delay_line(
    m: Module, value: Value, cycles: int, name: str, *, reset: bool = False, domain: str = "sync"
) -> list[Value]:
    """``value`` and its delayed copies: element n is n cycles late.

    ``reset`` clears them on the reset of ``domain``: strobes need it, data does not.
    """
    line: list[Value] = [value]
    for index in range(1, cycles + 1):
        register = Signal(value.shape(), name=f"{name}_d{index}", reset_less=not reset)
        m.d[domain] += register.eq(line[-1])
        line.append(register)
    return line


def delayed(m: Module, value: Value, cycles: int, name: str, *, reset: bool = False, domain: str = "sync") -> Value:
    """``value``, ``cycles`` later."""
    return delay_line(m, value, cycles, name, reset=reset, domain=domain)[-1]


def copied(m: Module, value: Value, name: str) -> Value:
    """``value``, one cycle later, from a register of its own (:class:`hwgen.gateware.cells.Copy`)."""
    m.submodules[f"copy_{name}"] = copy = Copy(width=len(value))
    m.d.comb += copy.i.eq(value)
    return copy.o


def branched(m: Module, value: Value, users: int, name: str) -> list[Value]:
    """``value`` for each of ``users``, 2 cycles later: a copy for a few neighbours, then one for each of them."""
    few = ceil(sqrt(users))
    near = [copied(m, value, f"{name}_near_{first}") for first in range(0, users, few)]
    return [copied(m, near[user // few], f"{name}_{user}") for user in range(users)]


def relayed(m: Module, value: Value, groups: int, name: str) -> list[Value]:
    """``value`` for each group of PEs, in hops: a hop's copies are fed by the last copy of the hop before.

    For what stands still while it is used: the first group sees it 1 cycle later, the last one up to
    ``latency.RELAY``. No wire is longer than from one group to those of the next hop.
    """
    copies: list[Value] = []
    per_hop = -(-groups // latency.RELAY)
    for first in range(0, groups, per_hop):
        source = copies[-1] if copies else value
        copies += [copied(m, source, f"{name}_{group}") for group in range(first, min(first + per_hop, groups))]
    return copies
