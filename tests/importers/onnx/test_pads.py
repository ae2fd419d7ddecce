"""Pad before a convolution, and before anything else."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import UnsupportedError
from tests.importers.onnx.graphs import Builder, equal, imported


def padded(build: Builder, source: str, *pads: int) -> str:
    return build.node("Pad", source, build.constant(pads, np.int64), name="pad")


def test_a_convolution_takes_it_over(rng: np.random.Generator) -> None:
    build = Builder()
    made = padded(build, build.node("Relu", "x"), 0, 0, 1, 2, 0, 0, 0, 3)
    end = build.node("Conv", made, build.normal(2, 3, 3, 3), pads=[1, 0, 0, 1], strides=[2, 1])
    found = equal(build.model((1, 3, 5, 4), end), rng, "requantize", "conv2d")
    assert found.layers[1].padding == (2, 0, 2, 4)  # type: ignore[attr-defined]


def test_both_readers_take_it_over(rng: np.random.Generator) -> None:
    build = Builder()
    made = padded(build, "x", 0, 0, 1, 1, 0, 0, 1, 1)
    ends = [build.node("Conv", made, build.normal(2, 3, 3, 3)) for _ in range(2)]
    equal(build.model((1, 3, 5, 4), build.node("Add", *ends)), rng, "conv2d", "conv2d", "add")


def test_before_a_pool_it_is_a_layer(rng: np.random.Generator) -> None:
    build = Builder()
    end = build.node("MaxPool", padded(build, "x", 0, 0, 1, 1, 0, 0, 1, 1), kernel_shape=[2, 2])
    equal(build.model((1, 3, 5, 4), end), rng, "conv2d", "max_pool2d")


def test_what_was_shifted_behind_it_stays(rng: np.random.Generator) -> None:
    """A normalisation between Pad and Conv shifts the zeros too."""
    build = Builder()
    made = padded(build, "x", 0, 0, 1, 1, 0, 0, 1, 1)
    made = build.node("BatchNormalization", made, *(build.normal(3) for _ in range(3)), build.constant([0.5, 1.0, 2.0]))
    equal(build.model((1, 3, 5, 4), build.node("Conv", made, build.normal(2, 3, 3, 3))), rng, "conv2d", "conv2d")


def test_a_shift_before_it_does_not_reach_the_zeros(rng: np.random.Generator) -> None:
    build = Builder()
    made = padded(build, build.node("Add", "x", build.constant(1.0)), 0, 0, 1, 1, 0, 0, 1, 1)
    equal(build.model((1, 3, 5, 4), build.node("Conv", made, build.normal(2, 3, 3, 3))), rng, "conv2d", "conv2d")


def test_one_dimension_and_axes(rng: np.random.Generator) -> None:
    build = Builder()
    made = build.node("Pad", "x", build.constant([2, 1], np.int64), "", build.constant([-1], np.int64))
    equal(build.model((1, 3, 5), build.node("Conv", made, build.normal(2, 3, 3))), rng, "conv2d")


def test_nothing_to_pad(rng: np.random.Generator) -> None:
    build = Builder()
    equal(build.model((1, 3, 5, 4), build.node("Relu", padded(build, "x", *[0] * 8))), rng, "requantize")


def test_between_quantisers() -> None:
    build = Builder()
    made = build.quantised(padded(build, build.quantised("x", 0.05, 7), 0, 0, 1, 1, 0, 0, 1, 1), 0.05, 7)
    made = build.node("Conv", made, build.integer_weights(np.ones((1, 1, 3, 3)), 0.1))
    found = imported(build.model((1, 1, 3, 3), build.quantised(made, 0.3)))
    assert [layer.op for layer in found.layers] == ["conv2d"]
    assert found.layers[0].padding == (1, 1, 1, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("pads", "more", "message"),
    [
        ([0, 1, 0, 0, 0, 0, 0, 0], {}, r"Pad has the pads \[0, 1, 0, 0, 0, 0, 0, 0\] \(pad height and width\)"),
        ([0, 0, -1, 0, 0, 0, 0, 0], {}, r"Pad has the pads \[0, 0, -1, 0, 0, 0, 0, 0\]"),
        ([0, 0, 1, 0, 0, 0, 0, 0], {"mode": "reflect"}, r"Pad has the mode reflect \(pad with zeros\)"),
    ],
)
def test_refuses(pads: list[int], more: dict[str, str], message: str) -> None:
    build = Builder()
    made = build.node("Pad", "x", build.constant(pads, np.int64), name="pad", **more)
    with pytest.raises(UnsupportedError, match=f"layer 'pad': {message}"):
        imported(build.model((1, 2, 4, 4), build.node("Relu", made)))


def test_other_numbers() -> None:
    build = Builder()
    made = build.node("Pad", "x", build.constant([0, 0, 1, 1] * 2, np.int64), build.constant(0.5), name="pad")
    with pytest.raises(UnsupportedError, match=r"'pad': Pad pads with 0\.5 \(pad with zeros\)"):
        imported(build.model((1, 2, 4, 4), build.node("Relu", made)))
