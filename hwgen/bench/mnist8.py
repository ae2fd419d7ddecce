"""ONNX's example network mnist-8, quantised after training."""

from __future__ import annotations

from pathlib import Path

from hwgen.bench.data import DataFile, data_file
from hwgen.bench.mnist import TRAINING_IMAGES, images
from hwgen.compress.quantise import quantise
from hwgen.importers import import_model
from hwgen.model import Model

MNIST_8 = DataFile(
    "onnx/mnist-8.onnx",
    "https://github.com/EMCLab-Sinica/Stateful-CNN/blob/0c2b7fa059e097604bc7a5294df7a19a81b844c7/data/mnist-8.onnx",
    "2f06e72de813a8635c9bc0397ac447a601bdbfa7df4bebc278723b958831c9bf",
)
NEEDS = (MNIST_8, TRAINING_IMAGES)
CALIBRATION = 500
"""Training images, the first ones."""
DIVISOR = 255
"""Of the pixels."""


def mnist8_float(folder: Path) -> Model:
    """As the file has it.

    Raises
    ------
    UsageError
        The file is missing.
    """
    return import_model(data_file(MNIST_8, folder))


def mnist8(folder: Path) -> Model:
    """Eight bits, calibrated with the ranges of training images.

    Raises
    ------
    UsageError
        A file is missing.
    """
    return quantise(mnist8_float(folder), images(TRAINING_IMAGES, folder)[:CALIBRATION] / DIVISOR)
