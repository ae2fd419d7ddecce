from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen import golden
from hwgen.errors import UnsupportedError, UsageError
from hwgen.fixed import winograd_transform
from hwgen.golden.avg_pool2d import avg_pool2d
from hwgen.golden.conv2d import conv2d
from hwgen.golden.max_pool2d import max_pool2d
from hwgen.model import (
    Activation,
    BinaryWeights,
    CodebookWeights,
    Conv2d,
    Dense,
    DenseWeights,
    FloatWeights,
    Model,
    Requant,
    Softmax,
    SparseWeights,
)
from tests.fixed import oracle
from tests.golden.networks import bias, branches, int8, requant, single, weights

WIDE = (1 << 17) + 16  # products of 30 bits: their sum passes 2**47


def frames_of(model: Model, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-128, 128, (count, *model.input.shape)).astype(np.int8)


def requantised(acc: np.ndarray, layer_requant: Requant, output: Activation) -> np.ndarray:
    """(frames, K, ...) with Python's integers."""
    q = np.empty(acc.shape, np.int64)
    for index in np.ndindex(acc.shape):
        m, s = int(layer_requant.multiplier[index[1]]), int(layer_requant.shift[index[1]])
        value = output.zero_point + oracle.multiply_shift(int(acc[index]), m, s, layer_requant.rounding)
        q[index] = min(max(value, output.min), output.max)
    return q


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_every_layer_follows_from_its_inputs(seed: int) -> None:
    model = branches(seed)
    frames = frames_of(model, 2, seed)
    got = golden.run(model, frames)
    assert list(got) == [layer.name for layer in model.layers]
    for layer in model.layers:
        assert got[layer.name].shape == (2, *layer.output.shape)
        assert got[layer.name].dtype == layer.output.dtype

    stem, depthwise, _, same, *_ = model.layers
    acc = conv2d(frames, stem.weights.decode(), zero_point=-128, stride=(1, 2), padding=(1, 1, 0, 1))
    acc += stem.bias.reshape(-1, 1, 1)
    assert np.array_equal(got["stem"], requantised(acc, stem.requant, stem.output))
    acc = conv2d(got["stem"], depthwise.weights.decode(), zero_point=-7, padding=(1, 1, 1, 1), groups=4)
    assert np.array_equal(got["depthwise"], requantised(acc, depthwise.requant, depthwise.output))

    # (a + 7) / 2 + (b - 11) / 4 in quarters, halves of the output: here TFLite's first roundings are exact
    quarters = 2 * (got["stem"].astype(int) + 7) + (got["depthwise"].astype(int) - 11)
    half = np.sign(quarters) * ((abs(quarters) + 1) // 2)
    away = np.where(quarters < 0, half, (quarters + 1) // 2)
    assert np.array_equal(got["sum"], np.clip(3 + away, -128, 127))

    acc = got["stem"].astype(np.int64) + 7
    assert np.array_equal(got["same"], requantised(acc, same.requant, same.output))
    assert np.array_equal(got["both"], np.concatenate([got["sum"], got["same"]], axis=1))
    peak = max_pool2d(got["both"], kernel=(2, 2), stride=(2, 2), padding=(0, 1, 0, 1))
    assert np.array_equal(got["peak"], np.maximum(peak, 3))
    average = avg_pool2d(got["peak"], zero_point=3, kernel=(2, 2), stride=(1, 1))
    assert np.array_equal(got["average"], average)
    acc = got["both"].astype(np.int64).sum(axis=(2, 3)) - 15 * 3
    assert np.array_equal(got["mean"], requantised(acc, model.layer("mean").requant, model.layer("mean").output))
    assert np.array_equal(got["flat"], got["average"].reshape(2, 16))
    logits = model.layer("logits")
    acc = (got["flat"].astype(np.int64) - 3) @ logits.weights.decode().astype(np.int64).T + logits.bias
    assert np.array_equal(got["logits"], requantised(acc, logits.requant, logits.output))
    assert np.array_equal(got["label"][:, 0], [row.index(max(row)) for row in got["logits"].tolist()])


def test_infer_gives_the_outputs_of_run() -> None:
    model = branches(1)
    frames = frames_of(model, 3, 1)
    trace, outputs = golden.run(model, frames), golden.infer(model, frames)
    assert isinstance(outputs, dict)
    assert list(outputs) == ["label", "mean"]
    assert all(np.array_equal(outputs[name], trace[name]) for name in outputs)


@pytest.mark.parametrize("count", [1, 31, 32, 33, 67])
def test_frames_are_independent_of_how_many_come_together(count: int) -> None:
    model = branches(2)
    frames = frames_of(model, count, 2)
    together = golden.run(model, frames)
    for index in {0, count // 2, count - 1}:
        alone = golden.run(model, frames[index : index + 1])
        for name, values in alone.items():
            assert np.array_equal(together[name][index], values[0])


def test_encodings_of_the_same_weights_agree(rng: np.random.Generator) -> None:
    values = rng.choice([0, 0, 0, -90, 5, 127], (3, 2, 3, 3))
    encoded = (DenseWeights.from_dense(values), CodebookWeights.from_dense(values), SparseWeights.from_dense(values))
    factors = requant(rng, 3, 24, "half_up")
    outputs = []
    for w in encoded:
        layer = Conv2d(name="conv", inputs=("input",), output=int8((3, 4, 4)), weights=w, requant=factors)
        model = single(layer, int8((2, 6, 6), zero_point=-3))
        outputs.append(golden.infer(model, frames_of(model, 4, 5)))
    assert np.array_equal(outputs[0], outputs[1])
    assert np.array_equal(outputs[0], outputs[2])
    assert len(np.unique(outputs[0])) > 10


@pytest.mark.parametrize(("domain", "tile"), [("winograd2", 2), ("winograd4", 4)])
def test_winograd_domain_equals_direct_when_the_requantisation_absorbs_the_divisor(
    domain: str, tile: int, rng: np.random.Generator
) -> None:
    kernels = rng.integers(-128, 128, (3, 2, 3, 3))
    transform = winograd_transform(tile)
    b, shift = bias(rng, 3), 23
    direct = Conv2d(
        name="conv",
        inputs=("input",),
        output=int8((3, 5, 7)),
        weights=DenseWeights.from_dense(kernels),
        bias=b,
        padding=(1, 1, 1, 1),
        requant=Requant(
            multiplier=np.full(3, 9 * 1000, np.int32), shift=np.full(3, shift, np.int8), rounding="half_up"
        ),
    )
    absorbed = {2: (9 * 1000, shift + 2), 4: (1000, shift + 6)}[tile]  # 4 = 2**2, 576 = 9 * 2**6
    transformed = replace(
        direct,
        domain=domain,
        weights=DenseWeights.from_dense(transform.weights(kernels), bits=16),
        bias=b * transform.divisor,
        requant=Requant(
            multiplier=np.full(3, absorbed[0], np.int32), shift=np.full(3, absorbed[1], np.int8), rounding="half_up"
        ),
    )
    models = [single(layer, int8((2, 5, 7), zero_point=-20)) for layer in (direct, transformed)]
    frames = frames_of(models[0], 5, 9)
    outputs = [golden.infer(model, frames) for model in models]
    assert np.array_equal(*outputs)
    assert len(np.unique(outputs[0])) > 10


def test_a_binary_layer_is_popcount_against_a_threshold(rng: np.random.Generator) -> None:
    bit = {"bits": 1, "min": -1, "max": 1}
    signs = rng.choice([-1, 1], (6, 33))
    threshold = rng.integers(10, 24, 6)  # +1 where more than `threshold` of the 33 products are +1
    layer = Dense(
        name="fc",
        inputs=("input",),
        output=Activation(shape=(6,), **bit),
        weights=BinaryWeights.from_dense(signs),
        bias=33 - 2 * (threshold + 1),
        requant=Requant(multiplier=np.ones(6, np.int32), shift=np.zeros(6, np.int8), rounding="floor"),
    )
    model = single(layer, Activation(shape=(33,), **bit))
    frames = rng.choice([-1, 1], (20, 33)).astype(np.int8)
    popcount = np.array([[(frame == row).sum() for row in signs] for frame in frames])
    assert np.array_equal(golden.infer(model, frames), np.where(popcount > threshold, 1, -1))


def test_softmax_ends_a_network(rng: np.random.Generator) -> None:
    fc = Dense(
        name="fc",
        inputs=("input",),
        output=int8((4,), scale=0.1),
        weights=weights(rng, 4, 3),
        requant=requant(rng, 4, 23, "tflite_single"),
    )
    last = Softmax(
        name="softmax",
        inputs=("fc",),
        output=int8((4,), scale=1 / 256, zero_point=-128),
        input_multiplier=1717986918,  # 0.1 * 2**26 = 1717986918 / 2**31 * 2**23
        input_left_shift=23,
        diff_min=-248,
    )
    model = Model(name="m", input=int8((3,)), layers=(fc, last), outputs=("softmax",))
    got = golden.run(model, frames_of(model, 8, 3))
    real = np.exp(0.1 * got["fc"])
    want = np.minimum(256 * real / real.sum(axis=1, keepdims=True), 255)
    assert np.abs(got["softmax"].astype(int) + 128 - want).max() <= 1


def test_accumulators_beyond_48_bits_name_the_layer() -> None:
    layer = Dense(
        name="wide",
        inputs=("input",),
        output=Activation(shape=(1,), bits=16, min=-(1 << 15), max=(1 << 15) - 1),
        weights=DenseWeights.from_dense(np.full((1, WIDE), 32767), bits=16),
        requant=Requant(multiplier=np.ones(1, np.int32), shift=np.zeros(1, np.int8), rounding="floor"),
    )
    model = single(layer, Activation(shape=(WIDE,), bits=16, min=-(1 << 15), max=(1 << 15) - 1))
    with pytest.raises(UnsupportedError, match=r"layer 'wide': an accumulator needs more than 48 bits"):
        golden.run(model, np.full((1, WIDE), 32767, np.int16))


def test_wrong_frames_and_float_models_are_refused() -> None:
    model = branches(3)
    with pytest.raises(UsageError, match="shape"):
        golden.run(model, np.zeros((1, 2, 5, 4), np.int8))
    real = Activation(shape=(2,), bits=32, min=-(1 << 31), max=(1 << 31) - 1)
    layer = Dense(name="fc", inputs=("input",), output=real, weights=FloatWeights.from_dense(np.eye(2)))
    with pytest.raises(UsageError, match="--float"):
        golden.run(single(layer, real), np.zeros((1, 2), np.int8))
