"""Elements in more bits keep their value, in fewer their low bits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from amaranth.hdl import Elaboratable, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.widths import fitted, widened
from tests.gateware.bench import pack, trace, unpack


class Resized(wiring.Component):
    """One of the functions, as a component."""

    def __init__(self, function: Callable[[Value, int, int], Value], lanes: int, own: int, bits: int) -> None:
        self._function, self._lanes, self._bits = function, lanes, bits
        super().__init__({"i": In(lanes * own), "o": Out(lanes * bits)})

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        m.d.comb += self.o.eq(self._function(self.i, self._lanes, self._bits))
        return m


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize(
    ("function", "own", "bits"),
    [(widened, 4, 4), (widened, 4, 9), (widened, 1, 3), (fitted, 4, 4), (fitted, 4, 9), (fitted, 9, 4), (fitted, 3, 1)],
)
def test_the_ends_and_the_middle(
    function: Callable[[Value, int, int], Value], own: int, bits: int, lanes: int, rng: np.random.Generator
) -> None:
    least, most = -(1 << (own - 1)), (1 << (own - 1)) - 1
    values = [np.full(lanes, least), np.full(lanes, most), rng.integers(least, most + 1, lanes)]
    found = trace(Resized(function, lanes, own, bits), [{"i": pack(row, own)} for row in values], ["o"])
    half = 1 << (bits - 1)
    kept = [((row + half) % (2 * half) - half).tolist() for row in values]
    assert [unpack(row["o"], bits, lanes) for row in found] == kept
