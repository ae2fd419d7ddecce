from __future__ import annotations

import pytest

from hwgen.plan.targets import TARGETS, Target


def test_targets_are_found_by_their_names() -> None:
    assert {name: target.name for name, target in TARGETS.items()} == {name: name for name in TARGETS}
    assert {"generic", "ice40-up5k", "ecp5-85k"} <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_a_block_is_as_deep_as_a_power_of_two(target: Target) -> None:
    depth, rest = divmod(target.block_bits, target.block_width)
    assert rest == 0 or target.block_width == 32
    assert depth & (depth - 1) == 0 or target.block_width == 32


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda target: target.name)
def test_the_largest_automatic_grid_is_not_beyond_a_whole_device(target: Target) -> None:
    assert target.max_pes >= 1
    assert target.max_lanes & (target.max_lanes - 1) == 0
    assert min(target.luts, target.multipliers, target.blocks) > 0
    assert target.clock_mhz > 0


def test_multipliers_beyond_the_lanes_are_spare_where_all_are_alike() -> None:
    assert TARGETS["ecp5-85k"].spare_multipliers(128) == 28
    assert TARGETS["ecp5-85k"].spare_multipliers(160) == 0
    assert TARGETS["ice40-up5k"].spare_multipliers(8) == 0


def test_a_limit_leaves_fewer_spare_and_no_others() -> None:
    whole = TARGETS["ecp5-85k"]
    limited = whole.limited_to(130)
    assert (limited.multipliers, limited.spare_multipliers(128)) == (130, 2)
    assert limited.requantisers_limited
    assert not whole.requantisers_limited
    assert whole.limited_to(None) == whole
    assert whole.limited_to(500).multipliers == whole.multipliers
    assert not TARGETS["ice40-up5k"].limited_to(4).requantisers_limited, "a requantiser's are no lanes' there"
