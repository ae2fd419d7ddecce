"""LeNet-5 as a float model."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from hwgen import golden
from hwgen.bench.lenet5 import lenet5
from hwgen.compress.quantise import quantise
from hwgen.errors import UsageError
from hwgen.model import Conv2d, Dense, validate
from tests.data import DATA, data


def mnist(name: str) -> np.ndarray:
    return np.frombuffer(gzip.decompress(data(f"mnist/{name}").read_bytes()), np.uint8)


def test_it_reads_digits_before_and_after_quantisation() -> None:
    data("deep_compression/lenet_float.npz")
    images = mnist("t10k-even-images-idx3-ubyte.gz")[16:].reshape(-1, 1, 28, 28)[:200]
    labels = mnist("t10k-even-labels-idx1-ubyte.gz")[8:][:200]
    model = lenet5(DATA)
    validate(model)
    layers = [layer for layer in model.layers if isinstance(layer, Conv2d | Dense)]
    assert sum(layer.weights.decode().size + len(layer.bias) for layer in layers) == 431_080
    outputs = golden.infer_float(model, images / 256)
    small = quantise(model, images[:50] / 256)
    integers = golden.infer(small, images)
    assert (outputs.argmax(axis=1) == labels).mean() > 0.98
    assert (integers.argmax(axis=1) == labels).mean() > 0.98


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"lenet_float\.npz: the benchmark's data is missing .*sha256 b28c15dd"):
        lenet5(tmp_path)
