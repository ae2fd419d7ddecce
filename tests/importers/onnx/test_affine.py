"""BatchNormalization and arithmetic against onnx's reference evaluator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hwgen.errors import ModelError, UnsupportedError
from tests.importers.onnx.graphs import Builder, equal, imported


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


DAMAGED: dict[str, tuple[Graph, tuple[int, ...]]] = {
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
