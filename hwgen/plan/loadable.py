"""Widths of a core that takes other weights at run time: what the model's shape can need, not what its weights need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hwgen.fixed import ACC_BITS, signed_bits
from hwgen.model import Conv2d, Dense, NMWeights
from hwgen.plan.ops import ArrayOp
from hwgen.plan.requant import Lowering
from hwgen.plan.tile_domain import greatest_response
from hwgen.plan.tiles import side

MUL_BITS = 17
"""Least width of a loadable multiplier: an 18-bit signed port."""
MAX_SHIFT = 47
"""Largest shift of a loadable requantiser; every smaller one can be chosen."""
LONG_MUL_BITS, LONG_SUM_BITS, LONG_MAX_SHIFT = 32, 82, 62
"""The same where outputs have more than 8 bits: multipliers and shifts are then those of the model file."""


def loadable(lowering: Lowering, ops: Sequence[ArrayOp]) -> Lowering:
    """``lowering`` with the widths that every model of the same shapes and declared widths fits.

    Accumulators hold the largest sum of any weights; ``add`` has no trailing zeros left out; every shift is there. A
    model whose multipliers need more bits, or a correction where this one needs none, still has another structure.
    """
    acc_bits = max(lowering.acc_bits, *(_worst(op) for op in ops), 1)
    long = any(op.layer.output.bits > 8 for op in ops)
    mul_bits = max(lowering.mul_bits, LONG_MUL_BITS if long else MUL_BITS)
    sum_bits = max(lowering.sum_bits, acc_bits + mul_bits + 1, LONG_SUM_BITS if long else 0)
    return replace(
        lowering,
        acc_bits=min(acc_bits, ACC_BITS),
        mul_bits=mul_bits,
        add_bits=max(lowering.add_bits, sum_bits),
        add_zeros=0,
        sum_bits=sum_bits,
        shifts=tuple(range(max(LONG_MAX_SHIFT if long else MAX_SHIFT, *lowering.shifts) + 1)),
    )


def _worst(op: ArrayOp) -> int:
    """Bits of the sum of the largest products that the declared widths allow."""
    layer = op.layer
    bits = layer.weights.bits if isinstance(layer, Conv2d | Dense) else 2
    taps = op.fan_in
    if isinstance(layer, Conv2d | Dense) and isinstance(layer.weights, NMWeights):
        taps = taps // layer.weights.m * layer.weights.n
    if op.tile is not None and op.direct is None:
        taps = op.fan_in // side(op.tile) ** 2 * greatest_response(op.tile)
    most = taps << (bits - 1 + 15 if layer.output.bits > 8 else bits - 1 + 7)
    return signed_bits(-most, most)


def load_depth(depth: int) -> int:
    """Loadable memories have room for a little more: the next power of two."""
    return 1 << max(1, (depth - 1).bit_length())
