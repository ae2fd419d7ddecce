"""The words of the schedule by their fields: what a step reads, and the taps of all steps.

The writer's fields are :func:`hwgen.plan.steps.write_record`'s; how wide fields are is decided once all are known.
"""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.plan.ops import ArrayOp
from hwgen.plan.packing import WeightFormat
from hwgen.plan.sparse import SparseLayers
from hwgen.plan.steps import Grid, Step
from hwgen.plan.tile_plan import sizes_of, tile_read_fields
from hwgen.plan.walk import Tap

Records = list[dict[str, int]]


def read_record(
    step: Step,
    form: WeightFormat,
    grid: Grid,
    ops: Sequence[ArrayOp],
    sparse: SparseLayers | None,
    *,
    weight_base: int,
    tap_base: int,
    bank_steps: bool,
) -> dict[str, int]:
    """What the sequencer and the stages behind it need of a step.

    ``bank_steps``: the core can go on by several banks from channel to channel.
    """
    walk, op = step.walk, step.op
    picking: dict[str, int] = {}
    if grid.choices > 1:
        picking = {"picks": int(op.blocks is not None)}
    if bank_steps:
        picking["bank_step"] = step.bank_step
    if grid.tiles is not None:
        picking |= tile_read_fields(step, grid, sizes_of(ops))
    lockstep = not step.sparse
    width, per_word = form.kind(op, wide=step.wide, lanes=grid.lanes) if lockstep else (0, 1)
    place_step = form.columns.step(width) if per_word > 1 else 0
    lengths = {"long": int(form.is_long(op))} if form.plain_bits < form.weight_bits else {}
    return {
        "inner": walk.inner - 1,
        "outer": walk.outer - 1,
        "row_jump": walk.row_jump,
        "passes": step.passes - 1 if lockstep and op.tile is None else 0,
        "channels": step.channels - 1,
        "taps": len(step.taps) - 1,
        "idle": step.idle(grid),
        "tap_base": tap_base,
        "base": step.read_base,
        "slot_stride": step.slot_stride,
        "pass_stride": step.source_slot_stride if op.local else 0,
        "wrap": walk.wrap - 1,
        "waits_input": int(step.first_of_frame),
        "releases_input": int(step.releases_input),
        "takes_output": int(step.to_output),
        "fills_output": int(step.to_output and step.layer_last),
        "pad_value": op.pad,
        "local": int(op.local),
        "maximum": int(op.maximum),
        "wide": int(step.wide),
        "coded": int(form.coded(op)),
        "table": form.table(op),
        "weight_base": weight_base,
        "last_place": (per_word - 1) * place_step,
        "place_step": place_step,
        "repeat": int(op.repeated),
        **picking,
        **lengths,
        **_sparse_fields(step, sparse, grid),
    }


def _sparse_fields(step: Step, sparse: SparseLayers | None, grid: Grid) -> dict[str, int]:
    """What a schedule has besides where some layer is sparse."""
    if sparse is None:
        return {}
    layer = sparse.layers.get(step.index)
    return {
        "sparse": int(step.sparse),
        "scalar": int(step.sparse and step.scalar),
        "tail": (step.source_channels - 1) % grid.pes,
        "column_base": layer.column_base if layer else 0,
        "format": layer.number if layer else 0,
    }


def follow_fields(step: Step, sparse: SparseLayers | None) -> dict[str, int]:
    """When the next step may start, where steps may follow each other closely."""
    if sparse is None:
        return {}
    return {"follows": int(step.follow is not None), "follow": step.follow or 0}


def tap_table(steps: Sequence[Step]) -> tuple[Records, list[int]]:
    """The tap table, and where each step's taps begin; steps with the same taps share their entries."""
    table: Records = []
    bases: dict[tuple[Tap, ...], int] = {}
    for step in steps:
        if step.taps not in bases:
            bases[step.taps] = len(table)
            table += [_tap_record(tap) for tap in step.taps]
    return table, [bases[step.taps] for step in steps]


def _tap_record(tap: Tap) -> dict[str, int]:
    """Limits as the comparators take them: an empty range is 1..0."""
    if tap.never:
        return {"offset": tap.offset, "bank": tap.bank, "x_low": 1, "x_high": 0, "y_low": 1, "y_high": 0}
    return {
        "offset": tap.offset,
        "bank": tap.bank,
        "x_low": tap.x_low,
        "x_high": tap.x_high,
        "y_low": tap.y_low,
        "y_high": tap.y_high,
    }


def wrap_addresses(records: Records, names: Sequence[str], bits: int) -> None:
    """Addresses and their increments live modulo the memory's address space."""
    for record in records:
        for name in names:
            record[name] &= (1 << bits) - 1
