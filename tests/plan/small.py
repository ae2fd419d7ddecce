"""Small layers and models by hand, for tests that need a certain one."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwgen.model import (
    Activation,
    AvgPool2d,
    CodebookWeights,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    Layer,
    MaxPool2d,
    Model,
    NMWeights,
    Requant,
    Requantize,
    SparseWeights,
    Weights,
    validate,
)
from hwgen.plan.lowering import array_ops
from hwgen.plan.nm import fitted
from hwgen.plan.placement import output_layout, place
from hwgen.plan.steps import Grid, Step, build_steps

SEED = 7


def act(*shape: int, **changes: Any) -> Activation:
    return Activation(**{"shape": shape, "scale": 0.5, "zero_point": 3, "min": -128, "max": 127} | changes)


def requant(channels: int) -> Requant:
    return Requant(
        multiplier=np.full(channels, 3001, np.int32), shift=np.full(channels, 20, np.int8), rounding="half_up"
    )


def weights(*shape: int) -> DenseWeights:
    return DenseWeights.from_dense(np.random.default_rng(SEED).integers(-127, 128, shape))


def shared(*shape: int, zero: bool = True) -> CodebookWeights:
    """Sixteen shared values, 0 among them or not."""
    rng = np.random.default_rng(SEED)
    codebook = np.delete(np.arange(-9, 10), 9)[:16].astype(np.int8)
    if zero:
        codebook[3] = 0
    return CodebookWeights(codes=rng.integers(0, 16, shape).astype(np.uint8), codebook=codebook, code_bits=4, bits=8)


def pruned(*shape: int, density: float = 0.3, coded: bool = False, seed: int = SEED) -> SparseWeights:
    """Plain weights, or sixteen shared values with a 0 for fillers; a share of ``density`` is there."""
    rng = np.random.default_rng(seed)
    keep = rng.random(shape) < density
    if not coded:
        return SparseWeights.from_dense(np.where(keep, rng.choice([-127, -9, 1, 30, 127], shape), 0))
    codebook = np.concatenate([[0], rng.permutation(np.delete(np.arange(-15, 16), 15))[:15]]).astype(np.int8)
    values = codebook[rng.integers(1, 16, shape)]
    return SparseWeights.from_dense(np.where(keep, values, 0), codebook=codebook)


def pruned_blocks(*shape: int, n: int, m: int, code_bits: int | None = None, seed: int = SEED) -> NMWeights:
    """n of every m input channels, at random; shared values with ``code_bits``."""
    rng = np.random.default_rng(seed)
    most = 127 if code_bits is None else (1 << code_bits) // 2 - 1
    values = rng.integers(-most, most + 1, shape).reshape(shape[0], shape[1] // m, m, *shape[2:])
    values[rng.random(values.shape).argsort(axis=2).argsort(axis=2) >= n] = 0
    return NMWeights.from_dense(values.reshape(shape), n, m, code_bits=code_bits)


def conv(
    name: str,
    source: str,
    x: Activation,
    stored: Weights,
    *,
    stride: tuple[int, int] = (1, 1),
    pad: int = 0,
    **more: Any,
) -> Conv2d:
    rows, _, kh, kw = stored.shape
    _, height, width = x.chw
    size = (height + 2 * pad - kh) // stride[0] + 1, (width + 2 * pad - kw) // stride[1] + 1
    return Conv2d(
        **{
            "name": name,
            "inputs": (source,),
            "output": act(rows, *size),
            "weights": stored,
            "stride": stride,
            "padding": (pad,) * 4,
            "requant": requant(rows),
        }
        | more
    )


def dense(name: str, source: str, stored: Weights, **more: Any) -> Dense:
    rows = stored.shape[0]
    return Dense(
        **{"name": name, "inputs": (source,), "output": act(rows), "weights": stored, "requant": requant(rows)} | more
    )


def max_pool(name: str, source: str, x: Activation, kernel: int, stride: int) -> MaxPool2d:
    channels, height, width = x.chw
    output = act(channels, (height - kernel) // stride + 1, (width - kernel) // stride + 1)
    return MaxPool2d(name=name, inputs=(source,), output=output, kernel=(kernel,) * 2, stride=(stride,) * 2)


def avg_pool(name: str, source: str, x: Activation, kernel: int, **more: Any) -> AvgPool2d:
    channels, height, width = x.chw
    values = {"output": act(channels, height - kernel + 1, width - kernel + 1), "stride": (1, 1)} | more
    return AvgPool2d(name=name, inputs=(source,), kernel=(kernel,) * 2, **values)


def flatten(name: str, source: str, x: Activation) -> Flatten:
    return Flatten(name=name, inputs=(source,), output=act(x.size))


def requantize(name: str, source: str, x: Activation) -> Requantize:
    return Requantize(name=name, inputs=(source,), output=act(*x.shape), requant=requant(x.shape[0]))


def model(source: Activation, *layers: Layer, outputs: tuple[str, ...] = ()) -> Model:
    result = Model(name="tiny", input=source, layers=layers, outputs=outputs or (layers[-1].name,))
    validate(result)
    return result


def lenet() -> Model:
    """Convolution, pooling, convolution, flatten, two fully connected layers; the weights of two layers are shared."""
    x = act(1, 9, 8)
    first = conv("conv1", "input", x, weights(3, 1, 3, 3), pad=1)
    pool = max_pool("pool1", "conv1", first.output, 2, 2)
    second = conv("conv2", "pool1", pool.output, shared(5, 3, 3, 3))
    flat = flatten("flat", "conv2", second.output)
    hidden = dense("fc1", "flat", shared(7, flat.output.size))
    return model(x, first, pool, second, flat, hidden, dense("fc2", "fc1", weights(4, 7)))


def sparse_net(*, coded: bool = False, seed: int = SEED) -> Model:
    """Convolution, pooling, flatten, two fully connected layers; all weights sparse."""
    x = act(3, 6, 6)
    first = conv("conv", "input", x, pruned(5, 3, 3, 3, coded=coded, seed=seed), pad=1)
    pool = max_pool("pool", "conv", first.output, 2, 2)
    flat = flatten("flat", "pool", pool.output)
    hidden = dense("fc1", "flat", pruned(19, 45, density=0.2, coded=coded, seed=seed + 1))
    last = dense("fc2", "fc1", pruned(7, 19, density=0.4, coded=coded, seed=seed + 2))
    return model(x, first, pool, flat, hidden, last)


def steps_of(net: Model, grid: Grid, batch: int = 1) -> list[Step]:
    """The schedule of a model on a grid."""
    ops = fitted(array_ops(net), grid.pes)
    placement = place(net, ops, pes=grid.pes, lanes=grid.lanes, batch=batch)
    output = output_layout(net, ops[-1].layer.name, pes=grid.pes, batch=batch)
    return build_steps(ops, placement, output, grid, batch=batch)
