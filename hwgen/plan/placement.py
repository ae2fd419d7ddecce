"""Which layout each map has, and where it lies: chosen by its consumers, placed where nothing alive is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm

from hwgen.model import Model
from hwgen.plan.layout import MapLayout, ceil_div, map_layout, vector_layout
from hwgen.plan.ops import ArrayOp
from hwgen.plan.streams import MAX_BEAT_BITS
from hwgen.plan.walk import factors

MIN_WORDS = 4
"""Words of the smallest bank: two in each of its two memories."""


@dataclass(frozen=True)
class Placement:
    """Layouts by map name (the last layer's map lies in the output buffer), and the words of a bank."""

    maps: dict[str, MapLayout]
    bank_words: int


def batched(op: ArrayOp, batch: int) -> bool:
    """Whether the operation computes all frames of a batch at once."""
    return batch > 1 and (op.fully_connected or op.elementwise)


def place(model: Model, ops: Sequence[ArrayOp], *, pes: int, lanes: int, batch: int) -> Placement:
    """Layouts and base addresses.

    The input's map is never shared, so that the next frame loads while the layers behind the first compute; all others
    share by lifetime: largest first, each at the lowest address that is free while it lives.
    """
    names = ["input", *(op.layer.name for op in ops[:-1])]
    layouts = _layouts(model, names, ops, pes, lanes, batch)
    lives = {name: _life(name, ops, batch) for name in names}
    placed: dict[str, MapLayout] = {}
    for name in sorted(names, key=lambda n: (-layouts[n].extent, names.index(n))):
        begin, end = lives[name]
        others = sorted(
            (placed[other].base, placed[other].base + placed[other].extent)
            for other in placed
            if lives[other][0] <= end and begin <= lives[other][1]
        )
        base = 0
        for low, high in others:
            if base + layouts[name].extent <= low:
                break
            base = max(base, high)
        placed[name] = layouts[name].at(base)
    top = max(layout.base + layout.extent for layout in placed.values())
    return Placement({name: placed[name] for name in names}, max(MIN_WORDS, ceil_div(top, lanes)))


def _life(name: str, ops: Sequence[ArrayOp], batch: int) -> tuple[int, int]:
    """First and last operation between which a map must stay; the input stays always."""
    if name == "input":
        return 0, len(ops)
    readers = [index for index, op in enumerate(ops) if name in op.sources]
    written = next(index for index, op in enumerate(ops) if op.layer.name == name)
    if any(batched(ops[index], batch) for index in readers) and not batched(ops[written], batch):
        # It gathers all frames of the batch, while the operations before it start over for each.
        written = 0
    return written, max(readers, default=written)


def _layouts(
    model: Model, names: Sequence[str], ops: Sequence[ArrayOp], pes: int, lanes: int, batch: int
) -> dict[str, MapLayout]:
    """Of all maps; those that are added to each other have the same, which suits the readers and writers of all."""
    tied = _tied(names, ops)
    writers = {op.layer.name: op for op in ops}
    splits = dict.fromkeys(tied.values(), 1)
    while True:
        layouts: dict[str, MapLayout] = {}
        for name in names:
            readers = [op for op in ops if any(tied.get(source) == tied[name] for source in op.sources)]
            writer = writers.get(name)
            written = [1]
            if writer is not None:
                tile = writer.tile or 1
                phases = factors(layouts[writer.source].split, writer.window)
                written = [tile, *(phase * tile for phase in phases)]
            split = splits[tied[name]]
            layouts[name] = _layout(model, name, readers, pes, lanes, batch, written, split)
        found = {tie: max(layouts[name].split for name in names if tied[name] == tie) for tie in splits}
        if all(layouts[name].split == found[tied[name]] for name in names):
            return layouts
        splits = found


def _tied(names: Sequence[str], ops: Sequence[ArrayOp]) -> dict[str, str]:
    """For each map the first of those that adds tie it to."""
    tied = {name: name for name in names}
    for op in ops:
        if op.second is not None:
            first, second = sorted((tied[op.source], tied[op.second]), key=names.index)
            tied = {name: first if tie == second else tie for name, tie in tied.items()}
    return tied


def _layout(
    model: Model,
    name: str,
    readers: Sequence[ArrayOp],
    pes: int,
    lanes: int,
    batch: int,
    written: Sequence[int],
    split: int,
) -> MapLayout:
    """``written``: every how many rows and columns a phase of its producer writes, and those of a tile. ``split``: at
    least so many."""
    shape = model.activation(name).chw
    if any(batched(op, batch) for op in readers):
        return map_layout(
            name, shape, pes=pes, lanes=lanes, split=1, pitch=shape[2], x_pitch=ceil_div(batch, lanes) * lanes
        )
    if shape[1:] == (1, 1) and all(op.fully_connected for op in readers):
        return vector_layout(name, shape[0], pes=pes, lanes=lanes)
    for op in readers:
        steps = zip(op.window.stride, (op.window.out_height, op.window.out_width), strict=True)
        split = lcm(split, *(stride for stride, size in steps if size > 1))
    if any(split % factor and factor % split for factor in written):
        # The writer's address takes two increments in turn only where the one divides the other.
        split = lcm(split, *written)
    pitch = ceil_div(shape[2], split)
    for op in readers:
        pitch = max(pitch, ceil_div(op.window.out_width, factors(split, op.window)[1]))
    spread = name == "input" and _can_spread(model, readers, split, pes)
    return map_layout(name, shape, pes=pes, lanes=lanes, split=split, pitch=pitch, spread=spread)


def _can_spread(model: Model, readers: Sequence[ArrayOp], split: int, pes: int) -> bool:
    """Whether the input's planes may lie in banks side by side: a pixel arrives at once, and all read by broadcast."""
    channels = model.input.chw[0]
    return (
        split > 1
        and channels * split * split <= pes
        and channels * model.input.bits <= MAX_BEAT_BITS
        and not any(
            op.tile or op.local or op.fully_connected or op.entries is not None or op.blocks is not None
            for op in readers
        )
    )


def output_layout(model: Model, name: str, *, pes: int, batch: int) -> MapLayout:
    """The output buffer: a word of ``pes`` elements per pixel and slot, frame after frame."""
    channels, height, width = model.activation(name).chw
    slots = ceil_div(channels, pes)
    return MapLayout(
        name=name,
        channels=channels,
        height=height,
        width=width,
        slots=slots,
        split=1,
        pitch=width * slots,
        x_pitch=slots,
        plane=height * width * slots,
        slot_stride=1,
        extent=height * width * slots * batch,
    )
