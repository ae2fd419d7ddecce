from __future__ import annotations

import numpy as np

from hwgen.model import (
    Model,
)
from hwgen.plan.lowering import array_ops
from tests.plan.small import act, conv, model, weights

X = act(4, 5, 5)


def grouped() -> Model:
    return model(X, conv("g", "input", X, weights(4, 2, 1, 1), groups=2))


def test_a_depthwise_convolution_of_one_channel_is_an_ordinary_one() -> None:
    x = act(1, 4, 4)
    (op,) = array_ops(model(x, conv("c", "input", x, weights(1, 1, 2, 2), groups=1)))
    assert not op.local


def test_a_convolution_in_groups_has_zeros_for_the_others() -> None:
    (op,) = array_ops(grouped())
    own = weights(4, 2, 1, 1).decode()
    np.testing.assert_array_equal(op.weights[:2, :2], own[:2])
    np.testing.assert_array_equal(op.weights[2:, 2:], own[2:])
    assert not op.weights[:2, 2:].any()
    assert not op.weights[2:, :2].any()
