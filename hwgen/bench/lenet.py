"""``bench lenet``: the compressed LeNets in the columns of Deep Compression, and in RTL against their dense plans."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen import golden
from hwgen import model as models
from hwgen.bench.cores import simulated
from hwgen.bench.data import DataFile, data_file, data_folder
from hwgen.bench.examples import MODELS, example
from hwgen.bench.idx import read_idx, read_images
from hwgen.bench.mnist import TEST_IMAGES, TEST_LABELS
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.compress.energy import compressed, dense
from hwgen.compress.frames import Frames, accuracy
from hwgen.compress.sizes import LayerSize, model_sizes, total
from hwgen.flow.process import Progress, silent
from hwgen.model import Conv2d, Dense, DenseWeights, Model
from hwgen.plan import Plan, PlanOptions, build_plan

BYTE = 8
PICO = 1e-6
"""Picojoules to microjoules."""


@dataclass(frozen=True)
class DataSet:
    """A test half: images and labels."""

    title: str
    images: DataFile
    labels: DataFile


MNIST = DataSet("MNIST", TEST_IMAGES, TEST_LABELS)
FASHION = DataSet(
    "Fashion-MNIST",
    DataFile(
        "fashion_mnist/t10k-even-images-idx3-ubyte.gz",
        "https://github.com/zalandoresearch/fashion-mnist, t10k, even rows",
        "2e0e3964c49b5c59cf3b745926c4f91b06c4026694a629e3677dc36d91435d8f",
    ),
    DataFile(
        "fashion_mnist/t10k-even-labels-idx1-ubyte.gz",
        "https://github.com/zalandoresearch/fashion-mnist, t10k, even rows",
        "9d2afe58f06475405d1227455afe90d3d68f2940147e3cc31bf789fa6038fbad",
    ),
)


@dataclass(frozen=True)
class Compressed:
    """A model of models/, ``file``.npz and .json (what ``compress`` said), and its goals.

    ``error``: per cent; ``loss``: points of error more than the float network's; ``kilobytes`` and ``ratio``: of the
    Huffman-coded file; ``cycles``: times fewer than dense.
    ``rtl``: whether it is simulated too.
    """

    title: str
    file: str
    data: DataSet
    error: float | None = None
    kilobytes: float | None = None
    ratio: float | None = None
    cycles: float | None = None
    loss: float | None = None
    rtl: bool = True

    def most_error(self, before: float | None) -> float | None:
        """The goal for the error, of a float network of ``before`` per cent."""
        return before + self.loss if self.loss is not None and before is not None else self.error


LENET_300 = Compressed("LeNet-300-100, MNIST", "lenet300_mnist", MNIST, 1.64, 27, 40, 6)
LOSSLESS = Compressed("LeNet-300-100, MNIST, no loss", "lenet300_lossless", MNIST, ratio=45, cycles=6, loss=0)
LENET_5 = Compressed("LeNet-5, MNIST", "lenet5_mnist", MNIST, 0.80, 44, 39, 6)
FASHION_5 = Compressed("LeNet-5, Fashion-MNIST", "lenet5_fashion", FASHION, ratio=25, loss=0.3, rtl=False)
NETWORKS = (LENET_300, LOSSLESS, LENET_5, FASHION_5)


@dataclass(frozen=True)
class Array:
    """PEs, lanes, and the batch whose frames share the lanes of fully connected layers."""

    pes: int
    lanes: int
    batch: int = 1

    @property
    def title(self) -> str:
        return f"{self.pes} x {self.lanes}" + (f", batch {self.batch}" if self.batch > 1 else "")


ARRAYS = (Array(16, 1), Array(8, 4), Array(8, 4, 4))


def lenet(
    *,
    models_folder: Path = MODELS,
    folder: Path | None = None,
    networks: Sequence[Compressed] = NETWORKS,
    arrays: Sequence[Array] = ARRAYS,
    frames: int | None = None,
    progress: Progress = silent,
) -> Result:
    """Measure; ``frames`` limits the test half.

    Raises
    ------
    UsageError
        A model or a data file is missing.
    """
    data = data_folder(folder)
    rows = [row for network in networks for row in measured(network, models_folder, data, arrays, frames, progress)]
    return result(rows, networks)


def measured(
    network: Compressed,
    models_folder: Path,
    data: Path,
    arrays: Sequence[Array],
    frames: int | None,
    progress: Progress,
) -> list[Row]:
    """The rows of one network."""
    model = models.load(example(f"{network.file}.npz", models_folder))
    record = json.loads(example(f"{network.file}.json", models_folder).read_text(encoding="utf-8"))
    test = _test(network.data, data, model, frames)
    q = golden.quantise(test.frames, model.input)
    wanted = np.asarray(golden.infer(model, q))
    return [
        *_sizes(network, model, record, test),
        *(_simulated(network, model, array, q, wanted, progress) for array in (arrays if network.rtl else ())),
    ]


def result(rows: Sequence[Row], networks: Sequence[Compressed]) -> Result:
    """Their tables."""
    return Result(
        name="lenet",
        summary=(
            "LeNet-300-100 and LeNet-5, trained here, compressed by the recipes in `models/recipes` "
            "([models/README.md](../models/README.md) has the commands), on the half of the test set at hand. First "
            "the columns of Deep Compression (Han et al., ICLR 2016, tables 2 to 5), then all test frames through the "
            "emitted Verilog (CXXRTL) against the dense int8 plan of the same layers on the same array."
        ),
        rows=rows,
        tables=[
            _goal_table([row for row in rows if row["measure"] == "network"]),
            *(_size_table(network, [row for row in rows if row["network"] == network.title]) for network in networks),
            _cycle_table([row for row in rows if row["measure"] == "cycles"]),
        ],
    )


def dense_model(model: Model) -> Model:
    """The same integers, every weight stored."""
    return replace(
        model,
        layers=tuple(
            replace(layer, weights=DenseWeights.from_dense(layer.weights.decode(), layer.weights.bits))
            if isinstance(layer, Conv2d | Dense)
            else layer
            for layer in model.layers
        ),
    )


def best_dense(model: Model, array: Array) -> tuple[Plan, float]:
    """The dense plan of the fewest cycles a frame on the array, frames alone or in the array's batch."""
    options = [PlanOptions(pes=array.pes, lanes=array.lanes, batch=batch) for batch in sorted({1, array.batch})]
    plans = [build_plan(dense_model(model), option) for option in options]
    return min(((plan, plan.interval / plan.options.batch) for plan in plans), key=lambda pair: pair[1])


