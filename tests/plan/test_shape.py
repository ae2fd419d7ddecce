from __future__ import annotations

import pytest

from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.products import blocks_taken
from tests.plan.small import act, conv, dense, lenet, model, shared, weights


@pytest.mark.parametrize(("pes", "requantisers", "lanes"), [(1, 1, 1), (6, 1, 4), (6, 2, 1), (6, 6, 8), (5, 1, 2)])
def test_a_requantiser_drains_its_pes_lane_by_lane(pes: int, requantisers: int, lanes: int) -> None:
    shape = build_plan(lenet(), PlanOptions(pes=pes, lanes=lanes, requantisers=requantisers)).shape
    assert shape.pes_per_requantiser * shape.requantisers == pes
    assert shape.drain_cycles == lanes * pes // requantisers
    assert 1 << shape.lane_bits == lanes


def test_options_of_the_hardware_appear_only_where_a_layer_needs_them() -> None:
    x = act(2, 4, 4)
    plain = build_plan(model(x, conv("c", "input", x, weights(2, 2, 3, 3))), PlanOptions(pes=2, lanes=2)).shape
    assert not plain.has_padding
    assert not plain.has_local
    assert not plain.has_maximum
    assert not plain.has_wide
    assert not plain.loadable
    assert plain.coding == "dense"
    assert plain.codebook_words == 0
    full = build_plan(lenet(), PlanOptions(pes=2, lanes=2, weights="load")).shape
    assert full.has_padding
    assert full.has_local
    assert full.has_maximum
    assert full.has_wide
    assert full.loadable
    assert full.coding == "mixed"


def test_a_beat_is_a_whole_number_of_bytes() -> None:
    net = model(act(3, bits=2, min=0, max=1, zero_point=0), dense("fc", "input", shared(5, 3)))
    shape = build_plan(net, PlanOptions(pes=2, lanes=1)).shape
    assert shape.input.data_bits == 24
    assert shape.input.pixels == 1
    assert shape.output.data_bits == 40


@pytest.mark.parametrize("batch", [1, 3])
def test_the_frames_of_a_batch_leave_side_by_side(batch: int) -> None:
    shape = build_plan(lenet(), PlanOptions(pes=2, lanes=2, batch=batch)).shape
    assert shape.output.pixels == batch
    assert shape.input.pixels == 72, "convolutions come before the batch gathers"


def test_spare_multipliers_are_dealt_out_to_the_requantisers() -> None:
    shape = build_plan(lenet(), PlanOptions(pes=5, lanes=4, target="ecp5-25k", requantisers=5)).shape
    assert shape.spare_multipliers == 8
    assert shape.requantiser_blocks == (1, 2, 1, 2, 2)


@pytest.mark.parametrize("target", ["ecp5-25k", "generic"])
def test_limited_requantisers_take_what_is_left_or_none(target: str) -> None:
    """On 20 of the 28 multipliers, or 23; other families are not told."""
    shapes = [
        build_plan(lenet(), PlanOptions(pes=5, lanes=4, target=target, requantisers=5, multipliers=multipliers)).shape
        for multipliers in (20, 23)
    ]
    if target == "generic":
        assert [shape.requantiser_blocks for shape in shapes] == [(0,) * 5] * 2
        return
    assert shapes[0].requantiser_blocks == (None,) * 5
    assert blocks_taken(shapes[1].result_bits, shapes[1].mul_bits, 0) == 1
    assert shapes[1].requantiser_blocks == (None, 1, None, 1, 1)
