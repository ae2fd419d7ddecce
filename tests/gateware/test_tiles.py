"""Tiles at the ends of the range: golden direct == golden in the domain == RTL, in the plan's cycles."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from hwgen import golden
from hwgen.compress.winograd import WinogradOptions, winograd_layer
from hwgen.model import Add, AddRequant, Conv2d
from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.tiles import Size
from tests.gateware.simulation import SETTLE, run
from tests.gateware.tiles import network, sparse_network
from tests.plan import small


@pytest.mark.parametrize(("size", "style"), [(2, "low"), (2, "alternating"), (4, "alternating")])
def test_extremes_are_exact(size: Size, style: str) -> None:
    """All inputs -128, all 127, and of alternating signs, with weights all -128 and of alternating signs."""
    net = network(3, 2, (4, 5), style=style)
    signs = np.where(np.indices((3, 4, 5)).sum(axis=0) % 2, 127, -128)
    frames = np.array([np.full((3, 4, 5), -128), np.full((3, 4, 5), 127), signs, -1 - signs]).astype(np.int8)
    direct = golden.infer(net, frames)
    (layer,) = net.layers
    assert isinstance(layer, Conv2d)
    if size == 2:
        domain = replace(net, layers=(winograd_layer(layer, WinogradOptions(size=size)),))
        np.testing.assert_array_equal(golden.infer(domain, frames), direct)
    plan = build_plan(net, PlanOptions(pes=2, lanes=2, algorithm="winograd2" if size == 2 else "winograd4"))
    result = run(plan, frames, settle=SETTLE)
    np.testing.assert_array_equal(result.outputs, direct)
    assert result.cycles(plan) == [layer.cycles for layer in plan.layers]


@pytest.mark.parametrize(("domain", "forced"), [(2, 4), (4, 2)])
@pytest.mark.parametrize("before", [True, False])
def test_both_sizes_in_one_core(domain: Size, forced: Size, before: bool) -> None:
    """A layer of one size's domain, whose sums are not divided, before or behind one forced into the other's tiles."""
    net = network(2, 3, (5, 7), layers=2, seed=4)
    first, second = net.layers
    assert isinstance(first, Conv2d)
    assert isinstance(second, Conv2d)
    option = WinogradOptions(size=domain)
    layers = (winograd_layer(first, option), second) if before else (first, winograd_layer(second, option))
    mixed = replace(net, layers=layers)
    plan = build_plan(mixed, PlanOptions(pes=3, lanes=4, algorithm="winograd2" if forced == 2 else "winograd4"))
    sizes = [domain, forced] if before else [forced, domain]
    assert [layer.algorithm for layer in plan.layers] == [f"winograd{size}" for size in sizes]
    assert plan.shape.tiles is not None
    assert (plan.shape.tiles.divided, plan.shape.tiles.undivided) == ((forced,), (domain,))
    frames = np.random.default_rng(0).integers(-128, 128, (2, 2, 5, 7)).astype(np.int8)
    result = run(plan, frames, settle=SETTLE)
    expected = golden.infer(mixed, frames)
    assert len(np.unique(expected)) > 3
    if domain == 2:
        np.testing.assert_array_equal(expected, golden.infer(net, frames))
    np.testing.assert_array_equal(result.outputs, expected)
    assert result.cycles(plan) == [layer.cycles for layer in plan.layers]


@pytest.mark.parametrize(
    ("pes", "lanes", "weights", "rows", "lift"),
    [(3, 4, "rom", 5, 6), (2, 1, "load", 5, 6), (5, 2, "rom", 5, 6), (3, 4, "rom", 30, 3), (2, 2, "rom", 60, 2)],
)
@pytest.mark.parametrize("domain", [False, True])
def test_all_kinds_of_layers_are_exact_beside_large_tiles(
    pes: int, lanes: int, weights: Literal["rom", "load"], rows: int, lift: int, domain: bool
) -> None:
    """Their weights, or elements, stand higher in their operands, and their sums where those of tiles do.

    With many ``rows`` the last layer's sum leaves the accumulators less room. With weights in the ``domain`` the tiles'
    sums are not divided: they have more bits than any other layer's without the lift.
    """
    x = small.act(4, 6, 5)
    first = small.conv("tiles", "input", x, small.weights(4, 4, 3, 3), pad=1)
    total = AddRequant(
        left_shift=20, input_multipliers=(1 << 30, 1_610_612_736), input_shifts=(31, 32), multiplier=1 << 30, shift=50
    )
    both = Add(name="add", inputs=("tiles", "input"), output=small.act(4, 6, 5), requant=total)
    each = small.conv("depthwise", "add", both.output, small.weights(4, 1, 3, 3), pad=1, groups=4)
    most = small.max_pool("most", "depthwise", each.output, 2, 1)
    mean = small.avg_pool("mean", "most", most.output, 2)
    plain = small.conv("plain", "mean", mean.output, small.weights(rows, 4, 1, 1))
    flat = small.flatten("flat", "plain", plain.output)
    wide = small.dense("wide", "flat", small.weights(3, flat.output.size))
    tiles = winograd_layer(first, WinogradOptions(size=4)) if domain else first
    net = small.model(x, tiles, both, each, most, mean, plain, flat, wide)
    plan = build_plan(net, PlanOptions(pes=pes, lanes=lanes, algorithm="winograd4", weights=weights))
    assert domain or plan.shape.lift == lift
    assert plan.shape.tiles is not None
    # Accumulators for any weights are full: nothing is lifted there.
    wider = domain and weights == "rom"
    assert (plan.shape.tiles.result_bits > plan.shape.acc_bits - plan.shape.lift) == wider
    frames = np.random.default_rng(0).integers(-128, 128, (3, 4, 6, 5)).astype(np.int8)
    frames[1] = np.where(np.indices((4, 6, 5)).sum(axis=0) % 2, 127, -128)
    result = run(plan, frames, settle=SETTLE)
    expected = golden.infer(net, frames)
    assert len(np.unique(expected)) > 3
    np.testing.assert_array_equal(result.outputs.reshape(expected.shape), expected)
    assert result.cycles(plan) == [layer.cycles for layer in plan.layers]


def test_dense_and_sparse_tiles_take_turns() -> None:
    """Groups of a dense step must not count as room for those of a sparse one."""
    net = network(2, 2, (6, 6), layers=3)
    pruned = sparse_network(2, 2, (6, 6), layers=3).layers
    mixed = replace(net, layers=(net.layers[0], pruned[1], net.layers[2]))
    plan = build_plan(mixed, PlanOptions(pes=2, lanes=1, algorithm="winograd2"))
    assert [layer.encoding for layer in plan.layers] == ["dense", "sparse", "dense"]
    frames = np.random.default_rng(0).integers(-128, 128, (3, 2, 6, 6)).astype(np.int8)
    result = run(plan, frames, settle=SETTLE)
    np.testing.assert_array_equal(result.outputs, golden.infer(mixed, frames))
    assert result.cycles(plan) == [layer.cycles for layer in plan.layers]
