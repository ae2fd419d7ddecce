from __future__ import annotations

import numpy as np
import pytest

from hwgen.model import BinaryWeights, Model, TernaryWeights
from hwgen.plan import PlanOptions, build_plan
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


@pytest.mark.parametrize("kind", [TernaryWeights, BinaryWeights])
def test_ternary_and_binary_weights_are_stored_in_two_bits(kind: type[TernaryWeights] | type[BinaryWeights]) -> None:
    signs = np.where(weights(4, 4, 3, 3).decode() > 0, 1, -1)
    net = model(X, conv("t", "input", X, kind.from_dense(signs)))
    (op,) = array_ops(net)
    np.testing.assert_array_equal(op.weights, signs)
    plan = build_plan(net, PlanOptions(pes=2, lanes=1))
    assert (plan.shape.plain_bits, plan.shape.coding) == (2, "dense")
    assert plan.layers[0].encoding == kind.encoding
