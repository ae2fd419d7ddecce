"""The torch module computes what the golden model computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install 'hwgen[train]'")

from hwgen import golden
from hwgen.compress.train.network import Network
from hwgen.compress.weighted import float_weights
from hwgen.errors import UnsupportedError
from hwgen.model import (
    Activation,
    Add,
    Argmax,
    AvgPool2d,
    Concat,
    Conv2d,
    Dense,
    Flatten,
    MaxPool2d,
    Mean,
    Model,
    Requantize,
    Softmax,
    validate,
)
from tests.compress.networks import LOW, bias, cnn, mlp, real, weights


def everything() -> Model:
    """Every operation that trains, with odd paddings, strides, groups and clips."""
    six = Activation(shape=(4, 5, 6), bits=32, min=0, max=6)
    layers = (
        Conv2d(
            name="a",
            inputs=("input",),
            output=six,
            weights=weights(4, 1, 3, 2, seed=3),
            groups=2,
            padding=(2, 0, 0, 1),
        ),
        Conv2d(name="b", inputs=("a",), output=real(4, 5, 6), weights=weights(4, 4, 1, 1), bias=bias(4)),
        Add(name="sum", inputs=("a", "b"), output=real(4, 5, 6, relu=True)),
        Concat(name="both", inputs=("sum", "b"), output=real(8, 5, 6)),
        MaxPool2d(
            name="most", inputs=("both",), output=real(8, 3, 3), kernel=(2, 3), stride=(2, 2), padding=(1, 0, 0, 1)
        ),
        AvgPool2d(
            name="average",
            inputs=("most",),
            output=real(8, 3, 3),
            kernel=(3, 3),
            stride=(1, 1),
            padding=(1, 1, 1, 1),
        ),
        AvgPool2d(
            name="average2",
            inputs=("average",),
            output=real(8, 3, 3),
            kernel=(3, 3),
            stride=(1, 1),
            padding=(1, 1, 1, 1),
            count_include_pad=True,
        ),
        Requantize(name="low", inputs=("average2",), output=Activation(shape=(8, 3, 3), bits=32, min=LOW, max=1)),
        Mean(name="mean", inputs=("low",), output=real(8)),
        Flatten(name="flat", inputs=("low",), output=real(72)),
        Dense(name="c", inputs=("flat",), output=real(8), weights=weights(8, 72, seed=5)),
        Add(name="last", inputs=("c", "mean"), output=real(8)),
    )
    return Model(name="everything", input=real(2, 5, 6), layers=layers, outputs=("last",))


@pytest.mark.parametrize("model", [everything(), cnn(), mlp(7, 5, 3)], ids=lambda model: model.name)
def test_the_same_numbers_and_the_same_weights_back(model: Model) -> None:
    validate(model)
    frames = np.random.default_rng(0).normal(0, 1, (6, *model.input.shape)).astype(np.float32)
    net = Network(model)
    with torch.no_grad():
        found = net(torch.from_numpy(frames)).numpy()
    assert np.allclose(found, golden.infer_float(model, frames), atol=1e-4)
    back = net.to_model()
    validate(back)
    for name, values in float_weights(model).items():
        assert np.array_equal(float_weights(back)[name], values)


def test_the_parameters_of_fully_connected_layers_are_the_split_ones() -> None:
    net = Network(cnn())
    assert [tuple(p.shape) for p in net.split_parameters()] == [(3, 72), (3,)]


def test_a_softmax_at_the_end_is_left_to_the_loss() -> None:
    model = mlp(4, 3)
    end = Softmax(name="p", inputs=("fc1",), output=real(3), input_multiplier=1, input_left_shift=0, diff_min=0)
    soft = replace(model, layers=(*model.layers, end), outputs=("p",))
    frames = torch.ones(2, 4)
    assert torch.equal(Network(soft)(frames), Network(model)(frames))


def test_what_cannot_train_is_named() -> None:
    model = mlp(4, 3)
    most = Argmax(name="most", inputs=("fc1",), output=real(1))
    with pytest.raises(UnsupportedError, match="'most': the operation argmax is not trained"):
        Network(replace(model, layers=(*model.layers, most), outputs=("most",)))
    with pytest.raises(UnsupportedError, match="2 outputs"):
        Network(replace(mlp(4, 3, 2), outputs=("fc1", "fc2")))
