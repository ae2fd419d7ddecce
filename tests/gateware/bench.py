"""Drives components cycle by cycle in Amaranth's simulator, and array shapes to build them of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from amaranth.hdl import ClockDomain, Module
from amaranth.lib import wiring
from amaranth.sim import Simulator, SimulatorContext

from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.shape import ArrayShape
from tests.plan.small import lenet, sparse_net

Row = Mapping[str, int]


def trace(component: wiring.Component, rows: Iterable[Row], outputs: Sequence[str]) -> list[dict[str, int]]:
    """``outputs`` in every cycle; row t's inputs are set in cycle t and stay until a later row changes them."""
    found: list[dict[str, int]] = []

    async def bench(ctx: SimulatorContext) -> None:
        for row in rows:
            for name, value in row.items():
                ctx.set(getattr(component, name), value)
            _, _, *values = await ctx.tick().sample(*(getattr(component, name) for name in outputs))
            found.append({name: int(value) for name, value in zip(outputs, values, strict=True)})

    simulate(component, bench)
    return found


def simulate(component: wiring.Component, *benches: Any) -> None:
    """Runs until all test benches have ended."""
    m = Module()
    m.domains.sync = ClockDomain()  # also where the component has no register
    m.submodules.component = component
    simulator = Simulator(m)
    simulator.add_clock(1e-8)
    for bench in benches:
        simulator.add_testbench(bench)
    simulator.run()


@cache
def _base(lanes: int) -> ArrayShape:
    return build_plan(lenet(), PlanOptions(pes=2, lanes=lanes)).shape


def shape_of(*, lanes: int = 4, **changes: Any) -> ArrayShape:
    """A real core's shape with changes; the parts that a test does not name are of no meaning to it."""
    base = _base(min(lanes, 8))
    return replace(base, **{"lanes": lanes} | changes)


@cache
def _sparse_base(lanes: int) -> ArrayShape:
    return build_plan(sparse_net(), PlanOptions(pes=2, lanes=lanes)).shape


def sparse_shape(*, lanes: int = 2, changes: Mapping[str, Any] | None = None, **sparse: Any) -> ArrayShape:
    """A shape with sparse layers: ``sparse`` and ``pes`` changed; ``changes`` are the array's own."""
    base = _sparse_base(min(lanes, 8))
    assert base.sparse is not None
    own = {"lanes": lanes, "pes": sparse.pop("pes", base.pes), **(changes or {})}
    return replace(base, **own, sparse=replace(base.sparse, **sparse))


def pack(values: Iterable[int], bits: int) -> int:
    """Side by side, the first lowest; two's complement."""
    word = 0
    for index, value in enumerate(values):
        word |= (int(value) & ((1 << bits) - 1)) << index * bits
    return word


def unpack(word: int, bits: int, count: int) -> list[int]:
    """Signed values."""
    values = [word >> index * bits & ((1 << bits) - 1) for index in range(count)]
    return [value - (1 << bits) if value >> (bits - 1) else value for value in values]
