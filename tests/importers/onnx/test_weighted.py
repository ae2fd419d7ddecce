"""Conv, Gemm, MatMul, BatchNormalization and arithmetic against onnx's reference evaluator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest

from hwgen import golden
from hwgen.errors import HwgenError, ModelError, UnsupportedError
from hwgen.model import Model
from tests.importers.onnx.graphs import Builder, imported, oracle


def equal(model: onnx.ModelProto, rng: np.random.Generator, *ops: str) -> Model:
    """The model of a graph whose outputs are the evaluator's, and whose layers are ``ops``."""
    found = imported(model)
    shape = [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim][1:]
    frames = rng.normal(0, 1, (4, *shape)).astype(np.float32)
    want = oracle(model, frames)
    got = golden.infer_float(found, frames.reshape(4, *found.input.shape))
    assert isinstance(got, np.ndarray)
    np.testing.assert_allclose(got.reshape(want.shape), want, rtol=1e-4, atol=1e-4)
    assert [layer.op for layer in found.layers] == list(ops)
    return found


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (4, 2)])
def test_auto_pad(mode: str, stride: int, kernel: tuple[int, int], rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("Conv", "x", build.normal(2, 2, *kernel), auto_pad=mode, strides=[stride, stride])
    equal(build.model((1, 2, 7, 8), end), rng, "conv2d")


def test_groups_strides_and_pads(rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("Conv", "x", build.normal(6, 2, 3, 2), build.normal(6), group=3, pads=[2, 0, 1, 1], strides=[2, 1])
    found = equal(build.model((1, 6, 5, 5), end), rng, "conv2d")
    assert found.layers[0].name == "conv0"
    assert found.layers[0].source_op == "Conv conv0"


def test_one_dimension(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Conv", "x", build.normal(3, 2, 4), pads=[1, 2], strides=[2])
    end = build.node("Conv", build.node("Relu", made), build.normal(2, 3, 2), auto_pad="SAME_UPPER")
    found = equal(build.model((1, 2, 11), end), rng, "conv2d", "conv2d")
    assert found.input.shape == (2, 1, 11)


@pytest.mark.parametrize("turned", [{}, {"transB": 1}, {"transA": 1}, {"transA": 1, "transB": 1}])
def test_gemm(turned: dict[str, int], rng: np.random.Generator) -> None:
    build = Builder()
    source = build.node("Transpose", "x", perm=[1, 0]) if "transA" in turned else "x"
    weights = build.normal(4, 6) if "transB" in turned else build.normal(6, 4)
    end = build.node("Gemm", source, weights, build.normal(1, 4), alpha=0.7, beta=-2.0, **turned)
    equal(build.model((1, 6), end), rng, "dense")


def test_gemm_with_one_bias_or_none(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Gemm", "x", build.normal(6, 4), build.normal())
    equal(build.model((1, 6), build.node("Gemm", made, build.normal(4, 3))), rng, "dense", "dense")


def test_matmul_takes_the_bias_behind_it(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Add", build.normal(4), build.node("MatMul", "x", build.normal(6, 4)))
    found = equal(build.model((1, 6), build.node("Relu", made)), rng, "dense")
    assert found.layers[0].output.min == 0


Behind = Callable[[Builder], str]


@pytest.mark.parametrize("before", ["Conv", "Gemm", "MatMul"])
def test_a_normalisation_goes_into_the_weights_before_it(before: str, rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node(before, "x", build.normal(5, 3, 2, 2) if before == "Conv" else build.normal(3, 5))
    end = build.node("BatchNormalization", made, *(build.normal(5) for _ in range(3)), build.constant(np.full(5, 0.7)))
    shape = (1, 3, 4, 4) if before == "Conv" else (1, 3)
    equal(build.model(shape, build.node("Relu", end)), rng, "conv2d" if before == "Conv" else "dense")


@pytest.mark.parametrize(
    ("pads", "mean", "ops"),
    [
        (0, 1.0, ("conv2d",)),
        (1, 0.0, ("conv2d",)),
        (1, 1.0, ("conv2d", "conv2d")),
    ],
)
def test_a_normalisation_before_a_convolution(
    pads: int, mean: float, ops: tuple[str, ...], rng: np.random.Generator
) -> None:
    """It goes into the weights unless it shifts and there is padding, which it must not shift."""
    build = Builder()
    zero = build.constant(np.zeros(2))
    made = build.node(
        "BatchNormalization", "x", build.normal(2), zero, build.constant([mean, 0.0]), build.constant([0.5, 2.0])
    )
    end = build.node("Conv", made, build.normal(4, 1, 3, 3), build.normal(4), group=2, pads=[pads] * 4)
    equal(build.model((1, 2, 5, 5), end), rng, *ops)


def test_a_normalisation_that_nothing_takes(rng: np.random.Generator) -> None:
    """Between a pool and a ReLU it becomes a depthwise convolution; of a vector a diagonal matrix."""
    build = Builder()
    made = build.node("MaxPool", "x", kernel_shape=[2, 2])
    made = build.node("BatchNormalization", made, *(build.normal(2) for _ in range(3)), build.constant([0.5, 2.0]))
    found = equal(build.model((1, 2, 5, 5), build.node("Relu", made)), rng, "max_pool2d", "conv2d")
    assert found.layers[1].groups == 2  # type: ignore[attr-defined]
    build = Builder()
    made = build.node("Relu", build.node("Mul", "x", build.normal(7)))
    equal(build.model((1, 7), made), rng, "dense")


def test_what_is_read_twice_is_not_changed(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Conv", "x", build.normal(2, 2, 1, 1))
    end = build.node("Add", build.node("Mul", made, build.constant(0.5)), made)
    equal(build.model((1, 2, 3, 3), end), rng, "conv2d", "conv2d", "add")


def test_preprocessing_goes_into_the_first_layer(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Div", build.node("Sub", "x", build.normal(3, 1, 1)), build.constant([[[0.2]], [[0.3]], [[0.5]]]))
    equal(build.model((1, 3, 4, 4), build.node("Conv", made, build.normal(2, 3, 2, 2))), rng, "conv2d")
    build = Builder()
    made = build.node("Sub", build.normal(1, 3, 4, 4), build.node("Mul", "x", build.normal(1, 3, 4, 4)))
    equal(build.model((1, 3, 4, 4), build.node("Gemm", build.node("Flatten", made), build.normal(48, 2))), rng, "dense")


def test_a_sum_with_itself(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Relu", "x")
    equal(build.model((1, 3, 4, 4), build.node("Relu", build.node("Add", made, made))), rng, "requantize", "conv2d")


def test_sums_of_maps_in_one_order(rng: np.random.Generator) -> None:
    build = Builder()
    one, other = (build.node("Conv", "x", build.normal(2, 2, 1, 1)) for _ in range(2))
    turned = [build.node("Transpose", made, perm=[0, 2, 3, 1]) for made in (one, other)]
    end = build.node("Gemm", build.node("Flatten", build.node("Add", *turned)), build.normal(24, 2))
    equal(build.model((1, 2, 3, 4), end), rng, "conv2d", "conv2d", "add", "dense")
    build = Builder()
    one, other = (build.node("Conv", "x", build.normal(2, 2, 1, 1)) for _ in range(2))
    turned = [build.node("Transpose", one, perm=[0, 1, 3, 2]), other]
    end = build.node("Relu", build.node("Add", *turned, name="sum"))
    with pytest.raises(UnsupportedError, match="'sum': Add adds maps whose elements are stored in different orders"):
        imported(build.model((1, 2, 3, 3), end))


Graph = Callable[[Builder], str]
REFUSED: dict[str, tuple[Graph, tuple[int, ...]]] = {
    "layer 'n': Conv has the dilation [2, 2] (use a dilation of 1)": (
        lambda b: b.node("Conv", "x", b.normal(2, 2, 2, 2), dilations=[2, 2], name="n"),
        (1, 2, 5, 5),
    ),
    "layer 'n': Conv reads the shape [1, 2, 3, 3, 3] (use (1, C, H, W) or (1, C, L))": (
        lambda b: b.node("Conv", "x", b.normal(2, 2, 2, 2, 2), name="n"),
        (1, 2, 3, 3, 3),
    ),
    "layer 'n': Conv has weights that are computed ('t0') (export a network of fixed weights)": (
        lambda b: b.node("Conv", "x", b.node("Relu", "x"), name="n"),
        (1, 1, 3, 3),
    ),
    "layer 'n': MatMul multiplies two maps (hwgen multiplies maps with constants only)": (
        lambda b: b.node("MatMul", "x", b.node("Relu", "x"), name="n"),
        (1, 1),
    ),
    "layer 'n': MatMul multiplies a constant by a map (put the map first and transpose both)": (
        lambda b: b.node("MatMul", b.normal(3, 1), "x", name="n"),
        (1, 4),
    ),
    "layer 'n': MatMul multiplies [1, 3, 4] by a matrix of 4 rows (flatten the map to (1, F) first)": (
        lambda b: b.node("MatMul", "x", b.normal(4, 5), name="n"),
        (1, 3, 4),
    ),
    "layer 'n': Mul computes with two maps (only Add does)": (
        lambda b: b.node("Mul", "x", b.node("Relu", "x"), name="n"),
        (1, 2, 3, 3),
    ),
    "layer 'n': Add adds maps of the shapes [1, 2, 3, 3] and [1, 2, 1, 1] (broadcast before the export)": (
        lambda b: b.node("Add", "x", b.node("GlobalMaxPool", "x"), name="n"),
        (1, 2, 3, 3),
    ),
    "layer 'n': Add broadcasts [1, 2, 1, 1] against [2, 3, 3] (use maps of one shape)": (
        lambda b: b.node("Add", "x", b.normal(2, 3, 3), name="n"),
        (1, 2, 1, 1),
    ),
    "layer 'n': Div divides a constant by a map (hwgen divides maps by constants only)": (
        lambda b: b.node("Div", b.constant(1.0), "x", name="n"),
        (1, 2),
    ),
    "layer 'n': BatchNormalization is in training mode, or not by channel (export for inference)": (
        lambda b: b.node("BatchNormalization", "x", *[b.normal(2)] * 4, training_mode=1, outputs=3, name="n"),
        (1, 2, 3, 3),
    ),
    "layer 'n': Relu reads a map that was scaled element by element (scale channels, or fold it)": (
        lambda b: b.node("Relu", b.node("Mul", "x", b.normal(1, 2, 3, 3)), name="n"),
        (1, 2, 3, 3),
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refuses(message: str) -> None:
    make, shape = REFUSED[message]
    build = Builder()
    end = make(build)
    with pytest.raises(UnsupportedError) as caught:
        imported(build.model(shape, build.node("Relu", end)))
    assert str(caught.value) == f"net.onnx, {message}"


@pytest.mark.parametrize(("pads", "mode"), [([0, -1, 0, 0], "NOTSET"), ([0, 0, 0], "NOTSET"), ([0] * 4, "SOME")])
def test_what_onnx_refuses_names_the_node(pads: list[int], mode: str) -> None:
    build = Builder()
    end = build.node("Conv", "x", build.normal(2, 2, 2, 2), pads=pads, auto_pad=mode, name="n")
    with pytest.raises(
        HwgenError, match=r"onnx refuses the graph: .*node name: n|layer 'n': Conv has the auto_pad SOME"
    ):
        imported(build.model((1, 2, 5, 5), build.node("Relu", end)))


DAMAGED: dict[str, tuple[Graph, tuple[int, ...]]] = {
    "Conv has weights of the shape [2, 3, 2, 2] in 1 groups for 2 channels": (
        lambda b: b.node("Conv", "x", b.normal(2, 3, 2, 2), name="n"),
        (1, 2, 5, 5),
    ),
    "Conv has a bias of the shape [3] and type float64 for 2 channels": (
        lambda b: b.node("Conv", "x", b.normal(2, 2, 2, 2), b.normal(3), name="n"),
        (1, 2, 5, 5),
    ),
    "Conv has weights that are not finite ('c0')": (
        lambda b: b.node("Conv", "x", b.constant(np.full((2, 2, 2, 2), np.nan)), name="n"),
        (1, 2, 5, 5),
    ),
    "BatchNormalization has a negative variance": (
        lambda b: b.node("BatchNormalization", "x", *[b.normal(2)] * 3, b.constant([1.0, -1.0]), name="n"),
        (1, 2, 3, 3),
    ),
    "Div divides by 0": (lambda b: b.node("Div", "x", b.constant(0.0), name="n"), (1, 2)),
}


@pytest.mark.parametrize("message", DAMAGED)
def test_contradictions(message: str) -> None:
    make, shape = DAMAGED[message]
    build = Builder()
    model = build.model(shape, build.node("Relu", make(build)))
    with pytest.raises(ModelError) as caught:
        imported(model)
    assert str(caught.value) == f"net.onnx, layer 'n': {message} (export it again)"


def test_weights_beyond_float32() -> None:
    build = Builder()
    made = build.node("Mul", build.node("MatMul", "x", build.constant([[1e30]])), build.constant(1e30))
    with pytest.raises(HwgenError, match="layer 'matmul0': weights or biases lie beyond float32"):
        imported(build.model((1, 1), made))
