from __future__ import annotations

import numpy as np
import pytest
from amaranth.hdl import Cat, Elaboratable, Module, ResetInserter
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.pipeline import branched, copied, delay_line, delayed, relayed
from hwgen.plan import latency
from tests.gateware.bench import trace


class _Lines(wiring.Component):
    def __init__(self, cycles: int) -> None:
        self._cycles = cycles
        super().__init__({"i": In(8), "line": Out(8 * (cycles + 1)), "late": Out(8), "copy": Out(8)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        line = delay_line(m, self.i, self._cycles, "line")
        m.d.comb += [self.line.word_select(index, 8).eq(value) for index, value in enumerate(line)]
        m.d.comb += [self.late.eq(delayed(m, self.i, self._cycles, "late")), self.copy.eq(copied(m, self.i, "i"))]
        return m


@pytest.mark.parametrize("cycles", [0, 1, 2, 7])
def test_values_come_as_much_later_as_asked(cycles: int, rng: np.random.Generator) -> None:
    values = rng.integers(0, 256, 20).tolist()
    found = trace(_Lines(cycles), [{"i": value} for value in values], ["line", "late", "copy"])
    for at in range(cycles, 20):
        assert found[at]["late"] == values[at - cycles]
        for index in range(cycles + 1):
            assert found[at]["line"] >> 8 * index & 255 == values[at - index]
    assert [row["copy"] for row in found[1:]] == values[:-1]


class _Reset(wiring.Component):
    def __init__(self) -> None:
        super().__init__({"i": In(1), "rst": In(1), "strobe": Out(1), "data": Out(1)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.d.comb += [
            self.strobe.eq(delayed(m, self.i, 1, "strobe", reset=True)),
            self.data.eq(delayed(m, self.i, 1, "data")),
        ]
        return ResetInserter(self.rst)(m)


def test_only_strobes_are_reset() -> None:
    found = trace(_Reset(), [{"i": 1}, {}, {"rst": 1}, {"rst": 0}, {}], ["strobe", "data"])
    assert [row["strobe"] for row in found] == [0, 1, 1, 0, 1]
    assert [row["data"] for row in found] == [0, 1, 1, 1, 1]


class _Relay(wiring.Component):
    def __init__(self, groups: int) -> None:
        self._groups = groups
        super().__init__({"i": In(1), "o": Out(groups)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.d.comb += self.o.eq(Cat(*relayed(m, self.i, self._groups, "i")))
        return m


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 5, 9, 16, 33])
def test_a_relay_reaches_every_group_in_time(groups: int) -> None:
    found = [row["o"] for row in trace(_Relay(groups), [{"i": 1}] * (latency.RELAY + 1), ["o"])]
    per_hop = -(-groups // latency.RELAY)
    for cycle, seen in enumerate(found):
        assert seen == (1 << min(groups, cycle * per_hop)) - 1
    assert found[-1] == (1 << groups) - 1


class _Branches(wiring.Component):
    def __init__(self, users: int) -> None:
        self._users = users
        super().__init__({"i": In(4), "o": Out(4 * users)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        branches = branched(m, self.i, self._users, "i")
        assert len(branches) == self._users
        m.d.comb += self.o.eq(Cat(*branches))
        return m


@pytest.mark.parametrize("users", [1, 2, 3, 5, 8, 16, 33])
def test_branches_reach_every_user_two_cycles_later(users: int, rng: np.random.Generator) -> None:
    values = rng.integers(1, 16, 12).tolist()
    found = [row["o"] for row in trace(_Branches(users), [{"i": value} for value in values], ["o"])]
    for at, value in enumerate(values[:-2]):
        assert [found[at + 2] >> 4 * user & 15 for user in range(users)] == [value] * users
