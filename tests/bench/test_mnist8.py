"""mnist-8, float and quantised."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.bench.mnist8 import MNIST_8, NEEDS, mnist8, mnist8_float
from hwgen.errors import UsageError
from hwgen.model import Conv2d
from tests.data import data


def test_quantised_it_has_integers_of_eight_bits() -> None:
    folder = next(data(file.name) for file in NEEDS).parents[1]
    real, small = mnist8_float(folder), mnist8(folder)
    assert [layer.op for layer in small.layers if layer.op == "conv2d"] == ["conv2d", "conv2d"]
    assert small.input.bits == 8
    weights = [layer.weights for layer in small.layers if isinstance(layer, Conv2d)]
    assert [one.bits for one in weights] == [8, 8]
    assert small.activation(small.outputs[0]).shape == real.activation(real.outputs[0]).shape == (10,)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mnist-8\.onnx: the benchmark's data is missing"):
        mnist8_float(tmp_path)
    assert MNIST_8 in NEEDS
