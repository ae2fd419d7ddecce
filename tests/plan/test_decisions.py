"""What a core is made of: the operations' order and steps, what follows from them, what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from hwgen.errors import HwgenError, UsageError
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.decisions import decide
from tests.gateware.networks import Case, cases
from tests.plan.planned import drawn
from tests.plan.small import act, conv, dense, lenet, max_pool, model, weights


@settings(max_examples=30)
@given(case=cases(columns=600, sparse=True, tiles=True))
def test_every_operation_has_its_steps_and_every_channel_its_place(case: Case) -> None:
    with drawn():
        decided = decide(case.model, case.options)
    assert len(decided.ops) == len(decided.lowering.layers) == len(decided.by_op)
    assert [step.index for step in decided.by_op] == list(range(len(decided.ops)))
    indices = [step.index for step in decided.steps]
    # What is not computed for a batch at once begins anew for each of its frames.
    again = [index for before, index in pairwise(indices) if index < before]
    assert set(again) <= {0}
    assert len(again) in {0, case.options.batch - 1}
    for op, layer in zip(decided.ops, decided.lowering.layers, strict=True):
        assert {len(of) for of in (layer.mul, layer.add, layer.shift, layer.correction)} == {op.rows}
    for name, order in decided.orders.items():
        there = np.sort(order[order >= 0])
        assert len(there), name
        np.testing.assert_array_equal(there, np.arange(len(there)), err_msg=name)


def test_maps_are_as_wide_as_the_widest() -> None:
    x = act(4)
    narrow = dense("fc", "input", weights(2, 4))
    assert decide(model(x, narrow), PlanOptions(pes=1, lanes=1)).act_bits == 8
    wide = act(4, bits=16, min=-(1 << 15), max=(1 << 15) - 1)
    assert decide(model(wide, narrow), PlanOptions(pes=1, lanes=1)).act_bits == 16


@pytest.mark.parametrize(("border", "reads_beside"), [(1, True), (0, False)])
def test_padding_is_known_from_the_taps(border: int, reads_beside: bool) -> None:
    net = model(x := act(1, 6, 6), conv("c", "input", x, weights(2, 1, 3, 3), pad=border))
    assert decide(net, PlanOptions(pes=1, lanes=1)).has_padding == reads_beside


def test_what_leaves_is_the_last_layers_or_the_argmax() -> None:
    net = lenet()
    assert decide(net, PlanOptions(pes=2, lanes=2)).output == net.layers[-1].output


def test_a_batch_without_a_fully_connected_layer_is_refused() -> None:
    x = act(2, 4, 4)
    first = conv("c", "input", x, weights(2, 2, 1, 1))
    net = model(x, first, max_pool("p", "c", first.output, 2, 2))
    with pytest.raises(UsageError, match="batch of 2 needs a fully connected layer") as caught:
        build_plan(net, PlanOptions(pes=1, lanes=1, batch=2))
    assert caught.value.key == "--batch"


def test_a_model_that_is_not_quantised_is_refused_by_name() -> None:
    net = model(act(4), dense("fc", "input", weights(2, 4)))
    layer = net.layers[0]
    object.__setattr__(layer, "requant", None)
    with pytest.raises(HwgenError, match="no requantisation") as caught:
        build_plan(net, PlanOptions(pes=1, lanes=1))
    assert caught.value.layer == "fc"
