from __future__ import annotations

import pytest

from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.tile_choice import LEAST, SLOWER
from tests.gateware.tiles import int8, network
from tests.plan.small import act, conv, model, pruned, pruned_blocks, weights


@pytest.mark.parametrize("algorithm", ["winograd2", "winograd4"])
def test_what_is_forced_is_done_where_it_can_be(algorithm: str) -> None:
    source = act(4, 9, 9)
    first = conv("first", "input", source, weights(5, 4, 3, 3))
    second = conv("second", "first", first.output, weights(5, 5, 1, 1))
    plan = build_plan(model(source, first, second), PlanOptions(algorithm=algorithm))  # type: ignore[arg-type]
    assert [layer.algorithm for layer in plan.layers] == [algorithm, "direct"]


@pytest.mark.parametrize(
    ("target", "found"), [("ice40-up5k", "direct"), ("gowin-gw1nr9", "direct"), ("ecp5-25k", "winograd2")]
)
def test_narrow_multipliers_stay_direct(target: str, found: str) -> None:
    plan = build_plan(network(3, 4, (5, 5)), PlanOptions(target=target, pes=2, lanes=2, algorithm="winograd2"))
    assert plan.layers[0].algorithm == found
    reason = f"--algorithm winograd2 changes nothing: the multipliers of {target} do not take the transformed weights"
    assert plan.notes == ((reason,) if found == "direct" else ())


def test_beside_sparse_layers_tiles_are_taken_when_asked_for() -> None:
    source = act(16, 16, 16)
    first = conv("first", "input", source, weights(32, 16, 3, 3), pad=1)
    second = conv("second", "first", first.output, pruned(16, 32, 3, 3))
    net = model(source, first, second)
    for algorithm, found in (("auto", "direct"), ("winograd2", "winograd2")):
        plan = build_plan(net, PlanOptions(algorithm=algorithm))  # type: ignore[arg-type]
        assert plan.compute_cycles > LEAST
        assert [layer.algorithm for layer in plan.layers] == [found, "direct"]
        assert not plan.notes


def test_cores_with_n_of_m_layers_stay_direct() -> None:
    source = act(4, 9, 9)
    first = conv("first", "input", source, weights(4, 4, 3, 3))
    second = conv("second", "first", first.output, pruned_blocks(4, 4, 3, 3, n=1, m=2))
    plan = build_plan(model(source, first, second), PlanOptions(pes=2, algorithm="winograd2"))
    assert [layer.algorithm for layer in plan.layers] == ["direct", "direct"]
    assert any("changes nothing: a core with N:M layers" in note for note in plan.notes)


def test_a_model_without_a_layer_for_tiles_says_so() -> None:
    source = act(4, 9, 9)
    net = model(source, conv("one", "input", source, weights(5, 4, 1, 1)))
    (note,) = build_plan(net, PlanOptions(algorithm="winograd4")).notes
    assert note == "--algorithm winograd4 changes nothing: no layer is a 3x3 convolution with stride 1"
    assert build_plan(net, PlanOptions()).notes == ()


def test_the_cheapest_shares_that_cost_no_time() -> None:
    """16 channels on 8 lanes: an output transform may serve two PEs, and not four."""
    net = network(16, 32, (16, 16))
    plan = build_plan(net, PlanOptions(pes=8, lanes=8, algorithm="winograd2"))
    assert plan.grid is not None
    assert plan.grid.tiles is not None
    assert plan.grid.tiles.pes_per_unit == 2
    alone = build_plan(net, PlanOptions(pes=8, lanes=8, requantisers=8, algorithm="winograd2"))
    assert plan.compute_cycles <= SLOWER * alone.compute_cycles


def test_two_and_a_quarter_times_fewer_multiplications() -> None:
    """A layer of 32 channels on 16 x 16: about 2.1 times fewer cycles with 2 x 2 tiles, more than 3 with 4 x 4."""
    net = network(32, 32, (16, 16))

    def cycles(algorithm: str) -> int:
        return build_plan(net, PlanOptions(pes=16, lanes=8, algorithm=algorithm)).compute_cycles  # type: ignore[arg-type]

    assert cycles("winograd2") * 2.0 < cycles("direct")
    assert cycles("winograd4") * 3.0 < cycles("direct")


def test_by_itself_it_takes_tiles_where_a_quarter_is_saved_and_each_layer_its_own() -> None:
    """Three input channels on 8 lanes are bound by the drain, 8 x 8 outputs are half a group of 4 x 4 tiles."""
    source = int8(3, 16, 16)
    first = conv("first", "input", source, weights(16, 3, 3, 3), pad=1)
    second = conv("second", "first", first.output, weights(64, 16, 3, 3), pad=1)
    third = conv("third", "second", second.output, weights(64, 64, 3, 3), stride=(2, 2), pad=1)
    fourth = conv("fourth", "third", third.output, weights(64, 64, 3, 3), pad=1)
    net = model(source, first, second, third, fourth)
    plan = build_plan(net, PlanOptions(pes=16, lanes=8))
    assert [layer.algorithm for layer in plan.layers] == ["direct", "winograd4", "direct", "winograd2"]
    others = [build_plan(net, PlanOptions(pes=16, lanes=8, algorithm=a)) for a in ("direct", "winograd2", "winograd4")]
    assert plan.compute_cycles < min(other.compute_cycles for other in others)


def test_a_model_that_is_fast_enough_stays_direct() -> None:
    plan = build_plan(network(16, 16, (8, 8)), PlanOptions(pes=8, lanes=4))
    assert plan.compute_cycles < LEAST
    assert plan.layers[0].algorithm == "direct"
