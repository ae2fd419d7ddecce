"""What each operation demands of models that a script built; the file's side of it is in test_bad_files.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given

from hwgen.errors import ModelError
from hwgen.model import Add, Argmax, Concat, Conv2d, Dense, DenseWeights, Flatten, Layer, Mean, Softmax
from hwgen.model.operations import check_operation
from tests.model.networks import NETWORKS, act, real, requant, weights

SIDE = st.integers(1, 9)


@given(
    size=st.tuples(SIDE, SIDE), kernel=st.tuples(SIDE, SIDE), stride=st.tuples(SIDE, SIDE),
    padding=st.tuples(*[st.integers(0, 4)] * 4), groups=st.integers(1, 4),
    per_group=st.integers(1, 3), out_per_group=st.integers(1, 3),
)  # fmt: skip
def test_the_shape_of_a_convolution(
    size: Any, kernel: Any, stride: Any, padding: Any, groups: int, per_group: int, out_per_group: int
) -> None:
    """Counted on a padded array with NumPy's own sliding windows."""
    padded = np.zeros((size[0] + padding[0] + padding[1], size[1] + padding[2] + padding[3]))
    assume(padded.shape[0] >= kernel[0] and padded.shape[1] >= kernel[1])
    places = np.lib.stride_tricks.sliding_window_view(padded, kernel)[:: stride[0], :: stride[1]].shape[:2]
    out = groups * out_per_group
    layer = Conv2d(
        name="c", inputs=("input",), weights=DenseWeights.from_dense(weights(out, per_group, *kernel)), groups=groups,
        stride=stride, padding=padding, requant=requant(out), output=act(out, *places),
    )  # fmt: skip
    source = act(groups * per_group, *size)
    check_operation(layer, (source,))
    for wrong in ((out + 1, *places), (out, places[0] + 1, places[1]), (out, places[0], places[1] + 1), (out,)):
        with pytest.raises(ModelError, match=r"key 'output\.shape'"):
            check_operation(replace(layer, output=act(*wrong)), (source,))
    with pytest.raises(ModelError, match=r"key 'groups'|key 'weights\.shape'"):
        check_operation(layer, (act(groups * per_group + 1, *size),))


def test_dense_flattens_a_map_itself() -> None:
    layer = Dense(
        name="d", inputs=("input",), weights=DenseWeights.from_dense(weights(3, 24)), requant=requant(3), output=act(3)
    )
    check_operation(layer, (act(2, 3, 4),))
    check_operation(layer, (act(24),))
    with pytest.raises(ModelError, match="read 24 features, the input has 25"):
        check_operation(layer, (act(25),))


@pytest.mark.parametrize(("shape", "good"), [((2,), True), ((2, 1, 1), True), ((2, 1, 3), False), ((1,), False)])
def test_mean_keeps_or_drops_its_axes(shape: tuple[int, ...], good: bool) -> None:
    layer = Mean(name="m", inputs=("input",), requant=requant(2), output=act(*shape))
    if good:
        check_operation(layer, (act(2, 3, 4),))
    else:
        with pytest.raises(ModelError, match=r"key 'output\.shape'"):
            check_operation(layer, (act(2, 3, 4),))


def test_concat_of_vectors_and_of_maps() -> None:
    check_operation(Concat(name="c", inputs=("a", "b"), output=act(5)), (act(2), act(3)))
    check_operation(Concat(name="c", inputs=("a", "b"), output=act(5, 4, 4)), (act(2, 4, 4), act(3, 4, 4)))
    with pytest.raises(ModelError, match="differ in their channels only"):
        check_operation(Concat(name="c", inputs=("a", "b"), output=act(5, 4, 4)), (act(2, 4, 4), act(3, 4, 5)))
    with pytest.raises(ModelError, match="2 or more"):
        check_operation(Concat(name="c", inputs=("a",), output=act(2)), (act(2),))


@pytest.mark.parametrize("changes", [{"bits": 16}, {"signed": False}, {"scale": 0.25}, {"zero_point": 1}])
def test_operations_that_move_numbers_keep_their_meaning(changes: dict[str, Any]) -> None:
    layer = Flatten(name="f", inputs=("input",), output=act(8))
    check_operation(layer, (act(2, 2, 2),))
    with pytest.raises(ModelError, match=f"key 'output.{next(iter(changes))}'"):
        check_operation(layer, (act(2, 2, 2, **changes),))


def test_a_flatten_may_declare_a_wider_range() -> None:
    check_operation(Flatten(name="f", inputs=("input",), output=act(8)), (act(8, min=0, max=5),))


def test_argmax_reads_a_vector_whose_indices_it_can_say() -> None:
    layer = Argmax(name="a", inputs=("input",), output=act(1, scale=1.0, zero_point=0))
    check_operation(layer, (act(128),))
    check_operation(layer, (act(128, 1, 1),))
    with pytest.raises(ModelError, match="flatten it first"):
        check_operation(layer, (act(8, 4, 4),))
    with pytest.raises(ModelError, match="from 0 to 128"):
        check_operation(layer, (act(129),))


def test_softmax_reads_a_vector_of_bytes() -> None:
    layer = Softmax(name="s", inputs=("input",), input_multiplier=1, input_left_shift=0, diff_min=0, output=act(4))
    check_operation(layer, (act(4),))
    with pytest.raises(ModelError, match="flatten it first"):
        check_operation(layer, (act(4, 1, 1),))
    check_operation(replace(layer, output=real(4)), (real(4),))
    with pytest.raises(ModelError, match="key 'inputs': deliver 16 bits"):
        check_operation(layer, (act(4, bits=16),))
    with pytest.raises(ModelError, match=r"key 'output\.bits': is 32"):
        check_operation(replace(layer, output=real(4)), (act(4),))


def test_averages_of_one_bit_are_refused() -> None:
    pool = NETWORKS["avg_pool2d"]().layers[0]
    bit = {"bits": 1, "zero_point": 0, "min": -1, "max": 1}
    with pytest.raises(ModelError, match="averages of 1-bit"):
        check_operation(replace(pool, output=act(4, 3, 2, **bit)), (act(4, 6, 5, **bit),))


def test_an_operation_of_someone_else() -> None:
    class Other(Add):
        op = "other"

    with pytest.raises(ModelError, match="Other is no operation"):
        check_operation(Other(name="o", inputs=("input",), output=act(3)), (act(3),))
    with pytest.raises(ModelError, match="Layer is no operation"):
        check_operation(Layer(name="o", inputs=("input",), output=act(3)), (act(3),))


def test_weights_that_are_an_array() -> None:
    layer = Dense(name="d", inputs=("input",), weights=weights(3, 4), requant=requant(3), output=act(3))
    with pytest.raises(ModelError, match="key 'weights': must be Weights, not ndarray"):
        check_operation(layer, (act(4),))
