"""Which layout each map has, and where it lies: chosen by its consumers, placed where nothing alive is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lcm

from hwgen.model import Model
from hwgen.plan.layout import MapLayout, ceil_div, map_layout, vector_layout
from hwgen.plan.ops import ArrayOp, Join
from hwgen.plan.streams import MAX_BEAT_BITS
from hwgen.plan.walk import factors

MIN_WORDS = 4
"""Words of the smallest bank: two in each of its two memories."""


@dataclass(frozen=True)
class Peak:
    """The most elements of a bank that live at once, ``layer`` being computed, and the maps that they belong to."""

    elements: int
    layer: str
    maps: tuple[str, ...]


@dataclass(frozen=True)
class Placement:
    """Layouts by map name (the last layer's map lies in the output buffer), the words of a bank, and what fills them.

    No placement takes fewer elements than ``peak``; first fit by size may take more.
    """

    maps: dict[str, MapLayout]
    bank_words: int
    peak: Peak


def batched(op: ArrayOp, batch: int) -> bool:
    """Whether the operation computes all frames of a batch at once."""
    return batch > 1 and (op.fully_connected or op.elementwise)


def place(
    model: Model, ops: Sequence[ArrayOp], joins: Sequence[Join] = (), *, pes: int, lanes: int, batch: int
) -> Placement:
    """Layouts and base addresses.

    The input's map is never shared, so that the next frame loads while the layers behind the first compute; all others
    share by lifetime: largest first, each at the lowest address that is free while it lives. The parts of a joined map
    lie inside it.
    """
    shapes = _shapes(model, ops, joins, pes)
    names = list(shapes)
    layouts = _layouts(model, shapes, ops, joins, pes, lanes, batch)
    families = {name: [name] for name in names}
    for join in joins:
        for part in join.parts:
            families[join.name] += families.pop(part)
    lives = {name: _life(family, ops, batch) for name, family in families.items()}
    placed: dict[str, MapLayout] = {}
    for name in sorted(families, key=lambda n: (-layouts[n].extent, names.index(n))):
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
    for join in reversed(joins):
        base = placed[join.name].base
        for part in join.parts:
            placed[part] = layouts[part].at(base)
            base += layouts[part].slots * layouts[part].slot_stride
    top = max(layout.base + layout.extent for layout in placed.values())
    return Placement(
        {name: placed[name] for name in names}, max(MIN_WORDS, ceil_div(top, lanes)), _peak(ops, layouts, lives)
    )


def _peak(ops: Sequence[ArrayOp], layouts: Mapping[str, MapLayout], lives: Mapping[str, tuple[int, int]]) -> Peak:
    """The first operation during which most elements live."""
    alive = [[name for name, (begin, end) in lives.items() if begin <= index <= end] for index in range(len(ops))]
    sums = [sum(layouts[name].extent for name in names) for names in alive]
    index = sums.index(max(sums))
    return Peak(sums[index], ops[index].layer.name, tuple(alive[index]))


def _shapes(model: Model, ops: Sequence[ArrayOp], joins: Sequence[Join], pes: int) -> dict[str, tuple[int, int, int]]:
    """(C, H, W) of all maps but the last, each behind those that its makers read; C with the holes of joined maps."""
    shapes = {"input": model.input.chw}
    waiting = {join.name: join for join in joins}

    def put_together(name: str) -> None:
        join = waiting.pop(name, None)
        if join is None:
            return
        for part in join.parts:
            put_together(part)
        slots = sum(ceil_div(shapes[part][0], pes) for part in join.parts[:-1])
        last = shapes[join.parts[-1]]
        shapes[name] = (slots * pes + last[0], *last[1:])

    for op in ops:
        for source in op.sources:
            put_together(source)
        if op.name != ops[-1].name:
            shapes[op.name] = op.map_shape
    return shapes


def _life(names: Sequence[str], ops: Sequence[ArrayOp], batch: int) -> tuple[int, int]:
    """First and last operation between which a map, with its parts, must stay; the input stays always."""
    if "input" in names:
        return 0, len(ops)
    readers = [index for index, op in enumerate(ops) if any(name in op.sources for name in names)]
    written = next(index for index, op in enumerate(ops) if op.name in names)
    if any(batched(ops[index], batch) for index in readers) and not batched(ops[written], batch):
        # It gathers all frames of the batch, while the operations before it start over for each.
        written = 0
    return written, max(readers, default=written)


def _layouts(
    model: Model,
    shapes: Mapping[str, tuple[int, int, int]],
    ops: Sequence[ArrayOp],
    joins: Sequence[Join],
    pes: int,
    lanes: int,
    batch: int,
) -> dict[str, MapLayout]:
    """Of all maps; those that are added or joined have the same, which suits the readers and writers of all."""
    names = list(shapes)
    tied = _tied(names, ops, joins)
    splits = dict.fromkeys(tied.values(), 1)
    while True:
        layouts: dict[str, MapLayout] = {}
        for name in names:
            readers = [op for op in ops if any(tied.get(source) == tied[name] for source in op.sources)]
            writers = [op for op in ops if op.name == name]
            written = [step for op in writers for step in _strides(op, layouts[op.source].split)]
            split = splits[tied[name]]
            layouts[name] = _layout(model, name, shapes[name], readers, pes, lanes, batch, written, split)
        found = {tie: max(layouts[name].split for name in names if tied[name] == tie) for tie in splits}
        if all(layouts[name].split == found[tied[name]] for name in names):
            return layouts
        splits = found


def _strides(writer: ArrayOp, split: int) -> tuple[int, ...]:
    """Every how many rows and columns a phase of the operation writes, and those of a tile."""
    tile = writer.tile or 1
    return tile, *(phase * tile for phase in factors(split, writer.window))


def _tied(names: Sequence[str], ops: Sequence[ArrayOp], joins: Sequence[Join]) -> dict[str, str]:
    """For each map the first of those that adds and joins tie it to."""
    tied = {name: name for name in names}
    pairs = [(op.source, op.second) for op in ops if op.second is not None]
    for one, other in [*pairs, *((join.name, part) for join in joins for part in join.parts)]:
        first, second = sorted((tied[one], tied[other]), key=names.index)
        tied = {name: first if tie == second else tie for name, tie in tied.items()}
    return tied


def _layout(
    model: Model,
    name: str,
    shape: tuple[int, int, int],
    readers: Sequence[ArrayOp],
    pes: int,
    lanes: int,
    batch: int,
    written: Sequence[int],
    split: int,
) -> MapLayout:
    """``written``: every how many rows and columns a phase of its producers writes, and those of a tile. ``split``: at
    least so many."""
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
