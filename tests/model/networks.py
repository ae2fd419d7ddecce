"""Small valid models, one per operation and per encoding, that the tests save, load and break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hwgen.model import (
    Activation,
    Add,
    AddRequant,
    Argmax,
    AvgPool2d,
    BinaryWeights,
    CodebookWeights,
    Concat,
    Conv2d,
    Dense,
    DenseWeights,
    Flatten,
    FloatWeights,
    Layer,
    MaxPool2d,
    Mean,
    Model,
    NMWeights,
    Requant,
    Requantize,
    Softmax,
    SparseWeights,
    TernaryWeights,
    Weights,
)


def act(*shape: int, **changes: Any) -> Activation:
    """An int8 activation, changed as said."""
    return Activation(**{"shape": shape, "scale": 0.5, "zero_point": -3, "min": -128, "max": 127} | changes)


def real(*shape: int) -> Activation:
    """A float32 map."""
    return Activation(shape=shape, bits=32, scale=1.0, min=-(2**31), max=2**31 - 1)


def requant(channels: int) -> Requant:
    return Requant(
        multiplier=(np.arange(1, channels + 1, dtype=np.int32) % 2048) << 20,
        shift=np.full(channels, 37, np.int8),
        rounding="half_up",
    )


def weights(*shape: int, density: float = 0.6) -> np.ndarray[Any, np.dtype[np.int8]]:
    """The same small integers for the same shape, some of them zero, the first one not."""
    rng = np.random.default_rng(shape)
    values = rng.integers(-7, 8, shape) * (rng.random(shape) < density)
    values.flat[0] = 5
    return values.astype(np.int8)


def signs(*shape: int) -> np.ndarray[Any, np.dtype[np.int8]]:
    return np.where(weights(*shape) > 0, 1, -1).astype(np.int8)


def of_layers(source: Activation, *layers: Layer, outputs: tuple[str, ...] = ()) -> Model:
    return Model(name="net", input=source, layers=layers, outputs=outputs or (layers[-1].name,))


def conv(stored: Weights, **changes: Any) -> Model:
    """A 3x3 convolution of a (4, 6, 5) map with one row of padding all around: (out, 6, 5)."""
    out = stored.shape[0]
    integers = {"bias": np.arange(-1, out - 1, dtype=np.int64), "requant": requant(out)}
    layer = {
        "name": "conv1",
        "inputs": ("input",),
        "weights": stored,
        "padding": (1, 1, 1, 1),
        "output": act(out, 6, 5),
    }
    return of_layers(act(4, 6, 5), Conv2d(**layer | integers | changes))


def fc(stored: Weights, **changes: Any) -> Model:
    """A fully connected layer of a vector."""
    out, features = stored.shape
    layer = {"name": "fc1", "inputs": ("input",), "weights": stored, "requant": requant(out), "output": act(out)}
    return of_layers(act(features), Dense(**layer | changes))


def branches() -> Model:
    """Two convolutions of the input, added, joined and read by the rest of the operations."""

    def branch(name: str, **changes: Any) -> Conv2d:
        stored = DenseWeights.from_dense(weights(2, 4, 1, 1))
        layer = {"name": name, "inputs": ("input",), "weights": stored, "requant": requant(2), "output": act(2, 6, 5)}
        return Conv2d(**layer | changes)

    total = AddRequant(
        left_shift=20, input_multipliers=(1 << 30, 3 << 28), input_shifts=(32, 31), multiplier=9, shift=51
    )
    return of_layers(
        act(4, 6, 5),
        branch("left"),
        branch("right", bias=np.array([-9, 9]), source_op="op01_CONV_2D"),
        Add(name="sum", inputs=("left", "right"), requant=total, output=act(2, 6, 5)),
        Concat(name="joined", inputs=("left", "sum", "right"), output=act(6, 6, 5)),
        Requantize(name="scaled", inputs=("joined",), requant=requant(6), output=act(6, 6, 5, scale=0.25, max=100)),
        MaxPool2d(
            name="pooled",
            inputs=("scaled",),
            kernel=(3, 2),
            stride=(2, 1),
            padding=(1, 0, 0, 1),
            output=act(6, 3, 5, scale=0.25, min=-3),
        ),
        Flatten(name="flat", inputs=("pooled",), output=act(90, scale=0.25)),
        Argmax(name="best", inputs=("flat",), output=act(1, scale=1.0, zero_point=0)),
        Mean(name="average", inputs=("pooled",), requant=requant(6), output=act(6)),
        Softmax(
            name="chances",
            inputs=("average",),
            input_multiplier=1 << 30,
            input_left_shift=23,
            diff_min=-248,
            output=act(6, scale=1 / 256, zero_point=-128),
        ),
        outputs=("best", "chances"),
    )


def _pool(kind: type[AvgPool2d] | type[MaxPool2d], **changes: Any) -> Model:
    layer = {"name": "pool1", "inputs": ("input",), "kernel": (2, 2), "stride": (2, 2), "output": act(4, 3, 2)}
    return of_layers(act(4, 6, 5), kind(**layer | changes))


def _real_network() -> Model:
    kernel = FloatWeights.from_dense(weights(2, 4, 3, 3) / 7)
    return of_layers(
        real(4, 6, 5),
        Conv2d(name="conv1", inputs=("input",), weights=kernel, bias=np.ones(2, np.float32), output=real(2, 4, 3)),
        Requantize(name="again", inputs=("conv1",), output=real(2, 4, 3)),
        Mean(name="mean1", inputs=("again",), output=real(2)),
        Add(name="twice", inputs=("mean1", "mean1"), output=real(2)),
    )


def _winograd(domain: str, side: int) -> Model:
    return conv(DenseWeights.from_dense(weights(3, 4, side, side).astype(np.int16) * 99, bits=14), domain=domain)


NETWORKS: dict[str, Callable[[], Model]] = {
    "dense": lambda: conv(DenseWeights.from_dense(weights(3, 4, 3, 3))),
    "dense, 12 bits": lambda: conv(DenseWeights.from_dense(weights(3, 4, 3, 3).astype(np.int16) * 200, bits=12)),
    "dense, fully connected": lambda: fc(DenseWeights.from_dense(weights(3, 11))),
    "ternary": lambda: conv(TernaryWeights.from_dense(np.sign(weights(3, 4, 3, 3)))),
    "codebook": lambda: conv(CodebookWeights.from_dense(weights(3, 4, 3, 3), code_bits=4)),
    "codebook, 16-bit entries": lambda: fc(CodebookWeights.from_dense(weights(3, 5).astype(np.int16) * 999, bits=16)),
    "sparse": lambda: conv(SparseWeights.from_dense(weights(3, 4, 3, 3))),
    "sparse, codes": lambda: conv(SparseWeights.from_dense(weights(3, 4, 3, 3), code_bits=4)),
    "sparse, fully connected": lambda: fc(SparseWeights.from_dense(weights(5, 7), 4)),
    "sparse, all zero": lambda: fc(SparseWeights.from_dense(np.zeros((5, 7), np.int8))),
    "nm": lambda: conv(NMWeights.from_dense(weights(3, 4, 3, 3), 2, 2)),
    "nm, codes": lambda: conv(NMWeights.from_dense(weights(3, 4, 3, 3), 4, 4, code_bits=4)),
    "nm, fully connected": lambda: fc(NMWeights.from_dense(weights(3, 8) * (np.arange(8) % 4 < 2), 2, 4)),
    "binary": lambda: conv(BinaryWeights.from_dense(signs(3, 4, 3, 3))),
    "binary, one-bit maps": lambda: of_layers(
        act(4, 6, 5, bits=1, zero_point=0, min=-1, max=1),
        Conv2d(
            name="conv1",
            inputs=("input",),
            weights=BinaryWeights.from_dense(signs(3, 4, 3, 3)),
            requant=requant(3),
            output=act(3, 4, 3, bits=1, zero_point=0, min=-1, max=1),
        ),
    ),
    "float": _real_network,
    "float weights, int8 maps": lambda: conv(FloatWeights.from_dense(weights(3, 4, 3, 3)), bias=None, requant=None),
    "winograd2": lambda: _winograd("winograd2", 4),
    "winograd4": lambda: _winograd("winograd4", 6),
    "depthwise": lambda: conv(DenseWeights.from_dense(weights(4, 1, 3, 3)), groups=4),
    "grouped": lambda: conv(SparseWeights.from_dense(weights(6, 2, 3, 3)), groups=2),
    "strided": lambda: conv(
        DenseWeights.from_dense(weights(3, 4, 5, 2)), stride=(2, 3), padding=(2, 1, 0, 3), output=act(3, 3, 3)
    ),
    "all other operations": branches,
    "avg_pool2d": lambda: _pool(AvgPool2d),
    "avg_pool2d, padded": lambda: _pool(
        AvgPool2d, padding=(2, 2, 2, 2), count_include_pad=True, output=act(4, 5, 4, max=90)
    ),
    "unsigned, 16 bits": lambda: of_layers(
        act(3, bits=16, signed=False, zero_point=9, min=0, max=65535),
        Requantize(
            name="r1",
            inputs=("input",),
            requant=requant(3),
            output=act(3, bits=4, signed=False, zero_point=15, min=1, max=14),
        ),
    ),
}
"""Every operation, encoding, domain and kind of map of format 1."""
