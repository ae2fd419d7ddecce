"""The estimate is the sum that Horowitz's figures give."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.compress.energy import compressed, dense
from hwgen.compress.prune import magnitude
from hwgen.compress.weighted import float_weights, with_weights
from tests.compress.networks import cnn


def test_by_hand() -> None:
    model = cnn()
    found = dense(model)
    products = 4 * 2 * 9 * 36 + 8 * 4 * 9 * 9 + 3 * 72
    words = (4 * 2 * 9 + 8 * 4 * 9 + 3 * 72) * 8 / 32
    assert found.arithmetic == pytest.approx(products * 0.3)
    assert found.on_chip == pytest.approx(products * 0.3 + words * 5)
    assert found.off_chip == pytest.approx(products * 0.3 + words * 640)


def test_zeros_cost_no_arithmetic() -> None:
    model = cnn()
    values = float_weights(model)["conv1"]
    pruned = with_weights(model, {"conv1": values * magnitude(values, 0.25)})
    saved = compressed(model).arithmetic - compressed(pruned).arithmetic
    assert saved == pytest.approx(36 * (values.size - np.count_nonzero(float_weights(pruned)["conv1"])) * 0.3)
