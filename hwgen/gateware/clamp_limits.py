"""The limits of the requantisers' clamp, once for all of them."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Elaboratable, Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hwgen.gateware.pipeline import delayed
from hwgen.gateware.records import fields_of
from hwgen.plan.fields import FieldLayout
from hwgen.plan.shape import ArrayShape

GUARD = 3
"""Bits of a shifted value beyond an activation's: the offset's reach, and the sign."""


def limit_fields(shape: ArrayShape) -> FieldLayout:
    """What a clamp compares, takes and adds; all signed.

    ``least`` and ``most`` are compared with the shifted value before the offset is added.
    """
    bits = shape.act_bits + GUARD
    return FieldLayout(
        (
            ("least", bits),
            ("most", bits),
            ("low", shape.act_bits),
            ("high", shape.act_bits),
            ("offset", shape.act_bits + 1),
        )
    )


def signed_fields(layout: FieldLayout, word: Value) -> dict[str, Value]:
    """Name -> slice of ``word``, signed."""
    return {name: value.as_signed() for name, value in fields_of(layout, word).items()}


class ClampLimits(wiring.Component):
    """``least`` = low - offset and ``most`` = high - offset beside what they come from.

    **Latency**: 1. All of it stands still while a step's values are in the requantisers.

    Members
    -------
    offset, low, high : In
        Of the step's record; ``offset`` counts only with ``has_offset``.
    limits : Out
        The word of :func:`limit_fields`.
    """

    def __init__(self, *, shape: ArrayShape) -> None:
        self._shape = shape
        super().__init__(
            {
                "offset": In(shape.act_bits + 1),
                "low": In(shape.act_bits),
                "high": In(shape.act_bits),
                "limits": Out(limit_fields(shape).width),
            }
        )

    def elaborate(self, platform: object) -> Elaboratable:
        m = Module()
        shape = self._shape
        low, high = self.low.as_signed(), self.high.as_signed()
        offset = self.offset.as_signed() if shape.has_offset else Const(0, signed(shape.act_bits + 1))
        bounds = [Signal(signed(shape.act_bits + GUARD), name=name, reset_less=True) for name in ("least", "most")]
        m.d.sync += [bound.eq(limit - offset) for bound, limit in zip(bounds, (low, high), strict=True)]
        m.d.comb += self.limits.eq(Cat(*bounds, delayed(m, Cat(low, high, offset), 1, "plain")))
        return m
