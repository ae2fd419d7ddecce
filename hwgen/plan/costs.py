"""What each layer costs: cycles, multiplications, weights, and how well the multipliers are used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwgen.model import Conv2d, Dense, Layer, Model, Softmax
from hwgen.plan.ops import ArrayOp
from hwgen.plan.plan import LayerPlan
from hwgen.plan.steps import Step


def layer_plans(
    model: Model,
    ops: Sequence[ArrayOp],
    steps: Sequence[Step],
    times: Sequence[int],
    *,
    multipliers: int,
    batch: int,
) -> tuple[tuple[LayerPlan, ...], tuple[int, ...]]:
    """Layers in the model's order, and which of them ends with each pulse of ``layer_done``.

    ``times``: cycles of each step. What a layer needs of the multipliers depends on how it is computed: all products,
    those of non-zero weights, n of m, or those of its tiles.
    """
    position = {layer.name: index for index, layer in enumerate(model.layers)}
    cycles = [0] * len(model.layers)
    pulses = []
    for step, spent in zip(steps, times, strict=True):
        index = position[step.op.layer.name]
        cycles[index] += spent
        if step.layer_last:
            pulses.append(index)
    of_layer: dict[str, list[ArrayOp]] = {}
    for op in ops:
        of_layer.setdefault(op.layer.name, []).append(op)
    layers = [
        _layer_plan(layer, of_layer.get(layer.name, []), spent, multipliers, batch)
        for layer, spent in zip(model.layers, cycles, strict=True)
    ]
    return tuple(layers), tuple(pulses)


def _layer_plan(layer: Layer, ops: Sequence[ArrayOp], cycles: int, multipliers: int, batch: int) -> LayerPlan:
    first = ops[0] if ops else None
    macs, nonzero, weights, nonzero_weights = _work(layer, ops, batch)
    slots, block = first.pattern if first else (1, 1)
    needed = nonzero if first and first.entries is not None else macs * slots // block
    if first is not None and first.tile is not None:
        needed = first.window.out_height * first.window.out_width * first.weights.size
    return LayerPlan(
        name=layer.name,
        op=layer.op,
        encoding=first.encoding if first and not first.fixed else "none",
        algorithm=first.algorithm if first else "host" if isinstance(layer, Softmax) else "alias",
        cycles=cycles,
        macs=macs,
        nonzero_macs=nonzero,
        weights=weights,
        nonzero_weights=nonzero_weights,
        utilisation=needed / (multipliers * cycles) if cycles else 0.0,
    )


def _work(layer: Layer, ops: Sequence[ArrayOp], batch: int) -> tuple[int, int, int, int]:
    """Multiply-accumulates, those with a weight that is not 0, weights, non-zero weights of a layer's operations."""
    if not ops or not isinstance(layer, Conv2d | Dense):
        return 0, 0, 0, 0
    own = [op.direct or op for op in ops if not op.fixed]
    # Of weights in the Winograd domain a position is a tile.
    _, height, width = layer.output.chw
    window = own[0].window
    positions = (height * width if own[0].tile is None else window.out_height * window.out_width) * batch
    nonzero = sum(int(np.count_nonzero(op.weights)) for op in own)
    weights = int(np.prod(layer.weights.shape))
    return positions * weights, positions * nonzero, weights, nonzero
