from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hwgen.errors import UnsupportedError
from hwgen.model import Activation, Add, AddRequant, Concat, Dense, FloatWeights, Model, Softmax
from hwgen.plan.lowering import array_ops
from tests.plan.small import act, conv, dense, flatten, lenet, model, requantize, weights

X = act(4, 5, 5)


SUM = AddRequant(left_shift=1, input_multipliers=(1, 1), input_shifts=(1, 1), multiplier=1, shift=1)


def two_outputs() -> Model:
    first = conv("a", "input", X, weights(2, 4, 1, 1))
    return model(X, first, requantize("b", "a", first.output), outputs=("a", "b"))


def large_flatten() -> Model:
    x = act(4, 33, 32)
    return model(x, flatten("flat", "input", x), requantize("again", "flat", act(4224)))


def with_sum(bits: int = 8) -> Model:
    most = (1 << (bits - 1)) - 1
    x = act(4, 5, 5, bits=bits, min=-most - 1, max=most)
    return model(x, Add(name="sum", inputs=("input", "input"), output=act(4, 5, 5), requant=SUM))


def one_bit() -> Model:
    x = act(3, bits=1, zero_point=0, min=-1, max=1)
    return model(x, dense("fc", "input", weights(2, 3)))


def real() -> Model:
    """A float model, as `import` makes it of a float network."""
    x = Activation(shape=(3,), bits=32, signed=True, scale=1.0, zero_point=0, min=-9, max=9)
    fc = Dense(name="t", inputs=("input",), output=replace(x, shape=(2,)),
               weights=FloatWeights(values=np.ones((2, 3), np.float32)))  # fmt: skip
    return model(x, fc)


REFUSED: dict[str, Any] = {
    "two outputs": (two_outputs, None, "one output"),
    "a large flatten": (large_flatten, "flat", "4,224 elements of a map are too many to move"),
    "an add of wide maps": (lambda: with_sum(16), "sum", "add of maps wider than 8 bits"),
    "one-bit maps": (one_bit, "input", "1 bit"),
    "real weights": (real, "t", "real numbers"),
    "nothing but flatten": (lambda: model(X, flatten("flat", "input", X)), "flat", "nothing but flatten"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_hardware_is_refused_by_name(name: str) -> None:
    build, layer, text = REFUSED[name]
    with pytest.raises(UnsupportedError, match=text) as caught:
        array_ops(build())
    assert caught.value.layer == layer
    assert caught.value.hint or name in ("winograd", "nothing but flatten")


def test_a_flatten_only_renames() -> None:
    ops = array_ops(lenet())
    assert [op.layer.name for op in ops] == ["conv1", "pool1", "conv2", "fc1", "fc2"]
    assert [op.source for op in ops] == ["input", "conv1", "pool1", "conv2", "fc1"]
    assert [op.encoding for op in ops] == ["dense", "dense", "codebook", "codebook", "dense"]


def test_a_flatten_moves_elements_for_those_that_read_a_vector() -> None:
    """Once for all of them; a fully connected layer before them reads the map itself, one behind them the vector."""
    flat = flatten("flat", "input", X)
    first, last = (dense(name, "flat", weights(7, 100)) for name in ("first", "last"))
    again = requantize("again", "flat", act(100))
    both = Concat(name="both", inputs=("first", "again", "last"), output=act(114))
    ops = array_ops(model(X, flat, first, again, last, both))
    assert [op.name for op in ops] == ["first", "flat", "again", "last", "both#"]
    assert [op.source for op in ops] == ["input", "input", "flat", "flat", "both"]
    assert ops[1].fully_connected
    assert ops[1].fixed
    np.testing.assert_array_equal(ops[1].weights.reshape(100, 100), np.eye(100))


def test_a_final_softmax_is_the_hosts() -> None:
    """The core delivers what goes into it."""
    layer = dense("fc", "input", weights(4, 3))
    shares = act(4, scale=1 / 256, zero_point=-128)
    softmax = Softmax(
        name="shares", inputs=("fc",), output=shares, input_multiplier=1 << 30, input_left_shift=20, diff_min=-100
    )
    assert [op.layer.name for op in array_ops(model(act(3), layer, softmax))] == ["fc"]
