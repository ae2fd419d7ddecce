from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwgen import golden
from hwgen.errors import UnsupportedError
from hwgen.plan.lowering import array_ops
from hwgen.plan.ops import ArrayOp, stored_offset
from hwgen.plan.parameters import op_intervals, requant_fields, requant_images, staircase
from hwgen.plan.steps import Grid
from tests.gateware.networks import Case, cases
from tests.plan.emulator import signed, unpacked
from tests.plan.planned import operations, planned
from tests.plan.small import act, conv, max_pool, model, weights
from tests.plan.test_ops import accumulated


@given(case=cases(columns=200))
def test_accumulators_stay_in_their_interval_and_requantise_to_the_golden_output(case: Case) -> None:
    net = case.model
    values = golden.run(net, case.frames[:1]) | {"input": case.frames[:1]}
    for op in operations(net):
        maps = [
            values[name][0].astype(np.int64).reshape(net.activation(name).chw) - stored_offset(net.activation(name))
            for name in op.sources
        ]
        acc = accumulated(op, *maps).reshape(op.rows, -1)
        intervals = op_intervals(net, op)
        assert (intervals.a_min[:, None] <= acc).all()
        assert (acc <= intervals.a_max[:, None]).all()
        q = staircase(op, intervals).function(acc) + stored_offset(op.layer.output)
        expected = made_by(op, values[op.layer.name][0].reshape(op.layer.output.chw), source=values[op.source][0])
        np.testing.assert_array_equal(q.reshape(-1), expected.astype(np.int64).reshape(-1))


def made_by(op: ArrayOp, output: np.ndarray, source: np.ndarray) -> np.ndarray:
    """What an operation computes of its layer's output: some channels, a rectangle, or a copy of its source."""
    if op.part is not None and op.join is None and op.channels is None:
        return source
    top, left = op.origin
    rows = slice(None) if op.channels is None else op.channels
    return output[rows, top : top + op.window.out_height, left : left + op.window.out_width]


def test_both_ends_of_an_interval_are_reached() -> None:
    x = act(2, 3, 3, min=-5, max=9)
    stored = weights(3, 2, 3, 3)
    net = model(x, conv("c", "input", x, stored))
    (op,) = array_ops(net)
    intervals = op_intervals(net, op)
    w = stored.decode().astype(np.int64)
    assert intervals.a_max.tolist() == np.where(w > 0, w * 9, w * -5).sum(axis=(1, 2, 3)).tolist()
    assert intervals.a_min.tolist() == np.where(w > 0, w * -5, w * 9).sum(axis=(1, 2, 3)).tolist()


def test_padding_counts_only_where_the_window_leaves_the_map() -> None:
    x = act(1, 3, 3, min=5, max=9, zero_point=-100)
    inside = model(x, conv("c", "input", x, weights(1, 1, 2, 2)))
    outside = model(x, conv("c", "input", x, weights(1, 1, 2, 2), pad=1))
    behind = conv("c", "input", x, weights(1, 1, 2, 2), padding=(0, 1, 0, 0), output=act(1, 3, 2))

    def reach(net: object) -> int:
        (op,) = array_ops(net)  # type: ignore[arg-type]
        found = op_intervals(net, op)  # type: ignore[arg-type]
        return int(found.a_max[0] - found.a_min[0])

    spread = int(np.abs(weights(1, 1, 2, 2).decode().astype(np.int64)).sum())
    assert reach(inside) == 4 * spread
    assert reach(outside) == reach(model(x, behind)) == 109 * spread


def test_a_maximum_never_leaves_the_range_of_its_elements() -> None:
    x = act(2, 4, 4, min=-3, max=50)
    net = model(x, max_pool("p", "input", x, 3, 1))
    (op,) = array_ops(net)
    intervals = op_intervals(net, op)
    assert (intervals.a_min.tolist(), intervals.a_max.tolist()) == ([-3, -3], [50, 50])


@given(case=cases(columns=300), divisor=st.integers(1, 8), seed=st.integers(0, 1 << 20))
def test_the_requantisers_memories_hold_the_lowered_layers(case: Case, divisor: int, seed: int) -> None:
    """Read as the drain reads them: pass by pass, PE by PE of a requantiser."""
    plan = planned(case)
    pes = plan.grid.pes
    per = next(n for n in range(min(divisor, pes), 0, -1) if pes % n == 0)
    grid = Grid(pes=pes, lanes=plan.grid.lanes, pes_per_requantiser=per)
    by_op = [next(step for step in plan.steps if step.index == index) for index in range(len(plan.ops))]
    try:
        lowering = plan.lowered(case.model)
    except UnsupportedError:
        return  # a drawn requantisation without a hardware form: refused by name, tested in test_requant
    bases = np.cumsum([0, *(step.passes * per for step in by_op)]).tolist()
    images = requant_images(by_op, lowering.layers, lowering, grid, bases[:-1], bases[-1])
    assert [image.name for image in images] == [
        f"requant_{kind}_{u}" for u in range(pes // per) for kind in ("mul", "add")
    ]
    fields = requant_fields(lowering)
    widths = dict(fields.fields)
    for step, layer, base in zip(by_op, lowering.layers, bases, strict=False):
        for row in range(step.op.rows):
            index, pe = divmod(row, pes)
            unit, within = divmod(pe, per)
            place = base + index * per + within
            assert images[2 * unit].words[place] == layer.mul[row]
            assert images[2 * unit].width >= 1
            found = unpacked(fields, images[2 * unit + 1].words[place])
            assert signed(found["add"], widths["add"]) << lowering.add_zeros == layer.add[row]
            assert lowering.shifts[found["shift"]] == layer.shift[row]
            assert found.get("correction", 0) == layer.correction[row]


def test_an_accumulator_beyond_48_bits_is_refused_by_name() -> None:
    x = act(1, 1, 1, bits=16, min=-32768, max=32767)
    wide = conv("wide", "input", x, weights(1, 1, 1, 1), bias=np.array([1 << 47]))
    net = model(x, wide)
    (op,) = array_ops(net)
    with pytest.raises(UnsupportedError, match="48 bits") as caught:
        staircase(op, op_intervals(net, op))
    assert caught.value.layer == "wide"
