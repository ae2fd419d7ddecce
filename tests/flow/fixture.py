"""A small hand-written core in a folder of the shape that ``build`` writes, and its function in NumPy.

The flow is tested against it without the planner, the gateware and the emitter. It is slow and simple on purpose: it
loads a frame, scales every element, takes the maximum of each channel, answers, and only then loads the next frame.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from hwgen.emit.vendor import FAMILIES, cells_source
from hwgen.flow.folder import CoreFolder
from hwgen.flow.frames import IntArray
from hwgen.model import Activation, Conv2d, DenseWeights, Flatten, MaxPool2d, Model, Requant, save

HERE = Path(__file__).parent

WEIGHTS = (16, -13, 127)
SHAPE = (3, 2, 3)
ELEMENTS = 18
CYCLES_PER_ELEMENT = 8


def reference(frames: IntArray) -> IntArray:
    """What the fixture core computes: the maximum over each channel of clamp(x * w >> 4)."""
    scaled = frames.astype(np.int64) * np.array(WEIGHTS)[:, None, None] >> 4
    return np.clip(scaled, -128, 127).max(axis=(2, 3)).astype(np.int8)


def model() -> Model:
    """The same as a model: a depthwise 1x1 convolution, a pooling over the whole map, a flatten."""
    channels = len(WEIGHTS)
    requant = Requant(multiplier=np.ones(channels, np.int32), shift=np.full(channels, 4, np.int8), rounding="floor")
    weights = DenseWeights(bits=8, values=np.array(WEIGHTS, np.int8).reshape(channels, 1, 1, 1))

    def int8(*shape: int) -> Activation:
        return Activation(shape=shape, min=-128, max=127)

    scale = Conv2d(
        name="scale", inputs=("input",), output=int8(*SHAPE), weights=weights, groups=channels, requant=requant
    )
    kernel = SHAPE[1], SHAPE[2]
    maximum = MaxPool2d(name="maximum", inputs=("scale",), output=int8(channels, 1, 1), kernel=kernel, stride=kernel)
    flatten = Flatten(name="flatten", inputs=("maximum",), output=int8(channels))
    return Model(name="scale_max", input=int8(*SHAPE), layers=(scale, maximum, flatten), outputs=("flatten",))


def interface(prefix: str, shape: tuple[int, ...], beats: int) -> dict[str, object]:
    return {
        "prefix": prefix, "shape": list(shape), "bits": 8, "signed": True, "element_bits": 8,
        "elements_per_beat": 2, "data_bits": 16, "beats_per_frame": beats,
    }  # fmt: skip


def manifest() -> dict[str, object]:
    layers = [{"name": layer.name, "op": layer.op} for layer in model().layers]
    return {
        "name": "scale_max",
        "top": "scale_max",
        "hwgen_version": "0",
        "pes": 1,
        "lanes": 1,
        "interfaces": {"input": interface("s_axis", SHAPE, 12), "output": interface("m_axis", SHAPE[:1], 2)},
        "cycles": {"total": 2 * ELEMENTS * CYCLES_PER_ELEMENT, "io": 14, "load": 0, "layers": layers, "pulses": [0, 1]},
    }


def write_core(path: Path) -> CoreFolder:
    """Write the fixture core to ``path`` and open it."""
    (path / "rtl").mkdir(parents=True)
    (path / "mem").mkdir()
    (path / "rtl" / "scale_max.v").write_text((HERE / "scale_max.v").read_text())
    for family in FAMILIES:
        (path / "rtl" / f"cells_{family}.v").write_text(cells_source(family))
    words = [f"{weight & 0xFFFF:04x}\n" for weight in (*WEIGHTS, 0)]
    (path / "mem" / "weights.mem").write_text("".join(words))
    (path / "filelist.f").write_text("rtl/cells_generic.v\nrtl/scale_max.v\n")
    save(model(), path / "model.npz")
    (path / "manifest.json").write_text(json.dumps(manifest()))
    return CoreFolder.open(path)
