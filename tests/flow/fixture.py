"""A small hand-written core in a folder of the shape that ``build`` writes, and its function in NumPy.

The flow is tested against it without the planner, the gateware and the emitter. It is slow and simple on purpose: it
loads a frame, scales every element, takes the maximum of each channel, answers, and only then loads the next frame.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import IntArray

HERE = Path(__file__).parent
CELLS = HERE.parents[1] / "hwgen" / "emit" / "cells"

WEIGHTS = (16, -13, 127)
SHAPE = (3, 2, 3)
ELEMENTS = 18
CYCLES_PER_ELEMENT = 8


def reference(frames: IntArray) -> IntArray:
    """What the fixture core computes: the maximum over each channel of clamp(x * w >> 4)."""
    scaled = frames.astype(np.int64) * np.array(WEIGHTS)[:, None, None] >> 4
    return np.clip(scaled, -128, 127).max(axis=(2, 3)).astype(np.int8)


def interface(prefix: str, shape: tuple[int, ...], beats: int) -> dict[str, object]:
    return {
        "prefix": prefix, "shape": list(shape), "bits": 8, "signed": True, "element_bits": 8,
        "elements_per_beat": 2, "data_bits": 16, "beats_per_frame": beats,
    }  # fmt: skip


def manifest() -> dict[str, object]:
    layers = [
        {"name": name, "op": op, "cycles": ELEMENTS * CYCLES_PER_ELEMENT}
        for name, op in (("scale", "conv2d"), ("maximum", "max_pool2d"))
    ]
    return {
        "name": "scale_max",
        "top": "scale_max",
        "hwgen_version": "0",
        "pes": 1,
        "lanes": 1,
        "interfaces": {"input": interface("s_axis", SHAPE, 12), "output": interface("m_axis", SHAPE[:1], 2)},
        "cycles": {"total": 2 * ELEMENTS * CYCLES_PER_ELEMENT, "io": 14, "load": 0, "layers": layers},
    }


def write_core(path: Path) -> CoreFolder:
    """Write the fixture core to ``path`` and open it."""
    (path / "rtl").mkdir(parents=True)
    (path / "mem").mkdir()
    (path / "rtl" / "scale_max.v").write_text((HERE / "scale_max.v").read_text())
    for cells in CELLS.glob("cells_*.v"):
        (path / "rtl" / cells.name).write_text(cells.read_text())
    words = [f"{weight & 0xFFFF:04x}\n" for weight in (*WEIGHTS, 0)]
    (path / "mem" / "weights.mem").write_text("".join(words))
    (path / "filelist.f").write_text("rtl/cells_generic.v\nrtl/scale_max.v\n")
    (path / "manifest.json").write_text(json.dumps(manifest()))
    return CoreFolder.open(path)
