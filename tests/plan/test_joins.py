from __future__ import annotations

import numpy as np

from hwgen.model import Activation, Add, AddRequant, Concat, Layer, Model
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.joins import resolve
from hwgen.plan.lowering import array_ops
from hwgen.plan.orders import HOLE
from tests.plan.small import act, conv, max_pool, model, pruned, shared, weights

X = act(5, 4, 4)
SUM = AddRequant(left_shift=1, input_multipliers=(1, 1), input_shifts=(1, 1), multiplier=1, shift=1)


def concat(name: str, *parts: Layer | Activation) -> Concat:
    """Layers, or the input."""
    maps = [part.output if isinstance(part, Layer) else part for part in parts]
    names = tuple(part.name if isinstance(part, Layer) else "input" for part in parts)
    return Concat(name=name, inputs=names, output=act(sum(x.shape[0] for x in maps), *maps[0].shape[1:]))


def branches(first: int, second: int, *behind: Layer) -> Model:
    a = conv("a", "input", X, weights(first, 5, 1, 1))
    b = conv("b", "input", X, weights(second, 5, 1, 1))
    return model(X, a, b, concat("cat", a, b), *behind)


def test_a_join_costs_nothing_where_its_parts_fill_their_slots() -> None:
    """Channels 0..7 of a in two slots of 4 PEs, those of b behind them: the model's order."""
    net = branches(8, 3, conv("c", "cat", act(11, 4, 4), weights(2, 11, 1, 1)))
    found = resolve(array_ops(net), 4)
    assert [op.name for op in found.ops] == ["a", "b", "c"]
    assert found.orders == {}
    plan = build_plan(net, PlanOptions(pes=4, lanes=2))
    assert {layer.name: layer.algorithm for layer in plan.layers}["cat"] == "alias"
    assert {layer.name: layer.cycles for layer in plan.layers}["cat"] == 0
    place = {layout.name: layout for layout in plan.maps}
    assert place["a"].base == place["cat"].base
    assert place["b"].base == place["cat"].base + 2 * place["cat"].slot_stride


def test_holes_are_read_as_zeros() -> None:
    found = resolve(array_ops(branches(6, 3, conv("c", "cat", act(9, 4, 4), weights(2, 9, 1, 1)))), 4)
    assert [op.name for op in found.ops] == ["a", "b", "c"]
    assert found.orders["cat"].tolist() == [0, 1, 2, 3, 4, 5, HOLE, HOLE, 6, 7, 8]


def test_local_operations_pass_the_order_on() -> None:
    pool = max_pool("p", "cat", act(9, 4, 4), 2, 2)
    net = branches(6, 3, pool, conv("c", "p", pool.output, weights(2, 9, 1, 1)))
    found = resolve(array_ops(net), 4)
    assert found.orders["p"] is found.orders["cat"]


def test_who_needs_the_models_order_reads_the_gathered_map() -> None:
    """The output, behind a pooling too; sparse weights; codes without a 0."""
    pool = max_pool("p", "cat", act(9, 4, 4), 2, 2)
    readers: list[list[Layer]] = [
        [pool],
        [conv("c", "cat", act(9, 4, 4), pruned(2, 9, 1, 1))],
        [conv("c", "cat", act(9, 4, 4), shared(2, 9, 1, 1, zero=False))],
    ]
    for behind in readers:
        found = resolve(array_ops(branches(6, 3, *behind)), 4)
        assert [op.name for op in found.ops] == ["a", "b", "cat#", behind[0].name]
        assert found.ops[-1].source == "cat#"
        assert behind[0].name not in found.orders
    assert resolve(array_ops(branches(6, 3)), 4).ops[-1].name == "cat#"


def test_an_add_of_gathered_maps_makes_a_map_in_the_models_order() -> None:
    """Its reader, a join, would take either."""
    total = Add(name="sum", inputs=("cat", "cat"), output=act(9, 4, 4), requant=SUM)
    net = branches(6, 3, total, concat("more", total, X), conv("c", "more", act(14, 4, 4), weights(2, 14, 1, 1)))
    found = resolve(array_ops(net), 4)
    assert [op.source for op in found.ops if op.name == "sum"] == ["cat#"]
    assert "sum" not in found.orders
    assert found.orders["more"].tolist() == [*range(9), HOLE, HOLE, HOLE, *range(9, 14)]


def test_codes_with_a_zero_need_no_gathering() -> None:
    found = resolve(array_ops(branches(6, 3, conv("c", "cat", act(9, 4, 4), shared(2, 9, 1, 1)))), 4)
    assert "cat#" not in [op.name for op in found.ops]


def test_what_lies_elsewhere_is_copied() -> None:
    """The input, and what is part of a join already."""
    a = conv("a", "input", X, weights(4, 5, 1, 1))
    first = concat("one", a, X)
    second = concat("two", first, a)
    ops = array_ops(model(X, a, first, second, conv("c", "two", second.output, weights(2, 13, 1, 1))))
    assert [op.name for op in ops] == ["a", "one#1", "one#", "two#1", "two#", "c"]
    found = resolve(ops, 4)
    assert [op.name for op in found.ops] == ["a", "one#1", "two#1", "c"]
    # a's four channels, the input's five and three holes, the copy of a
    assert found.orders["two"].tolist() == [*range(9), HOLE, HOLE, HOLE, 9, 10, 11, 12]


def test_filters_of_a_channel_stand_apart() -> None:
    net = model(X, conv("d", "input", X, weights(10, 1, 3, 3), groups=5, pad=1),
                conv("c", "d", act(10, 4, 4), weights(2, 10, 1, 1)))  # fmt: skip
    found = resolve(array_ops(net), 4)
    assert [op.name for op in found.ops] == ["d#0", "d#1", "c"]
    assert found.orders["d"].tolist() == [0, 2, 4, 6, 8, HOLE, HOLE, HOLE, 1, 3, 5, 7, 9]
    np.testing.assert_array_equal(found.ops[1].weights, net.layers[0].weights.decode()[1::2])  # type: ignore[union-attr]


def test_models_without_joins_stay_as_they_are() -> None:
    ops = array_ops(model(X, conv("a", "input", X, weights(8, 5, 1, 1))))
    found = resolve(ops, 4)
    assert found.ops == ops
    assert found.kept == (0,)
