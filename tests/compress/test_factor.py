"""Factors as layers: at full rank the network computes the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.factor import factor_dense, factor_separable, factor_tucker2, why_not
from hwgen.errors import UsageError
from hwgen.model import Conv2d, Model, validate
from tests.compress.networks import cnn, mlp, real, weights


def strided(stride: tuple[int, int], padding: tuple[int, int, int, int]) -> Model:
    """One convolution 3 to 5 channels, 3x2, on 7 x 8."""
    rows = (7 + padding[0] + padding[1] - 3) // stride[0] + 1
    columns = (8 + padding[2] + padding[3] - 2) // stride[1] + 1
    layer = Conv2d(
        name="conv",
        inputs=("input",),
        output=real(5, rows, columns, relu=True),
        weights=weights(5, 3, 3, 2),
        bias=np.linspace(-1, 1, 5).astype(np.float32),
        stride=stride,
        padding=padding,
    )
    return Model(name="m", input=real(3, 7, 8), layers=(layer,), outputs=("conv",))


def same(model: Model, other: Model) -> bool:
    validate(other)
    frames = np.random.default_rng(1).normal(0, 1, (4, *model.input.shape))
    return np.allclose(golden.infer_float(model, frames), golden.infer_float(other, frames), atol=1e-4)


def test_fully_connected() -> None:
    model = mlp(9, 6, 4)
    assert same(model, factor_dense(model, "fc1", 6))
    assert same(model, factor_dense(model, "fc2", 4))
    assert not same(model, factor_dense(model, "fc1", 1))
    assert [layer.name for layer in factor_dense(model, "fc2", 2).layers] == ["fc1", "fc2_a", "fc2"]


@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 2, 1, 0)])
def test_convolutions(stride: tuple[int, int], padding: tuple[int, int, int, int]) -> None:
    model = strided(stride, padding)
    assert same(model, factor_tucker2(model, "conv", 3, 5))
    assert same(model, factor_separable(model, "conv", 9))
    assert not same(model, factor_separable(model, "conv", 1))


def test_inside_a_network() -> None:
    model = cnn()
    assert same(model, factor_tucker2(factor_separable(model, "conv1", 6), "conv2", 4, 8))


def test_what_cannot_be_treated_says_why() -> None:
    model = cnn()
    assert why_not(model.layer("fc"), "svd") is None
    assert why_not(model.layer("conv1"), "svd") == "is not fully connected"
    assert why_not(model.layer("fc"), "tucker2") == "is no convolution"
    grouped = replace(model.layer("conv1"), groups=2)
    assert "has groups" in str(why_not(grouped, "tucker2"))
    point = replace(model.layer("conv1"), weights=weights(4, 2, 1, 1))
    assert "already separable" in str(why_not(point, "separable"))
    assert why_not(point, "tucker2") is None
    with pytest.raises(UsageError, match="layer 'fc': is dense"):
        factor_separable(model, "fc", 1)
    twice = factor_dense(mlp(9, 6, 4), "fc1", 2)
    with pytest.raises(UsageError, match="already has a layer 'fc1_a'"):
        factor_dense(twice, "fc1", 1)
