from __future__ import annotations

import numpy as np
import pytest

from hwgen import golden
from hwgen.errors import UsageError
from hwgen.model import Model, Softmax, validate, with_argmax
from tests.plan.small import act, conv, dense, model, requantize, weights

X = act(6)


def scores(rows: int = 5) -> Model:
    return model(X, dense("argmax", "input", weights(rows, 6)))


def test_the_class_is_the_first_of_the_largest_scores() -> None:
    net = with_argmax(scores())
    validate(net)
    assert net.outputs == ("argmax_",)
    frames = np.random.default_rng(0).integers(-128, 128, (20, 6))
    expected = np.asarray(golden.infer(scores(), frames)).argmax(axis=1)
    np.testing.assert_array_equal(np.asarray(golden.infer(net, frames)).reshape(-1), expected)


def test_a_softmax_is_left_out() -> None:
    chances = Softmax(
        name="chances", inputs=("argmax",), output=act(5, zero_point=-128), input_multiplier=1 << 30,
        input_left_shift=20, diff_min=-100,
    )  # fmt: skip
    net = with_argmax(model(X, *scores().layers, chances))
    assert [layer.op for layer in net.layers] == ["dense", "argmax"]
    assert with_argmax(net) is net


@pytest.mark.parametrize(("rows", "bits"), [(1, 8), (256, 8), (257, 16)])
def test_the_index_has_the_bits_it_needs(rows: int, bits: int) -> None:
    output = with_argmax(scores(rows)).layers[-1].output
    assert (output.bits, output.signed, output.max) == (bits, False, rows - 1)


def test_what_is_no_vector_of_scores_is_refused() -> None:
    x = act(2, 3, 3)
    with pytest.raises(UsageError, match=r"a vector, the output has shape \[2, 3, 3\]"):
        with_argmax(model(x, conv("c", "input", x, weights(2, 2, 1, 1))))
    two = model(X, dense("a", "input", weights(3, 6)), requantize("b", "a", act(3)), outputs=("a", "b"))
    with pytest.raises(UsageError, match="the model has 2"):
        with_argmax(two)
