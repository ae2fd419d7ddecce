"""Small cores with Winograd tiles."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hwgen.compress.winograd import WinogradOptions, winograd_layer
from hwgen.model import Activation, Conv2d, DenseWeights, Layer, Model, Requant, SparseWeights
from hwgen.plan import Plan, PlanOptions, build_plan
from hwgen.plan.fields import FieldLayout
from hwgen.plan.shape import ArrayShape
from hwgen.plan.tiles import Size, input_rows


def int8(*shape: int, zero_point: int = 0) -> Activation:
    return Activation(shape=shape, bits=8, signed=True, scale=1.0, zero_point=zero_point, min=-128, max=127)


def convolution(
    name: str, source: str, x: Activation, values: NDArray[np.int8], padding: tuple[int, int, int, int]
) -> Conv2d:
    """Stride 1; the outputs use about half of their range."""
    rows, channels = values.shape[:2]
    _, height, width = x.chw
    return Conv2d(
        name=name,
        inputs=(source,),
        output=int8(rows, height + padding[0] + padding[1] - 2, width + padding[2] + padding[3] - 2, zero_point=-5),
        weights=DenseWeights(values=values, bits=8),
        requant=Requant(
            multiplier=np.full(rows, 20_000, np.int32),
            shift=np.full(rows, 14 + int(np.log2(74 * 74 * 3 * channels**0.5 / 50)), np.int8),
            rounding="half_up",
        ),
        padding=padding,
    )


def network(
    channels: int,
    rows: int,
    size: tuple[int, int],
    *,
    padding: tuple[int, int, int, int] = (1, 1, 1, 1),
    layers: int = 1,
    seed: int = 0,
    style: str = "even",
) -> Model:
    """So many 3 x 3 convolutions; weights ``even`` over int8, all ``low`` (-128), or ``alternating`` in sign."""
    rng = np.random.default_rng(seed)
    x, made = int8(channels, *size, zero_point=3), list[Layer]()
    source = "input"
    for index in range(layers):
        shape = (rows, x.shape[0], 3, 3)
        values = {
            "even": rng.integers(-128, 128, shape),
            "low": np.full(shape, -128),
            "alternating": np.where(np.indices(shape).sum(axis=0) % 2, 127, -128),
        }[style]
        made.append(convolution(f"conv{index}", source, x, values.astype(np.int8), padding))
        x, source = made[-1].output, f"conv{index}"
    return Model(name="tiles", input=int8(channels, *size, zero_point=3), layers=tuple(made), outputs=(source,))


def sparse_network(
    channels: int, rows: int, size: tuple[int, int], *, tile: Size = 2, layers: int = 1, density: float = 0.4,
    seed: int = 0,
) -> Model:  # fmt: skip
    """Those convolutions with weights of the Winograd domain, of which a share of ``density`` is there."""
    rng = np.random.default_rng(seed)
    net = network(channels, rows, size, layers=layers, seed=seed)
    made = []
    for layer in net.layers:
        assert isinstance(layer, Conv2d)
        domain = winograd_layer(layer, WinogradOptions(size=tile))
        values = domain.weights.decode().astype(np.int64)
        kept = np.where(rng.random(values.shape) < density, values, 0)
        made.append(replace(domain, weights=SparseWeights.from_dense(kept, domain.weights.bits)))
    return replace(net, layers=tuple(made))


@cache
def tile_plan(
    size: Size, *, channels: int = 3, rows: int = 4, pes: int = 2, lanes: int = 2, requantisers: int = 0
) -> Plan:
    """A convolution of a 5 x 7 map in tiles of that size."""
    options = PlanOptions(
        pes=pes, lanes=lanes, requantisers=requantisers or None, algorithm="winograd2" if size == 2 else "winograd4"
    )
    return build_plan(network(channels, rows, (5, 7)), options)


@cache
def sparse_tile_plan(size: Size, *, rows: int = 7, pes: int = 2, lanes: int = 2, requantisers: int = 0) -> Plan:
    """The same with sparse weights in the Winograd domain."""
    options = PlanOptions(pes=pes, lanes=lanes, requantisers=requantisers or None)
    return build_plan(sparse_network(3, rows, (5, 7), tile=size), options)


def transformed(tiles: NDArray[np.int64], size: Size) -> NDArray[np.int64]:
    """B^T d B of tiles (..., side, side)."""
    bt = np.array(input_rows(size))
    return np.asarray(bt @ tiles @ bt.T)


def roomy(shape: ArrayShape) -> ArrayShape:
    """With wider fields and deeper buffers, for other layers than the plan's."""
    assert shape.tiles is not None
    fields = FieldLayout(tuple((name, max(width, 11)) for name, width in shape.read_fields.fields))
    narrow = FieldLayout(tuple((name, 1 if name == "tile_size" else width) for name, width in fields.fields))
    return replace(shape, read_fields=narrow, tiles=replace(shape.tiles, buffer_words=1024))
