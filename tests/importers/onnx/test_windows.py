"""Kernels, strides, pads, auto_pad and ceil_mode."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import golden
from hwgen.errors import HwgenError, ModelError, UnsupportedError
from tests.importers.onnx.graphs import Builder, imported


@given(
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    size=st.integers(4, 9),
    pad=st.integers(0, 1),
    kind=st.booleans(),
)
def test_ceil_mode_is_padding_that_does_not_count(kernel: int, stride: int, size: int, pad: int, kind: bool) -> None:
    pad = min(pad, kernel - 1)
    build = Builder()
    name = "MaxPool" if kind else "AveragePool"
    end = build.node(name, "x", kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, ceil_mode=1)
    model = build.model((1, 2, size, size), build.node("Relu", end))
    frames = np.random.default_rng(0).uniform(0, 1, (2, 2, size, size)).astype(np.float32)
    rows = -(-(size + 2 * pad - kernel) // stride) + 1
    if (rows - 1) * stride >= size + pad:
        with pytest.raises(UnsupportedError, match="has a ceil_mode whose last window lies behind the map"):
            imported(model)
        return
    got = golden.infer_float(imported(model), frames)
    assert isinstance(got, np.ndarray)
    assert got.shape == (2, 2, rows, rows)
    want = np.empty_like(got)
    for y, x in np.ndindex(rows, rows):
        top, left = y * stride - pad, x * stride - pad
        part = frames[:, :, max(0, top) : top + kernel, max(0, left) : left + kernel]
        want[:, :, y, x] = part.max(axis=(2, 3)) if kind else part.mean(axis=(2, 3))
    np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize("mode", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_auto_pad_of_pools(mode: str, rng: np.random.Generator) -> None:
    """Against the same pool with pads (the evaluator takes SAME_LOWER of pools for VALID)."""
    pads = {"SAME_UPPER": [0, 0, 1, 1], "SAME_LOWER": [1, 1, 0, 0], "VALID": [0, 0, 0, 0]}[mode]
    frames = rng.uniform(0, 1, (2, 2, 7, 7)).astype(np.float32)
    found = []
    for given_pads in ({"auto_pad": mode}, {"pads": pads}):
        build = Builder()
        end = build.node("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2], **given_pads)
        found.append(golden.infer_float(imported(build.model((1, 2, 7, 7), build.node("Relu", end))), frames))
    assert np.array_equal(*found)


def test_padding_that_counts_beyond_the_map() -> None:
    build = Builder()
    end = build.node(
        "AveragePool", "x", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, count_include_pad=1, name="n"
    )
    with pytest.raises(
        UnsupportedError, match="'n': AveragePool counts padding and has a ceil_mode that reaches beyond"
    ):
        imported(build.model((1, 1, 5, 5), end))


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"strides": [0, 1]}, "has the strides [0, 1] for 2 axes"),
        ({"kernel_shape": [7, 7]}, "its window does not fit"),
        ({"auto_pad": "SOME"}, "has the auto_pad SOME"),
        ({"pads": [1, 1]}, "pads"),
    ],
)
def test_contradictions(attributes: dict[str, object], message: str) -> None:
    build = Builder()
    end = build.node("MaxPool", "x", **{"kernel_shape": [2, 2], **attributes}, name="n")
    model = build.model((1, 1, 5, 5), build.node("Relu", end))
    with pytest.raises(HwgenError) as caught:
        imported(model)
    assert isinstance(caught.value, ModelError | UnsupportedError)
    assert message in str(caught.value) or "onnx refuses the graph" in str(caught.value)
