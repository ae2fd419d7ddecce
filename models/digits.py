"""Trains, quantises and compresses the digits networks: ``python models/digits.py``; needs the extra ``train``.

Data: scikit-learn's digits, 1,797 real 8x8 images of handwriting (UCI, Alpaydin and Kaynak), split 80/20. Writes the
models and the test split beside this file and prints every accuracy; those of int8 are the golden model's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from quantisation import activation, quantise, quantise_input
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from training import accuracy, make_deterministic, prune, share, train

from hwgen import golden
from hwgen.model import Model, save

HERE = Path(__file__).parent
SEED = 0
TEST_IMAGES = 360
ENTRIES = 16
BRIGHTEST = 16  # pixels are 0..16


@dataclass(frozen=True)
class Recipe:
    """A network and the share of weights that pruning keeps in each layer."""

    name: str
    make: Callable[[], nn.Sequential]
    density: dict[str, float]
    flat: bool


def mlp() -> nn.Sequential:
    """64-32-10."""
    return nn.Sequential(
        OrderedDict(flatten=nn.Flatten(), fc1=nn.Linear(64, 32), relu1=nn.ReLU(), fc2=nn.Linear(32, 10))
    )


def cnn() -> nn.Sequential:
    """Two 3x3 convolutions of 8 and 16 channels, 2x2 maximum pooling, a fully connected layer: 3,784 weights."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 8, 3, padding=1),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(8, 16, 3, padding=1),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            fc=nn.Linear(256, 10),
        )
    )


RECIPES = (
    Recipe("digits_mlp", mlp, {"fc1": 0.4, "fc2": 0.6}, flat=True),
    Recipe("digits_cnn", cnn, {"conv2": 0.5, "fc": 0.3}, flat=False),
)


def main() -> None:
    """Makes and measures all four models."""
    make_deterministic()
    digits = load_digits()
    images = (digits.images[:, np.newaxis] / BRIGHTEST).astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        images, digits.target, test_size=TEST_IMAGES, random_state=SEED, stratify=digits.target
    )
    pixels = activation(train_x.shape[1:], 0.0, 1.0)
    test_q = quantise_input(test_x, pixels)
    np.save(HERE / "digits_test_inputs.npy", test_q)
    np.save(HERE / "digits_test_inputs_flat.npy", test_q.reshape(TEST_IMAGES, -1))
    np.save(HERE / "digits_test_labels.npy", test_y.astype(np.uint8))

    print("| model | weights | non-zero | float % | int8 % |\n|---|---|---|---|---|")
    for recipe in RECIPES:
        frames = test_q.reshape(TEST_IMAGES, -1) if recipe.flat else test_q
        shape = frames.shape[1:]
        data = (torch.from_numpy(train_x), torch.from_numpy(train_y))
        for name, net in _networks(recipe, *data):
            model = quantise(name, net, data[0], activation(shape, 0.0, 1.0))
            save(model, HERE / f"{name}.npz")
            _print_row(model, accuracy(net, torch.from_numpy(test_x), torch.from_numpy(test_y)), frames, test_y)


def _networks(recipe: Recipe, images: Tensor, labels: Tensor) -> list[tuple[str, nn.Sequential]]:
    """The trained network, and its pruned and weight-shared copy."""
    torch.manual_seed(SEED)
    net = recipe.make()
    train(net, images, labels, epochs=150, learning_rate=0.01, seed=SEED)
    small = deepcopy(net)
    apply_masks = prune(small, recipe.density)
    train(small, images, labels, epochs=100, learning_rate=0.005, seed=SEED + 1, after_step=apply_masks)
    share(small, ENTRIES, SEED)
    train(small, images, labels, epochs=50, learning_rate=0.001, seed=SEED + 2)
    return [(recipe.name, net), (f"{recipe.name}_codebook", small)]


def _print_row(model: Model, float_accuracy: float, frames: NDArray[np.int8], labels: NDArray[np.int64]) -> None:
    weights = [layer.weights.decode() for layer in model.layers if hasattr(layer, "weights")]
    outputs = np.asarray(golden.infer(model, frames))
    int8_accuracy = 100.0 * np.mean(outputs.argmax(axis=1) == labels)
    total, non_zero = sum(w.size for w in weights), sum(int(np.count_nonzero(w)) for w in weights)
    print(f"| {model.name} | {total} | {non_zero} | {float_accuracy:.2f} | {int8_accuracy:.2f} |")


if __name__ == "__main__":
    main()
