"""``bench accuracy``: real networks on real images, float against integers against the emitted Verilog."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwgen import golden
from hwgen.bench.cores import simulated
from hwgen.bench.data import DataFile, folder_with
from hwgen.bench.lenet5 import WEIGHTS, lenet5
from hwgen.bench.mnist import TEST_IMAGES, TEST_LABELS, TRAINING_IMAGES, images, labels
from hwgen.bench.mnist8 import CALIBRATION, DIVISOR, MNIST_8, mnist8_float
from hwgen.bench.result import Column, Result, Row, Table
from hwgen.compress.calibrate import METHODS
from hwgen.compress.integer_weights import WeightFormat
from hwgen.compress.quantise import Quantisation, quantise
from hwgen.flow.process import Progress, silent
from hwgen.model import Model
from hwgen.plan import PlanOptions, build_plan

TARGET = "ecp5-85k"
PES, LANES = 8, 4
WEIGHT_BITS = (8, 4)
IN_RTL = "min_max"
"""The calibration whose models, with the first number of weight bits, go through the Verilog."""


@dataclass(frozen=True)
class RealNetwork:
    """A float network for MNIST; its input is pixels / ``divisor``; so many images go through the Verilog."""

    title: str
    file: DataFile
    make: Callable[[Path], Model]
    divisor: int
    in_rtl: int


NETWORKS = (
    RealNetwork("mnist-8", MNIST_8, mnist8_float, DIVISOR, 500),
    RealNetwork("LeNet-5", WEIGHTS, lenet5, 256, 100),
)


@dataclass(frozen=True, eq=False)
class Digits:
    """Test images (n, 1, 28, 28) with their labels, and images to calibrate with."""

    test: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    training: NDArray[np.uint8]

    def right(self, outputs: NDArray[np.generic]) -> float:
        """The share of the first images whose greatest output is their label's."""
        return float(np.mean(outputs.argmax(axis=1) == self.labels[: len(outputs)]))


def accuracy(
    *,
    networks: Sequence[RealNetwork] = NETWORKS,
    folder: Path | None = None,
    weight_bits: Sequence[int] = WEIGHT_BITS,
    pes: int = PES,
    lanes: int = LANES,
    progress: Progress = silent,
) -> Result:
    """Measure.

    Raises
    ------
    UsageError
        A file is missing.
    """
    data = folder_with((network.file for network in networks), folder)
    digits = Digits(images(TEST_IMAGES, data), labels(TEST_LABELS, data), images(TRAINING_IMAGES, data)[:CALIBRATION])
    grid = (pes, lanes)
    rows = [row for network in networks for row in _rows(network, data, digits, weight_bits, grid, progress)]
    return Result(
        name="accuracy",
        summary=(
            f"Float networks quantised after training with the first {len(digits.training)} training images of MNIST, "
            f"and measured on {len(digits.test):,} test images (the even-numbered half of the test set): as float "
            "models and as integers (the golden model), the first of them also in the emitted Verilog (CXXRTL, "
            f"{pes} PEs x {lanes} lanes). mnist-8 is ONNX's example network, imported from its file, input pixels / "
            "255; LeNet-5 is Caffe's (431,080 parameters, `models/lenet5_float.py`), input pixels / 256. Activations "
            "have 8 bits; weights a scale per output channel."
        ),
        rows=rows,
        tables=[_calibrations(rows), _verilog([row for row in rows if "rtl" in row])],
    )


def _rows(
    network: RealNetwork,
    data: Path,
    digits: Digits,
    weight_bits: Sequence[int],
    grid: tuple[int, int],
    progress: Progress,
) -> list[dict[str, object]]:
    model = network.make(data)
    progress(f"{network.title}: float", None)
    real = golden.infer_float(model, digits.test / network.divisor)
    assert isinstance(real, np.ndarray)
    rows = []
    for method in METHODS:
        for bits in weight_bits:
            progress(f"{network.title}: {bits}-bit weights, {method}", None)
            simulated = method == IN_RTL and bits == weight_bits[0]
            options = Quantisation(calibration=method, weights=WeightFormat(bits=bits))
            small = quantise(model, digits.training / network.divisor, options)
            frames = golden.quantise(digits.test / network.divisor, small.input)
            found = golden.infer(small, frames)
            assert isinstance(found, np.ndarray)
            steps = golden.dequantise(found, small.activation(small.outputs[0]))
            rows.append(
                {
                    "network": network.title,
                    "weight_bits": bits,
                    "calibration": method,
                    "images": len(digits.test),
                    "float": digits.right(real),
                    "golden": digits.right(found),
                    "same_class": float(np.mean(found.argmax(axis=1) == real.argmax(axis=1))),
                    "deviation": float(np.sqrt(np.mean((steps - real) ** 2)) / real.std()),
                    **(_rtl(small, frames[: network.in_rtl], found, digits, grid, progress) if simulated else {}),
                }
            )
    return rows


def _rtl(
    model: Model,
    frames: NDArray[np.integer],
    expected: NDArray[np.integer],
    digits: Digits,
    grid: tuple[int, int],
    progress: Progress,
) -> dict[str, object]:
    """Frames through the emitted Verilog, beside the golden model's outputs ``expected`` (of more)."""
    pes, lanes = grid
    options = PlanOptions(target=TARGET, pes=pes, lanes=lanes, requantisers=pes)
    plan, result = simulated(model, options, frames, progress)
    return {
        "simulated": len(frames),
        "golden_of_them": digits.right(expected[: len(frames)]),
        "rtl": digits.right(result.outputs),
        "values": int(result.outputs.size),
        "mismatches": int(np.count_nonzero(result.outputs != expected[: len(frames)])),
        "cycles": sum(result.compute_cycles),
        "interval": result.record.cycles_per_frame[-1],
        "planned_cycles": plan.compute_cycles,
        "memory_bits": sum(plan.memory_bits.values()),
        "cycles_16x8": build_plan(model, PlanOptions(target=TARGET, pes=16, lanes=8, requantisers=16)).compute_cycles,
    }


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def _verilog(rows: Sequence[Row]) -> Table:
    return Table(
        "Integers in Verilog",
        [
            Column("<network", "network"),
            Column("images", "simulated"),
            Column("golden %", "golden_of_them", _share),
            Column("RTL %", "rtl", _share),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
            Column("cycles", "cycles"),
            Column("planned", "planned_cycles"),
            Column("cycles a frame", "interval"),
            Column("memory bits", "memory_bits"),
            Column("planned at 16 x 8", "cycles_16x8"),
        ],
        rows,
        "Weights of 8 bits. cycles: the layers' own; cycles a frame: between the last two results, loading included.",
    )


def _calibrations(rows: Sequence[Row]) -> Table:
    return Table(
        "Float and integers",
        [
            Column("<network", "network"),
            Column("weight bits", "weight_bits"),
            Column("<calibration", "calibration"),
            Column("float %", "float", _share),
            Column("golden %", "golden", _share),
            Column("same class as float %", "same_class", _share),
            Column("deviation %", "deviation", _share),
        ],
        rows,
        "deviation: root mean square of the outputs' difference to the float model, by their standard deviation.",
    )
