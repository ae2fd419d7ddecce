"""The output positions of a group's lanes, for the padding masks."""

from __future__ import annotations

from amaranth.hdl import Cat, Elaboratable, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.plan.shape import ArrayShape


def next_position(x: Value, y: Value, wrap: Value) -> tuple[Value, Value, Value]:
    """The position after (x, y), and whether it starts a new row; ``wrap`` is the last x."""
    wraps = x == wrap
    return Mux(wraps, 0, x + 1), y + wraps, wraps


class LanePositions(wiring.Component):
    """(Y, X) of each lane of the current group, computed one lane per cycle while the group before computes.

    ``restart`` begins at (0, 0) and fills the next group's positions (``lanes`` cycles); ``advance`` makes them current
    and computes the following ones. A group never takes fewer cycles than there are lanes.

    **Latency**: ``x`` and ``y`` are current in the cycle after ``advance``.
    """

    def __init__(self, *, shape: ArrayShape, x_bits: int, y_bits: int) -> None:
        self._lanes = shape.lanes
        self._x_bits = x_bits
        self._y_bits = y_bits
        super().__init__(
            {
                "restart": In(1),
                "advance": In(1),
                "wrap": In(x_bits),
                "x": Out(shape.lanes * x_bits),
                "y": Out(shape.lanes * y_bits),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        x = Signal(self._x_bits, reset_less=True)
        y = Signal(self._y_bits, reset_less=True)
        next_xs = Signal.like(self.x, reset_less=True)
        next_ys = Signal.like(self.y, reset_less=True)
        xs = Signal.like(self.x, reset_less=True)
        ys = Signal.like(self.y, reset_less=True)
        left = Signal(range(self._lanes + 1))
        next_x, next_y, _ = next_position(x, y, self.wrap)
        ahead_xs = Signal.like(self.x)
        ahead_ys = Signal.like(self.y)
        m.d.comb += [ahead_xs.eq(next_xs), ahead_ys.eq(next_ys), self.x.eq(xs), self.y.eq(ys)]
        m.d.sync += [next_xs.eq(ahead_xs), next_ys.eq(ahead_ys)]
        with m.If(left != 0):
            # Lane 0's position enters first and ends up in the lowest place.
            m.d.comb += [
                ahead_xs.eq(_shifted_in(next_xs, x, self._x_bits)),
                ahead_ys.eq(_shifted_in(next_ys, y, self._y_bits)),
            ]
            m.d.sync += [x.eq(next_x), y.eq(next_y), left.eq(left - 1)]
        with m.If(self.advance):
            # A group of just ``lanes`` cycles advances in the cycle in which the last position enters.
            m.d.sync += [xs.eq(ahead_xs), ys.eq(ahead_ys), left.eq(self._lanes)]
        with m.If(self.restart):
            m.d.sync += [x.eq(0), y.eq(0), left.eq(self._lanes)]
        return m


def _shifted_in(register: Value, value: Value, bits: int) -> Value:
    if len(register) == bits:
        return value
    return Cat(register[bits:], value)
