from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import correlate
from scipy.special import softmax

from hwgen import golden
from hwgen.errors import UsageError
from hwgen.model import (
    Activation,
    Add,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    FloatWeights,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
    validate,
)
from tests.golden.networks import branches, int8

LOWEST, HIGHEST = -(1 << 31), (1 << 31) - 1


def real(shape: tuple[int, ...], low: int = LOWEST, high: int = HIGHEST) -> Activation:
    return Activation(shape=shape, bits=32, min=low, max=high)


def float_network(rng: np.random.Generator) -> Model:
    """Every operation that has a real meaning, ReLU and ReLU6 included."""
    layers: tuple[Layer, ...] = (
        Conv2d(
            name="conv",
            inputs=("input",),
            output=real((4, 3, 5), 0, 6),
            weights=FloatWeights.from_dense(rng.normal(size=(4, 1, 3, 3))),
            bias=rng.normal(size=4).astype(np.float32),
            stride=(2, 1),
            padding=(1, 1, 1, 1),
            groups=2,
        ),
        Requantize(name="relu1", inputs=("conv",), output=real((4, 3, 5), 0, 1)),
        Add(name="sum", inputs=("conv", "relu1"), output=real((4, 3, 5))),
        Concat(name="both", inputs=("sum", "conv"), output=real((8, 3, 5))),
        MaxPool2d(
            name="peak",
            inputs=("both",),
            output=real((8, 2, 3)),
            kernel=(2, 2),
            stride=(2, 2),
            padding=(0, 1, 1, 0),
        ),
        AvgPool2d(
            name="average",
            inputs=("peak",),
            output=real((8, 2, 2)),
            kernel=(2, 2),
            stride=(1, 1),
            padding=(1, 0, 0, 0),
        ),
        Mean(name="mean", inputs=("both",), output=real((8,))),
        Flatten(name="flat", inputs=("average",), output=real((32,))),
        Dense(
            name="logits",
            inputs=("flat",),
            output=real((3,)),
            weights=FloatWeights.from_dense(rng.normal(size=(3, 32))),
        ),
        Argmax(name="label", inputs=("logits",), output=int8((1,))),
    )
    model = Model(name="reals", input=real((2, 5, 5)), layers=layers, outputs=("label", "mean"))
    validate(model)
    return model


def test_float_network_layer_by_layer(rng: np.random.Generator) -> None:
    model = float_network(rng)
    frames = rng.normal(size=(2, 2, 5, 5))
    got = golden.run_float(model, frames)

    w, b = model.layer("conv").weights.decode(), model.layer("conv").bias
    padded = np.pad(frames, ((0, 0), (0, 0), (1, 1), (1, 1)))
    conv = np.array([[correlate(frame[k // 2], w[k, 0], "valid")[::2] + b[k] for k in range(4)] for frame in padded])
    assert np.allclose(got["conv"], np.clip(conv, 0, 6), atol=1e-12)
    assert np.array_equal(got["relu1"], np.minimum(got["conv"], 1))
    assert np.array_equal(got["sum"], got["conv"] + got["relu1"])
    assert np.array_equal(got["both"], np.concatenate([got["sum"], got["conv"]], axis=1))
    assert np.array_equal(got["peak"][:, :, 0, 0], got["both"][:, :, :2, 0].max(axis=2))
    assert np.array_equal(got["peak"][:, :, 1, 2], got["both"][:, :, 2, 3:5].max(axis=2))
    assert np.allclose(got["average"][:, :, 0, 1], got["peak"][:, :, 0, 1:3].mean(axis=2))  # two of four in the padding
    assert np.allclose(got["average"][:, :, 1, 0], got["peak"][:, :, :2, :2].mean(axis=(2, 3)))
    assert np.allclose(got["mean"], got["both"].mean(axis=(2, 3)))
    assert np.allclose(got["logits"], got["average"].reshape(2, 32) @ model.layer("logits").weights.decode().T)
    assert np.array_equal(got["label"][:, 0], got["logits"].argmax(axis=1))
    outputs = golden.infer_float(model, frames)
    assert isinstance(outputs, dict)
    assert np.array_equal(outputs["mean"], got["mean"])


def test_float_softmax(rng: np.random.Generator) -> None:
    layers = (
        Dense(name="fc", inputs=("input",), output=int8((3,)), weights=FloatWeights.from_dense(100 * np.eye(3))),
        Softmax(
            name="softmax",
            inputs=("fc",),
            output=int8((3,), scale=1 / 256, zero_point=-128),
            input_multiplier=1 << 30,
            input_left_shift=20,
            diff_min=-100,
        ),
    )
    model = Model(name="m", input=int8((3,)), layers=layers, outputs=("softmax",))
    validate(model)
    frames = rng.uniform(-3, 3, (5, 3))
    assert np.allclose(golden.infer_float(model, frames), softmax(100 * frames, axis=1))


def test_integer_network_is_quantised_and_dequantised(rng: np.random.Generator) -> None:
    model = branches(4)
    frames = rng.uniform(0, 255, (3, 2, 5, 5))
    q = np.floor(frames + 0.5) - 128
    integers = golden.infer(model, q.astype(np.int8))
    reals = golden.infer_float(model, frames)
    assert not golden.is_float(model)
    assert np.allclose(reals["mean"], 0.5 * (integers["mean"] + 2.0))
    assert np.array_equal(reals["label"], integers["label"])


def test_quantise_rounds_half_away_and_saturates() -> None:
    activation = Activation(shape=(7,), scale=0.5, zero_point=3, min=-128, max=127)
    frames = np.array([[0.0, 0.25, -0.25, 0.2, -0.2, 1000.0, -1000.0]])
    q = golden.quantise(frames, activation)
    assert q.dtype == np.int8
    assert q.tolist() == [[3, 4, 2, 3, 3, 127, -128]]


def test_quantise_one_bit_and_back() -> None:
    activation = Activation(shape=(3,), bits=1, scale=2.0, min=-1, max=1)
    q = golden.quantise(np.array([[-0.1, 0.0, 5.0]]), activation)
    assert q.tolist() == [[-1, 1, 1]]
    assert golden.dequantise(q, activation).tolist() == [[-2.0, 2.0, 2.0]]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.full((1, 2, 5, 5), np.nan), "NaN"),
        (np.full((1, 2, 5, 5), -np.inf), "infinity"),
        (np.zeros((1, 2, 5)), "shape"),
        (np.zeros((1, 2, 5, 5), complex), "real numbers"),
    ],
)
def test_refuses(frames: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        golden.infer_float(branches(5), frames)
