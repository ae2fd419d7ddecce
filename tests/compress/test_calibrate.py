"""Ranges of maps."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.calibrate import METHODS, Range, calibrate
from hwgen.errors import UsageError
from hwgen.golden import run_float
from hwgen.model import Dense, FloatWeights, Model
from tests.compress.float_networks import float_network, frames, real


def identity(features: int) -> Model:
    layer = Dense(
        name="same", inputs=("input",), output=real(features), weights=FloatWeights.from_dense(np.eye(features))
    )
    return Model(name="m", input=real(features), layers=(layer,), outputs=("same",))


def test_min_max_is_all_that_was_seen_and_0() -> None:
    model, x = float_network(1), frames(2, 70)
    ranges = calibrate(model, x)
    values = {"input": x, **run_float(model, x)}
    assert ranges.keys() == values.keys()
    for name, value in values.items():
        assert ranges[name] == Range(low=min(0.0, value.min()), high=max(0.0, value.max()))


def test_percentile_leaves_outliers_outside(rng: np.random.Generator) -> None:
    x = rng.uniform(-1, 2, (1000, 40))
    x[3, 5], x[7, 1] = 50.0, -20.0
    found = calibrate(identity(40), x, "percentile")["same"]
    width = 70 / 2048
    assert -1 - width <= found.low <= -1 + 2 * width
    assert 2 - 2 * width <= found.high <= 2 + width
    assert calibrate(identity(40), np.abs(x), "percentile")["same"].low == 0.0


def test_mse_clips_where_that_costs_less(rng: np.random.Generator) -> None:
    """4 bits over a normal distribution: the best end lies near 2.5 to 3 standard deviations, far below the largest."""
    x = rng.normal(0, 1, (2000, 20))
    x[0, 0] = 9.0
    found = calibrate(identity(20), x, "mse", bits=4)["same"]
    assert 1.8 < found.high < 3.5
    assert 1.8 < -found.low < 3.5
    fine = calibrate(identity(20), x, "mse", bits=16)["same"]
    assert fine.high == pytest.approx(9.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, 3.0, -2.5e-30])
def test_constant_maps(method: str, value: float) -> None:
    found = calibrate(identity(2), np.full((3, 2), value), method)["same"]  # type: ignore[arg-type]
    assert found.low <= 0 <= found.high
    if value == 3.0:
        assert found.high == pytest.approx(3.0, rel=1e-3)


def test_refuses() -> None:
    with pytest.raises(UsageError, match=r"unknown calibration 'entropy'.*min_max, percentile, mse"):
        calibrate(identity(2), np.zeros((1, 2)), "entropy")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="shape"):
        calibrate(identity(2), np.zeros((1, 3)))
    with pytest.raises(UsageError, match="shape"):
        calibrate(identity(2), np.zeros((0, 2)))
    with pytest.raises(UsageError, match="NaN"):
        calibrate(identity(2), np.full((1, 2), np.nan))
