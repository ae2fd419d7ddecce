from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwgen.plan import PlanOptions, build_plan
from hwgen.plan.lowering import array_ops
from hwgen.plan.steps import write_record
from hwgen.plan.tile_plan import (
    lift,
    sizes_of,
    tile_acc_bits,
    tile_read_fields,
    tile_shape,
    tile_timing,
    tile_units,
    tile_write_fields,
)
from hwgen.plan.tiles import Size
from hwgen.plan.winograd import tiled
from tests.gateware.tiles import network, sparse_network, tile_plan
from tests.plan.emulator import Writer


def test_a_core_without_tiles_has_nothing_of_them() -> None:
    ops = array_ops(network(2, 2, (5, 5)))
    assert sizes_of(ops) == ()
    assert tile_timing(ops, pes=2, lanes=4, pes_per_unit=1, acc_bits=20) is None
    assert tile_acc_bits(ops, {"conv0": 19}, 20) == 20
    plan = build_plan(network(2, 2, (5, 5)), PlanOptions(algorithm="direct"))
    assert plan.shape.tiles is None
    assert plan.grid is not None
    assert tile_shape(plan.steps, plan.grid, result_bits=20) is None


def test_accumulators_hold_the_divisors_power_of_two_above_each_layers_sum() -> None:
    first, second = array_ops(network(2, 2, (5, 5), layers=2))
    bits = {"conv0": 20, "conv1": 17}
    assert tile_acc_bits([tiled(first, 2), second], bits, 20) == 22
    assert tile_acc_bits([first, tiled(second, 2)], bits, 20) == 20
    assert tile_acc_bits([first, tiled(second, 4)], bits, 20) == 23


def test_other_layers_are_lifted_as_far_as_the_accumulators_reach() -> None:
    first, second = array_ops(network(2, 2, (5, 5), layers=2))
    large = tiled(second, 4)
    assert lift([first, large], {"conv0": 17, "conv1": 20}, 26) == 6
    assert lift([first, large], {"conv0": 22, "conv1": 20}, 26) == 4
    assert lift([first, large], {"conv0": 26, "conv1": 20}, 26) == 0
    assert lift([large], {"conv1": 20}, 26) == 6
    assert lift([first, tiled(second, 2)], {"conv0": 10, "conv1": 20}, 22) == 0
    shared = replace(first, codes=np.zeros_like(first.weights))
    assert lift([shared, large], {"conv0": 17, "conv1": 20}, 26) == 0


def test_two_channels_are_transformed_at_once_where_banks_come_in_pairs() -> None:
    assert [tile_units(pes) for pes in (1, 2, 3, 6, 16)] == [1, 2, 1, 2, 2]


@settings(max_examples=30)
@given(
    sizes=st.tuples(st.sampled_from([2, 4]), st.sampled_from([2, 4])), height=st.integers(3, 13),
    width=st.integers(3, 13), pes=st.sampled_from([1, 2, 3]), lanes=st.sampled_from([1, 2, 4]),
)  # fmt: skip
def test_every_output_is_written_once_where_its_reader_looks(
    sizes: tuple[Size, Size], height: int, width: int, pes: int, lanes: int
) -> None:
    """The map between two layers of tiles, of the same size or not; of slot 0."""
    net = network(2, 2, (height, width), layers=2)
    plan = build_plan(net, PlanOptions(pes=pes, lanes=lanes, algorithm=f"winograd{sizes[0]}"))  # type: ignore[arg-type]
    found: Counter[int] = Counter()
    assert plan.grid is not None
    for step in plan.steps[:-1]:
        if step.op.layer.name != "conv0":
            continue
        record = write_record(step) | tile_write_fields(step, plan.grid, sizes_of([step.op]), sparse=False)
        writer, size = Writer(record, 20), step.op.tile
        assert size is not None
        for y in range(record["y_limit"]):
            for x in range(record["x_limit"]):
                for dy in range(size):
                    for dx in range(size):
                        if (y == record["edge_y"] and dy > record["last_y"]) or (
                            x == record["edge_x"] and dx > record["last_x"]
                        ):
                            continue
                        inside = record.get(f"inside_y_{dy}", 0) + record.get(f"inside_x_{dx}", 0)
                        found[writer.address(0, y, x, inside)] += 1
    layout = plan.maps[1]
    assert found == Counter(layout.address(0, y, x) for y in range(height) for x in range(width))


def test_fields_of_a_step() -> None:
    plan = tile_plan(2, channels=3, rows=4, pes=2, lanes=2)
    grid, (step,) = plan.grid, plan.steps
    assert grid is not None
    assert step.bank_step == 2
    assert tile_read_fields(step, grid, (2,)) == {
        "tile": 1,
        "tile_size": 0,
        "tile_passes": 1,
        "tile_channels": 2,
        "tile_idle": 0,
        "tile_stride": 2,
        "tile_half": 32,
    }
    shape = plan.shape.tiles
    assert shape is not None
    assert (shape.sizes, shape.units, shape.pes_per_unit, shape.buffer_words) == ((2,), 2, 1, 64)
    assert (shape.divided, shape.undivided) == ((2,), ())
    # 5 x 7 outputs are 3 x 4 tiles: of the last ones one row and one column are written.
    fields = tile_write_fields(step, grid, (2,), sparse=False)
    assert "tile_rows" not in fields
    assert {name: fields[name] for name in ("edge_y", "last_y", "edge_x", "last_x")} == {
        "edge_y": 2, "last_y": 0, "edge_x": 3, "last_x": 0,
    }  # fmt: skip


def test_fields_of_a_sparse_step() -> None:
    """All rows of one walk: no passes, and a place's sums come row by row."""
    plan = build_plan(sparse_network(3, 7, (5, 7)), PlanOptions(pes=2, lanes=2))
    grid, (step,) = plan.grid, plan.steps
    assert grid is not None
    read = tile_read_fields(step, grid, (2,))
    assert (read["tile"], read["tile_passes"], read["tile_idle"]) == (1, 0, 0)
    fields = tile_write_fields(step, grid, (2,), sparse=True)
    assert (step.passes, fields["tile_rows"], fields["tile_values"]) == (4, 3, 8)
    shape = plan.shape.tiles
    assert shape is not None
    assert (shape.sparse_rows, shape.sums_words) == (4, 64)
    # Beside it a dense step of tiles has a row at a time.
    mixed = replace(step, op=replace(step.op, entries=None))
    dense = tile_write_fields(mixed, grid, (2,), sparse=True)
    assert (dense["tile_rows"], dense["tile_values"]) == (0, 2)
