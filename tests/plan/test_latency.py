from __future__ import annotations

import pytest

from hwgen.plan import latency


def test_the_broadcast_has_a_stage_for_every_two_address_bits() -> None:
    for pes in range(1, 130):
        stages = latency.broadcast(pes)
        assert 4**stages >= pes
        assert stages == 1 or 4 ** (stages - 1) < pes


@pytest.mark.parametrize("choices", [2, 4, 8])
def test_picking_is_one_register_behind_the_multiplexer_of_the_blocks(choices: int) -> None:
    for pes in range(choices, 130, choices):
        assert latency.broadcast(pes, choices) == latency.broadcast(pes // choices) + 1
        assert latency.broadcast(pes, choices) <= latency.broadcast(pes) + 1
    assert latency.broadcast(16, 4) == latency.broadcast(16)


def test_a_correction_costs_one_more_cycle() -> None:
    assert latency.requantise(5) == latency.requantise(0) + 1


def test_the_limits_of_a_step_are_there_before_its_first_value() -> None:
    """Its record is there with the parameter, a cycle before ``lane_first``; the clamp is the last cycle."""
    assert latency.requantise(0) >= latency.LIMITS


def test_a_codebook_costs_a_memory() -> None:
    assert latency.decode("dense") == 0
    assert latency.decode("dense", 2) == latency.MEMORY
    assert latency.decode("codebook") == latency.decode("mixed") == latency.MEMORY


@pytest.mark.parametrize("pes", [1, 3, 16, 128])
@pytest.mark.parametrize("lanes", [1, 2, 64])
@pytest.mark.parametrize("coding", ["dense", "codebook", "mixed"])
@pytest.mark.parametrize("choices", [1, 4])
def test_weights_are_ready_with_the_vector(pes: int, lanes: int, coding: str, choices: int) -> None:
    """The fetch starts behind the column, also where a local layer skips the broadcast; the offset is in time."""
    pes *= choices
    due = latency.vector(pes, lanes, choices) - latency.decode(coding, choices) - latency.WEIGHT_FETCH
    assert due - latency.broadcast(pes, choices) >= 1
    assert choices == 1 or latency.decode(coding, choices) >= latency.PICK


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("choices", [1, 2, 4])
@pytest.mark.parametrize("coding", ["dense", "codebook", "mixed"])
def test_a_weights_address_may_lead_where_its_column_is_known_in_time(lanes: int, choices: int, coding: str) -> None:
    """Also in local layers, whose columns skip the broadcast."""
    at_vector = latency.vector(16, lanes, choices) - latency.broadcast(16, choices)
    decoding = latency.decode(coding, choices)
    due = at_vector - decoding - latency.WEIGHT_FETCH
    assert due - latency.address_lead(lanes, decoding, sparse_tiles=False) >= 1
    assert latency.address_lead(lanes, decoding, sparse_tiles=True) == 0
