"""Reshapes and transpositions are absorbed, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen import golden
from hwgen.errors import HwgenError, UnsupportedError
from hwgen.model import Model
from tests.importers.onnx.graphs import Builder, imported, oracle


def check(model: object, found: Model, frames: np.ndarray) -> None:
    """``frames`` as the graph reads them, against the model on the same frames, channels first."""
    want = oracle(model, frames)  # type: ignore[arg-type]
    given = frames if frames[0].size == found.input.size and frames.shape[1:] == found.input.shape else None
    if given is None:
        given = frames.transpose(0, 3, 1, 2) if frames.ndim == 4 else frames.reshape(-1, *found.input.shape)
    np.testing.assert_allclose(golden.infer_float(found, given).reshape(want.shape), want, rtol=1e-4, atol=1e-5)


def test_a_transposition_before_a_flatten_permutes_weights(rng: np.random.Generator) -> None:
    build = Builder()
    turned = build.node("Transpose", build.node("Relu", "x"), perm=[0, 2, 3, 1])
    end = build.node("Gemm", build.node("Reshape", turned, build.constant([1, -1], np.int64)), build.normal(24, 5))
    model = build.model((1, 2, 3, 4), end)
    found = imported(model)
    assert [layer.op for layer in found.layers] == ["requantize", "dense"]
    check(model, found, rng.normal(size=(4, 2, 3, 4)).astype(np.float32))


def test_an_input_of_nhwc_is_read_channels_first(rng: np.random.Generator) -> None:
    """As tf2onnx writes it; a scaling before the transposition goes into the convolution."""
    build = Builder()
    scaled = build.node("Div", "x", build.constant(255.0))
    turned = build.node("Transpose", scaled, perm=[0, 3, 1, 2])
    end = build.node("Flatten", build.node("Conv", turned, build.normal(4, 3, 2, 2), pads=[1, 1, 1, 1]))
    model = build.model((1, 5, 6, 3), end)
    found = imported(model)
    assert found.input.shape == (3, 5, 6)
    assert [layer.op for layer in found.layers] == ["conv2d", "flatten"]
    check(model, found, rng.uniform(0, 255, (3, 5, 6, 3)).astype(np.float32))


def test_a_vector_input_becomes_a_map(rng: np.random.Generator) -> None:
    build = Builder()
    shape = build.node("Reshape", "x", build.constant([-1, 1, 4, 5], np.int64))
    end = build.node("Relu", build.node("Conv", shape, build.normal(2, 1, 3, 3)))
    model = build.model(("N", 20), end)
    found = imported(model)
    assert found.input.shape == (1, 4, 5)
    check(model, found, rng.normal(size=(3, 20)).astype(np.float32))


def test_pytorchs_way_of_flattening(rng: np.random.Generator) -> None:
    """x.view(x.size(0), -1) of a graph with an open batch."""
    build = Builder()
    made = build.node("Relu", build.node("Conv", "x", build.normal(3, 1, 2, 2)))
    batch = build.node("Gather", build.node("Shape", made), build.constant(0, np.int64), axis=0)
    size = build.node(
        "Concat",
        build.node("Unsqueeze", batch, build.constant([0], np.int64)),
        build.constant([-1], np.int64),
        axis=0,
    )
    end = build.node("Gemm", build.node("Reshape", made, size), build.normal(27, 4))
    model = build.model(("N", 1, 4, 4), end)
    check(model, imported(model), rng.normal(size=(3, 1, 4, 4)).astype(np.float32))


def test_squeeze_unsqueeze_identity_dropout(rng: np.random.Generator) -> None:
    build = Builder()
    mean = build.node("GlobalAveragePool", build.node("Dropout", build.node("Identity", "x"), outputs=2))
    flat = build.node("Squeeze", mean, build.constant([2, 3], np.int64))
    again = build.node(
        "Squeeze", build.node("Unsqueeze", flat, build.constant([1], np.int64)), build.constant([1], np.int64)
    )
    model = build.model((1, 3, 4, 4), build.node("Gemm", again, build.normal(3, 2)))
    check(model, imported(model), rng.normal(size=(3, 3, 4, 4)).astype(np.float32))


def test_what_is_not_absorbed_is_refused() -> None:
    build = Builder()
    turned = build.node("Transpose", build.node("Relu", "x"), perm=[0, 1, 3, 2])
    model = build.model((1, 2, 3, 4), build.node("Conv", turned, build.normal(1, 2, 2, 2), name="conv"))
    with pytest.raises(
        UnsupportedError, match=r"'conv': Conv reads a map \[2, 3, 4\] that a Reshape or Transpose made \[1, 2, 4, 3\]"
    ):
        imported(model)
    build = Builder()
    model = build.model((1, 2, 3, 4), build.node("Transpose", build.node("Relu", "x"), perm=[0, 2, 3, 1], name="last"))
    with pytest.raises(UnsupportedError, match=r"'last': Transpose puts the output's elements in another order"):
        imported(model)


def test_a_shape_that_is_computed() -> None:
    build = Builder()
    end = build.node("Reshape", build.node("Relu", "x"), build.node("Cast", "x", to=7), name="shaped")
    with pytest.raises(HwgenError, match=r"Cast computes with a map|onnx refuses"):
        imported(build.model((1, 4), end))


def test_training_mode() -> None:
    build = Builder()
    names = build.constant(0.5), build.constant(True, np.bool_)
    end = build.node("Relu", build.node("Dropout", "x", *names, name="drop"))
    with pytest.raises(UnsupportedError, match="layer 'drop': Dropout is in training mode"):
        imported(build.model((1, 2, 3, 4), end))


def test_the_mask_of_a_dropout() -> None:
    build = Builder()
    build.node("Dropout", "x", outputs=2, name="drop")
    end = build.node("Relu", build.node("Cast", "t0_1", to=1))
    with pytest.raises(UnsupportedError, match="layer 'drop': Dropout has a second output 't0_1' that something reads"):
        imported(build.model((1, 2, 3, 4), end))
