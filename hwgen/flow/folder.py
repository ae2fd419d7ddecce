"""The output folder that ``build`` writes, as the simulators and synthesisers see it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwgen.errors import UsageError

NOT_A_CORE = "give the folder that `hwgen build` wrote"


@dataclass(frozen=True, kw_only=True)
class Interface:
    """One AXI4-Stream of the core, as manifest.json describes it.

    Parameters
    ----------
    prefix:
        Port names are ``PREFIX_tdata`` and so on.
    shape:
        Of one frame: (C, H, W) or (F,).
    bits, signed:
        Range of an element.
    element_bits:
        Bits an element takes in a beat, a multiple of 8.
    elements_per_beat, data_bits, beats_per_frame:
        The packing; ``data_bits`` is the width of tdata, a multiple of 8.
    """

    prefix: str
    shape: tuple[int, ...]
    bits: int
    signed: bool
    element_bits: int
    elements_per_beat: int
    data_bits: int
    beats_per_frame: int

    @property
    def beat_bytes(self) -> int:
        return self.data_bits // 8

    @property
    def pixels(self) -> int:
        """Positions of a map; a vector is one."""
        return math.prod(self.shape[1:])

    @property
    def beats_per_pixel(self) -> int:
        return -(-self.shape[0] // self.elements_per_beat)


@dataclass(frozen=True, kw_only=True)
class WeightStream:
    """The stream of a core that loads its weights: mem/weights.bin holds ``beats`` words of ``data_bits``."""

    prefix: str
    data_bits: int
    beats: int

    @property
    def beat_bytes(self) -> int:
        return self.data_bits // 8


@dataclass(frozen=True)
class CoreFolder:
    """A folder with a core in it. Open it with :meth:`open`, which checks what the flow relies on."""

    path: Path
    manifest: Mapping[str, Any]
    input: Interface
    output: Interface
    weights: WeightStream | None
    sources: tuple[str, ...]

    @classmethod
    def open(cls, path: Path) -> CoreFolder:
        """Read manifest.json and filelist.f.

        Raises
        ------
        UsageError
            The folder holds no core, or its manifest is not one that ``build`` writes.
        """
        manifest_file = path / "manifest.json"
        if not manifest_file.is_file():
            raise UsageError("no core here: manifest.json is missing", file=str(path), hint=NOT_A_CORE)
        try:
            manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise UsageError(f"not readable as JSON: {error}", file=str(manifest_file), hint=NOT_A_CORE) from None
        checked = _Checked(manifest_file, manifest)
        for key in ("name", "top"):
            checked.get(manifest, key, str)
        cycles = checked.get(manifest, "cycles", dict)
        checked.get(cycles, "total", int)
        layers = checked.get(cycles, "layers", list)
        if not all(index in range(len(layers)) for index in checked.get(cycles, "pulses", list)):
            raise UsageError("names no layer", file=str(manifest_file), key="cycles.pulses", hint=NOT_A_CORE)
        interfaces = checked.get(manifest, "interfaces", dict)
        return cls(
            path=path.resolve(),
            manifest=manifest,
            input=checked.interface(interfaces, "input"),
            output=checked.interface(interfaces, "output"),
            weights=checked.weight_stream(interfaces) if "weights" in interfaces else None,
            sources=tuple(_sources(path)),
        )

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def top(self) -> str:
        """Name of the top module."""
        return str(self.manifest["top"])

    @property
    def model(self) -> Path:
        """The model as built."""
        return self.path / "model.npz"

    @property
    def weight_stream(self) -> Path:
        """The beats of the model as built, for a core that loads its weights."""
        return self.path / "mem" / "weights.bin"

    @property
    def layers(self) -> list[str]:
        """Names of the layers, in order."""
        return [str(layer["name"]) for layer in self.manifest["cycles"]["layers"]]

    @property
    def pulses(self) -> list[int]:
        """The layer, as an index into :attr:`layers`, of each ``layer_done`` pulse of a frame (of all its batch)."""
        return [int(index) for index in self.manifest["cycles"]["pulses"]]

    @property
    def counters(self) -> dict[str, int]:
        """What each of the core's counters is planned to read behind one frame (batch) without a zero."""
        return dict(self.manifest.get("counters", {}))

    @property
    def batch(self) -> int:
        """Frames that the core computes together: it waits for all of them."""
        return int(self.manifest.get("batch", 1))

    @property
    def patience(self) -> int:
        """Cycles without a beat after which a simulation gives up: far beyond loading and computing one frame."""
        cycles = self.manifest["cycles"]
        planned = sum(int(cycles.get(key, 0)) for key in ("total", "io", "load"))
        return 4 * planned + 20_000

    def digest(self, extra: Iterable[str] = ()) -> str:
        """sha256 over sources and ``extra``: the key of a compiled simulator, which reads the images when it starts."""
        total = hashlib.sha256()
        for name in self.sources:
            content = hashlib.sha256((self.path / name).read_bytes()).hexdigest()
            total.update(f"{name}\0{content}\0".encode())
        for text in extra:
            total.update(f"{text}\0".encode())
        return total.hexdigest()


