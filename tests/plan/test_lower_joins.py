from __future__ import annotations

import numpy as np

from hwgen.model import Concat
from hwgen.plan.lowering import array_ops
from tests.plan.small import act, conv, model, weights

X = act(3, 4, 4)


def test_a_concat_is_its_join_and_the_identity_that_may_put_it_in_order() -> None:
    a = conv("a", "input", X, weights(2, 3, 1, 1))
    b = conv("b", "input", X, weights(5, 3, 1, 1))
    *_, gather = array_ops(model(X, a, b, Concat(name="cat", inputs=("a", "b"), output=act(7, 4, 4))))
    assert (gather.name, gather.source, gather.local, gather.fixed) == ("cat#", "cat", False, True)
    np.testing.assert_array_equal(gather.weights.reshape(7, 7), np.eye(7))
    assert gather.join is not None
    assert gather.join.parts == ("a", "b")
    assert [channels.tolist() for channels in gather.join.channels] == [[0, 1], [2, 3, 4, 5, 6]]


def test_a_part_that_lies_elsewhere_is_copied() -> None:
    cat = Concat(name="cat", inputs=("input", "input"), output=act(6, 4, 4))
    first, second, gather = array_ops(model(X, cat))
    assert [(op.name, op.source, op.local, op.repeated) for op in (first, second)] == [
        ("cat#0", "input", True, True), ("cat#1", "input", True, True),
    ]  # fmt: skip
    assert gather.join is not None
    assert gather.join.parts == ("cat#0", "cat#1")
