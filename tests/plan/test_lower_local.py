from __future__ import annotations

from hypothesis import given

from hwgen.model import (
    MaxPool2d,
    Model,
)
from hwgen.plan.lowering import array_ops
from hwgen.plan.ops import stored_offset
from tests.gateware.networks import Case, cases
from tests.plan.small import act, avg_pool, max_pool, model, requantize
from tests.plan.test_lowering import with_sum

X = act(4, 5, 5)


def border_average() -> Model:
    output = act(4, 6, 6)
    return model(X, avg_pool("avg", "input", X, 2, padding=(1, 1, 1, 1), output=output, count_include_pad=False))


@given(case=cases(columns=300))
def test_padding_never_wins_a_maximum(case: Case) -> None:
    for op in array_ops(case.model):
        if op.maximum:
            source = case.model.activation(op.source)
            assert op.pad == source.full_range[0] - stored_offset(source)


def test_an_average_that_counts_no_padding_is_one_operation_a_rectangle() -> None:
    """2 x 2 over 5 x 5 padded by one: corners, edges, inside."""
    ops = array_ops(border_average())
    assert [(op.origin, op.window.kernel) for op in ops[:3]] == [((0, 0), (1, 1)), ((0, 1), (1, 2)), ((0, 5), (1, 1))]
    assert len(ops) == 9
    assert {op.name for op in ops} == {"avg"}


def test_pools_have_one_weight_for_all_rows() -> None:
    pool = max_pool("p", "input", X, 2, 2)
    (op,) = array_ops(model(X, pool))
    assert isinstance(op.layer, MaxPool2d)
    assert op.local
    assert op.repeated
    assert (op.weights == 1).all()


def test_an_add_reads_two_maps_with_taps_for_each() -> None:
    (op,) = array_ops(with_sum())
    assert (op.sources, op.local, op.repeated) == (("input", "input"), True, True)
    assert op.weights.shape == (4, 1, 1, 2)
    assert op.second_taps == 1


def test_a_requantize_of_a_vector_is_elementwise_and_of_a_map_is_not() -> None:
    vector = model(act(5), requantize("r", "input", act(5)))
    (op,) = array_ops(vector)
    assert op.elementwise
    mapped = model(X, requantize("r", "input", X))
    assert not array_ops(mapped)[0].elementwise
