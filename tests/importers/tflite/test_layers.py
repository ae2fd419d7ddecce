"""Each operator's converter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.errors import ModelError, UnsupportedError
from hwgen.importers.tflite import read_tflite
from hwgen.model import AvgPool2d, Concat, Conv2d, Dense, Flatten, Mean, Model, Requantize
from tests.importers.tflite.networks import CONV, POOL, dense, int8, int32, pointwise, residual
from tests.importers.tflite.writer import Op, T, written


def imported(tmp_path: Path, content: bytes) -> Model:
    (tmp_path / "net.tflite").write_bytes(content)
    return read_tflite(tmp_path / "net.tflite")


def convolution(kind: str, weights: T, x: T, y: T, **options: int) -> bytes:
    rows = y.shape[3]
    bias = T((rows,), int32(rows), type="INT32")
    return written([x, weights, bias, y], [Op(kind, (0, 1, 2), 3, CONV | options)])


def test_the_layers_of_a_network(tmp_path: Path) -> None:
    model = imported(tmp_path, residual())
    assert [layer.op for layer in model.layers] == [
        "conv2d", "conv2d", "add", "requantize", "concat", "max_pool2d", "avg_pool2d", "flatten", "dense", "softmax",
    ]  # fmt: skip
    first, depthwise = model.layers[:2]
    assert isinstance(first, Conv2d)
    assert (first.padding, first.groups, first.output.min) == ((1, 0, 0, 2), 1, -5)
    assert isinstance(depthwise, Conv2d)
    assert (depthwise.padding, depthwise.groups, depthwise.output.max) == ((1, 1, 1, 1), 4, 9 + 7)
    concat = model.layers[4]
    assert isinstance(concat, Concat)
    assert concat.inputs == ("op03_add", "op04_concatenation_1"), "only the input of another scale is requantised"
    pool = model.layers[6]
    assert isinstance(pool, AvgPool2d)
    assert (pool.padding, pool.count_include_pad) == ((0, 1, 0, 1), False)


@pytest.mark.parametrize(
    ("size", "stride", "padding"), [(5, 1, (1, 1)), (5, 2, (1, 1)), (6, 2, (0, 1)), (7, 3, (1, 1))]
)
def test_same_padding_puts_the_odd_one_behind(size: int, stride: int, padding: tuple[int, int], tmp_path: Path) -> None:
    out = -(-size // stride)
    content = convolution(
        "CONV_2D", T((2, 3, 3, 1), int8(2, 3, 3, 1)), T((1, size, size, 1)), T((1, out, out, 2), scale=20.0),
        StrideW=stride, StrideH=stride,
    )  # fmt: skip
    layer = imported(tmp_path, content).layers[0]
    assert isinstance(layer, Conv2d)
    assert layer.padding == (*padding, *padding)


def test_a_depthwise_convolution_of_one_channel_and_one_with_a_multiplier(tmp_path: Path) -> None:
    one = imported(
        tmp_path, convolution("DEPTHWISE_CONV_2D", T((1, 3, 3, 8), int8(1, 3, 3, 8)), T((1, 4, 4, 1)), T((1, 4, 4, 8)))
    ).layers[0]
    two = imported(
        tmp_path, convolution("DEPTHWISE_CONV_2D", T((1, 3, 3, 6), int8(1, 3, 3, 6)), T((1, 4, 4, 3)), T((1, 4, 4, 6)))
    ).layers[0]
    assert isinstance(one, Conv2d)
    assert isinstance(two, Conv2d)
    assert (one.groups, one.weights.shape) == (1, (8, 1, 3, 3))
    assert (two.groups, two.weights.shape) == (3, (6, 1, 3, 3))


def test_one_weight_scale_serves_all_channels_and_the_bias_may_be_left_out(tmp_path: Path) -> None:
    tensors = [T((1, 3)), T((2, 3), int8(2, 3), scale=0.1), T((1, 2), scale=2.0)]
    layer = imported(tmp_path, written(tensors, [Op("FULLY_CONNECTED", (0, 1, -1), 2)])).layers[0]
    assert isinstance(layer, Dense)
    assert layer.bias is None
    assert layer.requant is not None
    real = layer.requant.multiplier / 2.0 ** layer.requant.shift.astype(float)
    np.testing.assert_allclose(real, 0.5 * 0.1 / 2, rtol=1e-7)
    assert layer.requant.rounding == "tflite_single"


def test_the_mean_divides_in_its_multiplier(tmp_path: Path) -> None:
    axes = T((2,), np.array([1, 2], np.int32), type="INT32")
    layer = imported(tmp_path, written([T((1, 3, 5, 2)), axes, T((1, 2), scale=0.25)], [Op("MEAN", (0, 1), 2)])).layers[
        0
    ]
    assert isinstance(layer, Mean)
    assert layer.requant is not None
    assert layer.requant.multiplier[0] / 2.0 ** layer.requant.shift[0] == pytest.approx(2 / 15)


def test_a_pad_that_no_convolution_takes_over_is_one_of_its_own(tmp_path: Path) -> None:
    """Depthwise, of weights 1: the pool sees the zero point around the map."""
    pads = T((4, 2), np.array([[0, 0], [1, 0], [0, 2], [0, 0]], np.int32), type="INT32")
    content = written(
        [T((1, 2, 2, 2), zero=5), pads, T((1, 3, 4, 2), zero=5), T((1, 1, 2, 2), zero=5)],
        [Op("PAD", (0, 1), 2), Op("AVERAGE_POOL_2D", (2,), 3, POOL)],
    )
    model = imported(tmp_path, content)
    x = np.arange(8).reshape(1, 2, 2, 2)
    padded = np.pad(x, [(0, 0), (0, 0), (1, 0), (0, 2)], constant_values=5)
    np.testing.assert_array_equal(golden.run(model, x)["op00_pad"], padded)


def test_a_flatten_keeps_the_products_of_the_fully_connected_layer(tmp_path: Path) -> None:
    """The same network with and without a reshape before the fully connected layer."""
    x, w, b, y = T((1, 2, 3, 4)), T((5, 24), int8(5, 24), scale=0.01), T((5,), int32(5), type="INT32"), T((1, 5))
    whole = imported(tmp_path, written([x, w, b, y], [Op("FULLY_CONNECTED", (0, 1, 2), 3)]))
    ops = [Op("QUANTIZE", (0,), 4), Op("RESHAPE", (4,), 5), Op("FULLY_CONNECTED", (5, 1, 2), 3)]
    split = imported(tmp_path, written([x, w, b, y, x, T((1, 24))], ops))
    assert [type(layer) for layer in split.layers] == [Requantize, Flatten, Dense]
    frames = np.random.default_rng(0).integers(-128, 128, (9, 4, 2, 3))
    np.testing.assert_array_equal(golden.infer(whole, frames), golden.infer(split, frames))


REFUSED = {
    "has the dilation (2, 1) (use a dilation of 1)": lambda: convolution(
        "CONV_2D", T((2, 3, 3, 1), int8(2, 3, 3, 1)), T((1, 5, 5, 1)), T((1, 5, 5, 2)), DilationHFactor=2
    ),
    "'t1' has zero points other than 0 (quantise weights symmetrically)": lambda: dense(
        w=T((2, 3), int8(2, 3), zero=1)
    ),
    "'t1' has 3 scales for 2 channels": lambda: dense(w=T((2, 3), int8(2, 3), scale=(0.1, 0.2, 0.3))),
    "the activation function TANH has no counterpart (use RELU or RELU6)": lambda: convolution(
        "CONV_2D", T((2, 1, 1, 1), int8(2, 1, 1, 1)), T((1, 5, 5, 1)), T((1, 5, 5, 2)), FusedActivationFunction=4
    ),
    "adds maps of different shapes (broadcast before the export)": lambda: written(
        [T((1, 4)), T((1, 4)), T((1, 5))], [Op("RELU", (0,), 1), Op("ADD", (0, 1), 2)]
    ),
    "changes scale or zero point (quantise it with those of its input)": lambda: pointwise(
        "MAX_POOL_2D", T((1, 4, 4, 1)), T((1, 2, 2, 1), zero=1), **POOL
    ),
    "is over the axes [1] (use the mean over height and width)": lambda: written(
        [T((1, 3, 5, 2)), T((1,), np.array([1], np.int32), type="INT32"), T((1, 5, 2))], [Op("MEAN", (0, 1), 2)]
    ),
    "pads the batch or the channels (pad height and width only)": lambda: written(
        [
            T((1, 3, 3, 2)),
            T((4, 2), np.array([[0, 0], [0, 0], [0, 0], [0, 1]], np.int32), type="INT32"),
            T((1, 3, 3, 3)),
        ],
        [Op("PAD", (0, 1), 2)],
    ),
    "is along axis 1 (concatenate channels)": lambda: written(
        [T((1, 2, 2, 2)), T((1, 2, 2, 2)), T((1, 4, 2, 2))],
        [Op("RELU", (0,), 1), Op("CONCATENATION", (0, 1), 2, {"Axis": 1})],
    ),
    "makes [4, 2, 1] of [2, 2, 2] (flatten maps only)": lambda: written(
        [T((1, 2, 2, 2)), T((1, 2, 2, 2)), T((1, 2, 1, 4))], [Op("RELU", (0,), 1), Op("RESHAPE", (1,), 2)]
    ),
    "reads a flattened map, which only FULLY_CONNECTED can": lambda: written(
        [T((1, 2, 2, 2)), T((1, 2, 2, 2)), T((1, 8)), T((1, 8))],
        [Op("RELU", (0,), 1), Op("RESHAPE", (1,), 2), Op("RELU", (2,), 3)],
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_has_no_counterpart_is_refused_by_name(message: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError) as error:
        imported(tmp_path, REFUSED[message]())
    assert f": {message}" in str(error.value)
    assert "net.tflite, layer 'op0" in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (dense(b=T((3,), int32(3), type="INT32")), "the bias has the shape [3], not [2]"),
        (dense(w=T((2, 4), int8(2, 4))), "weights of the shape [2, 4] do not fit the input"),
        (pointwise("MAX_POOL_2D", T((1, 4, 4, 1)), T((1, 2, 2, 1))), "the window (0, 0) has the stride (0, 0)"),
        (pointwise("MAX_POOL_2D", T((1, 4, 4, 1)), T((1, 3, 3, 1)), **POOL), "shape"),
    ],
)
def test_contradictions_are_damage(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as error:
        imported(tmp_path, content)
    assert message in str(error.value)
