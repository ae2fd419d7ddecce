"""Networks of random weights."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.bench.networks import convolution, sparse_cnn, tiled_cnn
from hwgen.model import Conv2d, Dense, SparseWeights, validate


@settings(max_examples=40)
@given(
    channels=st.sampled_from([1, 3, 17]),
    pattern=st.sampled_from([None, (1, 2), (1, 4), (2, 4)]),
    rows=st.sampled_from([1, 5, 16]),
    kernel=st.sampled_from([(1, 1), (3, 3), (10, 4), (1, 7)]),
    stride=st.integers(1, 3),
    padding=st.tuples(*[st.integers(0, 2)] * 4),
    extra=st.tuples(st.integers(0, 6), st.integers(0, 6)),
)
def test_models_are_valid_and_their_outputs_differ(
    channels: int,
    pattern: tuple[int, int] | None,
    rows: int,
    kernel: tuple[int, int],
    stride: int,
    padding: tuple[int, int, int, int],
    extra: tuple[int, int],
) -> None:
    size = (kernel[0] + extra[0], kernel[1] + extra[1])
    padding = tuple(min(pad, taps - 1) for pad, taps in zip(padding, [kernel[0]] * 2 + [kernel[1]] * 2, strict=True))
    channels *= pattern[1] if pattern else 1
    model = convolution(
        channels=channels, rows=rows, kernel=kernel, stride=stride, padding=padding, size=size, seed=0, pattern=pattern
    )
    validate(model)
    frames = np.random.default_rng(0).integers(-128, 128, (8, channels, *size))
    outputs = golden.infer(model, frames)
    assert np.unique(outputs).size > 3
    assert np.mean(np.abs(outputs) >= 127) < 0.3


def test_every_layer_of_the_sparse_network_is_sparse_and_its_outputs_differ() -> None:
    model = sparse_cnn()
    validate(model)
    weights = [layer.weights for layer in model.layers if isinstance(layer, Conv2d | Dense)]
    assert [type(stored) for stored in weights] == [SparseWeights] * 4
    frames = np.random.default_rng(0).integers(-128, 128, (4, *model.input.shape))
    outputs = golden.infer(model, frames)
    assert np.unique(outputs).size > 20
    assert np.mean(np.abs(outputs) >= 127) < 0.3


def test_outputs_of_the_network_in_tiles_differ() -> None:
    model = tiled_cnn()
    validate(model)
    outputs = golden.infer(model, np.random.default_rng(0).integers(-128, 128, (4, *model.input.shape)))
    assert np.unique(outputs).size > 20
    assert np.mean(np.abs(outputs) >= 127) < 0.3