def _sources(path: Path) -> list[str]:
    """The Verilog files that filelist.f names, relative to the folder."""
    filelist = path / "filelist.f"
    if not filelist.is_file():
        raise UsageError("no core here: filelist.f is missing", file=str(path), hint=NOT_A_CORE)
    lines = [line.split("//")[0].strip() for line in filelist.read_text(encoding="utf-8").splitlines()]
    names = [line for line in lines if line and not line.startswith(("+", "-", "#"))]
    if not names:
        raise UsageError("names no Verilog file", file=str(filelist), hint=NOT_A_CORE)
    for name in names:
        if not (path / name).resolve().is_relative_to(path.resolve()):
            raise UsageError(f"{name} leaves the folder", file=str(filelist), hint=NOT_A_CORE)
        if not (path / name).is_file():
            raise UsageError(f"{name} is missing", file=str(filelist), hint="build the core again")
    return names


@dataclass(frozen=True)
class _Checked:
    """Reads typed keys of the manifest, or says which one is wrong."""

    file: Path
    manifest: object

    def get(self, record: object, key: str, kind: type | tuple[type, ...]) -> Any:
        if not isinstance(record, dict) or not isinstance(record.get(key), kind):
            raise UsageError("missing or of the wrong type", file=str(self.file), key=key, hint=NOT_A_CORE)
        return record[key]

    def weight_stream(self, interfaces: object) -> WeightStream:
        record = self.get(interfaces, "weights", dict)
        bits, beats = self.get(record, "data_bits", int), self.get(record, "beats", int)
        if bits < 8 or bits % 8 or beats < 1:
            raise UsageError("widths do not fit each other", file=str(self.file), key="interfaces.weights")
        return WeightStream(prefix=self.get(record, "prefix", str), data_bits=bits, beats=beats)

    def interface(self, interfaces: object, name: str) -> Interface:
        record = self.get(interfaces, name, dict)
        shape = self.get(record, "shape", list)
        if not shape or not all(isinstance(length, int) and length > 0 for length in shape):
            raise UsageError("a shape is a list of positive integers", file=str(self.file), key=f"{name}.shape")
        numbers = {
            key: self.get(record, key, int)
            for key in ("bits", "element_bits", "elements_per_beat", "data_bits", "beats_per_frame")
        }
        found = Interface(
            prefix=self.get(record, "prefix", str),
            shape=tuple(shape),
            signed=self.get(record, "signed", bool),
            **numbers,
        )
        if min(numbers.values()) < 1 or found.element_bits % 8 or found.bits > min(found.element_bits, 32):
            raise UsageError("widths do not fit each other", file=str(self.file), key=f"interfaces.{name}")
        if found.data_bits != found.elements_per_beat * found.element_bits:
            raise UsageError("data_bits is not elements_per_beat x element_bits", file=str(self.file), key=name)
        if found.beats_per_frame != found.pixels * found.beats_per_pixel:
            raise UsageError("beats_per_frame does not follow from the shape", file=str(self.file), key=name)
        return found
