from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hwgen.model import Model
from hwgen.plan.joins import resolve
from hwgen.plan.lowering import array_ops
from hwgen.plan.ops import ArrayOp
from hwgen.plan.orders import HOLE, choose_orders, order_image, ordered, ordered_layer
from hwgen.plan.parameters import op_intervals, staircase
from hwgen.plan.requant import lower
from tests.gateware.networks import Case, cases
from tests.plan.planned import operations
from tests.plan.small import act, conv, dense, flatten, max_pool, model, pruned, shared, sparse_net, weights


def matrix(op: ArrayOp) -> NDArray[np.int64]:
    """Decoded weights (rows, channels or 1, taps)."""
    taps = op.window.kernel[0] * op.window.kernel[1]
    if op.entries is None:
        return op.weights.reshape(op.rows, -1, taps)
    result = np.zeros((op.rows, op.fan_in // taps, taps), np.int64)
    result[op.entries.rows, op.entries.channels, op.entries.taps] = op.weights
    return result


def natural(count: int) -> NDArray[np.int64]:
    return np.arange(count)


@settings(max_examples=60)
@given(case=cases(sparse=True), pes=st.integers(1, 7))
def test_rows_and_channels_move_together(case: Case, pes: int) -> None:
    """Every weight, bias and code of position (p, c) is that of the channels which stand there."""
    resolved = resolve(operations(case.model), pes)
    ops = resolved.ops
    orders = {**resolved.orders, **choose_orders(ops, pes, resolved.joins)}
    for op in ops:
        moved = ordered(op, orders)
        rows = orders.get(op.name, natural(op.rows))
        assert sorted(rows[rows != HOLE].tolist()) == list(range(op.rows))
        before = matrix(op)
        channels = natural(before.shape[1]) if op.local else orders.get(op.source, natural(before.shape[1]))
        # A last row and column of zeros: what a hole is.
        before = np.pad(before, [(0, 1), (0, 1), *[(0, 0)] * (before.ndim - 2)])
        np.testing.assert_array_equal(matrix(moved), before[rows][:, channels])
        np.testing.assert_array_equal(moved.bias, np.append(op.bias, 0)[rows])
        if op.blocks is not None:
            # Blocks of neighbours stay where they are.
            assert moved is op
        elif op.codes is not None:
            assert op.codebook is not None
            assert moved.codes is not None
            filled = slice(None) if op.entries is not None else rows != HOLE
            np.testing.assert_array_equal(op.codebook[moved.codes][filled], moved.weights[filled])
        if op.local:
            # A PE writes only what it has read: the order stays.
            source = orders.get(op.source)
            assert (source is None) == (op.name not in orders)
            assert source is None or (source == rows).all()


def net_of(last_rows: int) -> Model:
    """The sparse convolution's map is read by a pooling, then by a dense layer."""
    x = act(2, 4, 4)
    first = conv("conv", "input", x, pruned(13, 2, 3, 3), pad=1)
    pool = max_pool("pool", "conv", first.output, 2, 2)
    flat = flatten("flat", "pool", pool.output)
    return model(x, first, pool, flat, dense("fc", "flat", weights(last_rows, 13 * 4)))


def test_what_is_balanced() -> None:
    ops = array_ops(net_of(5))
    orders = choose_orders(ops, 4)
    assert set(orders) == {"conv", "pool"}
    assert choose_orders(ops, 1) == {}
    np.testing.assert_array_equal(orders["conv"], orders["pool"])
    conv_op = ops[0]
    assert conv_op.entries is not None
    work = np.bincount(conv_op.entries.rows, minlength=13)
    found = [work[orders["conv"][pe::4]].sum() for pe in range(4)]
    assert max(found) <= max(work[pe::4].sum() for pe in range(4))


def test_the_map_that_the_output_shows_keeps_its_order() -> None:
    """Also behind a pooling."""
    x = act(2, 4, 4)
    first = conv("conv", "input", x, pruned(13, 2, 3, 3), pad=1)
    net = model(x, first, max_pool("pool", "conv", first.output, 2, 2))
    assert choose_orders(array_ops(net), 4) == {}


def test_dense_weights_do_not_move() -> None:
    x = act(2, 4, 4)
    first = conv("conv", "input", x, shared(13, 2, 3, 3))
    second = conv("second", "conv", first.output, weights(3, 13, 1, 1))
    assert choose_orders(array_ops(model(x, first, second)), 4) == {}


def test_an_order_as_the_output_reads_it() -> None:
    """Channel by channel: its bank in the low bits, its slot above."""
    order = np.array([5, 2, 0, 6, 1, 4, 3])
    image = order_image(order, 3)
    assert image.depth == 7
    for channel, word in enumerate(image.words):
        bank, slot = word & 3, word >> 2
        assert order[slot * 3 + bank] == channel


def test_requantisations_follow_their_rows() -> None:
    net = sparse_net()
    ops = array_ops(net)
    rows = np.array([3, 0, 4, 1, 2])
    layer = lower([staircase(op, op_intervals(net, op)) for op in ops]).layers[0]
    moved = ordered_layer(layer, rows)
    for field in ("mul", "add", "shift", "correction"):
        np.testing.assert_array_equal(getattr(moved, field), getattr(layer, field)[rows])
    assert ordered_layer(layer, None) is layer
