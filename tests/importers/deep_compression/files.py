"""Containers and lists of layers for the tests, written by the format's description alone."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np


def container(layers: list[tuple[np.ndarray, np.ndarray, np.ndarray]], bits: int) -> bytes:
    """Bytes of (codes, codebook, bias) a layer."""
    counts, bodies = [], []
    for codes, codebook, bias in layers:
        symbols, runs, gap = [], [], 0
        for code in codes.ravel().tolist():
            if code == 0:
                gap += 1
                continue
            while gap > 15:
                symbols.append(0)
                runs.append(15)
                gap -= 16
            symbols.append(code)
            runs.append(gap)
            gap = 0
        counts.append(len(symbols))
        body = codebook.astype("<f4").tobytes() + bias.astype("<f4").tobytes()
        bodies.append(body + (bytes(symbols) if bits > 4 else halves(symbols)) + halves(runs))
    return struct.pack(f"<{len(counts)}I", *counts) + b"".join(bodies)


def halves(values: list[int]) -> bytes:
    """Two to a byte, the low half first."""
    padded = [*values, 0][: len(values) + len(values) % 2]
    return bytes(low | high << 4 for low, high in zip(padded[::2], padded[1::2], strict=True))


def coded(shape: tuple[int, ...], bits: int, seed: int = 0, density: float = 0.2) -> tuple[np.ndarray, ...]:
    """(codes, codebook, bias) of a pruned layer."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(1, 1 << bits, shape) * (rng.random(shape) < density)
    codebook = np.concatenate([[0], rng.normal(0, 0.5, (1 << bits) - 1)]).astype(np.float32)
    return codes.astype(np.uint8), codebook, rng.normal(0, 0.1, shape[0]).astype(np.float32)


def write(folder: Path, layers: object, data: bytes) -> tuple[Path, Path]:
    """net.net and net.json."""
    (folder / "net.json").write_text(json.dumps(layers))
    (folder / "net.net").write_bytes(data)
    return folder / "net.net", folder / "net.json"
