"""Types, shapes and orders of tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import UnsupportedError
from hwgen.importers.tflite import read_tflite
from hwgen.importers.tflite.file import parse
from hwgen.importers.tflite.values import columns_in_order, frame_shape
from tests.importers.tflite.networks import dense, int8, pointwise
from tests.importers.tflite.writer import T


@pytest.mark.parametrize(
    ("shape", "channels_first"),
    [((1, 5, 6, 7), (7, 5, 6)), ((1, 6, 7), (7, 1, 6)), ((1, 7), (7,)), ((7,), (7,))],
)
def test_frames_are_channels_first(shape: tuple[int, ...], channels_first: tuple[int, ...]) -> None:
    assert frame_shape(shape, "x", {}) == channels_first


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (T((1, 3), type="FLOAT32"), "'t0' is FLOAT32, not INT8 (quantise the network to int8 before the export)"),
        (T((1, 3), type="INT16"), "'t0' is INT16, not INT8"),
        (T((1, 3), scale=(0.1, 0.2)), "'t0' has 2 scales, not one"),
        (T((2, 3)), "'t0' has a batch of 2 (export with a batch of 1; build takes --batch)"),
        (T((1, 1, 1, 1, 3)), "'t0' has the shape [1, 1, 1, 1, 3] (use (1, H, W, C) or (1, F))"),
        (T((1, 3), signature=(-1, -1)), "'t0' has the dynamic shape [-1, -1] (export with fixed shapes)"),
    ],
)
def test_inputs_that_are_refused(tensor: T, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(dense(x=tensor))
    with pytest.raises(UnsupportedError) as error:
        read_tflite(tmp_path / "net.tflite")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"w": T((2, 3), np.ones((2, 3), np.float32), type="FLOAT32")}, "'t1' is FLOAT32, not INT8 (quantise"),
        ({"w": T((2, 3))}, "'t1' is computed, not a constant (export fixed weights)"),
        ({"b": T((2,), np.ones(2, np.int64), type="INT64")}, "'t2' is INT64, not INT32"),
        ({"y": T((1, 2), type="FLOAT32")}, "layer 'op00_FULLY_CONNECTED': 't3' is FLOAT32, not INT8"),
    ],
)
def test_constants_and_results_of_other_types_are_refused(changes: dict[str, T], message: str, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(dense(**changes))
    with pytest.raises(UnsupportedError) as error:
        read_tflite(tmp_path / "net.tflite")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("kind", "clamp"), [("RELU", (-5, 127)), ("RELU6", (-5, 7)), ("RELU_N1_TO_1", (-7, -3)), ("QUANTIZE", (-128, 127))]
)
def test_clips_become_integers(kind: str, clamp: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(pointwise(kind, T((1, 4)), T((1, 4), scale=0.5, zero=-5)))
    output = read_tflite(tmp_path / "net.tflite").layers[0].output
    assert (output.min, output.max) == clamp


def test_columns_follow_the_order_of_the_map() -> None:
    """A vector flattened (h, w, c) meets the weights that it met as (c, h, w)."""
    weights = int8(3, 24)
    frame = int8(2, 3, 4)  # h, w, c
    moved = columns_in_order(weights, (4, 2, 3))
    np.testing.assert_array_equal(
        moved.astype(int) @ frame.transpose(2, 0, 1).reshape(-1).astype(int), weights.astype(int) @ frame.reshape(-1)
    )
    assert columns_in_order(weights, None) is weights


def test_a_constant_cannot_be_an_activation(tmp_path: Path) -> None:
    content = pointwise("RELU", T((1, 4), int8(1, 4)), T((1, 4)))
    assert parse(content, "net.tflite").tensors[0].data is not None