def _test(dataset: DataSet, folder: Path, model: Model, frames: int | None) -> Frames:
    images = read_images(data_file(dataset.images, folder))[:frames]
    labels = read_idx(data_file(dataset.labels, folder))[:frames]
    return Frames(images.reshape(len(images), *model.input.shape), labels)


def _sizes(network: Compressed, model: Model, record: Any, test: Frames) -> list[Row]:
    """A row per layer, one for all layers, one for the network."""
    sizes = model_sizes(model)
    whole = total(sizes)
    accurate = record["steps"][0]["accuracy_before"]
    before = None if accurate is None else 100 * (1 - accurate)
    energy = dense(model), compressed(model)
    summary = {
        "measure": "network",
        "network": network.title,
        "frames": len(test),
        "error_before": before,
        "error_after": 100 * (1 - accuracy(model, test)),
        "error_goal": network.most_error(before),
        "kilobytes": whole.huffman_bits / BYTE / 1000,
        "kilobytes_goal": network.kilobytes,
        "ratio": whole.float_bits / whole.huffman_bits,
        "ratio_plain": whole.float_bits / whole.bits,
        "ratio_goal": network.ratio,
        "energy_dense_uj": energy[0].on_chip * PICO,
        "energy_uj": energy[1].on_chip * PICO,
        "energy_dram_dense_uj": energy[0].off_chip * PICO,
        "energy_dram_uj": energy[1].off_chip * PICO,
    }
    return [summary, *(_size_row(network, size) for size in (*sizes, whole))]


def _size_row(network: Compressed, size: LayerSize) -> Row:
    return {
        "measure": "layer",
        "network": network.title,
        "layer": size.name,
        "weights": size.weights,
        "kept": 100 * size.kept / size.weights,
        "weight_bits": size.weight_bits,
        "weight_bits_huffman": size.weight_bits_huffman,
        "index_bits": size.index_bits,
        "index_bits_huffman": size.index_bits_huffman,
        "percent": 100 * size.bits / size.float_bits,
        "percent_huffman": 100 * size.huffman_bits / size.float_bits,
    }


