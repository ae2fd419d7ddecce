"""Conv, Gemm and MatMul against onnx's reference evaluator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hwgen.errors import HwgenError, ModelError, UnsupportedError
from tests.importers.onnx.graphs import Builder, equal, imported


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
