"""LeNet-5 as a float model.

Caffe's LeNet-5 (LeCun et al., 1998, in Caffe's form) for MNIST, 431,080 parameters: two 5x5 convolutions of 20 and 50
channels with no ReLU behind them, 2x2 maximum pools, fully connected 800-500-10. Its input is pixels / 256, which the
model says itself: an input of 8 bits whose scale is 1/256.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hwgen.bench.data import DataFile, data_file, data_folder
from hwgen.model import Activation, Conv2d, Dense, FloatWeights, MaxPool2d, Model

WEIGHTS = DataFile(
    "deep_compression/lenet_float.npz",
    "https://github.com/may0324/DeepCompression-caffe/blob/0aff6c1287bda4cfc7f378ed8a16524e1afabd8c"
    "/examples/mnist/models/lenet_iter_10000.caffemodel (its blobs)",
    "b28c15dd2945fb693f6234c72b883b041540ac3fb8c9604843097b742394714d",
)
PIXELS = Activation(shape=(1, 28, 28), signed=False, scale=1 / 256, zero_point=0, min=0, max=255)
LOWEST, HIGHEST = -(1 << 31), (1 << 31) - 1


def lenet5(folder: Path | None = None) -> Model:
    """The model, from the data folder's weights.

    Raises
    ------
    UsageError
        They are missing.
    """
    with np.load(data_file(WEIGHTS, data_folder(folder))) as archive:
        arrays = dict(archive)

    def parameters(name: str) -> dict[str, Any]:
        return {"weights": FloatWeights.from_dense(arrays[f"{name}.w"]), "bias": arrays[f"{name}.b"]}

    layers = (
        Conv2d(name="conv1", inputs=("input",), output=real(20, 24, 24), **parameters("conv1")),
        pool("pool1", "conv1", real(20, 12, 12)),
        Conv2d(name="conv2", inputs=("pool1",), output=real(50, 8, 8), **parameters("conv2")),
        pool("pool2", "conv2", real(50, 4, 4)),
        Dense(name="fc1", inputs=("pool2",), output=real(500, low=0), **parameters("fc1")),
        Dense(name="fc2", inputs=("fc1",), output=real(10), **parameters("fc2")),
    )
    return Model(name="lenet5", input=PIXELS, layers=layers, outputs=("fc2",))


def pool(name: str, source: str, output: Activation) -> MaxPool2d:
    """2x2, stride 2."""
    return MaxPool2d(name=name, inputs=(source,), output=output, kernel=(2, 2), stride=(2, 2))


def real(*shape: int, low: int = LOWEST) -> Activation:
    """A float map, clipped to ``low`` from below."""
    return Activation(shape=shape, bits=32, min=low, max=HIGHEST)
