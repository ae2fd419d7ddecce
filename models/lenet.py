"""Trains the float LeNets that the recipes compress: ``python models/lenet.py NETWORK DATA -o FLOAT.npz``.

NETWORK is lenet300 (784-300-100-10) or lenet5 (Caffe's 20 and 50 filters of 5x5, 500 and 10 outputs, with a ReLU behind
each convolution); DATA a folder that models/idx.py wrote. Needs the extra ``train``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hwgen.compress.train.data import Examples
from hwgen.compress.train.distort import Distortion
from hwgen.compress.train.fit import Schedule, accuracy, fit
from hwgen.compress.train.network import Network
from hwgen.model import Activation, Conv2d, Dense, FloatWeights, Layer, MaxPool2d, Model, save

FLOAT_BITS = 32
LOW, HIGH = -(1 << 31), (1 << 31) - 1
CLASSES = 10
IMAGE = (1, 28, 28)


def real(*shape: int, relu: bool = False) -> Activation:
    """A map of real numbers."""
    return Activation(shape=shape, bits=FLOAT_BITS, min=0 if relu else LOW, max=HIGH)


def lenet300(seed: int = 0, hidden: tuple[int, ...] = (300, 100)) -> Model:
    """784-300-100-10 with random weights."""
    rng = np.random.default_rng(seed)
    layers: list[Layer] = []
    source, inputs = "input", 784
    for index, outputs in enumerate((*hidden, CLASSES), start=1):
        layers.append(dense(f"fc{index}", source, inputs, outputs, rng, relu=index <= len(hidden)))
        source, inputs = f"fc{index}", outputs
    return Model(name="lenet300", input=real(784), layers=tuple(layers), outputs=(source,))


def lenet5(seed: int = 0) -> Model:
    """Conv 20 and 50, 5x5, each with ReLU and 2x2 maximum pooling, then 800-500-10; random weights."""
    rng = np.random.default_rng(seed)
    layers = (
        conv("conv1", "input", 1, 20, 24, rng),
        pool("pool1", "conv1", 20, 12),
        conv("conv2", "pool1", 20, 50, 8, rng),
        pool("pool2", "conv2", 50, 4),
        dense("fc1", "pool2", 800, 500, rng, relu=True),
        dense("fc2", "fc1", 500, CLASSES, rng),
    )
    return Model(name="lenet5", input=real(1, 28, 28), layers=layers, outputs=("fc2",))


def initial(rng: np.random.Generator, *shape: int) -> FloatWeights:
    """He et al. (2015): variance 2 / fan in."""
    return FloatWeights.from_dense(rng.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape))


def conv(name: str, source: str, inputs: int, outputs: int, size: int, rng: np.random.Generator) -> Conv2d:
    weights, bias = initial(rng, outputs, inputs, 5, 5), np.zeros(outputs, np.float32)
    return Conv2d(name=name, inputs=(source,), output=real(outputs, size, size, relu=True), weights=weights, bias=bias)


def pool(name: str, source: str, channels: int, size: int) -> MaxPool2d:
    return MaxPool2d(name=name, inputs=(source,), output=real(channels, size, size), kernel=(2, 2), stride=(2, 2))


def dense(name: str, source: str, inputs: int, outputs: int, rng: np.random.Generator, *, relu: bool = False) -> Dense:
    weights, bias = initial(rng, outputs, inputs), np.zeros(outputs, np.float32)
    return Dense(name=name, inputs=(source,), output=real(outputs, relu=relu), weights=weights, bias=bias)


def flat(model: Model) -> bool:
    return len(model.input.shape) == 1


def main() -> None:
    """Trains, prints the accuracy on the test images, saves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=("lenet300", "lenet5"))
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--turn", type=float, default=0.0, help="random rotation and shear, radians")
    parser.add_argument("--shift", type=float, default=0.0, help="random shift, image widths")
    parser.add_argument("--scale", type=float, default=0.0, help="random scaling, relative")
    parser.add_argument("--mirror", type=float, default=0.0, help="chance of a mirror image")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = {"lenet300": lenet300, "lenet5": lenet5}[arguments.network](arguments.seed)
    end = "_flat" if flat(model) else ""
    load = lambda name: np.load(arguments.data / f"{name}.npy")  # noqa: E731
    train, test = (Examples.of(load(f"{split}_x{end}"), load(f"{split}_y")) for split in ("train", "test"))
    schedule = Schedule(
        epochs=arguments.epochs,
        learning_rate=arguments.rate,
        weight_decay=0.01,
        seed=arguments.seed,
        distortion=Distortion(arguments.turn, arguments.scale, arguments.shift, arguments.mirror, IMAGE),
    )
    net = Network(model)
    fit(net, train, schedule)
    print(f"{arguments.out}: error {100 * (1 - accuracy(net, test)):.2f} % of {len(test)} test images")
    save(net.to_model(), arguments.out)


if __name__ == "__main__":
    main()
