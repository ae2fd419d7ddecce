"""The Plan: everything about a core, decided. Printable, comparable, without any HDL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from hwgen.plan.columns import BUNDLES
from hwgen.plan.images import MemoryImage
from hwgen.plan.layout import MapLayout
from hwgen.plan.machine import Machine
from hwgen.plan.options import PlanOptions
from hwgen.plan.orders import Orders
from hwgen.plan.placement import Peak
from hwgen.plan.shape import ArrayShape
from hwgen.plan.steps import Grid, Step

CODEBOOK = "codebook"


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """One layer's cost, for all frames of a batch.

    ``utilisation``: multiplications that the encoding needs (N:M: n of m) / (pes x lanes x cycles).
    """

    name: str
    op: str
    encoding: str
    algorithm: str
    cycles: int
    macs: int
    nonzero_macs: int
    weights: int
    nonzero_weights: int
    utilisation: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A core.

    Parameters
    ----------
    shape:
        Its structure.
    images:
        Contents of its memories, in the order of the weight stream.
    layers:
        Cost by layer; a flatten costs nothing.
    pulses:
        The layer, as an index into ``layers``, of each ``layer_done`` pulse of a frame (or batch).
    load_cycles, unload_cycles:
        From the first input beat to the start of the first layer; from the last layer's end to the last output beat.
    interval:
        Cycles from one frame's (or batch's) start to the next one's, once the core is busy.
    maps:
        Layouts in the banks.
    peak:
        When most of them live at once.
    input_shape, output_shape:
        Of one frame, as the model has them.
    steps, grid:
        The schedule, and what decides how long it takes.
    orders:
        Maps whose channels do not stand in their natural order.
    machines, counts:
        By operation, of the sparse ones: the queues' parameters, and the entries of each PE in each column.
    fillers:
        By operation, of the sparse ones: entries of weight 0 of all PEs in each column.
    notes:
        Layers that gain less than their encoding promises, a sentence each.
    """

    name: str
    options: PlanOptions
    shape: ArrayShape
    images: tuple[MemoryImage, ...]
    layers: tuple[LayerPlan, ...]
    pulses: tuple[int, ...]
    load_cycles: int
    unload_cycles: int
    interval: int
    maps: tuple[MapLayout, ...]
    peak: Peak
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    steps: tuple[Step, ...] = ()
    grid: Grid | None = None
    orders: Orders = field(default_factory=dict)
    machines: Mapping[int, Machine] = field(default_factory=dict)
    counts: Mapping[int, NDArray[np.int32]] = field(default_factory=dict)
    fillers: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def compute_cycles(self) -> int:
        """Cycles of all layers."""
        return sum(layer.cycles for layer in self.layers)

    @property
    def multipliers(self) -> int:
        """Multipliers of the lanes."""
        return self.shape.pes * self.shape.lanes

    @property
    def memory_bits(self) -> dict[str, int]:
        """Bits by use, one copy of each memory's content as the core holds it."""
        shape = self.shape
        weights = sum(image.bits for image in self.images if image.name.startswith("weights_"))
        pointers = sum(image.bits for image in self.images if image.name.startswith("pointers_"))
        copies = (shape.lanes if shape.has_wide else 1) * (shape.has_matrix or shape.has_local)
        copies += shape.sparse is not None
        codebooks = self.codebook.bits * shape.pes * copies if self.codebook else 0
        requant = sum(image.bits for image in self.images if image.name.startswith("requant_"))
        schedule = sum(image.bits for image in self.images if image.name.startswith(("schedule_", "taps")))
        return {
            "weights": weights,
            "pointers": pointers,
            "queues": _queue_bits(shape),
            "tiles": _tile_bits(shape),
            "codebooks": codebooks,
            "activations": shape.bank_words * shape.lanes * shape.act_bits * shape.pes,
            "output_buffer": shape.output_words * shape.act_bits * shape.pes,
            "requantisation": requant,
            "schedule": schedule,
        }

    def image(self, name: str) -> MemoryImage:
        """The image of that name."""
        return next(image for image in self.images if image.name == name)

    @property
    def codebook(self) -> MemoryImage | None:
        """The codebooks, which every decoder holds."""
        return next((image for image in self.images if image.name == CODEBOOK), None)

    @property
    def array_images(self) -> tuple[str, ...]:
        """Memories that the array itself holds: weights and schedule."""
        return tuple(
            image.name for image in self.images if image.name.startswith(("weights_", "pointers_", "schedule_", "taps"))
        )

    @property
    def structure_digest(self) -> str:
        """SHA-256 of everything that the Verilog depends on, the memories' contents and the counters left out."""
        images = [(image.name, image.width, image.depth) for image in self.images]
        # The name changes nothing but names: a core takes the weights of a namesake and of a stranger alike.
        shape = asdict(self.shape) | {"name": ""}
        # Counters only watch: a core with them takes the weights of one without.
        del shape["counters"]
        # Streams for cores that are not limited stay what they were before there was such a limit.
        if not shape["requantisers_limited"]:
            del shape["requantisers_limited"]
        text = json.dumps([shape, images], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def signature(self) -> int:
        """32 bits that tell the weight streams of different structures apart."""
        return int(self.structure_digest[:8], 16)

    @property
    def digest(self) -> str:
        """SHA-256 of structure and contents."""
        total = hashlib.sha256(self.structure_digest.encode())
        if self.shape.counters:
            total.update(b"counters\n")
        for image in self.images:
            total.update(f"{image.name} {image.width}\n".encode())
            total.update(image.data(-(-image.width // 8)).tobytes())
        return total.hexdigest()


def _tile_bits(shape: ArrayShape) -> int:
    """Buffers of transformed inputs, memories of columns that become rows, of sums, and between the output transforms;
    each holds a part twice, one to write and one to read."""
    tiles = shape.tiles
    if tiles is None:
        return 0
    vectors = (
        tiles.units
        * shape.lanes
        * (tiles.vector_bits * tiles.buffer_words + tiles.row_bits * 2 * max(tiles.sides) ** 2)
    )
    results = max(edge * size for edge, size in zip(tiles.sides, tiles.sizes, strict=True))
    sums = shape.lanes * tiles.sums_words
    return vectors + shape.pes // tiles.pes_per_unit * shape.acc_bits * 2 * (sums + results)


def _queue_bits(shape: ArrayShape) -> int:
    """Queues of columns and bundles, and the accumulators of many rows."""
    sparse = shape.sparse
    if sparse is None:
        return 0
    column = sparse.entry_bits + sparse.end_bits + 2 + shape.lanes * sparse.operand_bits
    bundle = shape.pes * (shape.lanes * shape.act_bits + 1) + sparse.column_bits + 1
    rows = 2 * sparse.rows * shape.lanes * shape.acc_bits
    return shape.pes * (sparse.queue_words * column + rows) + BUNDLES * bundle


def utilisation(layers: Sequence[LayerPlan]) -> float:
    """That of several layers together: their mean by cycles."""
    cycles = sum(layer.cycles for layer in layers)
    return sum(layer.utilisation * layer.cycles for layer in layers) / cycles if cycles else 0.0