def _simulated(
    network: Compressed,
    model: Model,
    array: Array,
    q: NDArray[np.integer],
    wanted: NDArray[np.integer],
    progress: Progress,
) -> Row:
    options = PlanOptions(pes=array.pes, lanes=array.lanes, batch=array.batch)
    plan, result = simulated(model, options, q, progress)
    ends = [result.record.first_inputs[0], *result.record.last_outputs[array.batch - 1 :: array.batch]]
    cycles = median(np.diff(ends).tolist()) / array.batch
    other, other_cycles = best_dense(model, array)
    return {
        "measure": "cycles",
        "network": network.title,
        "array": array.title,
        "frames": len(q),
        "mismatches": int(np.count_nonzero(result.outputs != wanted)),
        "cycles": cycles,
        "planned": plan.interval / array.batch,
        "dense_cycles": other_cycles,
        "speedup": other_cycles / cycles,
        "goal": network.cycles,
        "weight_bits": _weight_bits(plan),
        "dense_weight_bits": _weight_bits(other),
        "fewer_bits": _weight_bits(other) / _weight_bits(plan),
    }


def _weight_bits(plan: Plan) -> int:
    """Of weights, and of the pointers and codebooks that belong to them."""
    bits = plan.memory_bits
    return sum(bits[use] for use in ("weights", "pointers", "codebooks"))


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _goal_table(rows: Sequence[Row]) -> Table:
    return Table(
        "Size and accuracy",
        [
            Column("<network", "network"),
            Column("error % before", "error_before", _two),
            Column("error % after", "error_after", _two),
            Column("goal", "error_goal", _two),
            Column("kB", "kilobytes"),
            Column("goal", "kilobytes_goal"),
            Column("times smaller", "ratio"),
            Column("without Huffman", "ratio_plain"),
            Column("goal", "ratio_goal"),
            Column("uJ, dense", "energy_dense_uj", _two),
            Column("uJ", "energy_uj", _two),
            Column("uJ from DRAM, dense", "energy_dram_dense_uj", _two),
            Column("uJ from DRAM", "energy_dram_uj", _two),
        ],
        rows,
        "before: the float network; after: the int8 one, by the golden model. kB and times smaller: the Huffman "
        "coded file with codebooks, codes' lengths and biases, against 32 bits for each weight and bias. uJ: an "
        "estimate from Horowitz's figures at 45 nm, weights in SRAM (or in DRAM), dense int8 against compressed.",
    )


def _size_table(network: Compressed, rows: Sequence[Row]) -> Table:
    return Table(
        f"{network.title}, layer by layer",
        [
            Column("<layer", "layer"),
            Column("weights", "weights"),
            Column("kept %", "kept"),
            Column("weight bits", "weight_bits"),
            Column("Huffman", "weight_bits_huffman"),
            Column("index bits", "index_bits"),
            Column("Huffman", "index_bits_huffman"),
            Column("size %", "percent", _two),
            Column("with Huffman", "percent_huffman", _two),
        ],
        [row for row in rows if row["measure"] == "layer"],
    )


def _cycle_table(rows: Sequence[Row]) -> Table:
    return Table(
        "In RTL",
        [
            Column("<network", "network"),
            Column("<array", "array"),
            Column("frames", "frames"),
            Column("values unlike golden", "mismatches"),
            Column("cycles a frame", "cycles"),
            Column("no zero activation", "planned"),
            Column("dense", "dense_cycles"),
            Column("times fewer", "speedup"),
            Column("goal", "goal"),
            Column("weight bits", "weight_bits"),
            Column("dense", "dense_weight_bits"),
            Column("times fewer", "fewer_bits"),
        ],
        rows,
        "cycles a frame: simulated, median over the frames of a stream, loading and unloading hidden behind others; "
        "no zero activation: the plan's, and dense the best int8 plan's: both depend on no data. Weight bits: "
        "of the core's memories, with pointers and codebooks.",
    )
