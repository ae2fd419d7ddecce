from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from hwgen import golden
from hwgen.golden.conv2d import conv2d
from hwgen.model import (
    Activation,
    Conv2d,
    Dense,
    Layer,
    Mean,
    Requantize,
)
from hwgen.plan.lowering import array_ops
from hwgen.plan.ops import ArrayOp, stored_offset
from tests.gateware.networks import Case, cases
from tests.plan.small import act


def accumulated(op: ArrayOp, stored: NDArray[np.int64], second: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """sum(stored * w), or the maximum, by a plain walk over windows (K, out_height, out_width); without the bias.

    ``second``: the other map of an add.
    """
    if second is not None:
        taps = op.weights[:, 0, 0, :, None, None]
        own = op.weights.shape[3] - op.second_taps
        return np.asarray(stored * taps[:, :own].sum(axis=1) + second * taps[:, own:].sum(axis=1))
    window = op.window
    rows, per_group, kh, kw = op.weights.shape
    _, height, width = stored.shape
    result = np.zeros((rows, window.out_height, window.out_width), np.int64)
    for k, oy, ox in np.ndindex(*result.shape):
        sums = []
        for c, ky, kx in np.ndindex(per_group, kh, kw):
            y = oy * window.stride[0] + ky - window.pad_top
            x = ox * window.stride[1] + kx - window.pad_left
            on_map = 0 <= y < height and 0 <= x < width
            value = int(stored[k if op.local else c, y, x]) if on_map else op.pad
            sums.append(value * int(op.weights[k, c, ky, kx]))
        result[k, oy, ox] = max(sums) if op.maximum else sum(sums)
    return result


def expected(layer: Layer, frames: NDArray[np.int64], x: Activation) -> NDArray[np.int64]:
    """The exact accumulator of the definition: bias + sum (q - z) * w."""
    values = frames - x.zero_point
    match layer:
        case Conv2d():
            acc = conv2d(
                frames, layer.weights.decode(), zero_point=x.zero_point, stride=layer.stride, padding=layer.padding,
                groups=layer.groups,
            )[0]  # fmt: skip
        case Dense():
            acc = (layer.weights.decode().astype(np.int64) @ values[0].reshape(-1))[:, None, None]
        case Mean():
            return values[0].sum(axis=(1, 2), keepdims=True)
        case _:
            return values[0].reshape(values.shape[1], *(values.shape[2:] or (1, 1)))
    bias = 0 if layer.bias is None else layer.bias[:, None, None]
    return acc + bias


@given(case=cases(columns=300))
def test_an_operation_is_its_layer_in_stored_integers(case: Case) -> None:
    """Sums of stored integers plus the operation's bias are the accumulators of the layer's definition."""
    net = case.model
    values = golden.run(net, case.frames[:1]) | {"input": case.frames[:1]}
    for op in array_ops(net):
        if isinstance(op.layer, Conv2d | Dense | Mean | Requantize) and op.join is None:
            x = net.activation(op.layer.inputs[0])
            frames = values[op.layer.inputs[0]].astype(np.int64)
            source = net.activation(op.source)
            stored = values[op.source].astype(np.int64)[0].reshape(source.chw) - stored_offset(source)
            acc = accumulated(op, stored) + op.bias[:, None, None]
            exact = expected(op.layer, frames, x)
            np.testing.assert_array_equal(acc, exact if op.channels is None else exact[op.channels])


@pytest.mark.parametrize(
    ("bits", "signed", "offset"), [(8, True, 0), (8, False, 128), (2, False, 2), (16, False, 1 << 15)]
)
def test_unsigned_maps_are_stored_signed(bits: int, signed: bool, offset: int) -> None:
    activation = act(1, bits=bits, signed=signed, zero_point=0, min=0, max=1)
    low, high = activation.full_range
    assert stored_offset(activation) == offset
    assert (low - offset, high - offset) == (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
