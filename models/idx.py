"""MNIST and Fashion-MNIST as the .npy files that `compress` takes: ``python models/idx.py FOLDER -o OUT``.

FOLDER holds the data sets' own files (idx, gzip); OUT gets train_x.npy, train_y.npy, test_x.npy, test_y.npy: pixels
0..1 float32 (n, 1, 28, 28), and the same flat as train_x_flat.npy and test_x_flat.npy (n, 784).
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

IMAGES, LABELS, IMAGE_HEADER, LABEL_HEADER = 0x803, 0x801, 16, 8
BRIGHTEST = 255


def read_images(path: Path) -> NDArray[np.float32]:
    """(n, 1, H, W), 0..1."""
    raw = gzip.decompress(path.read_bytes())
    magic, count, height, width = np.frombuffer(raw, ">u4", 4)
    if magic != IMAGES:
        raise SystemExit(f"{path}: is no idx file of images")
    pixels = np.frombuffer(raw, np.uint8, offset=IMAGE_HEADER).reshape(count, 1, height, width)
    return (pixels / BRIGHTEST).astype(np.float32)


def read_labels(path: Path) -> NDArray[np.uint8]:
    """(n,)."""
    raw = gzip.decompress(path.read_bytes())
    if np.frombuffer(raw, ">u4", 1)[0] != LABELS:
        raise SystemExit(f"{path}: is no idx file of labels")
    return np.frombuffer(raw, np.uint8, offset=LABEL_HEADER)


def read_split(folder: Path, split: str) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Images and labels of "train" or "t10k"; of the latter whatever half the folder has."""
    images = sorted(folder.glob(f"{split}*-images-idx3-ubyte.gz"))
    labels = sorted(folder.glob(f"{split}*-labels-idx1-ubyte.gz"))
    if len(images) != 1 or len(labels) != 1:
        raise SystemExit(f"{folder}: needs one {split}*-images-idx3-ubyte.gz and one {split}*-labels-idx1-ubyte.gz")
    return read_images(images[0]), read_labels(labels[0])


def main() -> None:
    """Reads both splits and writes six files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for split, name in (("train", "train"), ("t10k", "test")):
        images, labels = read_split(arguments.folder, split)
        np.save(arguments.out / f"{name}_x.npy", images)
        np.save(arguments.out / f"{name}_x_flat.npy", images.reshape(len(images), -1))
        np.save(arguments.out / f"{name}_y.npy", labels)
        print(f"{name}: {len(images)} images of {images.shape[2]}x{images.shape[3]}")


if __name__ == "__main__":
    main()
