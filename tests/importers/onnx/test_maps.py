"""Pools, means, clips, concatenation, softmax and arg max."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx import TensorProto, helper

from hwgen import golden
from hwgen.errors import UnsupportedError
from hwgen.importers.onnx.convert import import_graph
from tests.importers.onnx.graphs import Builder, equal, imported, oracle


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("counts", [0, 1])
def test_pools(kind: str, counts: int, rng: np.random.Generator) -> None:
    build = Builder()
    more = {"count_include_pad": counts} if kind == "AveragePool" else {}
    end = build.node(kind, "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], **more)
    op = {"MaxPool": "max_pool2d", "AveragePool": "avg_pool2d"}[kind]
    equal(build.model((1, 2, 5, 7), build.node("Relu", end)), rng, op)


def test_pools_of_one_dimension(rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("AveragePool", build.node("MaxPool", "x", kernel_shape=[2]), kernel_shape=[3], strides=[2])
    equal(build.model((1, 2, 9), end), rng, "max_pool2d", "avg_pool2d")


def test_means(rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("Gemm", build.node("Flatten", build.node("GlobalAveragePool", "x")), build.normal(3, 2))
    equal(build.model((1, 3, 4, 5), end), rng, "mean", "dense")
    build = Builder()
    end = build.node("ReduceMean", "x", build.constant([2, -1], np.int64), keepdims=0)
    found = equal(build.model((1, 3, 4, 5), end), rng, "mean", "flatten")
    assert found.layers[-1].output.shape == (3,)
    build = Builder()
    equal(build.model((1, 3, 4, 5), build.node("GlobalMaxPool", "x")), rng, "max_pool2d")


def test_clips_one_behind_the_other(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node(
        "Clip", build.node("Conv", "x", build.normal(2, 1, 1, 1)), build.constant(-1.0), build.constant(6.0)
    )
    end = build.node("Clip", build.node("Relu", made), "", build.constant(1.0))
    found = equal(build.model((1, 1, 4, 4), end), rng, "conv2d")
    assert (found.layers[0].output.min, found.layers[0].output.max) == (0, 1)


def test_a_clip_of_attributes(rng: np.random.Generator) -> None:
    """Before opset 11; the greatest float32 is no bound."""
    build = Builder()
    end = build.node("Clip", build.node("Relu", "x"), min=-3.4028234663852886e38, max=6.0)
    model = build.model((1, 2), end)
    model.opset_import[0].version, model.ir_version = 9, 4
    found = imported(model)
    assert (found.layers[0].output.min, found.layers[0].output.max) == (0, 6)


def test_what_is_read_elsewhere_is_not_clipped(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Conv", "x", build.normal(2, 1, 1, 1))
    end = build.node("Add", made, build.node("Relu", made))
    equal(build.model((1, 1, 4, 4), end), rng, "conv2d", "requantize", "add")


def test_concatenations(rng: np.random.Generator) -> None:
    build = Builder()
    one = build.node("Conv", "x", build.normal(2, 3, 1, 1))
    end = build.node("Relu", build.node("Concat", one, "x", one, axis=-3))
    equal(build.model((1, 3, 4, 4), end), rng, "conv2d", "concat", "requantize")
    # Of vectors that are flattened maps of different sizes, one of them transposed.
    build = Builder()
    small = build.node("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2])
    parts = build.node("Flatten", small), build.node("Flatten", build.node("Transpose", "x", perm=[0, 2, 3, 1]))
    end = build.node("Gemm", build.node("Concat", *parts, axis=1), build.normal(60, 3))
    equal(build.model((1, 3, 4, 4), end), rng, "max_pool2d", "flatten", "flatten", "concat", "dense")


def test_softmax(rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("Softmax", build.node("Gemm", "x", build.normal(4, 5)))
    equal(build.model((1, 4), end), rng, "dense", "softmax")
    build = Builder()
    end = build.node("Softmax", build.node("GlobalAveragePool", "x"), axis=1)
    equal(build.model((1, 4, 3, 3), end), rng, "mean", "flatten", "softmax")


def test_softmax_of_an_early_opset_is_over_all_axes_from_one_on() -> None:
    build = Builder()
    model = build.model((1, 4, 1), build.node("Softmax", build.node("Relu", "x")))
    model.opset_import[0].version, model.ir_version = 11, 6
    assert [layer.op for layer in imported(model).layers][-1] == "softmax"
    model.opset_import[0].version = 13
    with pytest.raises(UnsupportedError, match=r"Softmax is over axis -1 of \[1, 4, 1\]"):
        imported(model)


def test_arg_max(rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("ArgMax", build.node("Gemm", "x", build.normal(4, 5)), axis=1)
    model = build.model((1, 4), end, output_kind=TensorProto.INT64)
    found = imported(model)
    frames = rng.normal(size=(20, 4)).astype(np.float32)
    assert np.array_equal(golden.infer_float(found, frames), oracle(model, frames).reshape(20, 1))


def test_a_clip_between_integers() -> None:
    build = Builder()
    made = build.node("Clip", build.node("Relu", "x"), build.constant(0.0), build.constant(0.5))
    with pytest.raises(UnsupportedError, match=r"'relu0': a clip to 0\.5 of a map that is not quantised"):
        imported(build.model((1, 2), made))


REFUSED: dict[str, tuple[Callable[[Builder], str], tuple[int, ...]]] = {
    "MaxPool has the dilation [2, 2] (use a dilation of 1)": (
        lambda b: b.node("MaxPool", "x", kernel_shape=[2, 2], dilations=[2, 2], name="n"),
        (1, 1, 5, 5),
    ),
    "ReduceMean is over the axes [1] (use the mean over height and width)": (
        lambda b: b.node("ReduceMean", "x", b.constant([1], np.int64), name="n"),
        (1, 2, 3, 3),
    ),
    "Softmax is over axis 1 of [1, 2, 3, 3] (use the softmax of a vector (1, F))": (
        lambda b: b.node("Softmax", "x", axis=1, name="n"),
        (1, 2, 3, 3),
    ),
    "Concat computes with the constant 'c0' at input 1 (fold it before the export)": (
        lambda b: b.node("Concat", "x", b.normal(1, 2), axis=1, name="n"),
        (1, 2),
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refuses(message: str) -> None:
    make, shape = REFUSED[message]
    build = Builder()
    model = build.model(shape, build.node("Relu", make(build)))
    with pytest.raises(UnsupportedError) as caught:
        imported(model)
    assert str(caught.value) == f"net.onnx, layer 'n': {message}"


def test_the_indices_of_a_pool() -> None:
    node = helper.make_node("MaxPool", ["x"], ["y", "where"], name="n", kernel_shape=[2, 2])
    build = Builder()
    end = build.node("Relu", "y")
    model = build.model((1, 1, 4, 4), end)
    model.graph.node.insert(0, node)
    model.graph.node.append(helper.make_node("Identity", ["where"], ["z"], name="i"))
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.INT64, (1, 1, 3, 3)))
    with pytest.raises(UnsupportedError, match="'n': MaxPool has a second output 'where' that something reads"):
        import_graph(model.SerializeToString(), name="net", file="net.onnx")
