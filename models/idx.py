"""MNIST and Fashion-MNIST as the .npy files that `compress` takes: ``python models/idx.py FOLDER -o OUT``.

FOLDER holds the data sets' own files (idx, gzip); OUT gets train_x.npy, train_y.npy, test_x.npy, test_y.npy: pixels
0..1 (or what --brightest says) float32 (n, 1, 28, 28), and train_x_flat.npy and test_x_flat.npy, the same as (n, 784).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from hwgen.bench.idx import read_idx, read_images


def only(folder: Path, pattern: str) -> Path:
    """The one file of that pattern; of the test set whatever half the folder has."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder}: needs one file {pattern}")
    return found[0]


def main() -> None:
    """Reads both splits and writes six files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--brightest", type=float, default=1.0, help="white, where a network wants 255 for example")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for split, name in (("train", "train"), ("t10k", "test")):
        images = arguments.brightest * read_images(only(arguments.folder, f"{split}*-images-idx3-ubyte*"))
        np.save(arguments.out / f"{name}_x.npy", images)
        np.save(arguments.out / f"{name}_x_flat.npy", images.reshape(len(images), -1))
        np.save(arguments.out / f"{name}_y.npy", read_idx(only(arguments.folder, f"{split}*-labels-idx1-ubyte*")))
        print(f"{name}: {len(images)} images of {images.shape[2]}x{images.shape[3]}")


if __name__ == "__main__":
    main()
