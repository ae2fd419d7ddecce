"""``bench mlperf-tiny``: the reference int8 networks as they are, imported, built, simulated and compared."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwgen import golden
from hwgen.bench.cores import simulated
from hwgen.bench.cost import cost
from hwgen.bench.data import DataFile, data_file, data_folder
from hwgen.bench.mnist8 import NEEDS, mnist8
from hwgen.bench.mobilenet import mobilenet
from hwgen.bench.result import Column, Result, Row, Table, percent
from hwgen.flow.process import Progress, silent
from hwgen.importers import import_model
from hwgen.model import Model
from hwgen.plan import Plan, PlanOptions

TARGET = "ecp5-85k"
PES, LANES = 16, 8
SEED = 0
FRAMES = 4
"""Random frames of a network that has no recorded ones."""

TINY = "https://github.com/mlcommons/tiny/blob/1afd2c9820f795965a6134facd0b4dfae41ef23f/benchmark/training"
MICRO = "https://github.com/tensorflow/tflite-micro/blob/90b983c2b3f1480642e040bbd2ddb37b998f3424/tensorflow/lite/micro/examples"
REFERENCE = "ai-edge-litert 2.3.0, kernels BUILTIN_REF, run on the network"


@dataclass(frozen=True)
class TinyNetwork:
    """A network, its recorded inputs and outputs, and the most compute cycles that it may take on 16 x 8.

    ``model``: a file to import, or what makes the network, from the data folder's files ``needs``.
    """

    title: str
    model: DataFile | Callable[[Path], Model]
    recorded: DataFile | None
    goal: int | None = None
    needs: tuple[DataFile, ...] = ()

    @property
    def files(self) -> tuple[DataFile, ...]:
        """All that it reads."""
        return tuple(file for file in (self.model, self.recorded, *self.needs) if isinstance(file, DataFile))


NETWORKS = (
    TinyNetwork(
        "ResNet-8",
        DataFile(
            "mlperf_tiny/ic_resnet8_int8.tflite",
            f"{TINY}/image_classification/trained_models/pretrainedResnet_quant.tflite",
            "3c002613d1b2475eb51dd78dfb85a546c8ae658dee71cf6ade43b022fe205415",
        ),
        DataFile(
            "mlperf_tiny/golden_ic.npz", REFERENCE, "e3ce30ce1460840d4d0e69ce16aed96c9875f08651b2fa558e4fa2080995c29e"
        ),
        103_000,
    ),
    TinyNetwork(
        "DS-CNN",
        DataFile(
            "mlperf_tiny/kws_dscnn_int8.tflite",
            f"{TINY}/keyword_spotting/trained_models/kws_ref_model.tflite",
            "aeea436800704fce17b17292e4412630ad856e9d777c044c64ef748a880bd0ae",
        ),
        DataFile(
            "mlperf_tiny/golden_kws.npz", REFERENCE, "6c2a1dd14d102c9c6f88d944139c5f14dc81931ab80dc3a4d725b1b3c303b076"
        ),
        22_500,
    ),
    TinyNetwork(
        "AD autoencoder",
        DataFile(
            "mlperf_tiny/ad01_int8.tflite",
            f"{TINY}/anomaly_detection/trained_models/ad01_int8.tflite",
            "87cf24194ef93d1d9b11a591d805526b98008e351655d29883c825c9c106ba24",
        ),
        DataFile(
            "mlperf_tiny/golden_ad.npz", REFERENCE, "be3be6e98fc4988fd1acadb2624f9f4ed22da01f52b8640b022569125db360f8"
        ),
        2_600,
    ),
    TinyNetwork(
        "hello_world",
        DataFile(
            "tflite_micro/hello_world_int8.tflite",
            f"{MICRO}/hello_world/models/hello_world_int8.tflite",
            "505ee4fae7fa46ab67bea4c08b4969eb3eb8b9114c50595ec4a29d9a27993202",
        ),
        DataFile(
            "tflite_micro/golden_hello_world.npz",
            REFERENCE,
            "c8c85e385a137d085e2249d5f4948f1852a911e6a463a433a916aabee701a927",
        ),
    ),
    TinyNetwork(
        "micro_speech",
        DataFile(
            "tflite_micro/micro_speech_int8.tflite",
            f"{MICRO}/micro_speech/models/micro_speech_quantized.tflite",
            "09e5e2a9dfb2d8ed78802bf18ce297bff54281a66ca18e0c23d69ca14f822a83",
        ),
        None,
    ),
    TinyNetwork("mnist-8", mnist8, None, needs=NEEDS),
    TinyNetwork("VWW's shape", lambda _: mobilenet(), None, 77_000),
)


def mlperf_tiny(
    *,
    networks: Sequence[TinyNetwork] = NETWORKS,
    folder: Path | None = None,
    pes: int = PES,
    lanes: int = LANES,
    progress: Progress = silent,
) -> Result:
    """Measure; every recorded input goes through the core and through the golden model.

    Raises
    ------
    UsageError
        A file is missing.
    """
    data = data_folder(folder)
    files = [data_file(file, data) for network in networks for file in network.files]
    progress(f"{len(files)} files", None)
    rows = [_row(network, data, pes, lanes, progress) for network in networks]
    return Result(
        name="mlperf-tiny",
        summary=(
            f"The int8 networks of MLPerf Tiny and of tflite-micro's examples, as they are, on {pes} PEs x {lanes} "
            "lanes: imported, built, all recorded inputs through the emitted Verilog (CXXRTL). *Reference* is TFLite's "
            "reference kernels (ai-edge-litert 2.3.0); micro_speech has no recorded inputs and is compared with the "
            "golden model on random ones, as are mnist-8, a float ONNX network quantised after training (accuracy: "
            "`bench accuracy`), and VWW's shape: MobileNetV1 of width 0.25 on 96 x 96 x 3, random weights."
        ),
        rows=rows,
        tables=[_summary(rows), _costs(rows), *(_layers(row) for row in rows)],
    )


def model_of(network: TinyNetwork, data: Path) -> Model:
    """Import it from ``data``, or make it."""
    made = network.model
    return import_model(data / made.name) if isinstance(made, DataFile) else made(data)


def _row(network: TinyNetwork, data: Path, pes: int, lanes: int, progress: Progress) -> Row:
    model = model_of(network, data)
    frames, reference = recorded(network, data, model)
    # Tiles have a benchmark of their own (:mod:`hwgen.bench.winograd`).
    options = PlanOptions(target=TARGET, pes=pes, lanes=lanes, requantisers=pes, algorithm="direct")
    plan, result = simulated(model, options, frames, progress)
    computed = golden.infer(model, frames)
    return {
        "network": network.title,
        "cycles": sum(result.compute_cycles),
        "planned_cycles": plan.compute_cycles,
        "goal": network.goal,
        "interval": plan.interval,
        "fmax_mhz": None,
        "inferences_per_second": None,
        "frames": len(frames),
        "mismatches": int(np.count_nonzero(result.outputs != computed)),
        "unlike_reference": None if reference is None else int(np.count_nonzero(result.outputs != reference)),
        "values": int(result.outputs.size),
        "memory_bits": sum(plan.memory_bits.values()),
        "cycles_per_second": result.record.cycles_per_second,
        **_cost(network, data, pes, lanes),
        "layers": _layer_rows(plan, result.compute_cycles),
    }


def _cost(network: TinyNetwork, data: Path, pes: int, lanes: int) -> Row:
    """Of the verbs ``import`` and ``build``, one after the other; of a network that is no file, nothing."""
    if not isinstance(network.model, DataFile):
        return dict.fromkeys(("build_seconds", "build_cpu_seconds", "build_peak_megabytes"))
    verb = [sys.executable, "-m", "hwgen"]
    with tempfile.TemporaryDirectory(prefix="hwgen-") as scratch:
        made, out = str(Path(scratch) / "model.npz"), str(Path(scratch) / "core")
        grid = ["--target", TARGET, "--pes", str(pes), "--lanes", str(lanes)]
        spent = [
            cost([*verb, "import", str(data / network.model.name), "-o", made]),
            cost([*verb, "build", made, "-o", out, *grid]),
        ]
    return {
        "build_seconds": sum(one.seconds for one in spent),
        "build_cpu_seconds": sum(one.cpu_seconds for one in spent),
        "build_peak_megabytes": max(one.peak_megabytes for one in spent),
    }


def recorded(network: TinyNetwork, data: Path, model: Model) -> tuple[NDArray[np.integer], NDArray[np.integer] | None]:
    """Inputs (frames, *shape), channels first, and the outputs of the reference kernels."""
    if network.recorded is None:
        low, high = model.input.full_range
        return np.random.default_rng(SEED).integers(low, high + 1, (FRAMES, *model.input.shape)), None
    with np.load(data / network.recorded.name) as archive:
        inputs, outputs = archive["inputs"], archive["outputs_ref"]
    if len(model.input.shape) == 3:
        channels, height, width = model.input.shape
        inputs = inputs.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    return inputs, outputs.reshape(len(inputs), *model.activation(model.outputs[0]).shape)


def _layer_rows(plan: Plan, cycles: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "name": layer.name,
            "op": layer.op,
            "macs": layer.macs,
            "cycles": spent,
            "utilisation": layer.utilisation if layer.macs else None,
        }
        for layer, spent in zip(plan.layers, cycles, strict=True)
        if spent
    ]


def _summary(rows: Sequence[Row]) -> Table:
    return Table(
        "Networks",
        [
            Column("<network", "network"),
            Column("cycles", "cycles"),
            Column("planned", "planned_cycles"),
            Column("goal", "goal"),
            Column("cycles a frame", "interval"),
            Column("memory bits", "memory_bits"),
            Column("frames", "frames"),
            Column("values", "values"),
            Column("unlike golden", "mismatches"),
            Column("unlike reference", "unlike_reference"),
        ],
        rows,
        "cycles: the layers' own, simulated; cycles a frame: of a stream of frames, loading included.",
    )


def _costs(rows: Sequence[Row]) -> Table:
    return Table(
        "Time and memory of the tools",
        [
            Column("<network", "network"),
            Column("import and build, wall time s", "build_seconds"),
            Column("processor time s", "build_cpu_seconds"),
            Column("peak memory MB", "build_peak_megabytes"),
            Column("CXXRTL, cycles/s", "cycles_per_second", lambda value: f"{value:,.0f}"),
        ],
        rows,
        "import and build: of files, one verb after the other, two processes. Cycles per second of processor time. "
        "Times are noisy: they depend on the machine and on what else it does. Goals: ResNet-8 in 20 s and 1,000 MB, "
        "200,000 cycles/s.",
    )


def _layers(row: Row) -> Table:
    return Table(
        f"{row['network']}, layer by layer",
        [
            Column("<layer", "name"),
            Column("<op", "op"),
            Column("MACs", "macs"),
            Column("cycles", "cycles"),
            Column("utilisation %", "utilisation", percent),
        ],
        row["layers"],
    )
