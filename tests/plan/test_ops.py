from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from hwgen import golden
from hwgen.errors import UnsupportedError
from hwgen.golden.conv2d import conv2d
from hwgen.model import (
    Activation,
    Add,
    AddRequant,
    Conv2d,
    Dense,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
    TernaryWeights,
)
from hwgen.plan.ops import ArrayOp, array_ops, stored_offset
from tests.gateware.networks import Case, cases
from tests.plan.small import act, avg_pool, conv, dense, flatten, lenet, max_pool, model, requantize, weights


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


@given(case=cases(columns=300))
def test_padding_never_wins_a_maximum(case: Case) -> None:
    for op in array_ops(case.model):
        if op.maximum:
            source = case.model.activation(op.source)
            assert op.pad == source.full_range[0] - stored_offset(source)


@pytest.mark.parametrize(
    ("bits", "signed", "offset"), [(8, True, 0), (8, False, 128), (2, False, 2), (16, False, 1 << 15)]
)
def test_unsigned_maps_are_stored_signed(bits: int, signed: bool, offset: int) -> None:
    activation = act(1, bits=bits, signed=signed, zero_point=0, min=0, max=1)
    low, high = activation.full_range
    assert stored_offset(activation) == offset
    assert (low - offset, high - offset) == (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def test_a_flatten_only_renames() -> None:
    ops = array_ops(lenet())
    assert [op.layer.name for op in ops] == ["conv1", "pool1", "conv2", "fc1", "fc2"]
    assert [op.source for op in ops] == ["input", "conv1", "pool1", "conv2", "fc1"]
    assert [op.encoding for op in ops] == ["dense", "dense", "codebook", "codebook", "dense"]


def test_a_depthwise_convolution_of_one_channel_is_an_ordinary_one() -> None:
    x = act(1, 4, 4)
    (op,) = array_ops(model(x, conv("c", "input", x, weights(1, 1, 2, 2), groups=1)))
    assert not op.local


X = act(4, 5, 5)
SUM = AddRequant(left_shift=1, input_multipliers=(1, 1), input_shifts=(1, 1), multiplier=1, shift=1)


def two_outputs() -> Model:
    first = conv("a", "input", X, weights(2, 4, 1, 1))
    return model(X, first, requantize("b", "a", first.output), outputs=("a", "b"))


def flattened_requantize() -> Model:
    return model(X, flatten("flat", "input", X), requantize("again", "flat", act(100)))


def with_sum(bits: int = 8) -> Model:
    most = (1 << (bits - 1)) - 1
    x = act(4, 5, 5, bits=bits, min=-most - 1, max=most)
    return model(x, Add(name="sum", inputs=("input", "input"), output=act(4, 5, 5), requant=SUM))


def one_bit() -> Model:
    x = act(3, bits=1, zero_point=0, min=-1, max=1)
    return model(x, dense("fc", "input", weights(2, 3)))


def ternary() -> Model:
    stored = TernaryWeights.from_dense(np.sign(weights(2, 4, 1, 1).decode()).astype(np.int8))
    return model(X, conv("t", "input", X, stored))


def border_average() -> Model:
    output = act(4, 6, 6)
    return model(X, avg_pool("avg", "input", X, 2, padding=(1, 1, 1, 1), output=output, count_include_pad=False))


def grouped() -> Model:
    return model(X, conv("g", "input", X, weights(4, 2, 1, 1), groups=2))


REFUSED: dict[str, Any] = {
    "two outputs": (two_outputs, None, "one output"),
    "requantize behind a flatten": (flattened_requantize, "again", "behind a flatten"),
    "an add of wide maps": (lambda: with_sum(16), "sum", "add of maps wider than 8 bits"),
    "one-bit maps": (one_bit, "input", "1 bit"),
    "ternary weights": (ternary, "t", "'ternary'"),
    "nothing but flatten": (lambda: model(X, flatten("flat", "input", X)), "flat", "nothing but flatten"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_hardware_is_refused_by_name(name: str) -> None:
    build, layer, text = REFUSED[name]
    with pytest.raises(UnsupportedError, match=text) as caught:
        array_ops(build())
    assert caught.value.layer == layer
    assert caught.value.hint or name in ("winograd", "nothing but flatten")


def test_an_average_that_counts_no_padding_is_one_operation_a_rectangle() -> None:
    """2 x 2 over 5 x 5 padded by one: corners, edges, inside."""
    ops = array_ops(border_average())
    assert [(op.origin, op.window.kernel) for op in ops[:3]] == [((0, 0), (1, 1)), ((0, 1), (1, 2)), ((0, 5), (1, 1))]
    assert len(ops) == 9
    assert {op.name for op in ops} == {"avg"}


def test_a_convolution_in_groups_has_zeros_for_the_others() -> None:
    (op,) = array_ops(grouped())
    own = weights(4, 2, 1, 1).decode()
    np.testing.assert_array_equal(op.weights[:2, :2], own[:2])
    np.testing.assert_array_equal(op.weights[2:, 2:], own[2:])
    assert not op.weights[:2, 2:].any()
    assert not op.weights[2:, :2].any()


def test_pools_have_one_weight_for_all_rows() -> None:
    pool = max_pool("p", "input", X, 2, 2)
    (op,) = array_ops(model(X, pool))
    assert isinstance(op.layer, MaxPool2d)
    assert op.local
    assert op.repeated
    assert (op.weights == 1).all()


def test_an_add_reads_two_maps_with_taps_for_each() -> None:
    (op,) = array_ops(with_sum())
    assert (op.sources, op.local, op.repeated) == (("input", "input"), True, True)
    assert op.weights.shape == (4, 1, 1, 2)
    assert op.second_taps == 1


def test_a_requantize_of_a_vector_is_elementwise_and_of_a_map_is_not() -> None:
    vector = model(act(5), requantize("r", "input", act(5)))
    (op,) = array_ops(vector)
    assert op.elementwise
    mapped = model(X, requantize("r", "input", X))
    assert not array_ops(mapped)[0].elementwise


def test_a_final_softmax_is_the_hosts() -> None:
    """The core delivers what goes into it."""
    layer = dense("fc", "input", weights(4, 3))
    shares = act(4, scale=1 / 256, zero_point=-128)
    softmax = Softmax(
        name="shares", inputs=("fc",), output=shares, input_multiplier=1 << 30, input_left_shift=20, diff_min=-100
    )
    assert [op.layer.name for op in array_ops(model(act(3), layer, softmax))] == ["fc"]
